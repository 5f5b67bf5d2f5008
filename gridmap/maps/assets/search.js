/* Search by name, code and community: part of a word is enough, and the keyboard is enough. */
(function (gm) {
  "use strict";

  const MOST = 60;

  function plain(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  /** 'he ling she qu' is found by its letters and by their first: 'heling', 'hlsq'. */
  function spell(pinyin) {
    const syllables = plain(pinyin || "").split(" ");
    return syllables.join("") + " " + syllables.map((one) => one.charAt(0)).join("");
  }

  /** 0 code begins with it, 1 name begins, 2 name holds it, 3 anything else; -1 not found. */
  function rank(entry, words) {
    if (!words.every((word) => entry.all.indexOf(word) >= 0)) return -1;
    const whole = words.join(" ");
    if (entry.code && entry.code.indexOf(whole) === 0) return 0;
    if (entry.name.indexOf(whole) === 0) return 1;
    return entry.name.indexOf(whole) >= 0 || entry.spelt.indexOf(whole) === 0 ? 2 : 3;
  }

  gm.makeIndex = function (model) {
    const entries = model.communities
      .filter((community) => community.grids.length)
      .map((community) => ({
        community: community,
        title: community.name,
        name: plain(community.name),
        code: plain(community.id),
        spelt: spell(model.data.communities.pinyin[community.number]),
      }));
    model.grids.forEach((grid) => {
      const community = model.communities[grid.community];
      entries.push({
        grid: grid,
        title: grid.name || grid.code,
        name: plain(grid.name),
        code: plain(grid.code),
        spelt: spell(model.data.grids.pinyin[grid.number]),
        extra: community ? plain(community.name) : "",
      });
    });
    const compounds = model.data.compounds;
    compounds.names.forEach((name, place) => {
      compounds.grids[place].forEach((number) => {
        entries.push({
          grid: model.grids[number],
          compound: name,
          title: name,
          name: plain(name),
          code: "",
          spelt: spell(compounds.pinyin[place]),
        });
      });
    });
    entries.forEach((entry) => {
      entry.all = [entry.name, entry.code, entry.extra || "", entry.spelt].join(" ");
    });
    return entries;
  };

  gm.find = function (index, query) {
    const words = plain(query).split(/\s+/).filter(Boolean);
    return index
      .map((entry, place) => ({ entry: entry, rank: rank(entry, words), place: place }))
      .filter((hit) => hit.rank >= 0)
      .sort((a, b) => a.rank - b.rank || a.place - b.place)
      .map((hit) => hit.entry);
  };

  gm.Finder = function (model, text, choose) {
    const input = document.getElementById("query");
    const list = document.getElementById("results");
    const found = document.getElementById("found");
    const index = gm.makeIndex(model);
    let shown = [];
    let active = -1;

    function close() {
      list.hidden = true;
      found.textContent = "";
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      active = -1;
    }

    function mark(next) {
      const rows = list.querySelectorAll("[role=option]");
      if (active >= 0 && rows[active]) rows[active].setAttribute("aria-selected", "false");
      active = next;
      if (active < 0 || !rows[active]) return;
      rows[active].setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", rows[active].id);
      rows[active].scrollIntoView({ block: "nearest" });
    }

    function pick(place) {
      const entry = shown[place];
      if (!entry) return;
      input.value = entry.title;
      close();
      choose(entry);
    }

    function row(entry, place) {
      const item = document.createElement("li");
      item.id = "result-" + place;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = entry.title;
      const note = document.createElement("span");
      note.className = "note";
      note.textContent = entry.compound
        ? entry.grid.name || entry.grid.code
        : entry.grid
        ? entry.grid.code
        : text("grids_in", { count: entry.community.grids.length });
      item.appendChild(name);
      item.appendChild(note);
      item.addEventListener("mousedown", (event) => event.preventDefault());
      item.addEventListener("click", () => pick(place));
      return item;
    }

    function search() {
      const query = input.value.trim();
      const hits = gm.find(index, query);
      shown = hits.slice(0, MOST);
      list.textContent = "";
      shown.forEach((entry, place) => list.appendChild(row(entry, place)));
      const rest = hits.length - shown.length;
      found.textContent = !hits.length
        ? text("search_none", { query: query })
        : rest
        ? text("search_more", { count: rest })
        : text("search_count", { count: hits.length });
      list.hidden = !hits.length;
      input.setAttribute("aria-expanded", String(hits.length > 0));
      input.removeAttribute("aria-activedescendant");
      active = -1;
    }

    input.addEventListener("input", search);
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const moves = { ArrowDown: 1, ArrowUp: -1 };
      if (event.isComposing) return;
      if (moves[event.key]) {
        event.preventDefault();
        if (list.hidden) search();
        if (shown.length) mark((active + moves[event.key] + shown.length) % shown.length);
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (list.hidden && input.value.trim()) search();
        pick(Math.max(active, 0));
      } else if (event.key === "Escape") {
        if (list.hidden) input.value = "";
        close();
      }
    });

    this.label = function () {
      input.placeholder = text("search");
      input.setAttribute("aria-label", text("search"));
      list.setAttribute("aria-label", text("results"));
      close();
    };
  };
})((window.gridmap = window.gridmap || {}));
