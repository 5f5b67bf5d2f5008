"""How far divisions are from the best there is: certificates for communities, and their gaps.

    python benchmarks/certificates.py            # all; writes benchmarks/certificates.md and .png
    python benchmarks/certificates.py --only small|sample --limit 20

Generated communities of at most 56 units and 5,000 households are proved one by one; then every
connected piece of the sample district. Each proof that is closed is checked again by
`check_certificate.py`, which shares no code with the engine, where it has few enough zones for
plain Python (`CHECKED`). `--limit` ends the proof of a piece after so many seconds and tells the
gap proved by then; listing zones is always finished. Seconds are of processor time.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from check_certificate import check

from gridmap.datasets import make_district, write_district
from gridmap.flow import prepare_territory, read_input
from gridmap.planning.certifying import list_proofs
from gridmap.planning.dedicated import carve_sites
from gridmap.planning.drafting import find_land_pieces, state_pieces
from gridmap.planning.land import read_land
from gridmap.planning.solving import solve_problem
from gridmap.planning.walking import load_kernels
from gridmap.planning.watching import Watch
from gridmap.proving import Question
from gridmap.proving.exporting import export_proof
from gridmap.rules import Band, Rules
from gridmap.testing import random_territory

if TYPE_CHECKING:
    from gridmap.model import Territory

HERE = Path(__file__).resolve().parent
SEEDS = range(1, 21)
CHECKED = 60_000
"""Zones up to which a certificate is checked here; the checker lists them in plain Python."""
RULES = Rules.preset("default")
EDGES = [0.0, 1e-9, 0.01, 0.02, 0.05, 0.1, 0.2, 1.0]
"""Gaps are counted between these shares."""


def draw_small(seed: int) -> Territory:
    """Draw a community of 56 units and 5,000 households."""
    return random_territory(seed, rows=7, columns=8, communities=1, households=5_000)


def read_sample() -> Territory:
    """Read the sample district as files, the way a planner would."""
    with tempfile.TemporaryDirectory() as folder:
        write_district(make_district(), Path(folder))
        return prepare_territory(read_input([folder]), rules=RULES)


def prove_territory(
    name: str, territory: Territory, search: object, limit: float | None = None
) -> list[dict[str, object]]:
    """Search and prove every piece of a territory that has households."""
    land = read_land(territory)
    carving = carve_sites(land, territory.units.sites, RULES)
    pieces = find_land_pieces(land, carving.number)
    rows = []
    for piece, problem in zip(pieces, state_pieces(land, pieces, RULES), strict=True):
        if not problem.weights.sum():
            continue
        began = time.process_time()
        labels = solve_problem(problem, search, Watch(None))
        searched = time.process_time()
        [(proof, _)] = list_proofs(problem, labels, Watch(limit))
        proved = time.process_time()
        says = proof.says
        ask = Question(problem.weights, problem.edges, Band(*problem.bands.widest))
        checked = ""
        if proof.tree is not None and says.zones_listed <= CHECKED:
            trouble = check(json.loads(json.dumps(export_proof(ask, proof))))
            checked = "valid" if trouble is None else f"INVALID: {trouble}"
        own = _weigh(problem, labels)
        rows.append(
            {
                "name": f"{name} {land.communities[piece.community]}",
                "units": problem.size,
                "households": int(problem.weights.sum()),
                "status": says.status,
                "method": says.method,
                "gap": says.gap,
                "search_gap": _tell_gap(own, says.bound),
                "zones": says.zones_listed,
                "branches": says.branches,
                "search_s": searched - began,
                "proof_s": proved - searched,
                "checked": checked,
            }
        )
        print(rows[-1], flush=True)
    return rows


def _tell_gap(value: int | None, bound: int | None) -> float | None:
    return None if value is None or bound is None else (value - bound) / max(1, value)


def _weigh(problem: object, labels: np.ndarray) -> int | None:
    """Return twice the weighed aim of a division, groups that are whole not counted."""
    from gridmap.planning.certifying import _make_price, write_masks
    from gridmap.planning.problems import state_problem
    from gridmap.planning.wholes import sum_wholes

    if problem.size > 128:
        return None
    graph, aim = state_problem(problem)
    price = _make_price(graph, aim)(write_masks(labels, problem.size), False)
    return int(price.sum()) - 2 * sum_wholes(graph)


def tell(rows: list[dict[str, object]], title: str) -> list[str]:
    """Return a table of proofs in Markdown."""
    lines = [f"## {title}", ""]
    lines.append(
        "| community | units | households | proved | gap | gap of the search alone | zones listed "
        "| branches | proof, s | checked |"
    )
    lines.append("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        gaps = [("" if row[key] is None else f"{row[key]:.4f}") for key in ("gap", "search_gap")]
        lines.append(
            f"| {row['name']} | {row['units']} | {row['households']} | {row['status']} | {gaps[0]} "
            f"| {gaps[1]} | {row['zones']} | {row['branches']} | {row['proof_s']:.1f} | "
            f"{row['checked']} |"
        )
    counts = count_gaps(rows)
    lines += ["", "| gap of the search alone | pieces |", "|---|---|"]
    lines += [f"| {label} | {many} |" for label, many in counts.items()]
    slowest = max((float(row["proof_s"]) for row in rows), default=0.0)
    lines += ["", f"Slowest proof: {slowest:.1f} s.", ""]
    return lines


def count_gaps(rows: list[dict[str, object]]) -> dict[str, int]:
    """Return how many pieces have a gap of each size."""
    known = [float(row["search_gap"]) for row in rows if row["search_gap"] is not None]
    counts = np.histogram(known, EDGES)[0].tolist()
    labels = ["0, proved", *(f"{a:g} - {b:g}" for a, b in pairwise(EDGES[1:]))]
    labels[1] = "up to 0.01"
    impossible = sum(row["status"] == "impossible" for row in rows)
    untold = sum(row["status"] == "not_tried" for row in rows)
    return dict(zip(labels, counts, strict=True)) | {
        "proved that no division fits the band, best one not proved": impossible,
        "not tried: too many zones": untold,
    }


def draw(rows: list[dict[str, object]], out: Path) -> None:
    """Draw the histogram as a PNG, where matplotlib is there."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("matplotlib is not there: no picture")
        return
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    counts = count_gaps(rows)
    figure, axes = plt.subplots(figsize=(8, 4))
    axes.barh(list(counts)[::-1], list(counts.values())[::-1], color="#4477aa")
    axes.set_xlabel("pieces of the sample district")
    axes.set_title("Gap between the searched division and the proved bound")
    figure.tight_layout()
    figure.savefig(out, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("small", "sample"))
    parser.add_argument("--limit", type=float, default=None)
    options = parser.parse_args()
    asked, limit = options.only, options.limit
    from gridmap.planning.attempts import Search

    load_kernels()
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    seeds = f"seeds {SEEDS.start}-{SEEDS.stop - 1}"
    made = "processor seconds without numba's compiling. Made by `benchmarks/certificates.py"
    made += f" --limit {limit:g}`." if limit else "`."
    lines = ["# Certificates", "", f"{machine}; {seeds}; {made}", ""]
    prove_territory(
        "warm",
        random_territory(0, rows=3, columns=4, communities=1, households=1500),
        Search(seed=7),
    )
    if asked != "sample":
        rows = [
            row
            for seed in SEEDS
            for row in prove_territory(f"seed {seed}", draw_small(seed), Search(seed=7), limit)
        ]
        lines += tell(rows, "Generated communities of up to 56 units and 5,000 households")
    if asked != "small":
        rows = prove_territory("sample", read_sample(), Search(seed=7), limit)
        lines += tell(rows, "Every piece of the sample district")
        draw(rows, HERE / "certificates.png")
    (HERE / "certificates.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
