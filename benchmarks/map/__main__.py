"""Measure the page of issue 5 beside the peers': `python -m benchmarks.map --help`."""

from __future__ import annotations

import argparse
import json
import pickle
from pathlib import Path
from typing import Any

from benchmarks.map.browser import drag_map, load_page, measure_heap, open_browser, type_words
from benchmarks.map.district import Pair, plan_district, repeat_plan
from benchmarks.map.geometry import judge_page
from benchmarks.map.pages import lend_leaflet, write_pages, write_peers, write_prints
from benchmarks.map.tables import write_report
from benchmarks.map.towns import take_towns

SLOWER = 6.0


def main() -> None:
    """Make the land, write all pages, open them in turn, and write the tables."""
    asked = _parse()
    asked.work.mkdir(parents=True, exist_ok=True)
    pair = _keep(asked.work, asked.seed)
    large = repeat_plan(pair.after)
    found: dict[str, Any] = {
        "seed": asked.seed,
        "rounds": asked.rounds,
        "land": _count(pair, large),
    }
    _say("writing")
    found["written"] = write_pages(pair, large, asked.work, rounds=asked.rounds)
    found["drawn"] = {
        name: judge_page(asked.work / f"{name}.html", plan)
        for name, plan in (("buildings", pair.after), ("large", large))
    }
    found["peers"] = {}
    if asked.peers_python:
        _say("peers")
        rows = write_peers(asked.peers_python, pair.after, asked.work)
        found["peers"] = {row.pop("name"): row for row in rows}
    _say("printing")
    found["prints"] = write_prints(take_towns(pair.after), asked.work, rounds=asked.rounds)
    _say("browser")
    found["opened"] = _open_all(asked.work, list(found["peers"]), pair, asked.rounds)
    (asked.work / "found.json").write_text(json.dumps(found, indent=1), "utf-8")
    write_report(found, asked.out)


def _open_all(work: Path, peers: list[str], pair: Pair, rounds: int) -> dict[str, Any]:
    """Open every page in turn, several times; return the rows of each."""
    pages = {name: work / f"{name}.html" for name in ("before", "buildings", "large")}
    for name in peers:
        if (work / f"{name}.html").exists():
            pages[f"{name} as written"] = work / f"{name}.html"
            if name != "lonboard":
                pages[f"{name} with Leaflet lent"] = lend_leaflet(work / f"{name}.html")
    opened: dict[str, Any] = {name: [] for name in pages}
    words = _pick_words(pair)
    with open_browser() as chrome:
        for _ in range(rounds):
            for name, path in pages.items():
                row = load_page(chrome, path)
                row |= measure_heap(chrome)
                if "as written" not in name:
                    row["frames"], row["longest_ms"] = drag_map(chrome)
                if name in ("before", "buildings", "large"):
                    row["keys_ms"] = type_words(chrome, words)
                    row["slow"] = load_page(chrome, path, slower=SLOWER)
                elif "lent" in name:
                    row["slow"] = load_page(chrome, path, slower=SLOWER)
                opened[name].append(row)
                _say(name, row["first_ms"], row["drawn_ms"], row["heap_mb"], row.get("frames"))
    return opened


def _pick_words(pair: Pair) -> list[str]:
    """Return what is typed: a name, a code, a community, pinyin, initials, and nothing known."""
    grid = pair.after.grids.iloc[len(pair.after.grids) // 2]
    community = pair.after.territory.units.communities["name"].iloc[7]
    return [str(grid["name"]), str(grid["code"]), str(community), "shequ", "sq1", "查无此地"]


def _count(pair: Pair, large: Any) -> dict[str, Any]:
    return {
        name: {
            "grids": len(plan.grids),
            "kinds": plan.grids["kind"].value_counts().to_dict(),
            "communities": len(plan.territory.units.communities),
            "buildings": len(plan.territory.units.buildings),
            "households": int(plan.grids["households"].sum()),
        }
        for name, plan in (("district", pair.after), ("before", pair.before), ("large", large))
    }


def _keep(work: Path, seed: int) -> Pair:
    """Return the plans, planned once for a work folder."""
    kept = work / f"plans-{seed}.pickle"
    if not kept.exists():
        _say("planning")
        kept.write_bytes(pickle.dumps(tuple(plan_district(seed))))
    return Pair(*pickle.loads(kept.read_bytes()))


def _say(*words: object) -> None:
    print(*words, flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.map", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for plans and pages")
    parser.add_argument(
        "--peers-python", type=Path, help="see benchmarks/map/requirements-peers.txt"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/map.md"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
