"""Gaps, overlaps, parts and necks: found where they are, nothing where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from gridmap.checks import check_sources, repair_sources
from gridmap.model import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gridmap.findings import Finding

    Frames = dict[str, gpd.GeoDataFrame]
    MakeSources = Callable[[Frames], Sources]

WEST, SOUTH, SIDE = 113.1, 23.0, 0.01
M2 = (SIDE * 111_320 * np.cos(np.radians(23.01))) * (SIDE * 110_750)


def found(findings: Iterable[Finding], code: str) -> Finding | None:
    return next((finding for finding in findings if finding.code == code), None)


def outlines(frames: Frames, *geometry: shapely.Geometry) -> Frames:
    frames["communities"] = gpd.GeoDataFrame(
        {
            "community_id": [f"C{n}" for n in range(1, len(geometry) + 1)],
            "name": [f"社区{n}" for n in range(1, len(geometry) + 1)],
        },
        geometry=list(geometry),
        crs=4490,
    )
    return frames


def square(x: float, y: float, w: float = 1.0, h: float = 1.0) -> shapely.Polygon:
    west, south = round(WEST + x * SIDE, 9), round(SOUTH + y * SIDE, 9)
    return shapely.box(
        west, south, round(WEST + (x + w) * SIDE, 9), round(SOUTH + (y + h) * SIDE, 9)
    )


def test_a_clean_district_has_no_findings(frames: Frames, as_sources: MakeSources) -> None:
    assert check_sources(as_sources(frames)) == ()


def test_clean_communities_are_left_as_they_are(frames: Frames, as_sources: MakeSources) -> None:
    repaired = repair_sources(as_sources(frames))
    before = shapely.to_wkb(np.asarray(frames["communities"].geometry))
    assert (shapely.to_wkb(np.asarray(repaired.layers["communities"].geometry)) == before).all()


def test_an_overlap_is_measured_and_given_to_the_smaller_community(
    frames: Frames, as_sources: MakeSources
) -> None:
    outlines(frames, square(0, 0, 1, 2), square(0.9, 0, 1.1, 1), square(1, 1))
    repaired = repair_sources(as_sources(frames))
    overlap = found(repaired.findings, "community_overlap")
    assert overlap.where == ("C1+C2",)
    assert "C1+C2" in overlap.en
    area = float(overlap.en.split(": ")[1].split(" m2")[0])
    assert area == pytest.approx(0.1 * M2, rel=2e-3)
    land = np.asarray(repaired.layers["communities"].geometry)
    assert shapely.coverage_is_valid(land)
    assert shapely.area(land).sum() == pytest.approx(4 * SIDE**2, rel=1e-12)
    assert land[1].equals(square(0.9, 0, 1.1, 1))


def test_households_in_an_overlap_follow_the_land(frames: Frames, as_sources: MakeSources) -> None:
    outlines(frames, square(0, 0, 1, 2), square(0.7, 0, 1.3, 1), square(1, 1))
    sources = as_sources(frames)
    findings = check_sources(sources)
    assert found(findings, "household_in_two").count == 10
    assert "10 households" in found(findings, "community_overlap").en
    repaired = repair_sources(sources)
    assert len(repaired.set_aside) == 0
    assert repaired.layers["households"]["households"].sum() == 80


def test_a_village_drawn_on_top_of_a_township_keeps_its_land(
    frames: Frames, as_sources: MakeSources
) -> None:
    village = square(0.2, 0.2, 0.2, 0.2)
    outlines(frames, square(0, 0, 2, 2), village)
    repaired = repair_sources(as_sources(frames))
    land = np.asarray(repaired.layers["communities"].geometry)
    assert land[1].equals(village)
    assert len(land[0].interiors) == 1


def test_a_community_drawn_twice_is_an_error(frames: Frames, as_sources: MakeSources) -> None:
    outlines(frames, square(0, 0, 2, 2), square(0, 0, 2, 2))
    covered = found(check_sources(as_sources(frames)), "community_covered")
    assert covered.severity == "error"
    assert covered.where == ("C2",)


def test_an_enclosed_gap_is_found_with_its_households(
    frames: Frames, as_sources: MakeSources
) -> None:
    hole = square(0.2, 0.2, 0.2, 0.2)
    outlines(frames, square(0, 0, 1, 2) - hole, square(1, 0), square(1, 1))
    repaired = repair_sources(as_sources(frames))
    gap = found(repaired.findings, "community_gap")
    assert gap.count == 1
    assert "5 households" in gap.en
    assert hole.contains(shapely.Point(gap.points[0]))
    assert repaired.set_aside.query("role == 'households'")["households"].sum() == 5
    assert set(repaired.set_aside["code"]) == {"household_outside", "building_outside"}


def test_a_narrow_gap_open_at_an_end_is_found(frames: Frames, as_sources: MakeSources) -> None:
    metre = SIDE / 1_000
    outlines(frames, square(0, 0, 1, 2), square(1 + 3 * metre / SIDE, 0, 1, 2))
    gap = found(check_sources(as_sources(frames)), "community_gap")
    assert gap is not None
    assert gap.where == ("C1+C2",)


def test_slivers_of_digitising_are_closed_and_said_as_a_note(
    frames: Frames, as_sources: MakeSources
) -> None:
    tenth = SIDE / 10_000 / SIDE
    wavy = shapely.Polygon(
        [(WEST + SIDE, SOUTH)]
        + [(WEST + SIDE * (1 + tenth * (-1) ** n), SOUTH + SIDE * 2 * n / 20) for n in range(1, 20)]
        + [(WEST + SIDE, SOUTH + 2 * SIDE), (WEST + 2 * SIDE, SOUTH + 2 * SIDE)]
        + [(WEST + 2 * SIDE, SOUTH)]
    )
    outlines(frames, square(0, 0, 1, 2), wavy)
    repaired = repair_sources(as_sources(frames))
    slivers = found(repaired.findings, "community_slivers")
    assert slivers.severity == "info"
    assert slivers.count == 19
    assert found(repaired.findings, "community_overlap") is None
    assert found(repaired.findings, "community_gap") is None
    land = np.asarray(repaired.layers["communities"].geometry)
    assert shapely.coverage_is_valid(land)
    assert not shapely.coverage_union_all(land).interiors


def test_a_border_without_common_vertices_is_matched(
    frames: Frames, as_sources: MakeSources
) -> None:
    outlines(frames, square(0, 0, 1, 2), square(1, 0), square(1, 1))
    repaired = repair_sources(as_sources(frames))
    unmatched = found(repaired.findings, "community_borders_unmatched")
    assert unmatched.where == ("C1",)
    assert shapely.coverage_is_valid(np.asarray(repaired.layers["communities"].geometry))


def test_detached_and_enclosed_parts_are_counted(frames: Frames, as_sources: MakeSources) -> None:
    plot = square(1.4, 0.4, 0.2, 0.2)
    far = square(2, 2, 0.5, 0.5)
    outlines(
        frames,
        shapely.MultiPolygon([square(0, 0, 1, 2), plot, far]),
        square(1, 0) - plot,
        square(1, 1),
    )
    findings = check_sources(as_sources(frames))
    parts = found(findings, "community_in_parts")
    assert parts.where == ("C1",)
    assert "C1 (3 parts)" in parts.en
    enclosed = found(findings, "community_part_enclosed")
    assert enclosed.count == 1
    assert "C1 in C2" in enclosed.en
    assert plot.contains(shapely.Point(enclosed.points[0]))


def test_a_narrow_neck_is_found_and_a_wide_one_is_not(
    frames: Frames, as_sources: MakeSources
) -> None:
    metre = 1 / (SIDE * 111_320)
    for width, expected in ((20, True), (60, False)):
        neck = square(0.9, 0.5, 0.4, width * metre)
        lobe = square(1.3, 0.3, 0.4, 0.4)
        body = square(0, 0, 0.9, 2)
        outlines(frames, shapely.union_all([body, neck, lobe]))
        finding = found(check_sources(as_sources(frames)), "community_interlocked")
        assert (finding is not None) is expected
        if finding is not None:
            assert finding.where == ("C1",)
            assert neck.buffer(SIDE / 500).contains(shapely.Point(finding.points[0]))


def test_beijing_has_its_known_parts_and_no_gap_or_overlap(shared_data: Path) -> None:
    frame = gpd.read_file(shared_data / "beijing_townships.shp").rename(columns={"乡": "name"})
    frame.insert(0, "community_id", [f"T{n:03d}" for n in range(len(frame))])
    homes = gpd.GeoDataFrame(
        {"household_id": frame["community_id"], "households": 0},
        geometry=frame.representative_point(),
        crs=frame.crs,
    )
    layers = {"communities": frame, "households": homes}
    repaired = repair_sources(Sources(layers, CRS(4326), CRS(32650)))
    codes = {finding.code: finding for finding in repaired.findings}
    assert not codes.keys() & {"community_gap", "community_overlap", "community_slivers"}
    assert codes["community_in_parts"].count == 64
    assert "225 detached parts" in codes["community_in_parts"].en
    assert codes["community_part_enclosed"].count == 139
