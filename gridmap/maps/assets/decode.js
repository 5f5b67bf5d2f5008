/* The block of data becomes land that can be drawn and asked: points, arcs, grids, communities. */
(function (gm) {
  "use strict";

  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const PLACE = new Uint8Array(128);
  for (let i = 0; i < 64; i++) PLACE[ALPHABET.charCodeAt(i)] = i;

  /** Read integers: five bits a character, the lowest first; a 32 says that more follow. */
  gm.unpack = function (text) {
    const numbers = [];
    let value = 0;
    let shift = 0;
    for (let i = 0; i < text.length; i++) {
      const five = PLACE[text.charCodeAt(i)];
      value += (five & 31) * Math.pow(2, shift);
      if (five & 32) {
        shift += 5;
      } else {
        numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
        value = 0;
        shift = 0;
      }
    }
    return numbers;
  };

  /** Web Mercator at zoom 0: the whole world is 256 units wide. */
  function worldX(lon) {
    return ((lon + 180) / 360) * 256;
  }
  function worldY(lat) {
    const sine = Math.sin((lat * Math.PI) / 180);
    return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
  }

  /** Lines of points in world units: line i has the points starts[i] to starts[i + 1] - 1. */
  function readLines(packed, data) {
    const counts = gm.unpack(packed.counts);
    const steps = gm.unpack(packed.steps);
    const starts = new Uint32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) starts[i + 1] = starts[i] + counts[i];
    const x = new Float64Array(steps.length / 2);
    const y = new Float64Array(steps.length / 2);
    let east = data.origin[0];
    let north = data.origin[1];
    for (let i = 0; i < x.length; i++) {
      east += steps[2 * i];
      north += steps[2 * i + 1];
      x[i] = worldX(east * data.step);
      y[i] = worldY(north * data.step);
    }
    return { x: x, y: y, starts: starts, count: counts.length };
  }

  gm.readLines = readLines;
  /** Outlines of buildings with the box of each: west, north, east, south in world units. */
  gm.readFootprints = function (packed) {
    const rings = readLines(packed, packed);
    rings.boxes = new Float64Array(4 * rings.count);
    for (let k = 0; k < rings.count; k++) {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = rings.starts[k]; i < rings.starts[k + 1]; i++) {
        box[0] = Math.min(box[0], rings.x[i]);
        box[1] = Math.min(box[1], rings.y[i]);
        box[2] = Math.max(box[2], rings.x[i]);
        box[3] = Math.max(box[3], rings.y[i]);
      }
      rings.boxes.set(box, 4 * k);
    }
    return rings;
  };

  /** For each grid its polygons, for each its rings, for each its signed arcs. */
  function readRings(text, count) {
    const row = gm.unpack(text);
    const shapes = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      const polygons = [];
      for (let p = row[at++]; p > 0; p--) {
        const rings = [];
        for (let r = row[at++]; r > 0; r--) {
          const length = row[at++];
          rings.push(row.slice(at, at + length));
          at += length;
        }
        polygons.push(rings);
      }
      shapes.push(polygons);
    }
    return shapes;
  }

  /** Where a label may stand and how much room it has, in world units. */
  function readPlaces(text, data) {
    const row = gm.unpack(text);
    const places = [];
    for (let i = 0; i < row.length; i += 3) {
      const lat = (data.origin[1] + row[i + 1]) * data.step;
      const metre = 256 / (40075016.686 * Math.cos((lat * Math.PI) / 180));
      places.push({
        x: worldX((data.origin[0] + row[i]) * data.step),
        y: worldY(lat),
        room: (row[i + 2] / 10) * metre,
      });
    }
    return places;
  }

  /** Cells as west, north, east, south in world units. */
  gm.readCells = function (packed, data) {
    const row = gm.unpack(packed.cells);
    const lon = (step) => worldX((data.origin[0] + step) * data.step);
    const lat = (step) => worldY((data.origin[1] + step) * data.step);
    const cells = [];
    for (let i = 0; i < row.length; i += 2) {
      const west = row[i] * packed.size[0];
      const south = row[i + 1] * packed.size[1];
      cells.push([lon(west), lat(south + packed.size[1]), lon(west + packed.size[0]), lat(south)]);
    }
    return cells;
  };

  /** Where names of ways may stand: x and y in world units, the angle in radians. */
  function readWayNames(data) {
    const row = gm.unpack(data.way_names.spots);
    const spots = [];
    for (let i = 0; i < row.length; i += 5) {
      spots.push({
        name: data.way_names.names[row[i]],
        kind: data.way_names.kinds[row[i]],
        rank: row[i + 1],
        x: worldX((data.origin[0] + row[i + 2]) * data.step),
        y: worldY((data.origin[1] + row[i + 3]) * data.step),
        angle: (row[i + 4] * Math.PI) / 180,
      });
    }
    return spots;
  }

  function boundsOf(shape, arcs) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    shape.forEach((rings) =>
      rings[0].forEach((signed) => {
        const arc = signed < 0 ? -1 - signed : signed;
        for (let i = arcs.starts[arc]; i < arcs.starts[arc + 1]; i++) {
          if (arcs.x[i] < box[0]) box[0] = arcs.x[i];
          if (arcs.y[i] < box[1]) box[1] = arcs.y[i];
          if (arcs.x[i] > box[2]) box[2] = arcs.x[i];
          if (arcs.y[i] > box[3]) box[3] = arcs.y[i];
        }
      })
    );
    return box;
  }

  gm.joinBoxes = function (boxes) {
    return boxes.reduce(
      (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])],
      [Infinity, Infinity, -Infinity, -Infinity]
    );
  };

  /** The arcs around some grids: those that only one of them has. */
  function outlineOf(grids) {
    const seen = new Map();
    grids.forEach((grid) =>
      grid.shape.forEach((rings) =>
        rings.forEach((ring) =>
          ring.forEach((signed) => {
            const arc = signed < 0 ? -1 - signed : signed;
            seen.set(arc, (seen.get(arc) || 0) + 1);
          })
        )
      )
    );
    return Array.from(seen.keys()).filter((arc) => seen.get(arc) === 1);
  }

  const KINDS = ["general", "dedicated", "exclave"];
  const CATEGORIES = ["school", "hospital", "government", "mall", "office", "industrial", "park"];
  gm.CATEGORIES = CATEGORIES;
  const STATES = ["inside", "above", "below", "no_band", "empty"];

  gm.decode = function (data) {
    const table = data.grids;
    const counted = Boolean(table.households);
    const numberAt = (column, i) => (column ? column[i] : null);
    const arcs = readLines(data.arcs, data);
    arcs.levels = data.arcs.levels;
    const shapes = readRings(data.arcs.rings, table.code.length);
    const places = readPlaces(table.places, data);
    const grids = table.code.map((code, i) => ({
      number: i,
      code: code,
      name: table.name[i],
      short: table.short[i],
      serial: table.serial[i],
      kind: KINDS[table.kind[i]] || "general",
      category: CATEGORIES[table.category[i]] || "",
      community: table.community[i],
      host: table.host[i],
      households: numberAt(table.households, i),
      lower: numberAt(table.lower, i),
      upper: numberAt(table.upper, i),
      state: counted ? STATES[table.state[i]] : "",
      mark: counted && KINDS[table.kind[i]] === "general" ? STATES[table.state[i]] : "",
      reason: counted ? table.reason[i] : -1,
      buildings: numberAt(table.buildings, i),
      deviation: numberAt(table.deviation, i),
      area: table.area_m2[i],
      tint: table.community[i] < 0 ? 0 : data.communities.tint[table.community[i]],
      shade: table.shade[i],
      place: places[i],
      shape: shapes[i],
      box: boundsOf(shapes[i], arcs),
    }));
    const townships = data.townships.names.map((name) => ({ name: name, place: null }));
    readPlaces(data.townships.places, data).forEach((place, k) => {
      townships[data.townships.labelled[k]].place = place;
    });
    const communities = data.communities.names.map((name, i) => ({
      number: i,
      id: data.communities.ids[i],
      name: name,
      township: data.communities.township[i],
      households: numberAt(data.communities.households, i),
      rounded: counted && data.communities.rounded[i] === "1",
      place: null,
      grids: [],
      box: null,
    }));
    readPlaces(data.communities.places, data).forEach((place, k) => {
      communities[data.communities.labelled[k]].place = place;
    });
    grids.forEach((grid) => {
      if (grid.community >= 0) communities[grid.community].grids.push(grid);
    });
    communities.forEach((community) => {
      const main = community.grids.filter((grid) => grid.kind !== "exclave");
      community.box = gm.joinBoxes((main.length ? main : community.grids).map((grid) => grid.box));
      community.outline = outlineOf(community.grids);
    });
    const links = readLines(data.links, data);
    const exclaves = grids.filter((grid) => grid.kind === "exclave");
    links.grid = exclaves.map((grid) => grid.number);
    const ways = {};
    Object.keys(data.ways).forEach((way) => {
      ways[way] = readLines(data.ways[way], data);
    });
    return {
      data: data,
      counted: counted,
      wayNames: readWayNames(data),
      arcs: arcs,
      grids: grids,
      communities: communities,
      townships: townships,
      links: links,
      ways: ways,
      box: gm.joinBoxes(grids.map((grid) => grid.box)),
    };
  };

  /** Whether a point in world units lies in a grid. */
  gm.isInside = function (model, grid, x, y) {
    const arcs = model.arcs;
    const box = grid.box;
    if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) return false;
    let inside = false;
    grid.shape.forEach((rings) =>
      rings.forEach((ring) =>
        ring.forEach((signed) => {
          const arc = signed < 0 ? -1 - signed : signed;
          for (let i = arcs.starts[arc] + 1; i < arcs.starts[arc + 1]; i++) {
            const ay = arcs.y[i - 1];
            const by = arcs.y[i];
            if (ay > y !== by > y) {
              const at = arcs.x[i - 1] + ((y - ay) / (by - ay)) * (arcs.x[i] - arcs.x[i - 1]);
              if (x < at) inside = !inside;
            }
          }
        })
      )
    );
    return inside;
  };

  /** The grid at a point in world units, or null. */
  gm.gridAt = function (model, x, y) {
    return model.grids.find((grid) => gm.isInside(model, grid, x, y)) || null;
  };

  gm.toLatLng = function (x, y) {
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 256))) * 180) / Math.PI;
    return L.latLng(lat, (x / 256) * 360 - 180);
  };
  gm.toBounds = function (box) {
    return L.latLngBounds(gm.toLatLng(box[0], box[3]), gm.toLatLng(box[2], box[1]));
  };
  gm.toWorld = function (at) {
    return { x: worldX(at.lng), y: worldY(at.lat) };
  };
})((window.gridmap = window.gridmap || {}));
