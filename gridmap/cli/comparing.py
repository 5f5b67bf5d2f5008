"""Command that puts two plans, or two layers of divisions, beside each other: compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.cli import options
from gridmap.cli.console import print_findings, print_json, say
from gridmap.cli.progress import show_progress

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.model import Plan, Sources
    from gridmap.rules import Band
    from gridmap.scoring import Comparison

LAYER_COLUMNS = {"community_id": "division_id", "residents": "population", "户数": "households"}
"""Columns of a layer of communities -> as they are compared."""
GRID_COLUMNS = {"grid_id": "division_id", "人口": "population", "户数": "households"}
"""The same of a layer of grids."""
LAYERS = {"community": "communities", "grid": "grids"}
"""Level of a plan -> role of the layer that it is compared with."""


def add_commands(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command(
        "compare",
        epilog="例 Example: gridmap compare old.gpkg new.gpkg -o report.xlsx | "
        "gridmap compare communities.shp rebalanced.gpkg | "
        "gridmap compare communities2024.gpkg communities2025.gpkg --band 3000-20000",
    )(compare)


def compare(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="BEFORE",
            help="之前的方案文件，或社区（现状网格）图层。"
            "The earlier plan file, or layer of communities (or grids).",
            show_default=False,
        ),
    ],
    after: Annotated[
        Path,
        typer.Argument(
            metavar="AFTER",
            help="之后的方案文件，或社区（现状网格）图层，可含住户。方案可与同一层级的图层对比。"
            "The later plan file, or layer (its homes are counted in both). A plan may be compared "
            "with a layer of its level.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="写出对比表 (xlsx)。Write the tables of the comparison (xlsx).",
            show_default=False,
        ),
    ] = None,
    band: Annotated[
        str,
        typer.Option(
            "--band",
            metavar="LOWER-UPPER",
            help="改用此区间评判，如 300-500 或 3000-20000。Judge by this band instead.",
            show_default=False,
        ),
    ] = "",
    as_json: options.Json = False,
) -> None:
    """对比：调整前后的数量、规模、去向与变动。Before and after: numbers, moves, a matrix."""
    from gridmap.errors import RefusedInput
    from gridmap.reports import check_tables_target, write_comparison
    from gridmap.scoring import list_comparison

    chosen = options.understand_band(band)
    if out is not None:
        options.refuse_overwriting_input([before, after], out)
        check_tables_target(out)
    with show_progress() as progress:
        progress("score", 0, 1)
        try:
            told = _compare_files(before, after, chosen)
        except RefusedInput as refusal:
            if as_json:
                print_json({"findings": [finding.as_dict() for finding in refusal.findings]})
            raise
        progress("score", 1, 1)
        if out is not None:
            write_comparison(told, out)
    if as_json:
        print_json(list_comparison(told))
    else:
        _say_comparison(told)
    if out is not None:
        say(f"已写出：{out}", f"Written: {out}")


def _say_comparison(told: Comparison) -> None:
    from gridmap.scoring import tell_comparison

    if told.findings:
        print_findings(told.findings)
    say(tell_comparison(told), tell_comparison(told, language="en"), answer=True)


def _compare_files(before: Path, after: Path, band: Band | None) -> Comparison:
    """Compare two plan files, two layers of communities, or one with the other."""
    from gridmap.planfiles import is_plan_file, read_plan
    from gridmap.scoring import compare_layer, compare_plans

    are_plans = [is_plan_file(path) for path in (before, after)]
    if all(are_plans):
        return compare_plans(read_plan(before), read_plan(after), band=band)
    if are_plans[1]:
        plan = read_plan(after)
        return compare_layer(_read_level(before, plan, is_before=True), plan, band=band)
    if are_plans[0]:
        plan = read_plan(before)
        layer = _read_level(after, plan, is_before=False)
        return compare_layer(layer, plan, plan_is="before", band=band)
    return _compare_layers(before, after, band)


def _read_level(path: Path, plan: Plan, *, is_before: bool) -> gpd.GeoDataFrame:
    """Return the layer of a file that is of a plan's level: communities, or grids.

    Raises
    ------
    RefusedInput
        When the file can't be read, or holds divisions of the other level only, or none.
    """
    from gridmap.checks.attributes import NO_COMMUNITIES
    from gridmap.errors import RefusedInput
    from gridmap.findings import has_errors
    from gridmap.scoring.complaining import say_levels_differ
    from gridmap.sources import read_sources

    sources = read_sources([path])
    if has_errors(sources.findings):
        raise RefusedInput(sources.findings)
    level = plan.about.get("level", "grid")
    layer = sources.layer(LAYERS[level])
    if layer is not None:
        names = LAYER_COLUMNS if level == "community" else GRID_COLUMNS
        return layer.rename(columns=names)
    other = "grid" if level == "community" else "community"
    if sources.layer(LAYERS[other]) is None:
        raise RefusedInput([*sources.findings, NO_COMMUNITIES.found(count=1)])
    raise RefusedInput([say_levels_differ(*((other, level) if is_before else (level, other)))])


def _compare_layers(before: Path, after: Path, band: Band | None) -> Comparison:
    """Compare the communities of two inputs; homes of the later one, else of the earlier."""
    from gridmap.checks.attributes import NO_COMMUNITIES
    from gridmap.errors import RefusedInput
    from gridmap.findings import has_errors
    from gridmap.scoring import compare_divisions
    from gridmap.sources import read_sources

    sources = [read_sources([path]) for path in (before, after)]
    said = [finding for source in sources for finding in source.findings]
    layers = [
        frame.rename(columns=LAYER_COLUMNS).to_crs(sources[0].metric_crs)
        for source in sources
        if (frame := source.layer("communities")) is not None
    ]
    if has_errors(said) or len(layers) < len(sources):
        missing = [NO_COMMUNITIES.found(count=1)] if len(layers) < len(sources) else []
        raise RefusedInput([*said, *missing])
    homes = next((h for s in reversed(sources) if (h := _find_homes(s)) is not None), None)
    return compare_divisions(layers[0], layers[1], homes=homes, band=band)


def _find_homes(sources: Sources) -> gpd.GeoDataFrame | None:
    """Return the households of an input as points: its own, else those of its buildings."""
    homes = sources.layer("households")
    if homes is not None:
        return homes
    buildings = sources.layer("buildings")
    if buildings is None or "households" not in buildings or buildings["households"].isna().all():
        return None
    known = buildings[buildings["households"].notna()]
    return known.set_geometry(known.geometry.representative_point())
