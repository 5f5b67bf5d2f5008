"""Random and hard outlines: an answer or a finding, never a traceback; no household lost."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap import repair_sources
from gridmap.boundaries import analyse, analysis_as_dict
from gridmap.boundaries.examples import MEASURED, STORED, WEST_M, draw_sources
from gridmap.boundaries.examples import SOUTH_M as SOUTH
from gridmap.model import Sources


def draw_random(seed: int) -> tuple[Sources, int]:
    """Return random land with two households a square, and how many there are."""
    random = np.random.default_rng(seed)
    rows, columns, letters = random.integers(1, 8), random.integers(1, 8), random.integers(1, 6)
    land = random.choice([*"ABCDE"[:letters], "."], (rows, columns))
    land[0, 0] = "A"
    drawing = "\n".join("".join(row) for row in land)
    side_m = float(random.choice([5, 100, 400]))
    return draw_sources(drawing, households=2, side_m=side_m), 2 * int((land != ".").sum())


@pytest.mark.parametrize("seed", range(30))
def test_every_household_of_random_land_stands_in_one_part(seed: int) -> None:
    sources, households = draw_random(seed)
    analysis = analyse(sources)
    assert analysis.parts["households"].sum() == households
    assert analysis.parts.area.sum() == pytest.approx(analysis.divisions.area.sum())
    mains = analysis.parts[analysis.parts["kind"] == "main"]
    assert mains["division_id"].tolist() == analysis.divisions["division_id"].tolist()
    json.dumps(analysis_as_dict(analysis), allow_nan=False)


@pytest.mark.parametrize("seed", [3, 6, 9, 24, 30, 36])
def test_a_bent_outline_is_answered(seed: int) -> None:
    sources, _ = draw_random(seed)
    frame = sources.layers["communities"]
    bent = shapely.transform(
        frame.geometry.to_numpy()[:1], lambda xy: xy + 3e-5 * np.sin(xy * 1e6 + seed)
    )
    shapes = [*bent, *frame.geometry.to_numpy()[1:]]
    sources = sources.with_layers(communities=frame.set_geometry(shapes, crs=STORED))
    json.dumps(analysis_as_dict(analyse(sources)), allow_nan=False)
    repair_sources(sources)


def test_an_enormous_ring_is_answered() -> None:
    angle = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    radius = 5_000 + 50 * np.sin(angle * 900)
    ring = [WEST_M + radius * np.cos(angle), SOUTH + radius * np.sin(angle)]
    lake = shapely.Polygon(np.column_stack(ring))
    land = shapely.box(WEST_M - 9_000, SOUTH - 9_000, WEST_M + 9_000, SOUTH + 9_000)
    body = shapely.box(WEST_M + 20_000, SOUTH, WEST_M + 40_000, SOUTH + 9_000)
    frame = gpd.GeoDataFrame(
        {"community_id": ["A", "B"], "name": ["A", "B"]},
        geometry=[shapely.MultiPolygon([body, lake]), shapely.difference(land, lake)],
        crs=MEASURED,
    )
    sources = Sources({"communities": frame.to_crs(STORED)}, crs=STORED, metric_crs=MEASURED)
    assert len(analyse(sources).enclosed) == 1
