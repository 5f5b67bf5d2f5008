"""Command that brings a plan up to date: replan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import print_findings, print_json, say
from gridmap.cli.progress import show_progress

if TYPE_CHECKING:
    from gridmap.model import Plan


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command(
        "replan",
        epilog="例 Example: gridmap replan plan.gpkg data/new -o new.gpkg --lock 440604001001003",
    )(replan)


def replan(
    plan_file: options.PlanFile,
    out: options.Out,
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[INPUT...]",
            help="新数据；不给出时沿用原方案的数据（仅规则变化）。"
            "The new data; without it the plan's own (only the rules change).",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        str,
        typer.Option(
            "--rules",
            help="新规则；默认沿用原方案的规则。The new rules; by default the plan's own.",
            show_default=False,
        ),
    ] = "",
    lock: options.Lock = None,
    locks: options.LockFile = None,
    seed: options.Seed = 7,
    layer: options.Layers = None,
    column: options.Columns = None,
    crs: options.Crs = None,
    datum: options.Datums = None,
    admin_level: options.AdminLevel = None,
    households_total: options.HouseholdsTotal = None,
    time_limit: options.TimeLimit = None,
    as_json: options.Json = False,
) -> None:
    """动态调整：新数据或新规则下，以最小变动更新方案。Bring a plan up to date, least change."""
    from gridmap.errors import RefusedInput
    from gridmap.flow import prepare_territory, read_input
    from gridmap.planfiles import read_plan, write_plan
    from gridmap.planning import replan as replan_plan
    from gridmap.rules import Rules
    from gridmap.writing import check_ending, check_writable

    reading = options.understand_reading(layer, column, crs, datum, admin_level, households_total)
    options.refuse_overwriting_input([plan_file, *(inputs or [])], out)
    held = options.list_locks(lock, locks)
    chosen = Rules.load(rules) if rules else None
    check_ending(out, ".gpkg")
    check_writable(out)
    with show_progress() as progress:
        earlier = read_plan(plan_file)
        territory = None
        if inputs:
            try:
                territory = prepare_territory(
                    read_input(inputs, options=reading, progress=progress),
                    rules=chosen or earlier.rules,
                    households_total=households_total,
                    progress=progress,
                )
            except RefusedInput as refusal:
                if as_json:
                    print_json({"findings": [finding.as_dict() for finding in refusal.findings]})
                raise
        made = replan_plan(
            earlier,
            territory,
            rules=chosen,
            locks=held,
            seed=seed,
            time_limit_s=time_limit,
            progress=progress,
        )
        progress("write", 0, 1)
        write_plan(made, out)
        progress("write", 1, 1)
    _report(made, out, as_json=as_json)


def _report(made: Plan, out: Path, *, as_json: bool) -> None:
    """Say what changed and what the plan is worth; exit with 3 where a grid or zone is unmet.

    The same where the mending was ended before its time, by a limit or by Ctrl-C.
    """
    from gridmap.cli.reporting import (
        EXIT_UNMET,
        is_unmet,
        say_findings,
        say_levels,
        tell_locks,
    )
    from gridmap.scoring import score_plan

    totals = dict(score_plan(made).totals)
    changes = made.changes
    counts = {} if changes is None else changes["change"].value_counts().to_dict()
    moved = 0 if changes is None else int(changes["households_in"].sum())
    if as_json:
        told = {code: int(counts.get(code, 0)) for code in ("U", "S", "M", "X")}
        print_json({**totals, "changes": told, "households_moved": moved} | tell_locks(made))
    else:
        print_findings([finding for finding in made.findings if finding.severity != "info"])
        summary = next(f for f in made.findings if f.code == "replan_summary")
        say(summary.zh, summary.en)
        say(
            f"综合网格 {totals['general']} 个，户数达标 {totals['in_band']} 个"
            f"（最多可达 {totals['attainable']} 个）。",
            f"{totals['general']} general grids: {totals['in_band']} inside their band, "
            f"{totals['attainable']} attainable.",
        )
        say_findings(made, "locks_held", "levels_carried")
        say_levels(totals)
        say(f"已写出：{out}", f"Written: {out}")
    stopped = any(finding.code == "search_stopped" for finding in made.findings)
    if stopped or is_unmet(totals):
        raise typer.Exit(EXIT_UNMET)
