/* Tiles under the grids, where the map was asked to have some; without a network it does without. */
(function (gm) {
  "use strict";

  const byId = (id) => document.getElementById(id);
  /** Levels up to this are asked for; beyond it tiles are enlarged. */
  const DEEPEST = 18;

  gm.Basemap = function (model, text, map, painter) {
    const tiles = model.data.tiles;
    const button = byId("basemap");
    this.label = () => undefined;
    this.words = () => "";
    if (!tiles) return;
    let state = "basemap";
    let changed = () => undefined;
    const layer = L.tileLayer(tiles.url, {
      maxZoom: 20,
      maxNativeZoom: DEEPEST,
      noWrap: true,
      referrerPolicy: "no-referrer",
    });
    const settle = (next, isSeen) => {
      if (painter.ground !== isSeen) {
        painter.ground = isSeen;
        painter.redraw();
      }
      if (state === next) return;
      state = next;
      changed();
    };
    layer.on("tileload", () => settle("basemap", true));
    layer.on("tileerror", () => {
      if (!painter.ground) settle("basemap_missing", false);
    });
    const toggle = (on) => {
      button.setAttribute("aria-pressed", String(on));
      if (on) layer.addTo(map);
      else layer.remove();
      if (!on) settle("basemap", false);
    };
    button.hidden = false;
    button.addEventListener("click", () => toggle(!map.hasLayer(layer)));

    /** The line of the margin: whom this map asks, and whether it was answered. */
    this.words = () => text(state, { host: tiles.host, datum: tiles.datum });
    this.label = () => {
      button.textContent = text("basemap_button");
    };
    this.start = (done) => {
      changed = done;
      toggle(true);
    };
  };
})((window.gridmap = window.gridmap || {}));
