"""Random sources for property tests: untidy land of every kind, in a few lines of numbers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from gridmap.model import Sources

ORIGIN = np.array([113.1, 23.0])
DEGREES_A_METRE = np.array([1 / 102_400.0, 1 / 111_195.0])
SIZE_M = 600.0
LAYERS = ("households", "buildings", "compounds", "sites", "roads", "barriers")


def place(points: np.ndarray) -> np.ndarray:
    """Turn metres into degrees."""
    return ORIGIN + np.asarray(points) * DEGREES_A_METRE


def frame(columns: dict, shapes: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4490)


def turned_box(rng: np.random.Generator, low: float, high: float) -> shapely.Polygon:
    """Return a rectangle with sides of low-high metres, turned, anywhere (also over the rim)."""
    w, h = rng.uniform(low, high, 2) / 2
    turn = rng.uniform(0, np.pi)
    x, y = rng.uniform(-20, SIZE_M + 20, 2)
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]])
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return shapely.Polygon(place(corners @ spin + [x, y]))


def untidy(rng: np.random.Generator, ring: np.ndarray) -> np.ndarray:
    """Add corners on the sides of a ring that its neighbour does not have."""
    result = []
    for first, second in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        result.append(first)
        shares = np.sort(rng.uniform(0, 1, int(rng.integers(0, 3))))
        result.extend(first + (second - first) * share for share in shares)
    return np.array(result)


def make_communities(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return warped quadrangles that share sides but not always corners, one in two parts."""
    rows, columns = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    y, x = np.meshgrid(np.linspace(0, SIZE_M, rows + 1), np.linspace(0, SIZE_M, columns + 1))
    corners = place(np.stack([x, y], axis=-1) + rng.uniform(-30, 30, (columns + 1, rows + 1, 2)))
    shapes = []
    for i in range(columns):
        for j in range(rows):
            ring = np.array(
                [corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]]
            )
            shapes.append(shapely.Polygon(untidy(rng, ring)))
    if len(shapes) > 2:
        shapes = [shapely.MultiPolygon([shapes[0], shapes[-1]]), *shapes[1:-1]]
    names = [f"C{n:02d}" for n in rng.permutation(len(shapes))]
    kinds = rng.choice(["urban", "rural"], len(shapes))
    return frame({"community_id": names, "name": names, "township": "", "area_type": kinds}, shapes)


def random_line(rng: np.random.Generator, count: int) -> shapely.LineString:
    return shapely.LineString(place(rng.uniform(-50, SIZE_M + 50, (count, 2))))


def make_sources(seed: int, layers: tuple[str, ...] = LAYERS) -> Sources:
    """Return random sources with communities and the given layers."""
    rng = np.random.default_rng(seed)
    made = {"communities": make_communities(rng)}
    land = shapely.union_all(shapely.buffer(made["communities"].geometry.to_numpy(), 1e-9))
    count = int(rng.integers(1, 40))
    boxes = [turned_box(rng, 8, 70) for _ in range(count)]
    boxes = [b for b in boxes if land.contains(b.centroid)]
    made["buildings"] = frame(
        {
            "building_id": [f"B{n}" for n in range(len(boxes))],
            "compound_id": rng.choice(["", "P0", "Q1"], len(boxes)),
            "name": "",
            "address": "",
            "entrances": rng.integers(0, 5, len(boxes)),
            "households": rng.choice([0, 12, 90, 700], len(boxes), p=[0.3, 0.4, 0.2, 0.1]),
        },
        boxes,
    )
    points = rng.uniform(0, SIZE_M, (int(rng.integers(1, 120)), 2))
    points[::5] = points[0]
    homes = [p for p in shapely.points(place(points)) if land.contains(p)]
    owners = rng.choice(["", "B0", "B1", "B2", "X7"], len(homes))
    known = set(made["buildings"]["building_id"]) | {"X7"}
    made["households"] = frame(
        {
            "household_id": [f"H{n}" for n in range(len(homes))],
            "address": [f"建设路1号1栋{n % 4 + 1}单元" for n in range(len(homes))],
            "building_id": [o if o in known else "" for o in owners],
            "households": rng.integers(1, 30, len(homes)),
        },
        homes,
    )
    boxes = [turned_box(rng, 40, 250) for _ in range(int(rng.integers(1, 6)))]
    made["compounds"] = frame(
        {
            "compound_id": [f"P{n}" for n in range(len(boxes))],
            "name": "",
            "age_class": rng.choice(["", "mature", "new", "old"], len(boxes)),
            "address": "",
            "kind": rng.choice(["compound", "natural_village"], len(boxes)),
        },
        boxes,
    )
    boxes = [turned_box(rng, 30, 150) for _ in range(int(rng.integers(1, 4)))]
    spots = [*boxes, shapely.Point(place([100.0, 100.0]))]
    made["sites"] = frame(
        {
            "site_id": [f"S{n}" for n in range(len(spots))],
            "name": "",
            "category": rng.choice(["school", "park"], len(spots)),
            "owner": "",
            "address": "",
        },
        spots,
    )
    lines = [random_line(rng, int(rng.integers(2, 6))) for _ in range(int(rng.integers(1, 6)))]
    made["roads"] = frame(
        {"road_id": "", "name": "", "class": rng.choice(["arterial", "local", ""], len(lines))},
        lines,
    )
    bend = place(np.array([[-50, 300], [200, 250], [350, 330], [700, 280]]) + rng.uniform(-60, 60))
    water = shapely.buffer(shapely.LineString(bend), 25 / 111_000, quad_segs=2)
    made["barriers"] = frame(
        {"barrier_id": "", "name": "", "kind": ["river", "river", "railway", "wall"]},
        [water, random_line(rng, 4), random_line(rng, 2), random_line(rng, 2)],
    )
    chosen = {name: made[name] for name in made if name == "communities" or name in layers}
    return Sources(chosen, CRS(4490), CRS(4547))
