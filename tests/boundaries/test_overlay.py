"""Overlay: several departments' layers in one, nothing lost."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from boundaries.test_clarity import CRS, frame

from gridmap.boundaries.merging import map_old_to_new
from gridmap.boundaries.overlay import Overlay, overlay_layers
from gridmap.errors import InvalidOption

Layers = dict[str, gpd.GeoDataFrame]
METRIC = pyproj.CRS(4547)


def cells(
    rows: int, columns: int, rng: np.random.Generator, moved: float = 0.0
) -> gpd.GeoDataFrame:
    """Quadrangles that tile one square of 2 km, with corners moved inside it."""
    x, y = np.linspace(0, 2000, columns + 1), np.linspace(0, 2000, rows + 1)
    grid = np.stack(np.meshgrid(x, y), axis=2)
    grid[1:-1, 1:-1] += rng.uniform(-moved, moved, grid[1:-1, 1:-1].shape)
    shapes = [
        shapely.Polygon([grid[r, c], grid[r, c + 1], grid[r + 1, c + 1], grid[r + 1, c]])
        for r in range(rows)
        for c in range(columns)
    ]
    return frame(shapes, grid_id=[f"{n:03}" for n in range(len(shapes))])


def thirteen(seed: int) -> dict[str, gpd.GeoDataFrame]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 7, (13, 2))
    return {
        f"d{n}": cells(int(rows), int(columns), rng, 60.0)
        for n, (rows, columns) in enumerate(sizes)
    }


def some_homes(seed: int, many: int = 800) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 9, many)
    return frame(list(shapely.points(rng.uniform(0, 2000, (many, 2)))), households=list(counts))


@cache
def overlay_thirteen(seed: int) -> Overlay:
    return overlay_layers(thirteen(seed), some_homes(seed))


WEST, SOUTH, SIDE = 113.1, 23.0, 0.03
"""A square of 3 km in degrees."""


def draw_boxes(seed: int | np.random.Generator, many: int, size: int) -> Layers:
    """Return layers of ``size`` x ``size`` boxes with their own lines, in degrees."""
    rng = np.random.default_rng(seed)
    layers = {}
    for name in range(many):
        x, y = (
            np.sort(np.r_[at, rng.uniform(at, at + SIDE, size - 1), at + SIDE])
            for at in (WEST, SOUTH)
        )
        west, south = np.meshgrid(x[:-1], y[:-1], indexing="ij")
        east, north = np.meshgrid(x[1:], y[1:], indexing="ij")
        shapes = shapely.box(west.ravel(), south.ravel(), east.ravel(), north.ravel())
        layers[f"d{name}"] = in_degrees(shapes)
    return layers


def in_degrees(shapes: object) -> gpd.GeoDataFrame:
    shapes = np.asarray(shapes, dtype=object)
    return gpd.GeoDataFrame(
        {"grid_id": [f"{n:03}" for n in range(len(shapes))]}, geometry=shapes, crs=4490
    )


def draw_wiggles(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Cut the square by lines that wander."""
    square = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
    many, corners = rng.integers(1, 4), rng.integers(3, 12)
    along = np.linspace(-0.1, 1.1, corners) * SIDE
    lines = [square.boundary]
    for _ in range(many):
        for turned in (False, True):
            off = rng.uniform(0.1, 0.9) * SIDE + rng.normal(0, SIDE / 60, corners)
            places = np.column_stack([off, along] if turned else [along, off])
            lines.append(shapely.LineString(places + np.array([WEST, SOUTH])))
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    return in_degrees(faces[shapely.contains_xy(square, shapely.get_coordinates(
        shapely.point_on_surface(faces)))])  # fmt: skip


def shift(layer: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Copy a layer by a hand that trembles: moved, turned, or every corner a little."""
    off = 10.0 ** rng.integers(-13, -4)
    middle = np.array([WEST, SOUTH]) + SIDE / 2
    angle = rng.normal(0, off * 30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    step = rng.normal(0, off, 2)
    move = [
        lambda xy: xy + step,
        lambda xy: (xy - middle) @ turn.T + middle,
        lambda xy: xy + off * np.sin(xy[:, ::-1] * 1e7),
    ][rng.integers(3)]
    return in_degrees(shapely.transform(np.asarray(layer.geometry.to_numpy(), dtype=object), move))


def draw_layers(seed: int) -> Layers:
    """Return two or three layers of boxes or wandering lines, some of them nearly alike."""
    rng = np.random.default_rng(seed)
    layers: list[gpd.GeoDataFrame] = []
    for _ in range(rng.integers(2, 4)):
        if layers and rng.random() < 0.5:
            layers.append(shift(layers[rng.integers(len(layers))], rng))
        elif rng.random() < 0.5:
            layers.append(draw_wiggles(rng))
        else:
            layers += draw_boxes(rng, 1, int(rng.integers(2, 5))).values()
    return {f"d{n}": layer for n, layer in enumerate(layers)}


@pytest.mark.parametrize("block", range(4))
def test_pieces_and_any_grids_of_them_tile_the_land_as_it_is_stored(block: int) -> None:
    """50 seeds each: near and crossing lines, strips joined or kept, and the area of the union."""
    for seed in range(50 * block, 50 * block + 50):
        layers = draw_layers(seed)
        least = (0.0, 100.0, 5.0)[seed % 3]
        overlay = overlay_layers(
            layers, metric_crs=METRIC, sliver_m2=least, sliver_width_m=least / 20
        )
        pieces = np.asarray(overlay.pieces.geometry.to_numpy(), dtype=object)
        assert shapely.coverage_is_valid(pieces), seed
        assert shapely.is_valid(pieces).all(), seed
        assert (shapely.get_num_geometries(pieces) == 1).all(), seed
        drawn = np.concatenate([layer.geometry.to_numpy() for layer in layers.values()])
        land = shapely.area(shapely.union_all(shapely.make_valid(drawn)))
        assert shapely.area(pieces).sum() == pytest.approx(land, rel=1e-6), seed
        zone = np.random.default_rng(seed).integers(0, 5, len(pieces))
        grids = [shapely.coverage_union_all(pieces[zone == n]) for n in np.unique(zone)]
        assert shapely.coverage_is_valid(grids), seed
        if seed % 10 == 0:
            measured = overlay.pieces.to_crs(METRIC).area
            assert np.allclose(overlay.pieces["area_m2"], measured, rtol=1e-9), seed


@pytest.mark.parametrize("seed", range(3))
def test_thirteen_layers_lose_neither_land_nor_households(seed: int) -> None:
    layers, homes = thirteen(seed), some_homes(seed)
    overlay = overlay_thirteen(seed)
    pieces = overlay.pieces
    assert pieces["area_m2"].sum() == pytest.approx(4e6, rel=1e-6)
    assert shapely.union_all(pieces.geometry).area == pytest.approx(4e6, rel=1e-6)
    assert shapely.coverage_is_valid(pieces.geometry.to_numpy())
    assert pieces["households"].sum() == homes["households"].sum()
    assert (pieces[list(overlay.departments)] != "").all(axis=None)
    assert pieces["area_m2"].min() >= 100
    for name, layer in layers.items():
        owned = pieces.groupby(name)["area_m2"].sum()
        true = layer.set_index("grid_id").area
        assert (owned - true).abs().max() < 0.05 * true.max()


@pytest.mark.parametrize("seed", range(3))
def test_old_to_new_shares_sum_to_one(seed: int) -> None:
    overlay = overlay_thirteen(seed)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 12, len(overlay.pieces)).astype(str)
    table = map_old_to_new(overlay.pieces.assign(new_grid=labels), overlay.departments)
    sums = table.groupby(["department", "old_grid"])[["area_share", "households_share"]].sum()
    assert np.allclose(sums["area_share"], 1)
    people = table.groupby(["department", "old_grid"])["households"].sum() > 0
    assert np.allclose(sums["households_share"][people], 1)
    for name in overlay.departments:
        own = table[table["department"] == name]
        assert own["area_m2"].sum() == pytest.approx(overlay.pieces["area_m2"].sum())
        assert own["households"].sum() == overlay.pieces["households"].sum()


def test_without_slivers_joined_every_piece_is_the_exact_intersection() -> None:
    layers = dict(list(thirteen(4).items())[:3])
    overlay = overlay_layers(layers, sliver_m2=0, sliver_width_m=0)
    pieces = overlay.pieces.geometry.to_numpy()
    for name, layer in layers.items():
        grids = layer.set_index("grid_id").buffer(0.01)[overlay.pieces[name]].to_numpy()
        assert shapely.area(shapely.difference(pieces, grids)).max() < 1e-3


def test_layers_that_agree_have_no_conflict_and_nested_ones_neither() -> None:
    rng = np.random.default_rng(1)
    coarse, fine = cells(2, 2, rng), cells(4, 4, rng)
    overlay = overlay_layers({"a": coarse, "b": coarse, "c": fine})
    assert len(overlay.pieces) == 16
    assert not len(overlay.conflicts)
    assert overlay.score["area"] == 0


def test_the_one_that_drew_elsewhere_is_named() -> None:
    same = frame(
        [shapely.box(0, 0, 1000, 500), shapely.box(1000, 0, 2000, 500)], grid_id=["1", "2"]
    )
    odd = frame([shapely.box(0, 0, 1100, 500), shapely.box(1100, 0, 2000, 500)], grid_id=["1", "2"])
    homes = frame([shapely.Point(1050, 250), shapely.Point(10, 10)], households=[5, 15])
    overlay = overlay_layers({"police": same, "civil": same, "drains": odd}, homes)
    assert overlay.conflicts["departments"].tolist() == ["drains"]
    assert overlay.conflicts["area_m2"].tolist() == [50_000.0]
    assert overlay.conflicts["households"].tolist() == [5]
    assert overlay.score["area"] == pytest.approx(0.05)
    assert overlay.score["households"] == pytest.approx(0.25)
    assert overlay.score["department:police"] == 0


def test_land_that_one_department_leaves_out_is_kept_and_said() -> None:
    whole = frame(
        [shapely.box(0, 0, 1000, 500), shapely.box(1000, 0, 2000, 500)], grid_id=["1", "2"]
    )
    homes = frame([shapely.Point(1500, 100), shapely.Point(9000, 0)], households=[8, 3])
    overlay = overlay_layers({"a": whole, "b": whole.iloc[:1]}, homes)
    assert overlay.pieces["b"].tolist() == ["1", ""]
    said = {finding.code: finding for finding in overlay.findings}
    assert said["overlay_uncovered"].where == ("b",)
    assert said["overlay_homes_outside"].count == 3
    assert overlay.pieces["households"].tolist() == [0, 8]


def test_slivers_are_joined_and_counted_with_their_households() -> None:
    a = frame([shapely.box(0, 0, 1000, 500), shapely.box(1000, 0, 2000, 500)], grid_id=["1", "2"])
    b = frame(
        [shapely.box(0, 0, 1000.5, 500), shapely.box(1000.5, 0, 2000, 500)], grid_id=["1", "2"]
    )
    homes = frame([shapely.Point(1000.2, 250)], households=[4])
    overlay = overlay_layers({"a": a, "b": b}, homes)
    assert len(overlay.pieces) == 2
    [joined] = overlay.findings
    assert joined.code == "overlay_slivers_joined"
    assert joined.count == 1
    assert "4 households" in joined.en
    assert overlay.pieces["households"].sum() == 4


def test_grids_that_overlap_or_have_no_land_are_said() -> None:
    layer = frame(
        [shapely.box(0, 0, 1000, 500), shapely.box(900, 0, 2000, 500), shapely.Polygon()],
        grid_id=["1", "2", "3"],
    )
    overlay = overlay_layers({"a": layer})
    assert {f.code for f in overlay.findings} == {"overlay_doubled", "overlay_grid_unusable"}
    assert overlay.pieces["area_m2"].sum() == pytest.approx(1e6)


def test_empty_layers_give_an_empty_overlay() -> None:
    empty = gpd.GeoDataFrame({"grid_id": []}, geometry=[], crs=CRS)
    overlay = overlay_layers({"a": empty, "b": empty})
    assert len(overlay.pieces) == 0
    assert len(map_old_to_new(overlay.pieces.assign(new_grid=[]), overlay.departments)) == 0


def test_layers_that_cannot_be_compared_are_refused() -> None:
    layer = cells(2, 2, np.random.default_rng(0))
    with pytest.raises(InvalidOption):
        overlay_layers({"a": layer, "b": layer.to_crs(4490)})
    with pytest.raises(InvalidOption):
        overlay_layers({"a": layer.to_crs(4490)})
    with pytest.raises(InvalidOption):
        overlay_layers({"a": layer}, within=layer.assign(community_id="C").to_crs(4490))
    with pytest.raises(InvalidOption):
        overlay_layers({})
    with pytest.raises(InvalidOption):
        map_old_to_new(overlay_layers({"a": layer}).pieces, ["a"])


def find_conflicts_slowly(grids: list[tuple[str, ...]], area: list[float]) -> float:
    """Return the land in conflict by the definition at the head of ``conflicts``, cell by cell."""
    total = {one: sum(a for g, a in zip(grids, area, strict=True) if g == one) for one in grids}
    lost = 0.0
    for own, size in zip(grids, area, strict=True):
        majorities = []
        for column, grid in enumerate(own):
            rivals = [one for one in total if one[column] == grid]
            majorities.append(max(rivals, key=lambda one: total[one]))
        agreed = max(sum(a == b for a, b in zip(own, one, strict=True)) for one in majorities)
        lost += size if agreed < len(own) else 0.0
    return lost


@pytest.mark.parametrize("seed", range(6))
def test_conflicts_are_the_land_on_which_departments_differ(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 6
    layers, drawn = {}, []
    for name in "abc":
        label = (np.arange(size) * 3 // size)[:, None] * 3 + np.arange(size) * 3 // size
        label = np.where(rng.random((size, size)) < 0.15, np.roll(label, 1, axis=1), label)
        squares = np.array([[shapely.box(c, r, c + 1, r + 1) for c in range(size)]
                            for r in range(size)], object)  # fmt: skip
        squares = shapely.transform(squares, lambda xy: xy * 100)
        ids = np.unique(label)
        shapes = [shapely.union_all(squares[label == n]) for n in ids]
        layers[name] = frame(shapes, grid_id=[str(n) for n in ids])
        drawn.append(label)
    overlay = overlay_layers(layers, sliver_m2=0, sliver_width_m=0)
    cells_of = [tuple(str(d[r, c]) for d in drawn) for r in range(size) for c in range(size)]
    expected = find_conflicts_slowly(cells_of, [1e4] * size * size)
    assert overlay.conflicts["area_m2"].sum() == pytest.approx(expected)
    assert overlay.score["area"] == pytest.approx(expected / (size * size * 1e4))
    assert overlay.pieces["area_m2"].sum() == pytest.approx(size * size * 1e4)


def test_lines_of_communities_cut_pieces_and_are_no_department() -> None:
    layer = frame(
        [shapely.box(0, 0, 1000, 500), shapely.box(1000, 0, 2000, 500)], grid_id=list("12")
    )
    within = frame([shapely.box(0, 0, 1500, 500)], community_id=["C1"])
    overlay = overlay_layers({"a": layer, "b": layer}, within=within)
    assert overlay.departments == ("a", "b")
    assert overlay.pieces["community_id"].tolist() == ["C1", "C1", ""]
    assert not len(overlay.conflicts)


def test_small_shares_are_kept_and_do_not_make_a_split() -> None:
    pieces = frame([shapely.box(0, 0, 1, 1)] * 4).assign(
        a=["1", "1", "2", "2"],
        new_grid=["N", "M", "M", "M"],
        area_m2=1.0,
        households=[390, 10, 200, 200],
    )
    table = map_old_to_new(pieces, ["a"])
    assert table["change"].tolist() == ["U", "U", "U"]
    assert table.set_index(["old_grid", "new_grid"])["minor"].to_dict() == {
        ("1", "M"): True,
        ("1", "N"): False,
        ("2", "M"): False,
    }
    assert table["heir"].sum() == 2
    strict = map_old_to_new(pieces, ["a"], least_share=0.0)
    assert strict["change"].tolist() == ["X", "X", "X"]
    split = map_old_to_new(pieces.assign(households=100), ["a"])
    assert split.set_index("old_grid")["change"].to_dict() == {"1": "X", "2": "X"}
