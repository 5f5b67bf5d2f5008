"""Clarity: what the borders run on, against planted truth."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.boundaries.clarity import measure_clarity
from gridmap.boundaries.clarity_summary import summarise_clarity
from gridmap.errors import InvalidOption

CRS = 4547


def frame(shapes: list[shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def lattice(rows: int, columns: int, seed: int, side: float = 300.0) -> gpd.GeoDataFrame:
    """Quadrangles with moved corners that tile their land."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)), axis=2) * side
    grid = grid + rng.uniform(-side / 5, side / 5, grid.shape)
    cells = [
        shapely.Polygon([grid[r, c], grid[r, c + 1], grid[r + 1, c + 1], grid[r + 1, c]])
        for r in range(rows)
        for c in range(columns)
    ]
    return frame(cells, division_id=[f"D{n:03}" for n in range(len(cells))])


@pytest.mark.parametrize("seed", range(12))
def test_planted_metres_are_found(seed: int) -> None:
    """A known part of every border gets a line beside it; metres agree within the tolerance."""
    rng = np.random.default_rng(seed)
    land = lattice(4, 5, seed)
    tolerance = 6.0
    borders = measure_clarity(land).borders
    shapes: dict[str, list[shapely.Geometry]] = {"road": [], "river": [], "wall": []}
    truth = dict.fromkeys(shapes, 0.0)
    runs = 0
    for border in borders.geometry:
        line = shapely.line_merge(border)
        kind = rng.choice([*shapes, "none"])
        if kind == "none":
            continue
        low, high = sorted(rng.uniform(0.1, 0.9, 2))
        if (high - low) * line.length < 3 * tolerance:
            continue
        part = shapely.ops.substring(line, low * line.length, high * line.length)
        shapes[kind].append(part.parallel_offset(float(rng.uniform(0, 4))))
        truth[kind] += part.length
        runs += 1
    roads = frame(shapes["road"], name=[f"R{n}" for n in range(len(shapes["road"]))])
    walls = frame(
        shapes["river"] + shapes["wall"],
        kind=["river"] * len(shapes["river"]) + ["wall"] * len(shapes["wall"]),
    )
    clarity = measure_clarity(
        land, roads=roads, barriers=walls, tolerance_m=tolerance, least_stretch_m=0
    )
    for kind, metres in truth.items():
        found = clarity.borders[f"{kind}_m"].sum()
        assert metres - 1e-6 <= found <= metres + 2 * tolerance * len(shapes[kind]) + 1e-6
    total = clarity.borders["length_m"].sum()
    clear = sum(clarity.borders[f"{k}_m"].sum() for k in (*truth, "railway", "compound"))
    assert clear + clarity.unclear["length_m"].sum() == pytest.approx(total, abs=1e-3)
    assert (clarity.unclear.length - clarity.unclear["length_m"]).abs().max() < 1e-6
    assert runs > 5


def test_every_pair_stands_once_and_the_outer_border_apart() -> None:
    land = lattice(3, 3, 1)
    clarity = measure_clarity(land)
    pairs = list(zip(clarity.borders["division_a"], clarity.borders["division_b"], strict=True))
    assert len(pairs) == len(set(pairs)) == 12
    assert all(a < b for a, b in pairs)
    rim = shapely.union_all(land.geometry).length
    assert clarity.outer["length_m"].sum() == pytest.approx(rim)
    inner = (land.length.sum() - rim) / 2
    assert clarity.borders["length_m"].sum() == pytest.approx(inner)


HALVES = frame(
    [shapely.box(0, 0, 500, 600), shapely.box(500, 0, 1000, 600)],
    division_id=["A", "B"],
    name=["东", "西"],
)


@pytest.mark.parametrize("angle", [90, 60, 45, 40])
def test_a_road_that_crosses_does_not_count(angle: float) -> None:
    way = np.array([np.cos(np.radians(90 - angle)), np.sin(np.radians(90 - angle))]) * 400
    middle = np.array([500.0, 300.0])
    road = shapely.LineString([middle - way, middle + way])
    clarity = measure_clarity(HALVES, roads=frame([road], name=["横路"]))
    assert clarity.borders["road_m"].tolist() == [0.0]
    assert not len(clarity.parted_roads)


def test_many_crossings_make_no_clear_border() -> None:
    roads = [shapely.LineString([(400, y), (600, y + 20)]) for y in range(20, 600, 20)]
    clarity = measure_clarity(HALVES, roads=frame(roads, name=[""] * len(roads)))
    assert clarity.borders["clear_share"].tolist() == [0.0]


def test_a_metre_on_two_lines_counts_once_for_the_first_kind() -> None:
    line = shapely.LineString([(500, 0), (500, 300)])
    longer = shapely.LineString([(500, 0), (500, 400)])
    clarity = measure_clarity(
        HALVES,
        roads=frame([line], name=["路"]),
        barriers=frame([longer, longer], kind=["railway", "river"]),
        tolerance_m=5,
    )
    row = clarity.borders.iloc[0]
    assert row["road_m"] == pytest.approx(305, abs=0.1)
    assert row["river_m"] == pytest.approx(100, abs=0.1)
    assert row["railway_m"] == 0


def test_a_border_in_a_wide_river_is_on_it() -> None:
    river = frame([shapely.box(450, -10, 550, 610)], kind=["river"])
    assert measure_clarity(HALVES, barriers=river).borders["river_m"].tolist() == [600.0]


def test_a_compound_line_counts_and_a_split_compound_does_not() -> None:
    beside = shapely.box(500, 0, 700, 300)
    across = shapely.box(400, 350, 800, 450)
    compounds = frame([beside, across], compound_id=["X", "Y"], name=["锦绣", "富力"])
    homes = frame([shapely.Point(450, 400), shapely.Point(700, 400)], households=[10, 30])
    clarity = measure_clarity(HALVES, compounds=compounds, homes=homes, tolerance_m=5)
    assert clarity.borders["compound_m"].iloc[0] == pytest.approx(305, abs=0.1)
    split = clarity.split_compounds
    assert split["place_id"].tolist() == ["Y", "Y"]
    assert split["share"].tolist() == [0.25, 0.75]
    assert split["households"].tolist() == [10, 30]
    told = summarise_clarity(clarity)["split_compounds"][0]
    assert told["ids"] == ["A", "B"]
    assert told["households"] == 40


def test_a_road_along_the_border_parts_its_numbers() -> None:
    road = frame([shapely.LineString([(505, 0), (505, 600)])], name=["建设路"])
    clarity = measure_clarity(HALVES, roads=road)
    assert clarity.parted_roads["length_m"].tolist() == [600.0]
    assert {finding.code for finding in clarity.findings} == {"border_parts_road"}


def test_a_border_with_many_small_bends_along_a_road_is_on_it() -> None:
    y = np.arange(0, 601, 2.0)
    x = 500 + 1.5 * (np.arange(len(y)) % 2)
    zigzag = list(zip(x, y, strict=True))
    land = frame(
        [
            shapely.Polygon([(0, 0), *zigzag, (0, 600)]),
            shapely.Polygon([*zigzag, (1000, 600), (1000, 0)]),
        ],
        division_id=["A", "B"],
    )
    road = frame([shapely.LineString([(500, 0), (500, 600)])], name=["路"])
    assert measure_clarity(land, roads=road).borders["clear_share"].iloc[0] == pytest.approx(1)


def test_the_summary_is_json_and_points_can_be_converted() -> None:
    land = lattice(3, 3, 5)
    road = frame([shapely.LineString([(300, 0), (300, 900)])], name=["路"])
    told = summarise_clarity(
        measure_clarity(land, roads=road), to_lonlat=lambda x, y: (x / 1e5, y / 1e5)
    )
    assert json.loads(json.dumps(told)) == told
    assert sum(told["by_kind"].values()) == pytest.approx(told["border_m"])
    assert all(abs(item["point"][0]) < 1 for item in told["unclear"])
    assert set(told["unclear"][0]) >= {"ids", "area_m2", "households", "point", "length_m"}


def test_divisions_that_overlap_or_miss_vertices_are_measured_and_said() -> None:
    land = frame(
        [
            shapely.box(0, 0, 510, 600),
            shapely.box(500, 0, 1000, 300),
            shapely.box(500, 300, 1000, 600),
        ],
        division_id=["A", "B", "C"],
    )
    clarity = measure_clarity(land)
    assert clarity.borders["length_m"].sum() == pytest.approx(600 + 490 + 10, abs=1)
    assert "border_divisions_overlap" in {finding.code for finding in clarity.findings}


@pytest.mark.parametrize("many", [0, 1])
def test_none_or_one_division_has_no_shared_border(many: int) -> None:
    clarity = measure_clarity(HALVES.iloc[:many])
    told = summarise_clarity(clarity)
    assert told["border_m"] == 0
    assert told["clear_share"] is None
    assert told["unclear"] == []


def test_empty_and_crossed_outlines_are_findings() -> None:
    bow = shapely.Polygon([(0, 700), (100, 800), (100, 700), (0, 800)])
    land = frame([*HALVES.geometry, shapely.Polygon(), bow], division_id=["A", "B", "C", "D"])
    clarity = measure_clarity(land)
    unusable = [f for f in clarity.findings if f.code == "border_division_unusable"]
    assert unusable[0].where == ("C", "D")
    assert list(clarity.ids) == ["A", "B", "D"]


def test_wrong_options_are_refused() -> None:
    with pytest.raises(InvalidOption, match="tolerance_m"):
        measure_clarity(HALVES, tolerance_m=0)
    with pytest.raises(InvalidOption, match="degrees"):
        measure_clarity(HALVES.to_crs(4490))
    with pytest.raises(InvalidOption, match="twice"):
        measure_clarity(HALVES.iloc[[0, 0]])


def test_the_order_of_rows_does_not_matter() -> None:
    land = lattice(3, 4, 9)
    road = frame([shapely.LineString([(300, 0), (320, 900)])], name=["路"])
    first = summarise_clarity(measure_clarity(land, roads=road))
    assert first == summarise_clarity(measure_clarity(land.iloc[::-1], roads=road))


def test_divisions_in_several_parts_keep_their_borders() -> None:
    land = gpd.GeoDataFrame(
        {"division_id": ["A", "B"]},
        geometry=[
            shapely.MultiPolygon([shapely.box(0, 0, 500, 600), shapely.box(1500, 0, 1600, 100)]),
            shapely.MultiPolygon([shapely.box(500, 0, 1000, 600)]),
        ],
        crs=4547,
    )
    clarity = measure_clarity(land)
    assert clarity.borders["length_m"].tolist() == [600.0]
    assert clarity.outer["length_m"].sum() == pytest.approx(1600 + 1600 + 400)
    assert set(clarity.outer["division_a"]) == {"A", "B"}
