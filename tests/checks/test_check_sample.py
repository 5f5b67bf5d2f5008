"""On the sample district every planted defect is found, and nothing that is not there."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from pyproj import CRS

from gridmap.checks import repair_sources
from gridmap.datasets import District, make_district
from gridmap.findings import Finding, has_errors
from gridmap.model import Sources


@pytest.fixture(scope="module", params=[7, 3])
def district(request: pytest.FixtureRequest) -> District:
    return make_district(seed=request.param)


@pytest.fixture(scope="module")
def repaired(district: District) -> Sources:
    return repair_sources(Sources(district.layers, CRS(4490), CRS(4547)))


@pytest.fixture(scope="module")
def found(repaired: Sources) -> dict[str, Finding]:
    return {finding.code: finding for finding in repaired.findings}


def planted(district: District, *kinds: str) -> list[shapely.Geometry]:
    return [shapely.from_wkt(d.polygon) for d in district.truth.defects if d.kind in kinds]


def test_the_sample_passes_with_warnings_only(repaired: Sources) -> None:
    assert not has_errors(repaired.findings)


@pytest.mark.parametrize(
    ("kind", "code"), [("gap", "community_gap"), ("overlap", "community_overlap")]
)
def test_gaps_and_overlaps_are_found_with_area_and_households(
    district: District, found: dict[str, Finding], kind: str, code: str
) -> None:
    defects = [d for d in district.truth.defects if d.kind == kind]
    finding = found[code]
    assert finding.count == len(defects) == 1
    (defect,) = defects
    assert finding.where == ("+".join(sorted([defect.owner, defect.host])),)
    assert shapely.from_wkt(defect.polygon).contains(shapely.Point(finding.points[0]))
    said = re.search(r"(\d+) m2, (\d+) households", finding.en)
    assert said is not None
    assert int(said[1]) == pytest.approx(defect.area_m2, rel=1e-3)
    assert int(said[2]) == defect.households


def test_detached_parts_are_the_planted_ones(district: District, found: dict[str, Finding]) -> None:
    defects = [d for d in district.truth.defects if d.kind in ("exclave", "enclosed")]
    assert found["community_in_parts"].where == tuple(sorted({d.owner for d in defects}))
    assert f"{len(defects)} detached parts" in found["community_in_parts"].en


@pytest.mark.parametrize(
    ("kind", "code"),
    [("enclosed", "community_part_enclosed"), ("interlock", "community_interlocked")],
)
def test_enclosed_and_interlocked_land_is_the_planted_one(
    district: District, found: dict[str, Finding], kind: str, code: str
) -> None:
    (defect,) = [d for d in district.truth.defects if d.kind == kind]
    assert found[code].where == (defect.owner,)
    place = shapely.Point(found[code].points[0])
    assert shapely.distance(place, shapely.from_wkt(defect.polygon)) < 1e-3


def test_households_in_the_gap_are_listed_and_no_other(
    district: District, repaired: Sources, found: dict[str, Finding]
) -> None:
    (gap,) = [d for d in district.truth.defects if d.kind == "gap"]
    (overlap,) = [d for d in district.truth.defects if d.kind == "overlap"]
    assert found["household_outside"].count == gap.households
    assert found["household_in_two"].count == overlap.households
    assert repaired.set_aside is not None
    assert repaired.set_aside["households"].sum() == gap.households
    planned = int(repaired.layers["households"]["households"].sum())
    assert planned + gap.households == repaired.read_households == 60_000


def test_the_repaired_communities_tile_their_land(district: District, repaired: Sources) -> None:
    land = np.asarray(repaired.layers["communities"].geometry.to_numpy(), dtype=object)
    assert shapely.coverage_is_valid(land)
    before = shapely.union_all(np.asarray(district.layers["communities"].geometry.to_numpy()))
    assert shapely.area(land).sum() == pytest.approx(before.area, rel=1e-9)
    (gap,) = planted(district, "gap")
    assert shapely.union_all(land).intersection(gap).area < 1e-9 * gap.area


def test_nothing_else_is_said(found: dict[str, Finding]) -> None:
    assert set(found) <= {
        "building_outside",
        "community_gap",
        "community_in_parts",
        "community_interlocked",
        "community_overlap",
        "community_part_enclosed",
        "household_in_two",
        "household_outside",
        "site_without_owner",
    }
