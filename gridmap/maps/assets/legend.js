/* The legend: only what is on this map, in both languages, the page's language first. */
(function (gm) {
  "use strict";

  const WIDTH = 32;
  const HEIGHT = 22;

  function canvas(draw) {
    const made = document.createElement("canvas");
    const density = 2;
    made.width = WIDTH * density;
    made.height = HEIGHT * density;
    made.setAttribute("aria-hidden", "true");
    const ctx = made.getContext("2d");
    ctx.scale(density, density);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    ctx.lineCap = "round";
    draw(ctx);
    return made;
  }

  function box(ctx, fill, from, to, border) {
    ctx.fillStyle = fill;
    ctx.fillRect(from, 3, to - from, HEIGHT - 6);
    ctx.strokeStyle = border;
    ctx.lineWidth = 1;
    ctx.strokeRect(from + 0.5, 3.5, to - from - 1, HEIGHT - 7);
  }

  function line(ctx, colour, width, dash) {
    ctx.beginPath();
    ctx.moveTo(3, HEIGHT / 2);
    ctx.lineTo(WIDTH - 3, HEIGHT / 2);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.setLineDash(dash || []);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function symbols(model) {
    const palette = model.data.palette;
    const inks = palette.inks;
    const kinds = palette.kinds;
    const holds = (key, value) => model.grids.some((grid) => grid[key] === value);
    const rows = [];
    const add = (present, key, draw) => {
      if (present) rows.push({ key: key, draw: draw });
    };
    add(holds("kind", "general"), "kind_general", (ctx) => {
      [0, 1, 2].forEach((k) => box(ctx, palette.tints[2 * k][0], 1 + 10 * k, 12 + 10 * k, inks.grid));
    });
    ["dedicated", "exclave"].forEach((kind) =>
      add(holds("kind", kind), "kind_" + kind, (ctx) =>
        box(ctx, gm.makePattern(ctx, kind, kinds[kind], 2), 1, WIDTH - 1, inks.grid)
      )
    );
    add(holds("kind", "exclave"), "legend_link", (ctx) => {
      line(ctx, kinds.exclave.ink, 1.6);
      ctx.beginPath();
      ctx.moveTo(WIDTH - 9, HEIGHT / 2 - 4);
      ctx.lineTo(WIDTH - 3, HEIGHT / 2);
      ctx.lineTo(WIDTH - 9, HEIGHT / 2 + 4);
      ctx.stroke();
    });
    gm.CATEGORIES.forEach((category) =>
      add(holds("category", category), "legend_" + category, (ctx) => {
        const letter = model.text("letter_" + category);
        gm.drawPlate(ctx, WIDTH / 2, HEIGHT / 2, 17, letter, "dedicated", kinds.dedicated);
      })
    );
    add(model.townships.length > 1, "legend_township", (ctx) => {
      line(ctx, "rgba(34,54,76,0.18)", 7);
      line(ctx, inks.township, 2.5, [9, 4, 1.5, 4]);
    });
    add(model.communities.length > 1, "legend_community", (ctx) => line(ctx, inks.community, 2));
    add(true, "legend_grid", (ctx) => line(ctx, inks.grid, 1.1));
    add(model.data.buildings, "legend_building", (ctx) => {
      ctx.globalAlpha = gm.BUILDING_ALPHA;
      ctx.fillStyle = inks.building;
      ctx.fillRect(6, 6, 8, HEIGHT - 12);
      ctx.fillRect(18, 6, 8, HEIGHT - 12);
      ctx.globalAlpha = 1;
    });
    add(model.ways.river, "legend_river", (ctx) => line(ctx, inks.river, 5));
    add(model.ways.road, "legend_road", (ctx) => {
      line(ctx, inks.road_edge, 5.4);
      line(ctx, inks.road, 4);
    });
    add(model.ways.railway, "legend_railway", (ctx) => {
      line(ctx, inks.railway, 2.4);
      ctx.lineCap = "butt";
      line(ctx, "#ffffff", 1.2, [6, 6]);
    });
    ["above", "below"].forEach((state) =>
      add(holds("mark", state), "legend_" + state, (ctx) =>
        gm.drawTriangle(ctx, WIDTH / 2, HEIGHT / 2, 13, state === "above", inks[state])
      )
    );
    add(holds("mark", "empty"), "legend_empty", (ctx) =>
      gm.drawRing(ctx, WIDTH / 2, HEIGHT / 2, 11, inks.empty)
    );
    return rows;
  }

  /** Rows of a theme's classes, before what is the same on every map. */
  function classes(theme, model) {
    const other = model.text.language === "zh" ? "en" : "zh";
    return theme.classes.map((one) => ({
      names: [one[model.text.language], one[other]],
      draw: (ctx) => box(ctx, one.colour, 1, WIDTH - 1, model.data.palette.inks.grid),
    }));
  }

  gm.drawLegend = function (model, text, theme) {
    const other = text.language === "zh" ? "en" : "zh";
    document.getElementById("legend-title").textContent = text("legend");
    const list = document.getElementById("legend-list");
    list.textContent = "";
    const rows = symbols(model).filter((row) => !theme || !row.key.startsWith("kind_"));
    const found = (model.shownLayers || []).map((layer) => ({
      names: [layer.name[text.language], layer.name[other]],
      draw: (ctx) => {
        ctx.globalAlpha = 0.25;
        box(ctx, layer.colour, 1, WIDTH - 1, layer.colour);
        ctx.globalAlpha = 1;
        ctx.lineWidth = 2.5;
        ctx.strokeStyle = layer.colour;
        ctx.strokeRect(2.5, 4.5, WIDTH - 5, HEIGHT - 9);
      },
    }));
    found.concat(theme ? classes(theme, model) : [], rows).forEach((row) => {
      const item = gm.element("li");
      item.appendChild(canvas(row.draw));
      const names = gm.element("span", "names");
      const words = row.names || [text(row.key), model.data.words[other][row.key]];
      names.appendChild(gm.element("span", "", words[0]));
      const second = gm.element("small", "", words[1]);
      second.lang = other;
      names.appendChild(second);
      item.appendChild(names);
      list.appendChild(item);
    });
  };
})((window.gridmap = window.gridmap || {}));
