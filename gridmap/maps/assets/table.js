/* All grids as a table under the map: sorted by any column, linked with the map both ways. */
(function (gm) {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const NUMBERS = ["households", "area", "deviation"];
  /** Columns of this map: what its audience may see. */
  function columnsOf(model) {
    const seen = (column) =>
      column === "deviation" ? Boolean(model.data.grids.deviation) : model.counted;
    return ["code", "name", "kind", "community", "households", "status", "deviation", "area"].filter(
      (column) => !["households", "status", "deviation"].includes(column) || seen(column)
    );
  }
  /** Problems first, then the rest. */
  const STATES = ["above", "below", "empty", "inside", "no_band"];

  gm.Table = function (model, text, choose) {
    const COLUMNS = columnsOf(model);
    const place = byId("table");
    const button = byId("show-table");
    const only = byId("only-problems");
    const rows = new Map();
    let sorted = { column: "code", down: false };
    let made = false;
    let selected = null;

    const community = (grid) => (model.communities[grid.community] || { name: "" }).name;
    const isProblem = (grid) => grid.state === "above" || grid.state === "below";
    const values = {
      code: (grid) => grid.code,
      name: (grid) => grid.name,
      kind: (grid) => gm.kindText(grid, text),
      community: community,
      households: (grid) => grid.households,
      status: (grid) => STATES.indexOf(grid.state),
      area: (grid) => grid.area,
      deviation: (grid) => (grid.deviation === null ? -9 : grid.deviation),
    };
    const words = Object.assign({}, values, {
      households: (grid) => gm.countText(grid, text),
      status: (grid) => gm.stateText(grid, text),
      area: (grid) => gm.areaText(grid.area, text),
      deviation: gm.deviationText,
    });

    function compare(a, b) {
      const one = values[sorted.column](a);
      const two = values[sorted.column](b);
      const order = typeof one === "number" ? one - two : one.localeCompare(two, "zh-CN");
      return (sorted.down ? -order : order) || a.number - b.number;
    }

    function head() {
      const line = gm.element("tr");
      COLUMNS.forEach((column) => {
        const cell = gm.element("th", column);
        cell.scope = "col";
        const sort = gm.element("button", "", text(column));
        sort.type = "button";
        if (sorted.column === column) {
          cell.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
          sort.appendChild(gm.element("span", "arrow", sorted.down ? " ▼" : " ▲"));
        }
        sort.addEventListener("click", () => {
          sorted = { column: column, down: sorted.column === column && !sorted.down };
          draw();
        });
        cell.appendChild(sort);
        line.appendChild(cell);
      });
      const made = gm.element("thead");
      made.appendChild(line);
      return made;
    }

    function row(grid) {
      const line = gm.element("tr", isProblem(grid) ? "problem" : "");
      COLUMNS.forEach((column, i) => {
        const names = [column, NUMBERS.includes(column) ? "number" : ""];
        const cell = gm.element(i ? "td" : "th", names.join(" ").trim());
        if (i) {
          cell.textContent = words[column](grid);
        } else {
          cell.scope = "row";
          const pick = gm.element("button", "", words[column](grid));
          pick.type = "button";
          cell.appendChild(pick);
        }
        line.appendChild(cell);
      });
      line.addEventListener("click", () => choose(grid.number));
      rows.set(grid, line);
      return line;
    }

    function draw() {
      const grids = model.grids.filter((grid) => !only.checked || isProblem(grid)).sort(compare);
      const table = gm.element("table");
      table.appendChild(gm.element("caption", "", text("table")));
      table.appendChild(head());
      const body = gm.element("tbody");
      rows.clear();
      grids.forEach((grid) => body.appendChild(row(grid)));
      table.appendChild(body);
      const around = byId("table-rows");
      around.textContent = "";
      around.appendChild(table);
      byId("table-count").textContent = text("grids_in", { count: gm.formatNumber(grids.length) });
      made = true;
      this.mark(selected);
    }
    draw = draw.bind(this);

    this.mark = (chosen) => {
      if (rows.has(selected)) rows.get(selected).removeAttribute("aria-current");
      selected = chosen;
      const line = rows.get(chosen);
      if (!line || place.hidden) return;
      line.setAttribute("aria-current", "true");
      line.scrollIntoView({ block: "nearest" });
    };

    this.label = () => {
      button.textContent = text("show_table");
      byId("only-words").textContent = text("only_problems");
      byId("close-table").setAttribute("aria-label", text("close"));
      byId("table-rows").setAttribute("aria-label", text("table"));
      if (made) draw();
    };

    this.toggle = (open) => {
      place.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (open) draw();
    };
    byId("only-problems").parentNode.hidden = !model.counted;
    button.addEventListener("click", () => this.toggle(place.hidden));
    byId("close-table").addEventListener("click", () => {
      this.toggle(false);
      button.focus();
    });
    only.addEventListener("change", draw);
  };
})((window.gridmap = window.gridmap || {}));
