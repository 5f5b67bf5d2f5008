/* Before and after: a line to drag over the map, and the list of what changed. */
(function (gm) {
  "use strict";

  const byId = (id) => document.getElementById(id);

  gm.Changes = function (model, text, painter, map, act) {
    const before = model.before;
    const panel = byId("changes");
    const line = byId("swipe");
    const button = byId("compare");
    button.hidden = !before;
    this.label = () => undefined;
    if (!before) return;
    let share = 0.5;

    const place = () => {
      line.style.left = (share * 100).toFixed(2) + "%";
      line.setAttribute("aria-valuenow", String(Math.round(share * 100)));
      painter.split = line.hidden ? -1 : share * map.getSize().x;
      painter.redraw();
    };

    const close = byId("close-changes");
    const toggle = (on) => {
      line.hidden = !on;
      panel.hidden = !on;
      button.setAttribute("aria-pressed", String(on));
      byId("side-before").hidden = !on;
      byId("side-after").hidden = !on;
      place();
    };
    button.addEventListener("click", () => toggle(line.hidden));
    close.addEventListener("click", () => {
      toggle(false);
      button.focus();
    });

    const move = (x) => {
      const box = byId("stage").getBoundingClientRect();
      share = Math.min(Math.max((x - box.left) / box.width, 0), 1);
      place();
    };
    line.addEventListener("pointerdown", (event) => {
      line.setPointerCapture(event.pointerId);
      event.preventDefault();
      line.focus();
    });
    line.addEventListener("pointermove", (event) => {
      if (line.hasPointerCapture(event.pointerId)) move(event.clientX);
    });
    line.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 };
      if (!steps[event.key]) return;
      event.preventDefault();
      share = Math.min(Math.max(share + steps[event.key], 0), 1);
      place();
    });
    map.on("move resize", () => {
      if (!line.hidden) painter.split = share * map.getSize().x;
    });

    const count = (number) =>
      number === null ? "—" : number < 0 ? text("few_short") : gm.formatNumber(number);

    function row(change) {
      const [at, was, code, from, to, moved] = change;
      const grid = at >= 0 ? model.grids[at] : before.grids[was];
      const item = gm.element("li");
      const pick = gm.element("button");
      pick.type = "button";
      pick.appendChild(gm.element("b", "code " + code, code));
      pick.appendChild(gm.element("span", "name", grid.name || grid.code));
      const note = at < 0 ? text("change_gone") : text("change_" + code);
      const words = text("change_row", { note: note, from: count(from), to: count(to), moved: count(moved) });
      pick.appendChild(gm.element("span", "note", words));
      pick.addEventListener("click", () => (at >= 0 ? act.choose(at) : act.zoom(grid)));
      item.appendChild(pick);
      return item;
    }

    this.label = () => {
      button.textContent = text("compare");
      close.setAttribute("aria-label", text("close"));
      line.setAttribute("aria-label", text("swipe"));
      byId("side-before").textContent = text("before");
      byId("side-after").textContent = text("after");
      byId("changes-title").textContent = text("changes");
      byId("changes-told").textContent = model.data.changes.told[text.language];
      const list = byId("changes-list");
      list.textContent = "";
      model.data.changes.rows.forEach((change) => list.appendChild(row(change)));
    };
  };
})((window.gridmap = window.gridmap || {}));
