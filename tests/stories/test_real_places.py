"""The main job on real public data: a country from OpenStreetMap, a town of buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

import gridmap
from gridmap.flow import ReadOptions, plan_files

if TYPE_CHECKING:
    from pathlib import Path

PARTS = {"Vaduz": 7, "Schaan": 5, "Planken": 5, "Balzers": 3, "Eschen": 2, "Gamprin": 2}
"""Parts of Liechtenstein's municipalities: FIELD.md section 4 [measured]."""
PARTS_MEASURED = PARTS | {"Triesenberg": 2}
"""FIELD.md names the six above. In the file Triesenberg has a second part too, about 1 km away:
measured with GDAL and, independently, with osmium's area assembler (two outer rings)."""


def test_liechtenstein_is_planned_with_its_known_parts(shared_data: Path) -> None:
    plan = plan_files(
        [shared_data / "liechtenstein.osm.pbf"], options=ReadOptions(households_total=17_000)
    )
    communities = plan.territory.units.communities
    parts = dict(
        zip(
            communities["name"],
            shapely.get_num_geometries(communities.geometry.to_numpy()),
            strict=True,
        )
    )
    assert len(parts) == 11
    assert {name: number for name, number in parts.items() if number > 1} == PARTS_MEASURED
    members = plan.territory.units.members
    buildings = members[members["building_id"] != ""]
    assert buildings["building_id"].is_unique
    assert buildings["unit_id"].isin(plan.assignment.index).all()
    assert plan.grids["households"].sum() == 17_000
    totals = gridmap.score_plan(plan).totals
    assert totals["in_band"] == totals["attainable"]
    assert totals["parts"] == 0
    assert shapely.coverage_is_valid(plan.grids.geometry.to_numpy())


def test_suzhou_without_a_boundary_is_planned_in_its_hull(shared_data: Path) -> None:
    plan = plan_files([shared_data / "suzhou_buildings.geojson"])
    assert "community_from_hull" in {finding.code for finding in plan.findings}
    totals = gridmap.score_plan(plan).totals
    assert totals["in_band"] == totals["attainable"]
    outside = plan.grids[~plan.grids["in_band"]]
    assert (outside["reason_code"] != "").all()
