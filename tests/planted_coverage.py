"""A random coverage in metres, with faults planted at known places."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

CRS_M = 4547
ORIGIN = np.array([500_000.0, 2_500_000.0])
SIDE_M = 4_000.0
LAND = shapely.box(*ORIGIN, *(ORIGIN + SIDE_M))


@dataclass(frozen=True)
class Planted:
    """A fault that must be found."""

    kind: str
    divisions: tuple[str, ...]
    width_m: float
    shape: shapely.Polygon


@dataclass(frozen=True)
class PlantedCoverage:
    divisions: gpd.GeoDataFrame
    clean: gpd.GeoDataFrame
    planted: list[Planted]
    noise: int


def frame_of(shapes: list, ids: list[str] | None = None) -> gpd.GeoDataFrame:
    ids = ids or [f"D{n:03d}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"division_id": ids, "name": ids}, geometry=shapes, crs=CRS_M)


def make_cells(rng: np.random.Generator, count: int) -> list[shapely.Polygon]:
    """Return Voronoi cells that tile the land, with shared vertices."""
    points = shapely.MultiPoint(ORIGIN + rng.uniform(0, SIDE_M, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=LAND))
    lines = shapely.union_all([*shapely.boundary(cells), LAND.boundary])
    faces = shapely.get_parts(shapely.polygonize([lines]))
    return [f for f in faces if LAND.contains(f.point_on_surface())]


def make_homes(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"household_id": [f"H{n}" for n in range(count)], "households": rng.integers(1, 9, count)},
        geometry=shapely.points(ORIGIN + rng.uniform(0, SIDE_M, (count, 2))),
        crs=CRS_M,
    )


def strip_along(a: np.ndarray, b: np.ndarray, width: float, shares: np.ndarray) -> shapely.Polygon:
    """Return a strip on the left of the line a-b, with sharp ends when it is narrow."""
    along = b - a
    left = np.array([-along[1], along[0]]) / np.hypot(*along) * width
    p, q = a + along * shares[0], a + along * shares[1]
    return shapely.Polygon([p, q, q + left, p + left])


def land_only(shape: shapely.Geometry) -> shapely.Geometry:
    """Drop the lines that an operation on touching outlines leaves."""
    parts = shapely.get_parts(shape)
    land = parts[shapely.area(parts) > 1e-3]
    return shapely.MultiPolygon(list(land)) if len(land) > 1 else land[0]


def plant_faults(
    seed: int, *, cells: int = 260, widths: tuple[float, float] = (0.04, 8.0), noisy: bool = True
) -> PlantedCoverage:
    """Plant a gap, an overlap or noise on every long border, and squares where three cells meet."""
    rng = np.random.default_rng(seed)
    shapes = make_cells(rng, cells)
    clean = frame_of(list(shapes))
    ids = clean["division_id"].tolist()
    planted: list[Planted] = []
    used: list[shapely.Geometry] = []
    noise = 0
    tree = shapely.STRtree(clean.geometry.to_numpy())
    first, second = tree.query(clean.geometry.to_numpy(), predicate="touches")
    for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        border = shapely.intersection(clean.geometry[a], clean.geometry[b])
        if a > b or border.geom_type != "LineString" or border.length < 40:
            continue
        width = float(np.exp(rng.uniform(*np.log(widths))))
        small = noisy and rng.uniform() < 0.2
        width = float(rng.uniform(0.001, 0.015)) if small else width
        ends = shapely.get_coordinates(border)[:: rng.choice([-1, 1])][[0, -1]]
        strip = strip_along(*ends, width, np.array([rng.uniform(0.2, 0.4), rng.uniform(0.6, 0.8)]))
        mine, other = sorted((a, b), key=lambda c: -clean.geometry[c].intersection(strip).area)
        if clean.geometry[mine].intersection(strip).area < strip.area * 0.99999:
            continue
        if shapely.dwithin(np.array(used, dtype=object), strip, 5.0).any() if used else False:
            continue
        used.append(strip)
        kind = str(rng.choice(["gap", "overlap"]))
        if kind == "gap":
            shapes[mine] = land_only(shapely.difference(shapes[mine], strip))
        else:
            shapes[other] = land_only(shapely.union(shapes[other], strip))
        if small:
            noise += 1
        else:
            planted.append(Planted(kind, tuple(sorted((ids[a], ids[b]))), width, strip))
    planted += _plant_squares(rng, clean, shapes, used, widths)
    return PlantedCoverage(frame_of(shapes), clean, planted, noise)


def _plant_squares(
    rng: np.random.Generator,
    clean: gpd.GeoDataFrame,
    shapes: list,
    used: list,
    widths: tuple[float, float],
) -> list[Planted]:
    """Take squares out of, or give them to, all cells at corners where three meet."""
    ids = clean["division_id"].tolist()
    before = clean.geometry.to_numpy()
    corners = np.unique(shapely.get_coordinates(before), axis=0)
    planted = []
    for corner in rng.permutation(corners):
        point = shapely.Point(corner)
        width = float(np.exp(rng.uniform(*np.log((max(widths[0], 0.35), widths[1])))))
        square = shapely.Point(corner).buffer(width / 2, cap_style="square")
        inside = np.flatnonzero(
            shapely.area(shapely.intersection(before, square)) > 0.02 * square.area
        )
        touched = np.flatnonzero(shapely.intersects(before, square))
        if len(inside) != 3 or len(touched) != 3 or not LAND.contains(square):
            continue
        if shapely.dwithin(np.array(used, dtype=object), point, 20.0).any():
            continue
        used.append(square)
        kind = str(rng.choice(["gap", "overlap"]))
        change = shapely.difference if kind == "gap" else shapely.union
        for c in inside:
            shapes[c] = land_only(change(shapes[c], square))
        planted.append(Planted(kind, tuple(sorted(ids[c] for c in inside)), width, square))
        if len(planted) == 40:
            break
    return planted
