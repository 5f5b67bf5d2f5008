/* Layers over the grids: switched on and off, listed, clicked through; each thing has a card. */
(function (gm) {
  "use strict";

  const byId = (id) => document.getElementById(id);
  /** A thing smaller than this on the screen is also shown as a dot, in pixels. */
  const SMALL = 16;
  const TYPES = { point: 0, line: 1, polygon: 3 };

  /** A part of the page that a button of the bar opens and closes. */
  gm.Panel = function (buttonId, panelId, changed) {
    const button = byId(buttonId);
    const panel = byId(panelId);
    const close = panel.querySelector(".close-panel");
    this.toggle = (open) => {
      panel.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (changed) changed(open);
    };
    this.label = (words, closing) => {
      button.textContent = words;
      panel.querySelector("h2").textContent = words;
      close.setAttribute("aria-label", closing);
      close.title = closing;
    };
    button.hidden = false;
    button.addEventListener("click", () => this.toggle(panel.hidden));
    close.addEventListener("click", () => {
      this.toggle(false);
      button.focus();
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.toggle(false);
      button.focus();
    });
  };

  /** Items with their lines as Leaflet wants them, and the box around each in world units. */
  function readItems(layer, data) {
    const lines = gm.readLines(layer.lines, data);
    let next = 0;
    const take = () => {
      const points = [];
      for (let i = lines.starts[next]; i < lines.starts[next + 1]; i++) points.push(i);
      next++;
      return points;
    };
    return layer.items.map((item, number) => {
      const parts = item.shape.map((part) => {
        const rings = [];
        for (let k = 0; k < part[1]; k++) rings.push(take());
        return { type: part[0], rings: rings };
      });
      const box = gm.joinBoxes(
        parts.map((part) =>
          gm.joinBoxes(part.rings[0].map((i) => [lines.x[i], lines.y[i], lines.x[i], lines.y[i]]))
        )
      );
      const shapes = parts.map((part) => ({
        type: part.type,
        rings: part.rings.map((ring) => ring.map((i) => gm.toLatLng(lines.x[i], lines.y[i]))),
      }));
      return { number: number, layer: layer, name: item.name, facts: item.facts, box: box, shapes: shapes };
    });
  }

  function styleOf(layer, chosen) {
    return { color: layer.colour, weight: chosen ? 5 : 2.5, opacity: 1, fillOpacity: 0.2 };
  }

  function drawItem(item, renderer) {
    const options = Object.assign(styleOf(item.layer, false), {
      renderer: renderer,
      pane: "found",
      bubblingMouseEvents: false,
    });
    const drawn = item.shapes.map((shape) => {
      if (shape.type === TYPES.polygon) return L.polygon(shape.rings, options);
      if (shape.type === TYPES.line) return L.polyline(shape.rings[0], options);
      return L.circleMarker(shape.rings[0][0], Object.assign({ radius: 7 }, options));
    });
    const dot = L.circleMarker(gm.toBounds(item.box).getCenter(), {
      renderer: renderer,
      pane: "found",
      bubblingMouseEvents: false,
      radius: 6,
      color: "#ffffff",
      weight: 2,
      fillColor: item.layer.colour,
      fillOpacity: 1,
    });
    return { group: L.featureGroup(drawn), dot: dot };
  }

  gm.Overlays = function (model, text, map, act) {
    const layers = model.data.layers || [];
    const self = this;
    const shown = new Set();
    model.shownLayers = [];
    this.keys = () => model.shownLayers.map((layer) => layer.key);
    this.label = () => undefined;
    this.show = () => undefined;
    this.choose = () => undefined;
    if (!layers.length) return;

    const panel = new gm.Panel("show-layers", "overlays");
    let renderer = null;
    let chosen = null;
    const items = new Map();

    function itemsOf(layer) {
      if (!items.has(layer)) items.set(layer, readItems(layer, model.data));
      return items.get(layer);
    }

    const isSmall = (item) => {
      const scale = Math.pow(2, map.getZoom());
      return Math.max(item.box[2] - item.box[0], item.box[3] - item.box[1]) * scale < SMALL;
    };

    function dots() {
      model.shownLayers.forEach((layer) =>
        itemsOf(layer).forEach((item) => {
          if (isSmall(item)) item.drawn.dot.addTo(map);
          else item.drawn.dot.remove();
        })
      );
    }

    function draw(item) {
      item.drawn = drawItem(item, renderer);
      [item.drawn.group, item.drawn.dot].forEach((one) => {
        one.on("click", (event) => act.clickItem(item, event.latlng));
        one.on("mousemove", (event) => act.hint(item.name[text.language], event.containerPoint));
        one.on("mouseout", () => act.hint("", null));
      });
    }

    this.show = (key, on) => {
      const layer = layers.find((one) => one.key === key);
      if (!layer || shown.has(layer) === on) return;
      if (!renderer) {
        map.createPane("found").style.zIndex = 450;
        renderer = L.canvas({ pane: "found", padding: 0.3 });
      }
      if (on) shown.add(layer);
      else shown.delete(layer);
      model.shownLayers = layers.filter((one) => shown.has(one));
      itemsOf(layer).forEach((item) => {
        if (!item.drawn) draw(item);
        if (on) item.drawn.group.addTo(map);
        else item.drawn.group.remove();
        if (!on) item.drawn.dot.remove();
      });
      if (!on && chosen && chosen.layer === layer) act.clear();
      dots();
      fill();
      act.layersChanged();
    };

    /** Draw the chosen thing stronger; null for none. */
    this.choose = (item) => {
      if (chosen && chosen.drawn) chosen.drawn.group.setStyle(styleOf(chosen.layer, false));
      chosen = item;
      if (chosen) {
        chosen.drawn.group.setStyle(styleOf(chosen.layer, true));
        chosen.drawn.group.bringToFront();
      }
      byId("item-list")
        .querySelectorAll("button")
        .forEach((one) => {
          if (chosen && one.dataset.item === chosen.layer.key + "/" + chosen.number) {
            one.setAttribute("aria-current", "true");
            one.scrollIntoView({ block: "nearest" });
          } else one.removeAttribute("aria-current");
        });
    };

    this.neighbour = (item, by) => {
      const all = itemsOf(item.layer);
      return all[(item.number + by + all.length) % all.length];
    };

    function switchRow(layer) {
      const row = gm.element("li");
      const label = gm.element("label");
      const box = gm.element("input");
      box.type = "checkbox";
      box.checked = shown.has(layer);
      box.value = layer.key;
      box.addEventListener("change", () => {
        self.show(layer.key, box.checked);
        byId("layer-list").querySelectorAll("input")[layers.indexOf(layer)].focus();
      });
      const swatch = gm.element("span", "swatch");
      swatch.style.backgroundColor = layer.colour;
      label.appendChild(box);
      label.appendChild(swatch);
      label.appendChild(gm.element("span", "name", layer.name[text.language]));
      label.appendChild(gm.element("span", "number", gm.formatNumber(layer.items.length)));
      row.appendChild(label);
      return row;
    }

    function itemRow(item) {
      const row = gm.element("li");
      const pick = gm.element("button", "", (item.number + 1) + " " + item.name[text.language]);
      pick.type = "button";
      pick.dataset.item = item.layer.key + "/" + item.number;
      pick.addEventListener("click", () => act.chooseItem(item));
      row.appendChild(pick);
      return row;
    }

    const fill = () => {
      const switches = byId("layer-list");
      switches.textContent = "";
      layers.forEach((layer) => switches.appendChild(switchRow(layer)));
      const list = byId("item-list");
      list.textContent = "";
      model.shownLayers.forEach((layer) => {
        list.appendChild(gm.element("li", "group", layer.name[text.language]));
        itemsOf(layer).forEach((item) => list.appendChild(itemRow(item)));
      });
      list.hidden = !model.shownLayers.length;
    };

    this.label = () => {
      panel.label(text("layers"), text("close"));
      byId("layers-hint").textContent = text("layers_hint");
      fill();
      this.choose(chosen);
    };
    map.on("zoomend", dots);
  };
})((window.gridmap = window.gridmap || {}));
