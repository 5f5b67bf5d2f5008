/* Land, borders, ways and links on one canvas that Leaflet moves and zooms. */
(function (gm) {
  "use strict";

  /** Points closer than this on the screen are drawn as one, in pixels. */
  const NEAR = 0.6;

  /** How far an exclave points to its owner, and the room below which it does not, in pixels. */
  const STUB = 26;
  const SMALL_EXCLAVE = 4.5;
  /** How much of the fills is left where tiles lie under them. */
  const OVER_TILES = 0.5;

  /** Buildings are drawn where ten metres are at least so many pixels. */
  const BUILDING_PIXELS = 2;
  gm.BUILDING_ALPHA = 0.3;

  /** Lines in pixels of the map's layer, thinned to what the screen can show. */
  function project(lines, view) {
    const x = new Float32Array(lines.x.length);
    const y = new Float32Array(lines.x.length);
    const starts = new Uint32Array(lines.starts.length);
    let n = 0;
    for (let k = 0; k < lines.count; k++) {
      starts[k] = n;
      const last = lines.starts[k + 1] - 1;
      for (let i = lines.starts[k]; i <= last; i++) {
        const px = lines.x[i] * view.scale - view.x;
        const py = lines.y[i] * view.scale - view.y;
        const isEnd = i === lines.starts[k] || i === last;
        if (isEnd || Math.abs(px - x[n - 1]) > NEAR || Math.abs(py - y[n - 1]) > NEAR) {
          x[n] = px;
          y[n] = py;
          n++;
        }
      }
    }
    starts[lines.count] = n;
    return { x: x, y: y, starts: starts, count: lines.count };
  }

  function traceLine(ctx, lines, k) {
    for (let i = lines.starts[k]; i < lines.starts[k + 1]; i++) {
      if (i === lines.starts[k]) ctx.moveTo(lines.x[i], lines.y[i]);
      else ctx.lineTo(lines.x[i], lines.y[i]);
    }
  }

  function traceShape(ctx, arcs, shape) {
    ctx.beginPath();
    shape.forEach((rings) =>
      rings.forEach((ring) => {
        let first = true;
        ring.forEach((signed) => {
          const arc = signed < 0 ? -1 - signed : signed;
          const from = arcs.starts[arc];
          const to = arcs.starts[arc + 1];
          for (let k = 0; k < to - from; k++) {
            const i = signed < 0 ? to - 1 - k : from + k;
            if (first) ctx.moveTo(arcs.x[i], arcs.y[i]);
            else if (k > 0) ctx.lineTo(arcs.x[i], arcs.y[i]);
            first = false;
          }
        });
        ctx.closePath();
      })
    );
  }

  /** Stripes for exclaves, dots for dedicated grids: they survive a black-and-white printer. */
  function makePattern(ctx, kind, colours, density) {
    const size = kind === "exclave" ? 8 : 7;
    const tile = document.createElement("canvas");
    tile.width = tile.height = size * density;
    const pen = tile.getContext("2d");
    pen.scale(density, density);
    pen.fillStyle = colours.fill;
    pen.fillRect(0, 0, size, size);
    pen.globalAlpha = 0.55;
    if (kind === "exclave") {
      pen.strokeStyle = colours.ink;
      pen.lineWidth = 1.3;
      pen.beginPath();
      [-size, 0, size].forEach((x) => {
        pen.moveTo(x - 1, size + 1);
        pen.lineTo(x + size + 1, -1);
      });
      pen.stroke();
    } else {
      pen.fillStyle = colours.ink;
      pen.beginPath();
      pen.arc(size / 2, size / 2, 0.95, 0, 2 * Math.PI);
      pen.fill();
    }
    const pattern = ctx.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix([1 / density, 0, 0, 1 / density, 0, 0]));
    return pattern;
  }
  gm.makePattern = makePattern;

  gm.Painter = L.Renderer.extend({
    options: { padding: 0.3 },

    initialize: function (model, text) {
      L.Renderer.prototype.initialize.call(this);
      this.model = model;
      this.text = text;
      this.selected = null;
      this.hovered = null;
      this.theme = null;
      this.ground = false;
      this.split = -1;
      this.density = 0;
    },

    redraw: function () {
      if (this._map && this._bounds) this._update();
    },

    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._ctx = this._container.getContext("2d");
    },

    _destroyContainer: function () {
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this._ctx;
    },

    _updatePaths: function () {},

    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const bounds = this._bounds;
      const size = bounds.getSize();
      const density = this.density || Math.min(Math.max(window.devicePixelRatio || 1, 1), 2);
      L.DomUtil.setPosition(this._container, bounds.min);
      this._container.width = Math.round(size.x * density);
      this._container.height = Math.round(size.y * density);
      this._container.style.width = size.x + "px";
      this._container.style.height = size.y + "px";
      this._ctx.setTransform(density, 0, 0, density, -bounds.min.x * density, -bounds.min.y * density);
      this._draw(density);
    },

    _draw: function (density) {
      const model = this.model;
      const origin = this._map.getPixelOrigin();
      const view = {
        scale: Math.pow(2, this._map.getZoom()),
        x: origin.x,
        y: origin.y,
        min: this._bounds.min,
        max: this._bounds.max,
      };
      this._drawModel(model, view, density);
      if (this.split >= 0 && model.before) this._drawBefore(view, density);
    },

    /** The earlier plan over the later one, left of the line. */
    _drawBefore: function (view, density) {
      const ctx = this._ctx;
      const left = this._map.containerPointToLayerPoint([0, 0]).x;
      const { selected, theme, _arcs } = this;
      ctx.save();
      ctx.beginPath();
      ctx.rect(view.min.x, view.min.y, left + this.split - view.min.x, view.max.y - view.min.y);
      ctx.clip();
      ctx.fillStyle = this.model.data.palette.inks.paper;
      ctx.fillRect(view.min.x, view.min.y, view.max.x - view.min.x, view.max.y - view.min.y);
      this.selected = null;
      this.theme = null;
      this._drawModel(this.model.before, view, density);
      this.selected = selected;
      this.theme = theme;
      this._arcs = _arcs;
      ctx.restore();
      this._drawSelected();
    },

    _drawModel: function (model, view, density) {
      const ctx = this._ctx;
      const whole = this.model;
      this.model = model;
      this._arcs = project(model.arcs, view);
      this._inView = model.grids.filter((grid) => {
        const box = grid.box;
        return (
          grid.shape.length > 0 &&
          box[2] * view.scale - view.x > view.min.x &&
          box[0] * view.scale - view.x < view.max.x &&
          box[3] * view.scale - view.y > view.min.y &&
          box[1] * view.scale - view.y < view.max.y
        );
      });
      ctx.lineJoin = "round";
      ctx.lineCap = "round";
      this._fillGrids(density);
      if (this.theme && this.theme.cells) this._fillCells(view);
      this._drawBuildings(view, whole.data.buildings);
      this._drawWays(view);
      this._drawBorders();
      this._drawLinks(view);
      this._drawSelected();
      gm.drawLabels(ctx, this._inView, view, model, this.text);
      this.model = whole;
    },

    _fillGrids: function (density) {
      const palette = this.model.data.palette;
      const patterns = {};
      this._ctx.globalAlpha = this.ground ? OVER_TILES : 1;
      this._inView.forEach((grid) => {
        traceShape(this._ctx, this._arcs, grid.shape);
        if (this.theme) {
          this._ctx.fillStyle = this._themed(grid);
        } else if (grid.kind === "general") {
          this._ctx.fillStyle = palette.tints[grid.tint][grid.shade];
        } else {
          patterns[grid.kind] =
            patterns[grid.kind] ||
            makePattern(this._ctx, grid.kind, palette.kinds[grid.kind], density);
          this._ctx.fillStyle = patterns[grid.kind];
        }
        this._ctx.fill("evenodd");
      });
      this._ctx.globalAlpha = 1;
    },

    /** The colour of a grid's class; where cells are the theme, land is pale. */
    _themed: function (grid) {
      const theme = this.theme;
      if (theme.cells) return "#f4f5f6";
      const one = theme.classes[theme.members[grid.number]];
      return one ? one.colour : this.model.data.palette.nothing;
    },

    _fillCells: function (view) {
      const data = this.model.data;
      const theme = this.theme;
      this._cells = this._cells || gm.readCells(theme, data);
      const ctx = this._ctx;
      ctx.globalAlpha = 0.86;
      this._cells.forEach((cell, i) => {
        const x = cell[0] * view.scale - view.x;
        const y = cell[1] * view.scale - view.y;
        ctx.fillStyle = theme.classes[theme.members[i]].colour;
        ctx.fillRect(x, y, cell[2] * view.scale - view.x - x, cell[3] * view.scale - view.y - y);
      });
      ctx.globalAlpha = 1;
    },

    _drawBuildings: function (view, packed) {
      const tenMetres = (10 * view.scale * 256) / 40075016.686;
      if (!packed || tenMetres < BUILDING_PIXELS) return;
      this._footprints = this._footprints || gm.readFootprints(packed);
      const rings = this._footprints;
      const ctx = this._ctx;
      const west = (view.min.x + view.x) / view.scale;
      const north = (view.min.y + view.y) / view.scale;
      const east = (view.max.x + view.x) / view.scale;
      const south = (view.max.y + view.y) / view.scale;
      ctx.beginPath();
      for (let k = 0; k < rings.count; k++) {
        const box = 4 * k;
        if (rings.boxes[box] > east || rings.boxes[box + 2] < west) continue;
        if (rings.boxes[box + 1] > south || rings.boxes[box + 3] < north) continue;
        const start = rings.starts[k];
        for (let i = start; i < rings.starts[k + 1]; i++) {
          const x = rings.x[i] * view.scale - view.x;
          const y = rings.y[i] * view.scale - view.y;
          if (i === start) ctx.moveTo(x, y);
          else ctx.lineTo(x, y);
        }
        ctx.closePath();
      }
      ctx.globalAlpha = gm.BUILDING_ALPHA;
      ctx.fillStyle = this.model.data.palette.inks.building;
      ctx.fill();
      this._stroke(this.model.data.palette.inks.building, 1);
      ctx.globalAlpha = 1;
    },

    _stroke: function (colour, width, dash) {
      this._ctx.strokeStyle = colour;
      this._ctx.lineWidth = width;
      this._ctx.setLineDash(dash || []);
      this._ctx.stroke();
      this._ctx.setLineDash([]);
    },

    _drawWays: function (view) {
      const inks = this.model.data.palette.inks;
      const metre = (view.scale * 256) / 40075016.686;
      const widths = {
        river: Math.min(Math.max(60 * metre, 3), 26),
        road: Math.min(Math.max(26 * metre, 2.2), 12),
        railway: 2,
      };
      ["river", "road", "railway"].forEach((way) => {
        if (!this.model.ways[way]) return;
        const lines = project(this.model.ways[way], view);
        this._ctx.beginPath();
        for (let k = 0; k < lines.count; k++) traceLine(this._ctx, lines, k);
        if (way === "road") this._stroke(inks.road_edge, widths.road + 1.4);
        this._stroke(inks[way], widths[way]);
        if (way === "railway") {
          this._ctx.lineCap = "butt";
          this._stroke("#ffffff", 1, [7, 7]);
          this._ctx.lineCap = "round";
        }
      });
    },

    _drawBorders: function () {
      const inks = this.model.data.palette.inks;
      const arcs = this._arcs;
      const levels = this.model.arcs.levels;
      const trace = (wanted) => {
        this._ctx.beginPath();
        for (let k = 0; k < arcs.count; k++) {
          if (wanted.indexOf(levels[k]) >= 0) traceLine(this._ctx, arcs, k);
        }
      };
      const zoom = this._map.getZoom();
      const grow = Math.min(Math.max((zoom - 11) / 4, 0.55), 1.5);
      trace("0");
      this._stroke(inks.grid, 0.9 * grow);
      trace("1");
      this._stroke(inks.community, 1.8 * grow);
      trace("23");
      this._ctx.globalAlpha = 0.18;
      this._stroke(inks.township, 7 * grow);
      this._ctx.globalAlpha = 1;
      trace("2");
      this._stroke(inks.township, 2.5 * grow, [11 * grow, 4 * grow, 1.5 * grow, 4 * grow]);
      trace("3");
      this._stroke(inks.township, 2.3 * grow);
    },

    _drawLinks: function (view) {
      const lines = project(this.model.links, view);
      const colour = this.model.data.palette.kinds.exclave.ink;
      for (let k = 0; k < lines.count; k++) {
        const end = lines.starts[k + 1] - 1;
        if (end <= lines.starts[k]) continue;
        const grid = this.model.grids[this.model.links.grid[k]];
        const owner = this.model.communities[grid.community];
        const wanted = [grid, owner];
        if (wanted.includes(this.selected) || wanted.includes(this.hovered)) {
          this._ctx.beginPath();
          traceLine(this._ctx, lines, k);
          this._stroke("rgba(255,255,255,0.9)", 4.4);
          this._stroke(colour, 2, [6, 4.5]);
          this._ctx.beginPath();
          this._ctx.arc(lines.x[end], lines.y[end], 4.4, 0, 2 * Math.PI);
          this._ctx.fillStyle = "#ffffff";
          this._ctx.fill();
          this._stroke(colour, 2);
        } else if (grid.place.room * view.scale > SMALL_EXCLAVE) {
          this._drawStub(lines, lines.starts[k], end, colour);
        }
      }
    },

    /** An arrow from the plate towards the owner: whole lines of many exclaves are a tangle. */
    _drawStub: function (lines, start, end, colour) {
      const ctx = this._ctx;
      const length = Math.hypot(lines.x[end] - lines.x[start], lines.y[end] - lines.y[start]);
      const ux = (lines.x[end] - lines.x[start]) / length;
      const uy = (lines.y[end] - lines.y[start]) / length;
      const reach = Math.min(STUB, length);
      const x = lines.x[start] + ux * reach;
      const y = lines.y[start] + uy * reach;
      ctx.beginPath();
      ctx.moveTo(lines.x[start], lines.y[start]);
      ctx.lineTo(x, y);
      ctx.moveTo(x - 6 * ux + 4 * uy, y - 6 * uy - 4 * ux);
      ctx.lineTo(x, y);
      ctx.lineTo(x - 6 * ux - 4 * uy, y - 6 * uy + 4 * ux);
      this._stroke("rgba(255,255,255,0.9)", 3.6);
      this._stroke(colour, 1.5);
    },

    _drawSelected: function () {
      if (!this.selected) return;
      if (this.selected.shape) {
        traceShape(this._ctx, this._arcs, this.selected.shape);
      } else {
        this._ctx.beginPath();
        this.selected.outline.forEach((arc) => traceLine(this._ctx, this._arcs, arc));
      }
      this._stroke("#ffffff", 6.5);
      this._stroke(this.model.data.palette.inks.selected, 3.4);
    },
  });
})((window.gridmap = window.gridmap || {}));
