"""What was measured, as a page."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

Found = dict[str, Any]
OURS = ("before", "buildings", "large")
ELSEWHERE = """## What tests hold, and where

- Accessibility: `tests/maps/test_accessibility.py` runs axe-core in the page, in both languages,
  wide and narrow, with results, card, table, comparison, ruler and theme open; every word's
  contrast with what lies behind it; every control by keyboard alone. `tests/maps/test_palette.py`:
  kinds at least 25 CIEDE2000 apart and classes of a theme 10, for four kinds of sight; labels over
  every fill.
- Injection: `tests/maps/test_injection.py` and `tests/reports/test_tables.py`, 100 payloads.
- Chromium 86: `tests/maps/test_map_page.py` lists what scripts and styles must not use: syntax
  (logical assignment, static blocks, private methods, await, flags d and v), methods of arrays,
  objects, sets and canvas that came later, `inset`, `aspect-ratio`, logical shorthands, `:has`,
  `:is`, `:where`, lists in `:not`, `@layer`, `@container`, nesting, new units and colours. No
  browser as old was run.
- Firefox ESR 153, once by hand: the page with buildings opens from its file and looks as in
  Chromium (masthead, map, labels, legend, scale).
"""


def write_report(found: Found, out: Path) -> None:
    """Write everything as Markdown."""
    parts = [
        _tell_head(found),
        "## Against issue 5\n",
        _table(("figure", "target", "gridmap", "met"), _list_targets(found)),
        "## Written\n",
        _tell_written(found),
        "## Opened, in turn in one browser\n",
        _tell_opened(found),
        "## Printed\n",
        _tell_prints(found),
        ELSEWHERE,
    ]
    out.write_text("\n".join(parts) + "\n", "utf-8")


def _tell_head(found: Found) -> str:
    land = found["land"]
    chromium = subprocess.run(
        [shutil.which("chromium") or "chromium", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    names = ("gridmap-planner", "folium", "shapely", "matplotlib", "selenium")
    own = ", ".join(f"{name} {version(name)}" for name in names)
    peers = ", ".join(
        f"{k} {row['version']}" for k, row in found["peers"].items() if "version" in row
    )
    rows = [
        (name, n["grids"], n["communities"], n["buildings"], n["households"], str(n["kinds"]))
        for name, n in land.items()
    ]
    return f"""# The page beside the peers' pages

Written by `python -m benchmarks.map --work FOLDER --peers-python PEERS/bin/python` on
{datetime.now(UTC):%Y-%m-%d}; `benchmarks/map/requirements-peers.txt` says how to make PEERS.

{_processor()}, {os.cpu_count()} processors, {platform.system()}; shared with other work, so that
times of the clock vary and processor time stands beside them. Python {platform.python_version()},
{own}; {chromium}, headless, 1366 x 768, no name can be resolved. Peers: {peers}. Seed
{found["seed"]}, {found["rounds"]} rounds; every page is opened once in each round, one after the
other.

The land is gridmap's own generated district of 770,000 households without points, its households
thinned to 200,000 and its sites to a quarter (`benchmarks/map/district.py`), planned twice
(`before` is the plan of the next seed); `large` is four copies of it side by side.

{_table(("plan", "grids", "communities", "buildings", "households", "kinds"), rows)}"""


def _list_targets(found: Found) -> list[tuple[Any, ...]]:
    written, opened, drawn, prints = (found[k] for k in ("written", "opened", "drawn", "prints"))
    asked = sum(len(row["requests"]) for name in OURS for row in opened[name])
    errors = sum(len(row["errors"]) for name in OURS for row in opened[name])
    keys = [ms for name in ("before", "buildings") for row in opened[name] for ms in row["keys_ms"]]
    small = [row for name in ("before", "buildings") for row in opened[name]]
    both = [drawn[name] for name in ("buildings", "large")]
    whole = all(d["tiles"] and d["valid"] and d["new_holes"] == 0 for d in both)
    shift = max(max(d["shift_m"], d["building_shift_m"]) for d in both)
    strayed = sum(d["strayed"] for d in both)
    a3, atlas = prints["a3"], prints["atlas"]
    size = {name: row["size"] / 1e6 for name, row in written.items()}
    seconds = {name: _middle(row["wall"]) for name, row in written.items()}
    processor = {name: _middle(row["processor"]) for name, row in written.items()}
    heap = max(row["heap_mb"] for row in small)
    return [
        _at_most("file with grids and 'before', MB", 0.9, size["before"]),
        _at_most("file with buildings and density, MB", 2.0, size["buildings"]),
        _at_most("requests, network cut, from file://", 0, asked),
        _at_most("console errors", 0, errors),
        _at_most("written in (with 'before'), s", 3, seconds["before"], processor["before"]),
        _at_most("written in (with buildings), s", 3, seconds["buildings"], processor["buildings"]),
        _at_most("first paint, ms", 300, _of(small, "first_ms")),
        _at_most("all drawn, ms", 1000, _of(small, "drawn_ms"), _of(small, "processor_ms")),
        _at_most("first paint, 6 x slower, ms", 1000, _slow(small, "first_ms")),
        _at_most("all drawn, 6 x slower, ms", 3500, _slow(small, "drawn_ms")),
        _at_most("heap after collecting, worst, MB", 30, heap),
        _at_most(
            "heap before collecting, worst, MB", 30, max(row["heap_full_mb"] for row in small)
        ),
        _at_least("pan, frames a second", 50, _of(small, "frames")),
        _at_most("search keystroke, median, ms", 10, _middle(keys)),
        _at_most("search keystroke, worst, ms", 10, max(keys)),
        _at_most("large: file, MB", 6, size["large"]),
        _at_most("large: written in, s", 3, seconds["large"], processor["large"]),
        _at_most("large: all drawn, ms", 3000, _of(opened["large"], "drawn_ms")),
        ("no gap, no overlap (GEOS coverage)", "whole", "whole" if whole else both, _yes(whole)),
        _at_most("largest shift of grids and buildings, m", 2, shift),
        _at_most("buildings drawn in another grid", 0, strayed),
        _at_most("A3 sheet, s", 1, _middle(a3["wall"]), _middle(a3["processor"])),
        _at_most(f"atlas of {atlas['pages']} pages, s", 60, *atlas["wall"], *atlas["processor"]),
        _at_most("atlas, MB", 20, atlas["size"] / 1e6),
        _at_most("fonts not embedded", 0, a3["not_embedded"] + atlas["not_embedded"]),
        (
            "title found by text search",
            "yes",
            _yes(a3["title_found"] and atlas["title_found"]),
            _yes(a3["title_found"] and atlas["title_found"]),
        ),
    ]


def _tell_written(found: Found) -> str:
    rows = [
        (
            f"gridmap, {name}",
            f"{row['size'] / 1e6:.2f}",
            f"{_middle(row['wall']):.2f} ({max(row['wall']):.2f})",
            f"{_middle(row['processor']):.2f}",
        )
        for name, row in found["written"].items()
    ]
    for name, row in found["peers"].items():
        if "failed" in row:
            rows.append((name, "-", row["failed"], "-"))
        else:
            rows.append(
                (
                    name,
                    f"{row['size'] / 1e6:.2f}",
                    f"{row['wall_s']:.2f}",
                    f"{row['processor_s']:.2f}",
                )
            )
    told = "MB, seconds of the clock (median, worst) and of the processor; peers write once.\n\n"
    return told + _table(("page", "MB", "s", "processor s"), rows)


def _tell_opened(found: Found) -> str:
    head = (
        "page", "asks for", "errors", "first paint ms", "all drawn ms", "processor ms",
        "6x first ms", "6x drawn ms", "heap MB", "before collecting", "frames/s", "longest ms",
    )  # fmt: skip
    rows = []
    for name, opened in found["opened"].items():
        one = opened[0]
        slow = [row["slow"] for row in opened if "slow" in row]
        rows.append(
            (
                name,
                len(one["requests"]),
                len(one["errors"]),
                _spread(opened, "first_ms"),
                _spread(opened, "drawn_ms"),
                _spread(opened, "processor_ms"),
                _spread(slow, "first_ms"),
                _spread(slow, "drawn_ms"),
                f"{max(row['heap_mb'] for row in opened):.1f}",
                f"{max(row['heap_full_mb'] for row in opened):.1f}",
                _spread(opened, "frames"),
                _spread(opened, "longest_ms"),
            )
        )
    asked = []
    for name, opened in found["opened"].items():
        if "as written" in name:
            seen = sorted({_host(url) for url in opened[0]["requests"]})
            asked.append(f"- {name} asks {', '.join(seen) or 'for nothing'}.")
    return (
        "Median and, in brackets, worst of the rounds. `as written` is the peer's own file with\n"
        "the network cut: its map stays blank, so its times are those of an empty page. `with\n"
        "Leaflet lent` is the same file with gridmap's copy of it put in, so that it draws: what\n"
        "it would cost on a fast network, without tiles. *All drawn* is two frames after the load\n"
        "event (gridmap: after it says that it is ready). Heap is that of the scripts, as the\n"
        "browser's own tools count it; the worst of the rounds, after and before collecting.\n\n"
        + _table(head, rows)
        + "\n\n"
        + "\n".join(asked)
        + "\n"
    )


def _tell_prints(found: Found) -> str:
    rows = [
        (
            name,
            row["pages"],
            f"{row['size'] / 1e6:.2f}",
            f"{_middle(row['wall']):.2f}",
            f"{_middle(row['processor']):.2f}",
            row["fonts"],
            row["not_embedded"],
            _yes(row["title_found"]),
        )
        for name, row in found["prints"].items()
    ]
    head = ("print", "pages", "MB", "s", "processor s", "fonts", "not embedded", "title found")
    return _table(head, rows)


def _at_most(
    what: str, most: float, found: float, processor: float | None = None
) -> tuple[Any, ...]:
    return (what, f"<= {most}", _number(found, processor), _yes(found <= most))


def _at_least(what: str, least: float, found: float) -> tuple[Any, ...]:
    return (what, f">= {least}", _number(found, None), _yes(found >= least))


def _number(found: float, processor: float | None) -> str:
    told = f"{found:.2f}" if isinstance(found, float) and found < 100 else f"{found:,.0f}"
    if processor is None:
        return told
    return f"{told} (processor {processor:,.{0 if processor >= 100 else 2}f})"


def _of(rows: list[Any], key: str) -> float:
    return _middle([row[key] for row in rows])


def _slow(rows: list[Any], key: str) -> float:
    return _middle([row["slow"][key] for row in rows])


def _middle(values: list[float]) -> float:
    return float(statistics.median(values))


def _spread(rows: list[Any], key: str) -> str:
    values = [row[key] for row in rows if row.get(key) is not None]
    if not values:
        return "-"
    worst = min(values) if key == "frames" else max(values)
    return f"{_middle(values):,.0f} ({worst:,.0f})"


def _host(url: str) -> str:
    return url.split("/")[2] if "://" in url else url[:40]


def _yes(fact: bool) -> str:  # noqa: FBT001
    return "yes" if fact else "**no**"


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines) + "\n"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()
