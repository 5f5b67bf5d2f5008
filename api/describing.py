"""Grids and the plan as plain data: computed once, answered often."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from api.settings import MAX_ADDRESS
from gridmap.crs import DATUMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from api.settings import Settings
    from gridmap.locating import Release


@dataclass(frozen=True)
class GridRegister:
    """Every grid as the service answers it.

    Attributes
    ----------
    items
        Grid facts in the order of their codes.
    shapes
        GeoJSON geometry of each, as text.
    position
        Grid id, and code, -> position.
    """

    items: tuple[dict[str, Any], ...]
    shapes: tuple[str, ...]
    position: Mapping[str, int]


def register_grids(release: Release) -> GridRegister:
    """Describe every grid of a release: counts and borders, no building and no household.

    Examples
    --------
    >>> from gridmap.locating import open_release
    >>> from gridmap.locating.examples import draw_plan
    >>> register_grids(open_release(draw_plan())).items[0]["name"]
    '祖庙社区第1网格'
    """
    plan = release.plan
    counts = _count_contents(release)
    shapes = np.asarray(plan.grids.geometry.array, dtype=object)
    boxes = shapely.bounds(shapes).round(7).tolist()
    rows = plan.grids.drop(columns=plan.grids.geometry.name).to_dict("records")
    items = [
        {**facts.as_dict(), **_facts(row), **counts[facts.grid_id], "bbox": box}
        for facts, row, box in zip(release.grids, rows, boxes, strict=True)
    ]
    order = sorted(range(len(items)), key=lambda n: (items[n]["code"], items[n]["grid_id"]))
    position: dict[str, int] = {}
    for place, n in enumerate(order):
        position.setdefault(str(items[n]["code"]), place)
    for place, n in enumerate(order):
        position[str(items[n]["grid_id"])] = place
    return GridRegister(
        tuple(items[n] for n in order),
        tuple(str(shapely.to_geojson(shapes[n])) for n in order),
        position,
    )


def _facts(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "area_type": str(row["area_type"]),
        "households": int(row["households"]),
        "lower": int(row["lower"]),
        "upper": int(row["upper"]),
        "in_band": bool(row["in_band"]),
        "reason": str(row["reason"]) or None,
        "reason_en": str(row["reason_en"]) or None,
        "area_m2": round(float(row["area_m2"]), 1),
        "perimeter_m": round(float(row["perimeter_m"]), 1),
        "host_id": str(row["host_id"]) or None,
        "category": str(row["category"]) or None,
    }


def _count_contents(release: Release) -> dict[str, dict[str, int]]:
    """Count units, buildings and compounds of each grid."""
    plan = release.plan
    units = plan.territory.units
    members = units.members[units.members["building_id"] != ""]
    frame = units.frame[units.frame["compound_id"] != ""]
    grid_of = plan.assignment
    tables: dict[str, pd.Series[int]] = {
        "units": grid_of.groupby(grid_of).size(),
        "buildings": members["building_id"].groupby(members["unit_id"].map(grid_of)).nunique(),
        "compounds": frame["compound_id"].groupby(frame.index.map(grid_of)).nunique(),
    }
    return {
        grid.grid_id: {name: int(table.get(grid.grid_id, 0)) for name, table in tables.items()}
        for grid in release.grids
    }


def describe_plan(release: Release, settings: Settings) -> dict[str, Any]:
    """Describe what is served, for ``/v1/meta``."""
    plan = release.plan
    units = plan.territory.units
    kinds = plan.grids["kind"].value_counts()
    epsg = units.crs.to_epsg()
    return {
        "plan_version": release.version,
        "format": "gridmap-plan",
        "datum": "CGCS2000" if epsg == 4490 else "WGS 84",
        "crs": f"EPSG:{epsg}",
        "metric_crs": units.metric_crs.to_string(),
        "seed": plan.about.get("seed"),
        "rules": plan.rules.name,
        "rules_label": {"en": plan.rules.label_en, "zh": plan.rules.label_zh},
        "grids": {
            "total": len(plan.grids),
            **{kind: int(kinds.get(kind, 0)) for kind in ("general", "dedicated", "exclave")},
        },
        "households": int(plan.grids["households"].sum()),
        "communities": len(units.communities),
        "places": len(release.gazetteer.places),
        "attribution": settings.attribution or plan.about.get("attribution"),
        "gridmap": metadata.version("gridmap-planner"),
        "datums": [*DATUMS, "EPSG:n"],
        "limits": {
            "address_characters": MAX_ADDRESS,
            "batch": settings.max_batch,
            "page": settings.max_page,
            "body_bytes": settings.max_body_bytes,
        },
    }
