"""A half-filled column of households is said and estimated, never taken for nought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from gridmap.flow import plan_files

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = 40.0
FLOORS = 6


def write_town(folder: Path, *, absent: int, floors: bool) -> None:
    outline = box(113.1, 23.0, 113.12, 23.02)
    communities = {"community_id": ["440101001001"], "name": ["红旗社区"]}
    gpd.GeoDataFrame(communities, geometry=[outline], crs=4490).to_file(folder / "社区.gpkg")
    footprints = [
        box(x + 0.0002, y + 0.0002, x + 0.0006, y + 0.0006)
        for x in np.arange(113.1, 113.12, 0.002)[:10]
        for y in np.arange(23.0, 23.016, 0.004)[:4]
    ]
    counts = [np.nan if place < absent else COUNTED for place in range(40)]
    columns: dict[str, object] = {"楼栋号": [f"B{n}" for n in range(40)], "户数": counts}
    if floors:
        columns["层数"] = [FLOORS] * 40
    gpd.GeoDataFrame(columns, geometry=footprints, crs=4490).to_file(folder / "楼栋.gpkg")


@pytest.mark.parametrize("floors", [True, False], ids=["with floors", "without floors"])
@pytest.mark.parametrize("absent", [1, 20])
def test_missing_counts_are_said_and_estimated(
    tmp_path: Path, absent: int, *, floors: bool
) -> None:
    write_town(tmp_path, absent=absent, floors=floors)
    plan = plan_files([tmp_path])
    said = {finding.code: finding for finding in plan.findings}
    assert said["household_count_missing"].count == absent
    assert said["households_estimated"].count == absent
    members = plan.territory.units.members.groupby("building_id")["households"].sum()
    assert (members[[f"B{n}" for n in range(absent)]] > 0).all()
    assert (members[[f"B{n}" for n in range(absent, 40)]] == COUNTED).all()
    assert plan.territory.units.read_households == plan.grids["households"].sum()


def test_a_written_nought_stays_nought(tmp_path: Path) -> None:
    write_town(tmp_path, absent=0, floors=True)
    frame = gpd.read_file(tmp_path / "楼栋.gpkg")
    frame.loc[0, "户数"] = 0
    frame.to_file(tmp_path / "楼栋.gpkg")
    plan = plan_files([tmp_path])
    assert "household_count_missing" not in {finding.code for finding in plan.findings}
    assert plan.grids["households"].sum() == 39 * COUNTED
