"""The sheets of the levels below a grid: micro-grids and link units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.reports.columns import NO, YES, Column, Sheet, Value
from gridmap.reports.facts import BETWEEN_NAMES, list_people
from gridmap.terms import TERMS

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.model import Plan
    from gridmap.rosters import Duty


def list_level_sheets(plan: Plan, households: Column, duty: Duty | None = None) -> list[Sheet]:
    """Return a sheet for each level that the plan has.

    Parameters
    ----------
    plan
        Any plan.
    households
        The column of households, which says whether they are estimated.
    duty
        Who serves the micro-grids.
    """
    levels = (("micro_grid", plan.micro_grids), ("link_unit", plan.link_units))
    return [
        _sheet(plan, name, frame, households, duty) for name, frame in levels if frame is not None
    ]


def _sheet(
    plan: Plan, level: str, frame: gpd.GeoDataFrame, households: Column, duty: Duty | None
) -> Sheet:
    term, worker = TERMS[level], TERMS["micro_grid_worker"]
    staffed = level == "micro_grid"
    columns = (
        Column(f"{term.zh}编码", "Code", "id", 22),
        Column(f"{term.zh}名称", "Name", "text", 34),
        Column("所属网格", "Grid", "text", 28),
        Column("社区/村", "Community", "text", 18),
        households,
        Column("户数区间", "Band", "label", 12),
        Column("达标", "In band", "label", 8),
        Column("楼栋数", "Buildings", "number"),
        Column("楼层", "Floors", "label", 10),
        Column("面积（㎡）", "Area (m²)", "m2"),
        *([Column(worker.zh, worker.en.capitalize(), "text", 14)] if staffed else []),
        Column("未达标原因", "Reason (zh)", "text", 36),
        Column("未达标原因（英文）", "Reason", "text", 36),
        Column(f"{term.zh}标识", "Id", "id", 16),
    )
    grids = plan.grids["name"]
    communities = plan.territory.units.communities["name"]
    table = frame.drop(columns="geometry").assign(
        grid=frame["grid_id"].map(grids), community=frame["community_id"].map(communities)
    )
    rows = tuple(
        _row(str(name), dict(row), _name_workers(str(name), duty) if staffed else ())
        for name, row in zip(table.index, table.to_dict("records"), strict=True)
    )
    return Sheet(term.zh, f"{term.en.capitalize()}s", columns, rows, marked=6, printed=11 + staffed)


def _name_workers(zone_id: str, duty: Duty | None) -> tuple[str]:
    people = list_people(duty, "micro_grid_worker", [("micro_grid", zone_id)])
    return (BETWEEN_NAMES.join(people),)


def _row(name: str, row: dict[Any, Any], workers: tuple[str, ...]) -> tuple[Value, ...]:
    return (
        row["code"],
        row["name"],
        row["grid"],
        row["community"] or row["community_id"],
        int(row["households"]),
        f"{row['lower']}-{row['upper']}",
        YES if row["in_band"] else NO,
        int(row["buildings"]),
        row["floors"],
        round(float(row["area_m2"]), 2),
        *workers,
        row["reason"],
        row["reason_en"],
        name,
    )
