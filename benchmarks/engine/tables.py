"""The figures as Markdown: every solver at its best, on the same footing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.engine.parts import is_comparable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.engine.measuring import Row

HEADS = (
    "solver", "setting", "zones", "in band", "in band, in one piece", "attainable", "torn",
    "pieces in band", "cut cost", "cut edges", "Polsby-Popper", "small groups whole %",
    "zones across a main road %", "seconds", "processor seconds", "peak MiB", "tried",
)  # fmt: skip
CHOICES: dict[str, Callable[[Row], tuple[float, float]]] = {
    "most in band": lambda row: (-float(row["good"]) / row["zones"], float(row["cut_cost"])),
    "least cut": lambda row: (float(row["cut_cost"]), -float(row["good"])),
    "best shape": lambda row: (-float(row.get("polsby_popper", 0)), float(row["cut_cost"])),
}
LOWER_IS_BETTER = {"cut_cost": "cut cost", "crossing": "zones across a main road %"}
HIGHER_IS_BETTER = {
    "share": "in band and in one piece, % of attainable",
    "polsby_popper": "mean Polsby-Popper",
    "groups_whole": "small groups whole %",
}
IDLE = {"seed", "nodes", "seconds"}


def write_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table.

    Examples
    --------
    >>> print(write_table(["a", "b"], [["1", "2"]]))
    | a | b |
    | --- | --- |
    | 1 | 2 |
    """
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def show_comparison(result: dict[str, Any]) -> str:
    """Return the section of one instance: every solver's best rows, then who leads in what."""
    rows: list[Row] = result["rows"]
    zones = int(result["zones"])
    free = next((row for row in rows if row["solver"] == "gridmap"), {})
    unavoidable = int(free.get("unavoidable", 0))
    shown = [
        _show_row(row, _name_gridmap(row), unavoidable, 1)
        for row in rows
        if row["solver"] == "gridmap"
    ]
    for solver in dict.fromkeys(row["solver"] for row in rows if row["solver"] != "gridmap"):
        mine = [row for row in rows if row["solver"] == solver]
        picked = choose_rows(mine, zones)
        shown += [_show_row(row, why, unavoidable, len(mine)) for row, why in picked]
        if not picked:
            words = sorted({_shorten(str(row.get("failed", ""))) for row in mine} - {""})
            far = [str(row["zones"]) for row in mine if "failed" not in row]
            words += [f"zones: {', '.join(far)}"] if far else []
            blank = ["-"] * (len(HEADS) - 3)
            shown.append([solver, f"no plan: {'; '.join(words)}", *blank, str(len(mine))])
    return "\n".join(
        [
            f"## {result['title']}",
            "",
            (
                f"{result['nodes']:,} nodes, {result['edges']:,} edges, "
                f"{result['households']:,} households; peers are asked for {zones:,} zones."
            ),
            "",
            write_table(HEADS, shown),
            "",
            show_leaders(rows, zones),
            "",
        ]
    )


def choose_rows(rows: list[Row], zones: int) -> list[tuple[Row, str]]:
    """Return the best rows of one peer, each with what it is best in."""
    fit = [row for row in rows if is_comparable(row, zones)]
    picked: list[tuple[Row, str]] = []
    for why, order in CHOICES.items():
        if not fit or (why == "best shape" and "polsby_popper" not in fit[0]):
            continue
        best = min(fit, key=order)
        known = [place for place, (row, _) in enumerate(picked) if row is best]
        if known:
            picked[known[0]] = (best, f"{picked[known[0]][1]}, {why}")
        else:
            picked.append((best, why))
    return picked


def _name_gridmap(row: Row) -> str:
    asked = row["settings"].get("zones")
    name = f"zones={asked}" if asked else "any number of zones"
    if row["settings"].get("worth"):
        name += ", costs as the peers get them"
    if row["settings"].get("shape") is False:
        name += ", no shape"
    return f"{name}, nothing compiled yet" if row.get("cold") else name


def _show_row(row: Row, why: str, unavoidable: int, tried: int) -> list[str]:
    if "failed" in row:
        return [row["solver"], f"{why}: {row['failed']}", *["-"] * (len(HEADS) - 2)]
    kept = {key: value for key, value in row["settings"].items() if key not in IDLE}
    setting = why if row["solver"] == "gridmap" else f"{why}: {_tell_settings(kept)}"
    if row["solver"] == "gridmap":
        setting += f"; compiling {row['compile_s']:.1f} s of it"
    proved = int(row.get("unavoidable", unavoidable))
    return [
        row["solver"],
        setting,
        f"{row['zones']:,}",
        f"{row['in_band']:,}",
        f"{row['good']:,}",
        f"{row['zones'] - proved:,}",
        f"{row['torn']:,}",
        f"{row['pieces_in_band']:,} / {row['pieces']:,}",
        f"{row['cut_cost']:,.0f}",
        f"{row['cut_edges']:,}",
        _show(row, "polsby_popper", 3),
        _show(row, "groups_whole", 1),
        _show(row, "crossing", 1),
        f"{row['wall_s']:.1f}",
        f"{row['cpu_s']:.1f}" if "cpu_s" in row else "-",
        f"{row['peak_mib']:,.0f}",
        str(tried),
    ]


def _show(row: Row, key: str, digits: int) -> str:
    return f"{row[key]:.{digits}f}" if key in row else "-"


def _tell_settings(settings: dict[str, Any]) -> str:
    return ", ".join(
        f"{key} {json.dumps(value) if isinstance(value, dict) else value}"
        for key, value in settings.items()
    )


def _shorten(text: str) -> str:
    return text if len(text) <= 90 else text[:87] + "..."


def show_leaders(rows: list[Row], zones: int) -> str:
    """Return, for each measure, gridmap's value beside the best that any peer's setting has.

    Cut cost depends on the number of zones, therefore a peer's is set beside gridmap's at the
    same number, where there is one.
    """
    ours = [row for row in rows if row["solver"] == "gridmap" and "failed" not in row]
    theirs = [row for row in rows if row["solver"] != "gridmap" and is_comparable(row, zones)]
    if not ours or not theirs:
        return "No peer gave a plan with about this number of zones."
    lost = int(ours[0]["unavoidable"])
    lines = []
    for key, name in {**HIGHER_IS_BETTER, **LOWER_IS_BETTER}.items():
        sign = -1 if key in LOWER_IS_BETTER else 1
        held = [row for row in theirs if read_measure(row, key, lost) is not None]
        if not held or read_measure(ours[0], key, lost) is None:
            continue
        best = max(held, key=lambda row: sign * float(read_measure(row, key, lost) or 0))
        same = [row for row in ours if row["zones"] == best["zones"]] or [
            min(ours, key=lambda row: abs(row["zones"] - best["zones"]))
        ]
        mine, other = (float(read_measure(row, key, lost) or 0) for row in (same[0], best))
        lines.append(
            [
                name,
                f"{mine:,.3f}" if key == "polsby_popper" else f"{mine:,.1f}",
                f"{other:,.3f}" if key == "polsby_popper" else f"{other:,.1f}",
                best["solver"],
                f"{same[0]['zones']:,} / {best['zones']:,}",
                f"{100 * best['good'] / best['zones']:.1f}",
                "yes" if sign * mine >= sign * other - 1e-9 else "**no**",
            ]
        )
    heads = (
        "measure", "gridmap", "best of all peers' settings", "whose", "zones (gridmap / peer)",
        "its zones in band, in one piece %", "gridmap as good or better",
    )  # fmt: skip
    return write_table(heads, lines)


def read_measure(row: Row, key: str, lost: int) -> float | None:
    """Return a measure of a row, None where the row has none.

    ``lost`` zones are proved to be outside the band in every division.
    """
    if key == "share":
        return min(100.0, 100 * float(row["good"]) / max(1.0, float(row["zones"]) - lost))
    return float(row[key]) if key in row else None


def show_cut_edges(result: dict[str, Any]) -> str:
    """Return the section of the published instances."""
    solvers = ["METIS", "KaHIP", "KaMinPar", "Mt-KaHyPar", "GerryChain"]
    lines = []
    for item in result["instances"]:
        published = item["published"]
        proved = published["bound"] == published["best"]
        ours = next(row for row in item["rows"] if row["solver"] == "gridmap")
        reached = _least_valid(item, "gridmap")
        lines.append(
            [
                item["name"].removeprefix("cut-"),
                f"{published['bound']}-{published['best']}" if not proved else "",
                str(published["best"]) if proved else "",
                str(published["target"]),
                str(published["gerrychain"] or "-"),
                "-" if reached is None else str(reached),
                "yes" if reached is not None and reached <= published["target"] else "**no**",
                f"{float(ours.get('seconds', ours['wall_s'])):.1f}",
                *(_tell(_least_valid(item, solver)) for solver in solvers),
            ]
        )
    heads = [
        "instance", "published bounds (open)", "proved optimum", "target",
        "GerryChain as published", "gridmap", "target reached", "seconds", *solvers,
    ]  # fmt: skip
    return "\n".join(
        [
            "## Published instances: fewest cut edges within 1 % (cut_edges.json)",
            "",
            write_table(heads, lines),
            "",
            "Only divisions count whose zones are all in the band and in one piece; `-`: none.",
            "",
        ]
    )


def _least_valid(item: dict[str, Any], solver: str) -> int | None:
    """Return the fewest cut edges of a solver's divisions into the zones asked for, all good."""
    valid = [
        int(row["cut_edges"])
        for row in item["rows"]
        if row["solver"] == solver
        and "failed" not in row
        and row["good"] == row["zones"] == item["zones"]
    ]
    return min(valid) if valid else None


def _tell(value: int | None) -> str:
    return "-" if value is None else str(value)


def show_growth(result: dict[str, Any], slopes: dict[str, float], picture: str) -> str:
    """Return the section of growth, with the slope on double logarithmic paper."""
    lines = [
        [
            row["solver"],
            row["instance"].split("-")[1],
            f"{row['zones']:,}" if "zones" in row else "-",
            f"{row['good']:,}" if "good" in row else "-",
            f"{row['seconds']:.1f}" if "seconds" in row else "-",
            f"{row['wall_s']:.1f}",
            f"{row['peak_mib']:,.0f}",
            row.get("failed", ""),
        ]
        for row in result["rows"]
    ]
    heads = (
        "solver", "buildings", "zones", "in band, in one piece", "seconds of the call",
        "seconds of the process", "peak MiB", "",
    )  # fmt: skip
    told = "; ".join(f"{solver} {slope:.2f}" for solver, slope in slopes.items())
    return "\n".join(
        [
            "## Growth",
            "",
            write_table(heads, lines),
            "",
            f"Slope of seconds over buildings, both logarithmic (1 is linear): {told}.",
            "",
            f"![Seconds over buildings]({picture})" if picture else "No picture: no matplotlib.",
            "",
        ]
    )
