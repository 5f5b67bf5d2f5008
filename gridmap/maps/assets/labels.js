/* Names and numbers that never cover each other: the important first, the rest where room is left. */
(function (gm) {
  "use strict";

  const FONT =
    '"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","WenQuanYi Micro Hei",SimHei,sans-serif';
  const LARGEST_SERIAL = 15;
  const widths = new Map();

  function font(size, weight) {
    return weight + " " + size + "px " + FONT;
  }

  function widthOf(ctx, text, style) {
    const key = style + "|" + text;
    let width = widths.get(key);
    if (width === undefined) {
      if (widths.size > 20000) widths.clear();
      ctx.font = style;
      width = ctx.measureText(text).width;
      widths.set(key, width);
    }
    return width;
  }

  /** Boxes taken so far, in cells, so that thousands of labels are placed in no time. */
  function Taken() {
    this.cells = new Map();
  }
  Taken.prototype.each = function (box, visit) {
    for (let i = Math.floor(box[0] / 64); i <= Math.floor(box[2] / 64); i++) {
      for (let j = Math.floor(box[1] / 64); j <= Math.floor(box[3] / 64); j++) {
        if (visit(i + ":" + j)) return true;
      }
    }
    return false;
  };
  Taken.prototype.isFree = function (box) {
    return !this.each(box, (key) =>
      (this.cells.get(key) || []).some(
        (other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]
      )
    );
  };
  Taken.prototype.take = function (box) {
    this.each(box, (key) => {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    });
  };

  function drawLine(ctx, line, x, y, halo) {
    ctx.font = line.font;
    ctx.strokeStyle = halo || "rgba(255,255,255,0.88)";
    ctx.lineWidth = line.halo || 3;
    ctx.strokeText(line.text, x, y);
    ctx.fillStyle = line.colour;
    ctx.fillText(line.text, x, y);
  }

  function drawTriangle(ctx, x, y, size, up, colour) {
    const s = up ? -size : size;
    ctx.beginPath();
    ctx.moveTo(x, y + s * 0.58);
    ctx.lineTo(x + size * 0.62, y - s * 0.48);
    ctx.lineTo(x - size * 0.62, y - s * 0.48);
    ctx.closePath();
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 2.4;
    ctx.stroke();
    ctx.fillStyle = colour;
    ctx.fill();
  }
  gm.drawTriangle = drawTriangle;

  /** A letter on a plate: round-cornered square for a site, diamond for an exclave. */
  function drawPlate(ctx, x, y, size, letter, kind, colours) {
    const half = size / 2;
    ctx.beginPath();
    if (kind === "exclave") {
      const reach = half * 1.42;
      ctx.moveTo(x, y - reach);
      ctx.lineTo(x + reach, y);
      ctx.lineTo(x, y + reach);
      ctx.lineTo(x - reach, y);
    } else {
      const r = size * 0.22;
      ctx.moveTo(x - half + r, y - half);
      ctx.arcTo(x + half, y - half, x + half, y + half, r);
      ctx.arcTo(x + half, y + half, x - half, y + half, r);
      ctx.arcTo(x - half, y + half, x - half, y - half, r);
      ctx.arcTo(x - half, y - half, x + half, y - half, r);
    }
    ctx.closePath();
    ctx.fillStyle = colours.ink;
    ctx.fill();
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 1.4;
    ctx.stroke();
    ctx.font = font(Math.round(size * (kind === "exclave" ? 0.78 : 0.72)), "bold");
    ctx.fillStyle = "#ffffff";
    ctx.fillText(letter, x, y + size * 0.04);
  }
  gm.drawPlate = drawPlate;

  /** Stack plate, mark and lines around a point; return the box and how to draw it. */
  function stack(ctx, parts) {
    let width = 0;
    let height = 0;
    parts.forEach((part) => {
      part.width = part.size || widthOf(ctx, part.text, part.font);
      part.height = part.size || part.leading;
      width = Math.max(width, part.width);
      height += part.height;
    });
    return {
      width: width,
      height: height,
      draw: function (x, y) {
        let top = y - height / 2;
        parts.forEach((part) => {
          part.draw(x, top + part.height / 2);
          top += part.height;
        });
      },
    };
  }

  function textPart(ctx, text, size, weight, colour) {
    const line = { text: text, font: font(size, weight), colour: colour };
    return {
      text: text,
      font: line.font,
      leading: size * 1.22,
      draw: (x, y) => drawLine(ctx, line, x, y),
    };
  }

  function gridParts(ctx, grid, room, model, text, isLong) {
    const inks = model.data.palette.inks;
    const parts = [];
    if (grid.kind !== "general") {
      const size = Math.max(11, Math.min(20, room * 1.1));
      if (room < 4.5) return parts;
      const letter = text(grid.kind === "exclave" ? "letter_exclave" : "letter_" + grid.category);
      const colours = model.data.palette.kinds[grid.kind];
      parts.push({
        size: size,
        draw: (x, y) => drawPlate(ctx, x, y, size, letter, grid.kind, colours),
      });
      const wide = widthOf(ctx, grid.short, font(12, "500"));
      if (isLong && room > 20 && wide < room * 2.8) parts.push(textPart(ctx, grid.short, 12, "500", inks.text));
      return parts;
    }
    if (grid.state === "above" || grid.state === "below") {
      const size = Math.max(9, Math.min(13, room * 0.9));
      const colour = inks[grid.state];
      parts.push({
        size: size,
        draw: (x, y) => drawTriangle(ctx, x, y, size, grid.state === "above", colour),
      });
    }
    const serial = grid.serial || grid.short;
    const long = widthOf(ctx, grid.short, font(13, "600"));
    if (isLong && room > 22 && long < room * 2.2) {
      parts.push(textPart(ctx, grid.short, 13, "600", inks.text));
      if (room > 30) parts.push(textPart(ctx, gm.countText(grid, text, true), 12, "400", inks.text));
    } else if (room > 7.5) {
      const size = Math.round(Math.max(10, Math.min(LARGEST_SERIAL, room * 0.85)));
      if (widthOf(ctx, serial, font(size, "500")) < room * 2.4) {
        parts.push(textPart(ctx, serial, size, "500", inks.text));
      }
    }
    return parts;
  }

  function tryPlaces(taken, label, x, y, shifts) {
    for (let i = 0; i < shifts.length; i++) {
      const cx = x + shifts[i][0];
      const cy = y + shifts[i][1];
      const box = [
        cx - label.width / 2 - 2,
        cy - label.height / 2 - 1,
        cx + label.width / 2 + 2,
        cy + label.height / 2 + 1,
      ];
      if (taken.isFree(box)) {
        taken.take(box);
        label.draw(cx, cy);
        return true;
      }
    }
    return false;
  }

  function aroundShifts(room) {
    const d = room * 0.62;
    return [
      [0, 0],
      [0, d],
      [0, -d],
      [d, 0],
      [-d, 0],
    ];
  }

  function nameLabel(ctx, name, size, weight, colour, halo) {
    const line = { text: name, font: font(size, weight), colour: colour, halo: halo };
    return {
      width: widthOf(ctx, name, line.font),
      height: size * 1.15,
      draw: (x, y) => drawLine(ctx, line, x, y),
    };
  }

  function drawCommunities(ctx, taken, view, model, wide) {
    const inks = model.data.palette.inks;
    model.communities.forEach((community) => {
      if (!community.place) return;
      const room = community.place.room * view.scale;
      if (room < 13 || room > 170 !== wide) return;
      const size = Math.round(Math.max(12, Math.min(17, room * 0.26)));
      const label = nameLabel(ctx, community.name, size, "bold", inks.community_text, 4);
      if (label.width > room * 4.2) return;
      const x = community.place.x * view.scale - view.x;
      const y = community.place.y * view.scale - view.y;
      tryPlaces(taken, label, x, y, aroundShifts(room));
    });
  }

  function drawTownships(ctx, taken, view, model) {
    if (model.townships.length < 2) return;
    model.townships.forEach((township) => {
      if (!township.place) return;
      const room = township.place.room * view.scale;
      if (room < 50 || room > 420) return;
      const name = township.name.split("").join("\u2009");
      const label = nameLabel(
        ctx, name, Math.round(Math.max(17, Math.min(24, room * 0.16))), "bold",
        model.data.palette.inks.township_text, 5
      );
      const x = township.place.x * view.scale - view.x;
      const y = township.place.y * view.scale - view.y;
      tryPlaces(taken, label, x, y, aroundShifts(room * 0.8));
    });
  }

  gm.drawLabels = function (ctx, grids, view, model, text) {
    const taken = new Taken();
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    drawTownships(ctx, taken, view, model);
    drawCommunities(ctx, taken, view, model, false);
    /* One way of naming for the whole screen: full names once most grids have room for theirs. */
    const rooms = grids
      .filter((grid) => grid.kind === "general")
      .map((grid) => grid.place.room * view.scale)
      .sort((a, b) => a - b);
    const isLong = rooms.length > 0 && rooms[Math.floor(rooms.length / 2)] > 38;
    const marked = (grid) => grid.kind !== "general" || grid.state !== "inside";
    [true, false].forEach((first) =>
      grids.forEach((grid) => {
        if (marked(grid) !== first) return;
        const room = grid.place.room * view.scale;
        const parts = gridParts(ctx, grid, room, model, text, isLong);
        if (!parts.length) return;
        const x = grid.place.x * view.scale - view.x;
        const y = grid.place.y * view.scale - view.y;
        if (!tryPlaces(taken, stack(ctx, parts), x, y, aroundShifts(room)) && parts.length > 1) {
          tryPlaces(taken, stack(ctx, parts.slice(0, 1)), x, y, aroundShifts(room));
        }
      })
    );
    drawCommunities(ctx, taken, view, model, true);
  };
})((window.gridmap = window.gridmap || {}));
