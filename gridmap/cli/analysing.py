"""The command that analyses boundaries."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli import options, proposing
from gridmap.cli.console import print_findings, print_json, say
from gridmap.cli.progress import show_progress
from gridmap.cli.usage import BadUse

if TYPE_CHECKING:
    from gridmap.boundaries import Analysis
    from gridmap.boundaries.reach_analysis import ReachAnalysis

LIMITS = "阈值 Thresholds"
SHOWN_ITEMS = 5

Level = Annotated[
    str | None,
    typer.Option(
        "--level",
        metavar="FIELD",
        help="先按此列合并为上一级区划，如 县、街道。Join the divisions by this column first.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "-o", "--out", help="结果写成 GeoPackage。Write the results as .gpkg.", show_default=False
    ),
]


def _limit(name: str, text: str) -> typer.models.OptionInfo:
    """Return a threshold's option; its range is checked by `Thresholds`."""
    option: typer.models.OptionInfo = typer.Option(name, help=text, rich_help_panel=LIMITS)
    return option


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command(
        "analyse",
        epilog="例 Example: gridmap analyse data/boundaries | "
        "gridmap analyse townships.shp --level 县 --json | "
        "gridmap analyse townships.shp -o findings.gpkg --neck 20 | "
        "gridmap analyse townships.shp --proposals --edits edits.geojson | "
        "gridmap analyse townships.shp --apply edits.geojson -o new.gpkg --undo undo.geojson",
    )(analyse)


def analyse(
    inputs: options.Inputs,
    level: Level = None,
    out: Out = None,
    layer: options.Layers = None,
    column: options.Columns = None,
    crs: options.Crs = None,
    datum: options.Datums = None,
    admin_level: options.AdminLevel = None,
    join: Annotated[
        float,
        _limit("--join", "同一区划内相距不超过此值（米）的地块视为一块。Parts this near are one."),
    ] = 0.05,
    enclosed_share: Annotated[
        float,
        _limit("--enclosed-share", "外环与同一邻区共有的最低比例。Least share of the outer ring."),
    ] = 0.995,
    border: Annotated[
        float, _limit("--border", "边界重合的容差（米）。Metres by which borders may differ.")
    ] = 0.5,
    neck: Annotated[
        float, _limit("--neck", "窄于此宽度（米）的颈部视为插花。Necks narrower than this.")
    ] = 30.0,
    least_lobe: Annotated[
        float, _limit("--least-lobe", "颈部之外土地的最小面积（平方米）。Least land beyond a neck.")
    ] = 5_000.0,
    tortuosity: Annotated[
        float,
        _limit("--tortuosity", "共有边界长度与两端直线距离之比的上限。Border over straight line."),
    ] = 3.0,
    least_border: Annotated[
        float, _limit("--least-border", "曲折边界的最小长度（米）。Least length of a border.")
    ] = 500.0,
    border_reach: Annotated[
        float,
        _limit("--border-reach", "距曲折边界多近（米）可由对侧服务。Within reach of a border."),
    ] = 100.0,
    proposals: proposing.Asked = False,
    edits: proposing.EditsOut = None,
    across: proposing.Across = False,
    within: proposing.Within = None,
    band: proposing.BandText = "",
    band_of: proposing.BandOf = "persons",
    apply: proposing.Apply = None,
    undo: proposing.UndoOut = None,
    reach: Annotated[
        bool,
        typer.Option(
            "--reach",
            help="另测服务站点的步行可达范围、覆盖率、不可达住户与新站点选址。"
            "Measure the walking reach of stations too, and find places for new ones.",
            rich_help_panel=options.WALKING,
        ),
    ] = False,
    stations: options.Stations = None,
    minutes: Annotated[
        str,
        typer.Option(
            "--minutes",
            metavar="M[,M...]",
            help="步行时限（分钟），逗号分隔。Limits of a walk, minutes.",
            rich_help_panel=options.WALKING,
        ),
    ] = "5,10,15",
    speed: options.Speed = 1.2,
    new_stations: Annotated[
        int,
        typer.Option(
            "--new-stations",
            min=0,
            help="选址的新站点个数。How many places for new stations to find.",
            rich_help_panel=options.WALKING,
        ),
    ] = 1,
    seed: options.Seed = 7,
    as_json: options.Json = False,
) -> None:
    """边界分析：飞地、被围地、插花地、空隙与重叠。Exclaves, interlocks, gaps and overlaps."""
    from gridmap.boundaries import Thresholds, add_reach, analysis_as_dict, write_analysis
    from gridmap.boundaries import analyse as analyse_boundaries
    from gridmap.flow import read_with_stations
    from gridmap.writing import check_ending, check_writable

    reading = options.understand_reading(layer, column, crs, datum, admin_level, None)
    thresholds = Thresholds(
        join_m=join,
        enclosed_share=enclosed_share,
        border_m=border,
        neck_m=neck,
        least_lobe_m2=least_lobe,
        tortuosity=tortuosity,
        least_border_m=least_border,
        reach_m=border_reach,
    )
    wishes = proposing.Wishes(proposals, edits, band, band_of, level, across, within)
    proposing.check_targets(wishes, inputs=inputs, apply=apply, out=out, undo=undo)
    limits = _understand_minutes(minutes)
    if stations is not None and not reach:
        raise BadUse("--stations 须与 --reach 同用。", "--stations needs --reach.")
    if out is not None:
        named = [] if stations is None else [stations]
        options.refuse_overwriting_input([*inputs, *named], out)
        check_ending(out, ".gpkg")
        check_writable(out)
    with show_progress() as progress:
        sources = read_with_stations(inputs, stations, options=reading, progress=progress)
        if apply is not None and out is not None:
            proposing.apply_file(sources, apply, out=out, undo=undo, level=level, as_json=as_json)
            return
        analysis = analyse_boundaries(
            sources, level=level, thresholds=thresholds, progress=progress
        )
        if reach:
            analysis = add_reach(
                analysis,
                sources,
                minutes=limits,
                speed_m_s=speed,
                new_stations=new_stations,
                seed=seed,
            )
        proposed = proposing.propose(analysis, sources, wishes, progress=progress)
        if out is not None:
            write_analysis(analysis, out, proposals=proposed)
    if as_json:
        print_json(proposing.add_proposals(analysis_as_dict(analysis), proposed))
    else:
        print_findings([*analysis.findings, *(proposed.findings if proposed else ())])
        _say_analysis(analysis)
        if analysis.reach is not None:
            _say_reach(analysis.reach)
        if proposed is not None:
            proposing.say_proposals(proposed)
    if out is not None and not as_json:
        say(f"已写出：{out}", f"Written: {out}")


def _understand_minutes(text: str) -> list[float]:
    """Return the limits of a text such as ``5,10,15``.

    Raises
    ------
    typer.BadParameter
        When it holds anything but numbers of 0 or more.
    """
    try:
        limits = [float(part) for part in text.split(",")]
    except ValueError:
        limits = []
    if not limits or not all(0 <= limit < math.inf for limit in limits):
        raise BadUse(
            f"--minutes {text!r} 须形如 5,10,15。",
            f"--minutes {text!r} is not of the form 5,10,15.",
        )
    return limits


def _say_reach(told: ReachAnalysis) -> None:
    """Write the reach as a person reads it: covered, left out, and where a station is best."""
    from gridmap.boundaries.reach_answers import reach_as_dict

    answer = reach_as_dict(told, told.divisions.crs)
    if not any(row["of"] for row in answer["covered"]):
        say(
            "没有住户数据，未统计覆盖户数。",
            "There are no households: only land was measured.",
            answer=True,
        )
        return
    for row in answer["covered"]:
        say(
            f"步行 {row['minutes']:g} 分钟内可到达站点：{row['households']} 户，"
            f"占 {row['share']:.1%}。",
            f"Within {row['minutes']:g} minutes on foot of a station: {row['households']} "
            f"households, {row['share']:.1%}.",
            answer=True,
        )
    lost = answer["unreachable"]["households"]
    say(
        f"最长时限内无法到达任何站点：{lost} 户，见 --json 或 -o。",
        f"Within none of the limits of any station: {lost} households: see --json or -o.",
        answer=True,
    )
    places = answer["places"]
    if places is not None:
        say(
            f"新站点最佳位置 {len(places['stations'])} 处；设站后每户平均步行 "
            f"{places['mean_m']:.0f} 米。",
            f"Best places for {len(places['stations'])} new station(s); a household then walks "
            f"{places['mean_m']:.0f} m on average.",
            answer=True,
        )


def _say_analysis(analysis: Analysis) -> None:
    """Write an analysis as a person reads it: counts, then the largest of each kind."""
    total = len(analysis.divisions)
    zh = f"共 {total} 个区划，其中 {analysis.multipart} 个由多块土地组成："
    zh += f"飞地 {len(analysis.detached)} 块，其中 {len(analysis.enclosed)} 块被一个邻区包围。"
    en = f"{total} divisions, {analysis.multipart} of them in several parts: "
    en += f"{len(analysis.detached)} detached parts, {len(analysis.enclosed)} of them enclosed by "
    en += "one neighbour."
    say(zh, en, answer=True)
    kinds = analysis.interlocks["kind"]
    necks, borders = int((kinds == "neck").sum()), int((kinds == "border").sum())
    say(
        f"完全位于另一区划之内的区划 {len(analysis.enclaves)} 个；插花地：窄颈 {necks} 处，"
        f"曲折边界 {borders} 段；空隙 {len(analysis.gaps)} 处，重叠 {len(analysis.overlaps)} 处。",
        f"{len(analysis.enclaves)} divisions wholly inside another one; interlocks: {necks} narrow "
        f"necks, {borders} winding borders; {len(analysis.gaps)} gaps, "
        f"{len(analysis.overlaps)} overlaps.",
        answer=True,
    )
    _say_clarity(analysis)
    names = dict(zip(analysis.divisions["division_id"], analysis.divisions["name"], strict=True))
    largest = analysis.detached.sort_values("area_m2", ascending=False, kind="stable")
    for row in largest.head(SHOWN_ITEMS).itertuples():
        hosts = [names[host] for host, _, _ in row.hosts]
        say(
            f"  飞地：{row.name} {row.area_m2 / 1e6:.3f} 平方公里，距主体 {row.distance_m:.0f} 米"
            + (f"，相邻：{'、'.join(hosts)}" if hosts else ""),
            f"  detached: {row.name} {row.area_m2 / 1e6:.3f} km2, {row.distance_m:.0f} m from its "
            "main part" + (f", beside {', '.join(hosts)}" if hosts else ""),
            answer=True,
        )
    rest = len(largest) - SHOWN_ITEMS
    if rest > 0:
        say(
            f"  另有 {rest} 块飞地，见 --json 或 -o。",
            f"  and {rest} more detached parts: see --json or -o.",
            answer=True,
        )


def _say_clarity(analysis: Analysis) -> None:
    """Write how clear the borders are, the longest unclear stretches, and what snaps would do."""
    from gridmap.boundaries.snapping import WHY_NOT

    share = analysis.clarity.get("clear_share")
    if share is None:
        return
    unclear = analysis.unclear.sort_values("length_m", ascending=False, kind="stable")
    proposed = int((unclear["snap"] == "proposed").sum())
    say(
        f"共有界线 {share:.1%} 位于道路、河流、小区红线等明确界线上；不明确 {len(unclear)} 段，"
        f"其中 {proposed} 段可移至附近界线。",
        f"{share:.1%} of the shared borders run on a road, river, compound line or the like; "
        f"{len(unclear)} stretches do not, and {proposed} of them could be moved to a line nearby.",
        answer=True,
    )
    for row in unclear.head(SHOWN_ITEMS).itertuples():
        reason, reason_zh = WHY_NOT[row.snap]
        say(
            f"  不明确：{row.stretch_id} {row.length_m:.0f} 米，" + (reason_zh or "可移至附近界线"),
            f"  unclear: {row.stretch_id} {row.length_m:.0f} m, "
            + (reason or "could be moved to a line nearby"),
            answer=True,
        )
