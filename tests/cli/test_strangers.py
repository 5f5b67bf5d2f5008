"""Boundaries and buildings of two different places are refused, not planned as empty land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely.geometry import box

from gridmap.errors import RefusedInput
from gridmap.flow import plan_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "to be estimated"])
def test_nobody_inside_the_communities_is_refused(tmp_path: Path, *, counted: bool) -> None:
    communities = {"community_id": ["C1"], "name": ["红旗社区"]}
    outline = [box(113.1, 23.0, 113.12, 23.02)]
    gpd.GeoDataFrame(communities, geometry=outline, crs=4490).to_file(tmp_path / "社区.gpkg")
    columns: dict[str, list[object]] = {"楼栋号": ["B1"], "层数": [6]}
    if counted:
        columns["户数"] = [40]
    elsewhere = [box(114.1, 24.0, 114.1004, 24.0004)]
    gpd.GeoDataFrame(columns, geometry=elsewhere, crs=4490).to_file(tmp_path / "楼栋.gpkg")
    with pytest.raises(RefusedInput) as refused:
        plan_files([tmp_path])
    errors = {f.code for f in refused.value.findings if f.severity == "error"}
    assert errors == {"households_mostly_outside" if counted else "nobody_inside"}
    assert "building_outside" in {finding.code for finding in refused.value.findings}
