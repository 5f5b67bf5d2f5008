"""What the commands say of a plan that was made: grids or communities, and the levels below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gridmap.cli.console import print_findings, print_json, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridmap.model import Plan

EXIT_UNMET = 3


def report_plan(made: Plan, *, as_json: bool, out: Path | None) -> None:
    """Say what a plan is worth; exit with 3 where a grid, or a zone below, is outside its band.

    The same where the search was ended before its time, by a limit or by Ctrl-C.
    """
    from gridmap.scoring import score_plan

    totals = dict(score_plan(made).totals)
    if as_json:
        print_json(
            totals | tell_proof(made) | tell_level(made) | tell_locks(made) | tell_reach(made)
        )
    else:
        print_findings([finding for finding in made.findings if finding.severity != "info"])
        _say_grids(made, totals)
        say_findings(made, "locks_held", "reach_effect")
        _say_proof(made)
        say_levels(totals)
        if out is not None:
            say(f"已写出：{out}", f"Written: {out}")
    stopped = any(finding.code == "search_stopped" for finding in made.findings)
    if stopped or is_unmet(totals):
        raise typer.Exit(EXIT_UNMET)


def is_unmet(totals: Mapping[str, float]) -> bool:
    """Tell whether a general grid, or a zone below the grids, is outside its band.

    Examples
    --------
    >>> is_unmet({"in_band": 3, "general": 3, "micro_grids": 9, "micro_grids_in_band": 8})
    True
    """
    pairs = [("general", "in_band")]
    pairs += [(name, f"{name}_in_band") for name in ("micro_grids", "link_units") if name in totals]
    return any(totals[inside] < totals[every] for every, inside in pairs)


def tell_level(made: Plan) -> dict[str, object]:
    """Return what the rows of a plan are and what it counts, where these are no grids."""
    return {key: made.about[key] for key in ("level", "counted") if key in made.about}


def tell_locks(made: Plan) -> dict[str, object]:
    """Return the ids of what was locked, with the key of ``--json``, where anything was."""
    held = [finding.where for finding in made.findings if finding.code == "locks_held"]
    return {"locked": list(held[0])} if held else {}


def tell_reach(made: Plan) -> dict[str, object]:
    """Return what rebalancing did to reach, with the keys of ``--json``, where it was asked."""
    about = {
        key.removeprefix("reach."): value
        for key, value in made.about.items()
        if key.startswith("reach.")
    }
    if not about:
        return {}
    wish = about.pop("wish")
    numbers = {key: float(about.pop(key)) for key in ("minutes", "speed_m_s")}
    unmet = [finding for finding in made.findings if finding.code.startswith("reach_unmet")]
    return {
        "reach": {
            "wish": wish,
            **numbers,
            **{key: int(value) for key, value in about.items()},
            "unmet": [finding.as_dict() for finding in unmet],
        }
    }


def say_findings(made: Plan, *codes: str) -> None:
    """Say the findings of some kinds that are no trouble but an answer."""
    for finding in made.findings:
        if finding.code in codes:
            say(finding.zh, finding.en)


def tell_proof(made: Plan) -> dict[str, object]:
    """Return what ``--prove`` proved, with the keys of ``gridmap plan --json``."""
    if "proof.pieces" not in made.about:
        return {}
    return {
        "proved_pieces": int(made.about["proof.pieces"]),
        "optimal_pieces": int(made.about["proof.optimal_pieces"]),
        "gap_mean": float(made.about["proof.gap_mean"] or 0.0),
    }


def _say_grids(made: Plan, totals: Mapping[str, float]) -> None:
    notes = sum(finding.severity == "info" for finding in made.findings)
    if made.about.get("level") == "community":
        persons, apart = totals["households"], totals["exclave"]
        say(
            f"共 {totals['general']} 个社区，另有飞地 {apart} 处，合计 {persons} 人："
            f"人口达标的社区 {totals['in_band']} 个（最多可达 {totals['attainable']} 个），"
            f"最多 {totals['largest']} 人，最少 {totals['smallest']} 人；"
            f"另有 {notes} 条说明，见方案文件 findings 表。",
            f"{totals['general']} communities and {apart} exclaves of them, {persons} persons in "
            f"all: {totals['in_band']} communities inside their band, {totals['attainable']} "
            f"attainable; the largest has {totals['largest']} persons, the smallest "
            f"{totals['smallest']}; {notes} more notes stand in the plan's table 'findings'.",
        )
        return
    say(
        f"共 {totals['grids']} 个网格，其中综合网格 {totals['general']} 个，"
        f"户数达标 {totals['in_band']} 个（最多可达 {totals['attainable']} 个）；"
        f"另有 {notes} 条说明，见方案文件 findings 表。",
        f"{totals['grids']} grids, {totals['general']} of them general: {totals['in_band']} "
        f"inside their band, {totals['attainable']} attainable; {notes} more notes stand in "
        "the plan's table 'findings'.",
    )


def _say_proof(made: Plan) -> None:
    proof = tell_proof(made)
    if proof:
        pieces, best, gap = proof["proved_pieces"], proof["optimal_pieces"], proof["gap_mean"]
        say(
            f"{pieces} 处连片区域中，{best} 处已证明为最优；有下界者平均差距 {gap:.2%}。",
            f"Of {pieces} connected pieces {best} are proved optimal; where there is a bound, "
            f"the mean gap is {gap:.2%}.",
        )


def say_levels(totals: Mapping[str, float]) -> None:
    """Say of each level below the grids how many zones there are, and how many in band."""
    from gridmap.terms import TERMS

    for name in ("micro_grids", "link_units"):
        if name in totals:
            term, inside = TERMS[name.removesuffix("s")], totals[f"{name}_in_band"]
            most = totals[f"{name}_attainable"]
            say(
                f"{term.zh} {totals[name]} 个，户数达标 {inside} 个（最多可达 {most} 个）。",
                f"{totals[name]} {term.en}s, {inside} inside their band, {most} attainable.",
            )
