/* Everything put together: the page is filled, and listens. */
(function (gm) {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const NARROW = "(max-width: 760px)";

  function makeText(data) {
    const text = function (key, values) {
      const words = data.words[text.language][key] || "";
      return words.replace(/\{(\w+)\}/g, (whole, name) =>
        values && values[name] !== undefined ? String(values[name]) : whole
      );
    };
    text.language = data.language;
    text.estimated = data.totals.estimated;
    return text;
  }

  function fillMasthead(data, text) {
    const imprint = data.imprint;
    const totals = data.totals;
    document.documentElement.lang = text.language === "zh" ? "zh-CN" : "en";
    document.title = imprint.title[text.language];
    byId("title").textContent = imprint.title[text.language];
    byId("stamp").textContent = text("internal");
    byId("stamp").hidden = !imprint.internal;
    const count = gm.formatNumber(totals.households);
    const rows = [
      ["total_grids", gm.formatNumber(totals.grids)],
      [
        totals.estimated ? "total_households_estimated" : "total_households",
        totals.rounded || totals.estimated ? text("about_count", { count: count }) : count,
      ],
      totals.general === undefined
        ? null
        : ["total_in_band", gm.formatNumber(totals.in_band) + " / " + gm.formatNumber(totals.general)],
      [
        "total_special",
        [totals.dedicated, totals.exclave]
          .filter((one) => one !== undefined)
          .map((one) => gm.formatNumber(one))
          .join(" / "),
      ],
    ];
    byId("totals").textContent = "";
    rows.filter(Boolean).forEach((row) => {
      const group = gm.element("div", "total");
      group.appendChild(gm.element("dt", "", text(row[0])));
      group.appendChild(gm.element("dd", "", row[1]));
      byId("totals").appendChild(group);
    });
    byId("switch").textContent = text("switch");
    byId("switch").title = text("switch_hint");
    byId("switch").lang = text.language === "zh" ? "en" : "zh-CN";
  }

  function fillImprint(data, text, basemap) {
    const imprint = data.imprint;
    const parts = [];
    if (data.totals.estimated) parts.push(text("estimated"));
    if (imprint.review) parts.push(text("review", { number: imprint.review }));
    else if (!imprint.internal) parts.push(text("review_missing"));
    if (imprint.date) parts.push(text("date", { date: imprint.date }));
    if (imprint.source) parts.push(text("source", { source: imprint.source }));
    const rules = imprint.rules[text.language];
    if (rules) parts.push(text("rules", { rules: rules }));
    if (basemap.words()) parts.push(basemap.words());
    byId("imprint").textContent = "";
    parts.forEach((part) => byId("imprint").appendChild(gm.element("span", "", part)));
  }

  function nameButton(id, words) {
    byId(id).setAttribute("aria-label", words);
    byId(id).title = words;
  }

  function drawScale(map, text) {
    const middle = map.getSize().y / 2;
    const metres = map
      .containerPointToLatLng([0, middle])
      .distanceTo(map.containerPointToLatLng([100, middle]));
    const power = Math.pow(10, Math.floor(Math.log10(metres)));
    const step = [5, 2, 1].find((digit) => digit * power <= metres) * power;
    byId("scale-bar").style.width = Math.round((100 * step) / metres) + "px";
    byId("scale-text").textContent =
      step >= 1000 ? text("kilometres", { number: step / 1000 }) : text("metres", { number: step });
  }

  /** A page for the printer: fixed size, fine canvas, then everything as it was. */
  function listenToPrinter(map, painter, whole) {
    let before = null;
    window.addEventListener("beforeprint", () => {
      if (before) return;
      before = { centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap };
      const bounds = map.getBounds().contains(whole) ? whole : map.getBounds();
      document.documentElement.classList.add("printing");
      byId("legend").open = true;
      painter.density = 3;
      map.invalidateSize({ animate: false, pan: false });
      map.options.zoomSnap = 0;
      map.fitBounds(bounds, { animate: false, paddingTopLeft: [8, 8], paddingBottomRight: [8, 8] });
      painter.redraw();
    });
    window.addEventListener("afterprint", () => {
      if (!before) return;
      document.documentElement.classList.remove("printing");
      byId("legend").open = !window.matchMedia(NARROW).matches;
      painter.density = 0;
      map.options.zoomSnap = before.snap;
      map.invalidateSize({ animate: false, pan: false });
      map.setView(before.centre, before.zoom, { animate: false });
      painter.redraw();
      before = null;
    });
  }

  function listenToMap(map, model, painter, act, text, ruler) {
    const tip = byId("tip");
    const hover = (grid) => {
      const exclave = grid && grid.kind === "exclave" ? grid : null;
      if (painter.hovered === exclave) return;
      painter.hovered = exclave;
      painter.redraw();
    };
    const gridUnder = (at) => {
      const world = gm.toWorld(at);
      return gm.gridAt(model, world.x, world.y);
    };
    map.on("click", (event) => {
      if (ruler.active) ruler.add(event.latlng);
      else act.select(gridUnder(event.latlng));
    });
    map.on("mousemove", (event) => {
      const grid = gridUnder(event.latlng);
      map.getContainer().style.cursor = grid ? "pointer" : "";
      tip.hidden = !grid;
      hover(grid);
      if (!grid) return;
      const count = gm.countText(grid, text);
      tip.textContent = (grid.name || grid.code) + (count ? "　" + count : "");
      const size = map.getSize();
      const at = event.containerPoint;
      tip.style.left = Math.min(at.x + 14, size.x - tip.offsetWidth - 6) + "px";
      tip.style.top = Math.min(at.y + 16, size.y - tip.offsetHeight - 6) + "px";
    });
    map.on("mouseout dragstart zoomstart", () => {
      tip.hidden = true;
    });
    map.on("mouseout", () => hover(null));
    const stage = byId("stage");
    window.addEventListener("pointerdown", () => stage.classList.add("by-pointer"), true);
    window.addEventListener("keydown", () => stage.classList.remove("by-pointer"), true);
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.target !== map.getContainer()) return;
      if (event.key === "Enter" && ruler.active) ruler.add(map.getCenter());
      else if (event.key === "Enter") act.select(gridUnder(map.getCenter()));
      if (event.key === "Backspace" && ruler.active) ruler.undo();
      if (event.key === "Escape" && ruler.active) ruler.toggle(false);
      else if (event.key === "Escape") act.clear();
    });
  }

  function begin(map, blockId) {
    const data = JSON.parse(byId(blockId).textContent);
    const text = makeText(data);
    const model = gm.decode(data);
    model.text = text;
    if (data.before) {
      /* What is the same on both sides stands once, on the later one. */
      model.before = gm.decode(Object.assign({}, data, data.before));
      model.before.text = text;
    }
    const painter = new gm.Painter(model, text);
    const whole = gm.toBounds(model.box);
    const isNarrow = () => window.matchMedia(NARROW).matches;

    /** Show a box with some room around it, clear of the card where that lies over the map. */
    function fit(box, room, options) {
      const around = isNarrow() ? Math.min(room, 40) : room;
      const sheets = isNarrow() ? Array.from(document.querySelectorAll("#card, .panel")) : [];
      const below = Math.max(byId("table").offsetHeight, ...sheets.map((sheet) => sheet.offsetHeight));
      map.fitBounds(
        gm.toBounds(box),
        Object.assign(options, {
          paddingTopLeft: [around, around + (isNarrow() ? 40 : 0)],
          paddingBottomRight: [around, around + below],
        })
      );
    }

    /** Words beside the pointer; none hides them. */
    function hint(words, at) {
      const tip = byId("tip");
      tip.hidden = !words;
      tip.textContent = words;
      if (!words) return;
      const size = map.getSize();
      tip.style.left = Math.min(at.x + 14, size.x - tip.offsetWidth - 6) + "px";
      tip.style.top = Math.min(at.y + 16, size.y - tip.offsetHeight - 6) + "px";
    }

    const act = {
      hint: hint,
      layersChanged: () => {
        gm.drawLegend(model, text, painter.theme);
        address.write();
      },
      clickItem: (item, at) => {
        if (ruler.active) ruler.add(at);
        else act.selectItem(item);
      },
      selectItem: (item) => {
        painter.selected = null;
        painter.redraw();
        overlays.choose(item);
        card.show(item);
        table.mark(null);
      },
      chooseItem: (item) => {
        act.selectItem(item);
        act.zoom(item);
      },
      stepItem: (item, by) => act.chooseItem(overlays.neighbour(item, by)),
      select: (grid) => {
        overlays.choose(null);
        painter.selected = grid;
        painter.redraw();
        card.show(grid);
        table.mark(grid);
        address.write();
      },
      clear: () => act.select(null),
      zoom: (grid) => fit(grid.box, 90, { maxZoom: 17 }),
      choose: (number) => {
        const grid = model.grids[number];
        act.select(grid);
        if (!map.getBounds().pad(-0.1).contains(gm.toBounds(grid.box)) || isNarrow()) act.zoom(grid);
      },
      find: (entry) => {
        if (entry.grid) {
          act.select(entry.grid);
          act.zoom(entry.grid);
        } else {
          act.select(entry.community);
          fit(entry.community.box, 40, {});
        }
      },
    };
    const card = new gm.Card(model, text, act);
    const finder = new gm.Finder(model, text, act.find);
    const table = new gm.Table(model, text, act.choose);
    const ruler = new gm.Ruler(map, text);
    const changes = new gm.Changes(model, text, painter, map, act);
    const overlays = new gm.Overlays(model, text, map, act);
    const findings = new gm.Findings(model, text);
    const basemap = new gm.Basemap(model, text, map, painter);
    const address = new gm.Address(map, model, text, painter, overlays);
    const themes = new gm.Themes(model, text, painter, () => {
      gm.drawLegend(model, text, painter.theme);
      address.write();
    });

    function speak() {
      fillMasthead(data, text);
      fillImprint(data, text, basemap);
      finder.label();
      card.show(card.shown || null);
      themes.label();
      table.label();
      changes.label();
      overlays.label();
      findings.label();
      basemap.label();
      byId("tools").textContent = text("tools");
      byId("theme-words").textContent = text("theme");
      byId("measure").textContent = text("measure");
      byId("full-screen").textContent = text("full_screen");
      gm.drawLegend(model, text, painter.theme);
      byId("north").textContent = text("north");
      nameButton("zoom-in", text("zoom_in"));
      nameButton("zoom-out", text("zoom_out"));
      nameButton("zoom-all", text("zoom_all"));
      map.getContainer().setAttribute("role", "application");
      map.getContainer().setAttribute("aria-label", text("map"));
      drawScale(map, text);
      painter.redraw();
    }

    /** The whole map as large as it goes, clear of what lies over it on a telephone. */
    const showAll = (animate) =>
      map.fitBounds(whole, {
        paddingTopLeft: [8, isNarrow() ? 52 : 8],
        paddingBottomRight: [8, isNarrow() ? 92 : 8],
        animate: animate,
      });
    byId("legend").open = !isNarrow();
    /* The map's own height is settled only when the words around it stand. */
    fillMasthead(data, text);
    fillImprint(data, text, basemap);
    map.invalidateSize({ animate: false, pan: false });
    showAll(false);
    map.setMinZoom(map.getZoom() - 1);
    map.setMaxBounds(whole.pad(0.6));
    painter.addTo(map);
    map.on("moveend zoomend resize", () => drawScale(map, text));
    map.on("moveend", address.write);
    byId("zoom-in").addEventListener("click", () => map.zoomIn(1));
    byId("zoom-out").addEventListener("click", () => map.zoomOut(1));
    byId("zoom-all").addEventListener("click", () => showAll(true));
    byId("switch").addEventListener("click", () => {
      text.language = text.language === "zh" ? "en" : "zh";
      speak();
      address.write();
    });
    listenToMap(map, model, painter, act, text, ruler);
    listenToPrinter(map, painter, whole);
    gm.listenToFullScreen();
    gm.listenToTools();
    const asked = address.read();
    if (asked.language) text.language = asked.language;
    speak();
    if (asked.theme) themes.set(asked.theme);
    asked.layers.forEach((key) => overlays.show(key, true));
    if (data.tiles) basemap.start(() => fillImprint(data, text, basemap));
    if (asked.grid) act.select(asked.grid);
    if (asked.at) map.setView([asked.at[1], asked.at[0]], asked.at[2], { animate: false });
    else if (asked.grid) act.zoom(asked.grid);
    document.documentElement.classList.add("ready");
  }

  /** The frame of the page is painted first; a page in a hidden tab has no frames to wait for. */
  gm.start = function (map, blockId) {
    if (document.hidden) begin(map, blockId);
    else requestAnimationFrame(() => setTimeout(() => begin(map, blockId), 0));
  };
})((window.gridmap = window.gridmap || {}));
