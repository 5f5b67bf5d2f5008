/* The bar over the map: themes, measuring, full screen; and the view in the page's address. */
(function (gm) {
  "use strict";

  const byId = (id) => document.getElementById(id);

  /** The list of themes; the first is the map as it is. */
  gm.Themes = function (model, text, painter, done) {
    const list = byId("theme");
    const themes = model.data.themes || [];
    const density = model.data.density;

    function option(value, words) {
      const made = gm.element("option", "", words);
      made.value = value;
      list.appendChild(made);
    }

    this.label = function () {
      list.textContent = "";
      list.setAttribute("aria-label", text("theme"));
      option("", text("theme_kind"));
      themes.forEach((theme) => option(theme.key, theme.name[text.language]));
      if (density) option("density", text("theme_density"));
      list.value = painter.theme ? painter.theme.key : "";
      byId("theme-box").hidden = !themes.length && !density;
    };

    this.set = function (key) {
      const theme = themes.find((one) => one.key === key);
      if (theme) painter.theme = theme;
      else if (key === "density" && density) painter.theme = Object.assign({ key: key }, density);
      else painter.theme = null;
      list.value = painter.theme ? key : "";
      painter.redraw();
      done();
    };
    list.addEventListener("change", () => this.set(list.value));
  };

  function metresBetween(points) {
    let sum = 0;
    for (let i = 1; i < points.length; i++) sum += points[i - 1].distanceTo(points[i]);
    return sum;
  }

  /** Square metres inside points on the sphere that Leaflet measures on. */
  function areaOf(points) {
    const radius = 6371000;
    const rad = Math.PI / 180;
    let sum = 0;
    points.forEach((point, i) => {
      const next = points[(i + 1) % points.length];
      sum +=
        (next.lng - point.lng) * rad * (2 + Math.sin(point.lat * rad) + Math.sin(next.lat * rad));
    });
    return Math.abs((sum * radius * radius) / 2);
  }

  gm.lengthText = function (metres, text) {
    return metres >= 1000
      ? text("kilometres", { number: gm.formatNumber(metres / 1000, 2) })
      : text("metres", { number: gm.formatNumber(metres) });
  };

  /** Clicks become a line with its length, and from the third on an area. */
  gm.Ruler = function (map, text) {
    const button = byId("measure");
    const said = byId("measured");
    let points = [];
    let line = null;

    const draw = () => {
      if (line) line.remove();
      line = L.polyline(points, { color: "#c2410c", weight: 3, dashArray: "7 5", interactive: false });
      line.addTo(map);
      const words = [gm.lengthText(metresBetween(points), text)];
      if (points.length > 2) words.push(gm.areaText(areaOf(points), text));
      said.textContent = points.length > 1 ? words.join("　") : text("measure_hint");
    };

    this.active = false;
    this.toggle = (on) => {
      this.active = on;
      points = [];
      if (line) line.remove();
      line = null;
      said.hidden = !on;
      said.textContent = text("measure_hint");
      button.setAttribute("aria-pressed", String(on));
    };
    this.add = (at) => {
      points.push(at);
      draw();
    };
    this.undo = () => {
      points.pop();
      if (points.length) draw();
      else this.toggle(false);
    };
    button.addEventListener("click", () => this.toggle(!this.active));
  };

  /** On a telephone one button stands for the tools, and opens them. */
  gm.listenToTools = function () {
    const button = byId("tools");
    const bar = byId("bar");
    const toggle = (open) => {
      bar.classList.toggle("open", open);
      button.setAttribute("aria-expanded", String(open));
    };
    button.addEventListener("click", () => toggle(!bar.classList.contains("open")));
    byId("tool-list").addEventListener("click", () => toggle(false));
    bar.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !bar.classList.contains("open")) return;
      toggle(false);
      button.focus();
    });
  };

  gm.listenToFullScreen = function () {
    const button = byId("full-screen");
    const root = document.documentElement;
    if (!root.requestFullscreen) {
      button.hidden = true;
      return;
    }
    button.addEventListener("click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else root.requestFullscreen().catch(() => undefined);
    });
  };

  /** The view as words after #: what is chosen, where, which theme and language. */
  gm.Address = function (map, model, text, painter, overlays) {
    let waiting = 0;
    const write = () => {
      const centre = map.getCenter();
      const parts = {
        at: [centre.lng.toFixed(5), centre.lat.toFixed(5), map.getZoom().toFixed(2)].join(","),
        language: text.language,
      };
      if (painter.theme) parts.theme = painter.theme.key;
      if (painter.selected && painter.selected.shape) parts.grid = painter.selected.code;
      if (overlays.keys().length) parts.layers = overlays.keys().join(",");
      const words = Object.keys(parts).map((key) => key + "=" + encodeURIComponent(parts[key]));
      try {
        window.history.replaceState(null, "", "#" + words.join("&"));
      } catch (refused) {
        /* A page inside another page has no address of its own. */
      }
    };
    this.write = () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(write, 250);
    };

    /** What the address asks for; anything unknown is passed over. */
    this.read = () => {
      const asked = {};
      window.location.hash
        .slice(1)
        .split("&")
        .forEach((part) => {
          const at = part.indexOf("=");
          if (at < 0) return;
          try {
            asked[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1));
          } catch (broken) {
            /* Half of an escape: not one of ours. */
          }
        });
      const numbers = (asked.at || "").split(",").map(Number);
      return {
        at: numbers.length === 3 && numbers.every(Number.isFinite) ? numbers : null,
        language: ["zh", "en"].includes(asked.language) ? asked.language : "",
        theme: asked.theme || "",
        layers: (asked.layers || "").split(",").filter(Boolean),
        grid: model.grids.find((grid) => grid.code === asked.grid) || null,
      };
    };
  };
})((window.gridmap = window.gridmap || {}));
