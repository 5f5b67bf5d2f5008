"""Commands that make and judge a plan: check, plan, score."""

from __future__ import annotations

from typing import Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import print_findings, print_json, say
from gridmap.cli.progress import show_progress

EXIT_REFUSED = 1


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("check", epilog="例 Example: gridmap check data/boundaries")(check)
    app.command(
        "plan",
        epilog="例 Example: gridmap plan data/boundaries -o plan.gpkg --seed 7 | "
        "gridmap plan plan.gpkg -o below.gpkg --micro-grids --link-units | "
        "gridmap plan data/boundaries -o communities.gpkg --level community | "
        "gridmap plan data/boundaries -o communities.gpkg --level community --from-today "
        "--stations stations.shp --reach require | "
        "gridmap plan data/boundaries -o plan.gpkg --communities communities.gpkg",
    )(plan)
    app.command("score", epilog="例 Example: gridmap score plan.gpkg --json")(score)


def check(
    inputs: options.Inputs,
    layer: options.Layers = None,
    column: options.Columns = None,
    crs: options.Crs = None,
    datum: options.Datums = None,
    admin_level: options.AdminLevel = None,
    as_json: options.Json = False,
) -> None:
    """核验：一次列出数据中的所有问题。List everything that is wrong with the input, at once."""
    from gridmap.checks import repair_sources
    from gridmap.estimates import estimate_households
    from gridmap.findings import has_errors, sort_findings
    from gridmap.flow import read_input
    from gridmap.rules import Rules
    from gridmap.schemas import ROLES

    reading = options.understand_reading(layer, column, crs, datum, admin_level, None)
    with show_progress() as progress:
        sources = read_input(inputs, options=reading, progress=progress)
        progress("check", 0, 1)
        repaired = repair_sources(sources)
        if not has_errors(repaired.findings):
            repaired = estimate_households(repaired, rules=Rules.preset("default"))
    findings = sort_findings(repaired.findings)
    aside = 0 if repaired.set_aside is None else int(repaired.set_aside["households"].sum())
    if as_json:
        print_json(
            {
                "findings": [finding.as_dict() for finding in findings],
                "households": repaired.read_households,
                "set_aside": aside,
                "layers": {role: len(frame) for role, frame in sources.layers.items()},
                "crs": sources.crs.to_string(),
                "metric_crs": sources.metric_crs.to_string(),
            }
        )
    else:
        print_findings(findings, answer=True)
        rows = {role: len(frame) for role, frame in sources.layers.items()}
        layers_zh = "、".join(f"{ROLES[role].zh} {number}" for role, number in rows.items())
        layers_en = ", ".join(f"{role} {number}" for role, number in rows.items())
        say(
            f"读入 {repaired.read_households} 户，{aside} 户无法划入网格；图层：{layers_zh}。",
            f"Read {repaired.read_households} households, {aside} of them fit in no grid; "
            f"layers: {layers_en}.",
            answer=True,
        )
    if has_errors(findings):
        raise typer.Exit(EXIT_REFUSED)


def plan(
    inputs: options.Inputs,
    out: options.Out,
    rules: options.RulesName = "default",
    seed: options.Seed = 7,
    layer: options.Layers = None,
    column: options.Columns = None,
    crs: options.Crs = None,
    datum: options.Datums = None,
    admin_level: options.AdminLevel = None,
    households_total: options.HouseholdsTotal = None,
    time_limit: options.TimeLimit = None,
    prove: options.Prove = False,
    micro_grids: options.MicroGrids = False,
    link_units: options.LinkUnits = False,
    level: options.Level = options.DrawnLevel.GRID,
    communities: options.Communities = None,
    from_today: options.FromToday = False,
    number: options.Number = None,
    lock: options.Lock = None,
    locks: options.LockFile = None,
    stations: options.Stations = None,
    reach: options.Reach = None,
    minutes: options.Minutes = None,
    speed: options.Speed = 1.2,
    as_json: options.Json = False,
) -> None:
    """划分：读入、核验并划分网格（或社区），写出方案文件。Read, check, plan; write a plan file."""
    from gridmap.cli.reporting import report_plan
    from gridmap.errors import RefusedInput
    from gridmap.flow import plan_files
    from gridmap.planfiles import is_plan_file, read_plan, write_plan
    from gridmap.planning import subdivide_plan
    from gridmap.rules import Rules
    from gridmap.writing import check_ending, check_writable

    reading = options.understand_reading(layer, column, crs, datum, admin_level, households_total)
    named = [path for path in (communities, stations, locks) if path is not None]
    options.refuse_overwriting_input([*inputs, *named], out)
    chosen = Rules.load(rules)
    check_ending(out, ".gpkg")
    check_writable(out)
    levels = options.choose_levels(micro_grids=micro_grids, link_units=link_units, level=level)
    drawn = bool(levels) and len(inputs) == 1 and is_plan_file(inputs[0])
    options.refuse_unused_communities(communities, level=level, drawn=drawn)
    options.refuse_unused_rebalancing(
        from_today=from_today,
        level=level,
        prove=prove,
        number=number,
        lock=lock,
        locks=locks,
        stations=stations,
        reach=reach,
        minutes=minutes,
    )
    held = options.list_locks(lock, locks)
    walk = options.choose_reach(stations, reach, minutes, speed)
    with show_progress() as progress:
        try:
            if drawn:
                made = read_plan(inputs[0])
                chosen = made.rules if rules == "default" else chosen
            else:
                made = plan_files(
                    inputs,
                    rules=chosen,
                    options=reading,
                    seed=seed,
                    time_limit_s=time_limit,
                    prove=prove,
                    level=level.value,
                    communities=None if communities is None else read_plan(communities),
                    from_today=from_today,
                    number=number,
                    locks=held,
                    reach=walk,
                    progress=progress,
                )
        except RefusedInput as refusal:
            if as_json:
                print_json({"findings": [finding.as_dict() for finding in refusal.findings]})
            raise
        if levels:
            progress("levels", 0, 1)
            made = subdivide_plan(made, rules=chosen, seed=seed, levels=levels)
            progress("levels", 1, 1)
        progress("write", 0, 1)
        write_plan(made, out)
        progress("write", 1, 1)
    report_plan(made, as_json=as_json, out=out)


def score(
    plan_file: options.PlanFile,
    rules: Annotated[
        str,
        typer.Option("--rules", help="改用其他规则评估。Score by other rules.", show_default=False),
    ] = "",
    as_json: options.Json = False,
) -> None:
    """评估：户数、连片、边界清晰、紧凑等指标。Measure a plan; definitions in docs/scores.md."""
    from gridmap.cli.reporting import tell_level
    from gridmap.planfiles import read_plan
    from gridmap.rules import Rules
    from gridmap.scoring import score_plan

    with show_progress() as progress:
        progress("score", 0, 1)
        judged = read_plan(plan_file)
        card = score_plan(judged, rules=Rules.load(rules) if rules else None)
    if as_json:
        print_json(dict(card.totals) | tell_level(judged))
        return
    from rich.table import Table

    from gridmap.cli.console import make_console
    from gridmap.scoring import find_measure

    level = judged.about.get("level", "grid")
    table = Table("指标 measure", "数值 value", "含义 meaning")
    for key, value in card.totals.items():
        shown = f"{value:.4f}" if isinstance(value, float) else str(value)
        term = find_measure(key, level=level)
        table.add_row(key, shown, f"{term.zh} {term.en}")
    make_console(answer=True).print(table)
