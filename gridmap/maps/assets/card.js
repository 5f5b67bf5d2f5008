/* The facts of one grid, every one of them put in as text. */
(function (gm) {
  "use strict";

  gm.element = function (tag, className, words) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (words !== undefined) made.textContent = words;
    return made;
  };

  gm.formatNumber = function (value, digits) {
    const parts = value.toFixed(digits || 0).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return parts.join(".");
  };

  /** A count of households, an estimate that says so, or its class below ten. */
  gm.countText = function (grid, text, short) {
    if (grid.households === null) return "";
    const key = grid.households < 0 ? "few" : grid.households === 0 ? "nobody" : "count";
    const suffix = (short ? "_short" : "") + (key === "count" && text.estimated ? "_estimated" : "");
    return text(key + suffix, { count: gm.formatNumber(grid.households) });
  };

  gm.areaText = function (area, text) {
    if (area >= 1e6) return text("square_km", { number: gm.formatNumber(area / 1e6, 2) });
    return text("hectares", { number: gm.formatNumber(area / 1e4, area < 1e5 ? 2 : 1) });
  };

  gm.kindText = function (grid, text) {
    const kind = text("kind_" + grid.kind);
    return grid.category ? kind + " · " + text("category_" + grid.category) : kind;
  };

  gm.stateText = function (grid, text) {
    if (!grid.state) return "";
    const signs = { inside: "✓ ", above: "▲ ", below: "▼ ", no_band: "", empty: "○ " };
    return signs[grid.state] + text(grid.state);
  };

  gm.deviationText = function (grid) {
    if (grid.deviation === null) return "";
    const sign = grid.deviation > 0 ? "+" : grid.deviation < 0 ? "−" : "";
    return sign + gm.formatNumber(Math.abs(grid.deviation) * 100, 1) + "%";
  };

  function statusCell(grid, model, text) {
    return gm.element("span", "status " + grid.state, gm.stateText(grid, text));
  }

  function communityFacts(community, model, text) {
    const township = model.townships[community.township];
    const count = gm.formatNumber(community.grids.length);
    const rows = [["code", community.id]];
    if (township) rows.push(["township", township.name]);
    rows.push(["grids", text("grids_in", { count: count })]);
    const households = gm.countText(community, text);
    if (community.households === null) return rows;
    rows.push([
      "households",
      community.rounded && community.households > 0 && !text.estimated
        ? text("about_households", { count: gm.formatNumber(community.households) })
        : households,
    ]);
    return rows;
  }

  function facts(grid, model, text) {
    const community = model.communities[grid.community];
    const township = community && model.townships[community.township];
    const host = model.communities[grid.host];
    const reason = (model.data.grids.reasons || [])[grid.reason];
    const rows = [
      ["code", grid.code],
      [grid.kind === "exclave" ? "owner" : "community", community ? community.name : ""],
    ];
    if (host) rows.push(["host", host.name]);
    if (township) rows.push(["township", township.name]);
    rows.push(["households", gm.countText(grid, text)]);
    if (grid.state && grid.state !== "no_band") {
      rows.push(["band", text("band_value", { lower: grid.lower, upper: grid.upper })]);
    }
    if (grid.state) rows.push(["status", statusCell(grid, model, text)]);
    rows.push(["deviation", gm.deviationText(grid)]);
    if (reason) rows.push(["reason", reason[text.language === "zh" ? 0 : 1] || reason[0] || reason[1]]);
    rows.push(["area", gm.areaText(grid.area, text)]);
    const bounds = model.data.grids.bounds[text.language];
    ["east", "south", "west", "north"].forEach((side, place) => {
      rows.push(["bound_" + side, bounds.texts[bounds.sides[place][grid.number]] || ""]);
    });
    if (grid.buildings) rows.push(["buildings", text("buildings_value", { count: gm.formatNumber(grid.buildings) })]);
    rows.push(["micro_grids", microGrids(grid, model, text)]);
    ((model.data.staff || [])[grid.number] || []).forEach((one) => {
      rows.push([text.language === "zh" ? one[0] : one[1], one[2], true]);
    });
    if (model.data.earlier) {
      const former = model.data.earlier[grid.number].filter(Boolean);
      rows.push(["earlier", former.length ? former.join("　") : text("earlier_none")]);
    }
    return rows.filter((row) => row[1] !== "");
  }

  /** How many micro-grids a grid has, and behind a click which. */
  function microGrids(grid, model, text) {
    const all = model.data.micro_grids;
    if (!all) return "";
    const mine = all.grid.map((at, i) => (at === grid.number ? i : -1)).filter((i) => i >= 0);
    if (!mine.length) return "";
    const box = gm.element("details");
    box.appendChild(gm.element("summary", "", text("micro_value", { count: mine.length })));
    const list = gm.element("ul");
    mine.forEach((i) => {
      const count = gm.countText({ households: all.households[i] }, text);
      const name = all.name[i] || all.code[i];
      const short = name.startsWith(grid.name) && name.slice(grid.name.length).trim();
      const item = gm.element("li", "", short || name);
      item.title = all.code[i];
      item.appendChild(gm.element("small", "", count));
      list.appendChild(item);
    });
    box.appendChild(list);
    return box;
  }

  function itemFacts(item, model, text) {
    const zh = text.language === "zh";
    return item.facts.map((fact) => [zh ? fact[0] : fact[1], zh ? fact[2] : fact[3], true]);
  }

  function button(words, act, className) {
    const made = gm.element("button", className, words);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  gm.Card = function (model, text, act) {
    const place = document.getElementById("card");

    this.show = function (chosen) {
      const grid = chosen;
      const isGrid = Boolean(chosen && chosen.shape);
      const isItem = Boolean(chosen && chosen.facts);
      this.shown = chosen;
      place.textContent = "";
      place.setAttribute("aria-label", text(isItem ? "card_item" : chosen && !isGrid ? "card_community" : "card"));
      place.classList.toggle("empty", !grid);
      if (!grid) {
        place.appendChild(gm.element("p", "hint", text("hint")));
        return;
      }
      const head = gm.element("div", "head");
      const title = isItem ? grid.name[text.language] : grid.name || grid.code;
      head.appendChild(gm.element("h2", "", title));
      const close = button("×", () => act.clear(), "close");
      close.setAttribute("aria-label", text("close"));
      close.title = text("close");
      head.appendChild(close);
      place.appendChild(head);
      place.appendChild(
        isGrid
          ? gm.element("p", "kind " + grid.kind, gm.kindText(grid, text))
          : gm.element("p", "kind", isItem ? grid.layer.name[text.language] : text("community_kind"))
      );
      const list = gm.element("dl");
      (isItem ? itemFacts : isGrid ? facts : communityFacts)(grid, model, text).forEach((row) => {
        list.appendChild(gm.element("dt", "", row[2] ? row[0] : text(row[0])));
        const value = gm.element("dd");
        if (typeof row[1] === "string") value.textContent = row[1];
        else value.appendChild(row[1]);
        list.appendChild(value);
      });
      place.appendChild(list);
      const foot = gm.element("div", "foot");
      const count = model.grids.length;
      if (isGrid) {
        const step = (by) => () => act.choose((grid.number + by + count) % count);
        foot.appendChild(button(text("previous"), step(-1)));
        foot.appendChild(button(text("next"), step(1)));
      }
      if (isItem) {
        foot.appendChild(button(text("previous"), () => act.stepItem(grid, -1)));
        foot.appendChild(button(text("next"), () => act.stepItem(grid, 1)));
      }
      foot.appendChild(button(text("zoom_to"), () => act.zoom(grid)));
      place.appendChild(foot);
    };
  };
})((window.gridmap = window.gridmap || {}));
