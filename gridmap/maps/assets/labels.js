/* Names and numbers that never cover each other: the important first, the rest where room is left.
   One rule for every map: a general grid shows its number where its land has room for it, and under
   it its households once half of the grids on the screen have room for both. */
(function (gm) {
  "use strict";

  const FONT =
    '"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","WenQuanYi Micro Hei",SimHei,sans-serif';
  const SERIAL = { largest: 15, smallest: 9 };
  /** Height of digits as a share of their size. */
  const DIGIT = 0.74;
  /** Radius in pixels from which half of the grids have room for number and households. */
  const ROOM_FOR_COUNT = 30;
  /** Steps of 7 pixels to each side in which a number looks for another place in its grid. */
  const SEARCH = 6;
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
  Taken.prototype.count = function (box) {
    const met = new Set();
    this.each(box, (key) => {
      (this.cells.get(key) || []).forEach((other) => {
        if (box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]) met.add(other);
      });
      return false;
    });
    return met.size;
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

  /** A ring: nobody lives here, which is neither good nor bad. */
  gm.drawRing = function (ctx, x, y, size, colour) {
    ctx.beginPath();
    ctx.arc(x, y, size * 0.38, 0, 2 * Math.PI);
    ctx.fillStyle = "#ffffff";
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.8;
    ctx.stroke();
  };

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

  function textPart(ctx, text, size, weight, colour, leading) {
    const line = { text: text, font: font(size, weight), colour: colour };
    return {
      text: text,
      font: line.font,
      leading: size * (leading || 1.22),
      draw: (x, y) => drawLine(ctx, line, x, y),
    };
  }

  /** The largest size in which digits lie within a circle, or 0. */
  function fitDigits(ctx, digits, room) {
    for (let size = SERIAL.largest; size >= SERIAL.smallest; size--) {
      const width = widthOf(ctx, digits, font(size, "500"));
      if (Math.hypot(width, size * DIGIT) / 2 <= room + 1) return size;
    }
    return 0;
  }

  function specialParts(ctx, grid, room, model, text, isLong) {
    const inks = model.data.palette.inks;
    const letter = text(grid.kind === "exclave" ? "letter_exclave" : "letter_" + grid.category);
    const colours = model.data.palette.kinds[grid.kind];
    const size = Math.max(11, Math.min(20, room * 1.1));
    const parts = [
      { size: size, draw: (x, y) => drawPlate(ctx, x, y, size, letter, grid.kind, colours) },
    ];
    const owner = grid.kind === "exclave" && model.communities[grid.community];
    const words = owner ? text("owned_by", { name: owner.name }) : isLong ? grid.short : "";
    const style = font(12, "500");
    if (words && room > (owner ? 13 : 20) && widthOf(ctx, words, style) < room * (owner ? 2.2 : 2.8)) {
      parts.push(textPart(ctx, words, 12, "500", owner ? colours.ink : inks.text));
    }
    return parts;
  }

  function gridParts(ctx, grid, room, model, text, isLong) {
    const inks = model.data.palette.inks;
    if (grid.kind !== "general") {
      return room < 4.5 ? [] : specialParts(ctx, grid, room, model, text, isLong);
    }
    const parts = [];
    if (grid.mark && grid.mark !== "inside") {
      const size = Math.max(9, Math.min(13, room * 0.9));
      const colour = inks[grid.state];
      const draw = (x, y) =>
        grid.state === "empty"
          ? gm.drawRing(ctx, x, y, size, colour)
          : drawTriangle(ctx, x, y, size, grid.state === "above", colour);
      parts.push({ size: size, draw: draw });
    }
    const serial = grid.serial || grid.short;
    const size = fitDigits(ctx, serial, room);
    if (size) parts.push(textPart(ctx, serial, size, isLong ? "600" : "500", inks.text, 1));
    const count = gm.countText(grid, text, true);
    if (size && count && isLong && widthOf(ctx, count, font(12, "400")) < room * 2) {
      parts.push(textPart(ctx, count, 12, "400", inks.text));
    }
    return parts;
  }

  function boxOf(label, x, y) {
    return [
      x - label.width / 2 - 2,
      y - label.height / 2 - 1,
      x + label.width / 2 + 2,
      y + label.height / 2 + 1,
    ];
  }

  function tryPlaces(taken, label, x, y, shifts) {
    for (let i = 0; i < shifts.length; i++) {
      const cx = x + shifts[i][0];
      const cy = y + shifts[i][1];
      const box = boxOf(label, cx, cy);
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

  /** Other places inside a grid, the nearest to its middle first, for a number that found none. */
  function placesInside(grid, label, x, y, view, model) {
    const found = [];
    const w = label.width / 2;
    const h = label.height * 0.4;
    const inside = (px, py) =>
      gm.isInside(model, grid, (px + view.x) / view.scale, (py + view.y) / view.scale);
    for (let i = -SEARCH; i <= SEARCH; i++) {
      for (let j = -SEARCH; j <= SEARCH; j++) {
        const dx = i * 7;
        const dy = j * 7;
        const corners = [[-w, -h], [w, -h], [-w, h], [w, h]];
        if (corners.every((at) => inside(x + dx + at[0], y + dy + at[1]))) found.push([dx, dy]);
      }
    }
    return found.sort((a, b) => Math.hypot(a[0], a[1]) - Math.hypot(b[0], b[1]));
  }

  /** The free place of a name that hides fewest numbers and crosses fewest borders, or null. */
  function bestPlace(taken, anchors, label, middle, grids, view, model) {
    const spots = [[middle.x, middle.y]];
    const lift = label.height / 2 + 7;
    aroundShifts(middle.room).slice(1).forEach((by) => spots.push([middle.x + by[0], middle.y + by[1]]));
    grids.forEach((grid) => {
      const x = grid.place.x * view.scale - view.x;
      const y = grid.place.y * view.scale - view.y;
      [lift, lift + 10].forEach((by) => spots.push([x, y - by], [x, y + by]));
      spots.push([x, y]);
    });
    let best = null;
    spots.forEach((spot) => {
      const box = boxOf(label, spot[0], spot[1]);
      if (!taken.isFree(box)) return;
      const under = new Set();
      let outside = 0;
      [-0.48, 0, 0.48].forEach((i) =>
        [-0.4, 0.4].forEach((j) => {
          const x = (spot[0] + i * label.width + view.x) / view.scale;
          const y = (spot[1] + j * label.height + view.y) / view.scale;
          const grid = grids.find((one) => gm.isInside(model, one, x, y));
          if (grid) under.add(grid.number);
          else outside++;
        })
      );
      const far = Math.hypot(spot[0] - middle.x, spot[1] - middle.y) / Math.max(middle.room, 20);
      const cost = 3 * anchors.count(box) + 1.5 * outside + under.size + far;
      if (!best || cost < best.cost) best = { cost: cost, x: spot[0], y: spot[1], outside: outside };
    });
    return best;
  }

  function nameLabel(ctx, name, size, weight, colour, halo) {
    const line = { text: name, font: font(size, weight), colour: colour, halo: halo };
    return {
      width: widthOf(ctx, name, line.font),
      height: size * 1.15,
      draw: (x, y) => drawLine(ctx, line, x, y),
    };
  }

  /** Draw the name of an area at its best place; tell whether it found one. */
  function drawName(taken, anchors, label, area, grids, view, model, mostOutside) {
    const middle = {
      x: area.place.x * view.scale - view.x,
      y: area.place.y * view.scale - view.y,
      room: area.place.room * view.scale,
    };
    const best = bestPlace(taken, anchors, label, middle, grids, view, model);
    if (!best || best.outside > mostOutside) return false;
    taken.take(boxOf(label, best.x, best.y));
    label.draw(best.x, best.y);
    return true;
  }

  const onMainLand = (grid) => grid.kind !== "exclave" && grid.shape.length > 0;

  function drawCommunities(ctx, taken, anchors, shown, view, model, wide) {
    const inks = model.data.palette.inks;
    model.communities.forEach((community) => {
      if (!community.place) return;
      const room = community.place.room * view.scale;
      if (room < 13 || room > 170 !== wide) return;
      const size = Math.round(Math.max(12, Math.min(17, room * 0.26)));
      const label = nameLabel(ctx, community.name, size, "bold", inks.community_text, 4);
      if (label.width > room * 4.2) return;
      const own = community.grids.filter((grid) => onMainLand(grid) && shown.has(grid));
      if (!own.length) return;
      drawName(taken, anchors, label, community, own, view, model, model.communities.length > 1 ? 6 : 2);
    });
  }

  function drawTownships(ctx, taken, anchors, shown, view, model) {
    if (model.townships.length < 2) return;
    model.townships.forEach((township, number) => {
      if (!township.place) return;
      const room = township.place.room * view.scale;
      if (room < 50 || room > 420) return;
      const name = township.name.split("").join("\u2009");
      const largest = Math.round(Math.max(17, Math.min(24, room * 0.16)));
      const inside = (grid) =>
        onMainLand(grid) && grid.community >= 0 && model.communities[grid.community].township === number;
      const own = Array.from(shown).filter(inside);
      if (!own.length) return;
      [largest, 14].some((size) => {
        const label = nameLabel(ctx, name, size, "bold", model.data.palette.inks.township_text, 5);
        return drawName(taken, anchors, label, township, own, view, model, 0);
      });
    });
  }

  const WAY_SIZE = [12, 11.5, 11];
  /** The same name again only this far away, in pixels. */
  const WAY_AGAIN = 320;
  /** Names of small roads from this zoom on. */
  const WAY_ZOOM = [13.5, 14.5, 15.5];

  /** Names along roads, rivers and railways, where nothing else stands. */
  function drawWayNames(ctx, taken, view, model) {
    const zoom = Math.log2(view.scale);
    const drawn = new Map();
    model.wayNames.forEach((spot) => {
      if (zoom < WAY_ZOOM[spot.rank]) return;
      const x = spot.x * view.scale - view.x;
      const y = spot.y * view.scale - view.y;
      if (x < view.min.x || x > view.max.x || y < view.min.y || y > view.max.y) return;
      const others = drawn.get(spot.name) || [];
      if (others.some((at) => Math.hypot(at[0] - x, at[1] - y) < WAY_AGAIN)) return;
      const style = font(WAY_SIZE[spot.rank], "500");
      const width = widthOf(ctx, spot.name, style);
      const w = (Math.abs(Math.cos(spot.angle)) * width + Math.abs(Math.sin(spot.angle)) * 14) / 2 + 3;
      const h = (Math.abs(Math.sin(spot.angle)) * width + Math.abs(Math.cos(spot.angle)) * 14) / 2 + 3;
      const box = [x - w, y - h, x + w, y + h];
      if (!taken.isFree(box)) return;
      taken.take(box);
      drawn.set(spot.name, others.concat([[x, y]]));
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(spot.angle);
      drawLine(ctx, { text: spot.name, font: style, colour: spot.kind === "river" ? "#215f8b" : "#5f5140" }, 0, 0);
      ctx.restore();
    });
  }

  gm.drawLabels = function (ctx, grids, view, model, text) {
    const taken = new Taken();
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    const rooms = grids
      .filter((grid) => grid.kind === "general")
      .map((grid) => grid.place.room * view.scale)
      .sort((a, b) => a - b);
    const isLong = rooms.length > 0 && rooms[Math.floor(rooms.length / 2)] > ROOM_FOR_COUNT;
    const labels = grids.map((grid) => {
      const room = grid.place.room * view.scale;
      return {
        grid: grid,
        room: room,
        parts: gridParts(ctx, grid, room, model, text, isLong),
        x: grid.place.x * view.scale - view.x,
        y: grid.place.y * view.scale - view.y,
      };
    });
    const place = (one) => {
      if (!one.parts.length) return;
      const label = stack(ctx, one.parts);
      if (tryPlaces(taken, label, one.x, one.y, aroundShifts(one.room))) return;
      const single = stack(ctx, one.parts.slice(0, 1));
      if (one.parts.length > 1 && tryPlaces(taken, single, one.x, one.y, aroundShifts(one.room))) return;
      tryPlaces(taken, single, one.x, one.y, placesInside(one.grid, single, one.x, one.y, view, model));
    };
    const isMarked = (one) => one.grid.kind !== "general" || Boolean(one.grid.mark && one.grid.mark !== "inside");
    const anchors = new Taken();
    labels.forEach((one) => {
      if (!isMarked(one) && one.parts.length) anchors.take(boxOf(stack(ctx, one.parts), one.x, one.y));
    });
    labels.filter(isMarked).forEach(place);
    const shown = new Set(grids);
    drawTownships(ctx, taken, anchors, shown, view, model);
    drawCommunities(ctx, taken, anchors, shown, view, model, false);
    labels.filter((one) => !isMarked(one)).forEach(place);
    drawCommunities(ctx, taken, anchors, shown, view, model, true);
    drawWayNames(ctx, taken, view, model);
  };
})((window.gridmap = window.gridmap || {}));
