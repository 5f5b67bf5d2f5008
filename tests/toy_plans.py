"""Plans drawn as text, for tests of what comes after planning: files, scores, tables.

The plan is made by hand and not by the planner, so that the judge is tested without the judged.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.model import InputFile, Plan, Territory, Units
from gridmap.rules import Rules

WEST, NORTH, STEP = 113.1, 23.1, 0.001
METRIC = CRS.from_epsg(4547)
FLAGS = ("same_compound", "river", "railway", "wall", "bridge")


def draw_plan(
    grids: str,
    *,
    communities: str = "",
    households: int | list[int] = 100,
    compounds: str = "",
    kinds: dict[str, str] | None = None,
    lines: dict[tuple[int, int], dict[str, object]] | None = None,
    rules: Rules | None = None,
    age_class: str = "",
) -> Plan:
    """Make a plan of square units from drawings of one letter a unit; ``.`` means none.

    ``lines`` gives columns of the border between two units by their position in reading order.
    """
    rules = rules or Rules.preset("default")
    rows = grids.split()
    cells = [(r, c, letter) for r, row in enumerate(rows) for c, letter in enumerate(row)]
    community = "".join(communities.split()) or "A" * len(cells)
    compound = "".join(compounds.split()) or "." * len(cells)
    counts = [households] * len(cells) if isinstance(households, int) else households
    boxes = shapely.box(*_corners(cells))
    frame = gpd.GeoDataFrame(
        {
            "community_id": [f"44060400100{letter}" for letter in community],
            "kind": ["building" if letter == "." else "compound" for letter in compound],
            "compound_id": ["" if letter == "." else f"K{letter}" for letter in compound],
            "site_id": "",
            "building_id": [f"b{i:04d}" if n else "" for i, n in enumerate(counts)],
            "age_class": age_class,
            "area_type": "urban",
            "households": np.array(counts, np.int64),
        },
        index=pd.Index([f"u{i:04d}" for i in range(len(cells))], name="unit_id"),
        geometry=boxes,
        crs=4490,
    )
    frame = _measure(frame)
    assignment = pd.Series(
        [f"g{letter}" for _, _, letter in cells], index=frame.index, name="grid_id"
    )
    borders = _borders(cells, frame, lines or {})
    units = _units(frame)
    return Plan(
        grids=_grids(frame, assignment, kinds or {}, rules),
        territory=Territory(units, borders),
        assignment=assignment,
        rules=rules,
        about={"seed": "7", "rules": rules.to_toml(), "datum": "CGCS2000"},
    )


def _corners(cells: list[tuple[int, int, str]]) -> tuple[np.ndarray, ...]:
    row = np.array([cell[0] for cell in cells])
    column = np.array([cell[1] for cell in cells])
    return (
        WEST + column * STEP,
        NORTH - (row + 1) * STEP,
        WEST + (column + 1) * STEP,
        NORTH - row * STEP,
    )


def _measure(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    flat = frame.geometry.to_crs(METRIC)
    frame = frame.assign(area_m2=flat.area, perimeter_m=flat.length)
    return frame[[*frame.columns.drop("geometry"), "geometry"]]


def _borders(
    cells: list[tuple[int, int, str]],
    frame: gpd.GeoDataFrame,
    lines: dict[tuple[int, int], dict[str, object]],
) -> pd.DataFrame:
    at = {(r, c): i for i, (r, c, _) in enumerate(cells)}
    pairs = sorted(
        (i, at[r + dr, c + dc])
        for i, (r, c, _) in enumerate(cells)
        for dr, dc in ((0, 1), (1, 0))
        if (r + dr, c + dc) in at
    )
    flat = frame.geometry.to_crs(METRIC).to_numpy()
    records = []
    for a, b in pairs:
        one, two = frame.iloc[a], frame.iloc[b]
        record: dict[str, object] = {
            "unit_a": frame.index[a],
            "unit_b": frame.index[b],
            "length_m": shapely.length(shapely.intersection(flat[a], flat[b])) or 100.0,
            "same_community": one["community_id"] == two["community_id"],
            "same_compound": bool(one["compound_id"]) and one["compound_id"] == two["compound_id"],
            "road_class": "",
            "river": False,
            "railway": False,
            "wall": False,
            "bridge": False,
            "clear_m": 0.0,
            "passable": one["community_id"] == two["community_id"],
        }
        records.append(record | lines.get((a, b), {}))
    columns = [
        "unit_a",
        "unit_b",
        "length_m",
        "same_community",
        "same_compound",
        "road_class",
        "river",
        "railway",
        "wall",
        "bridge",
        "clear_m",
        "passable",
    ]
    borders = pd.DataFrame(records, columns=columns)
    numbers = dict.fromkeys(("length_m", "clear_m"), float)
    flags = dict.fromkeys((*FLAGS, "same_community", "passable"), bool)
    texts = dict.fromkeys(("unit_a", "unit_b", "road_class"), "str")
    return borders.astype(numbers | flags | texts)


def _units(frame: gpd.GeoDataFrame) -> Units:
    communities = _dissolve(frame, frame["community_id"])
    communities["name"] = [f"锦绣{key[-1]}社区" for key in communities.index]
    communities["township"] = "城东街道"
    communities["area_type"] = "urban"
    communities["households"] = frame.groupby("community_id")["households"].sum()
    order = ["name", "township", "area_type", "households", "area_m2", "geometry"]
    housed = frame[frame["households"] > 0]
    members = pd.DataFrame(
        {
            "building_id": housed["building_id"].to_numpy(),
            "household_id": "",
            "unit_id": housed.index.to_numpy(),
            "households": housed["households"].to_numpy(),
        }
    ).astype({"household_id": "str"})
    points = frame.geometry.to_crs(METRIC).centroid.to_crs(4490)
    places = pd.DataFrame(
        {
            "text": [f"建设路{i}号" for i in range(len(frame))],
            "elements": [f'{{"road": "建设路", "number": "{i}"}}' for i in range(len(frame))],
            "building_id": frame["building_id"].to_numpy(),
            "unit_id": frame.index.to_numpy(),
            "lon": points.x.to_numpy(),
            "lat": points.y.to_numpy(),
        }
    )
    sites = gpd.GeoDataFrame(
        {"name": ["东华里小学"], "category": ["school"], "owner": [""], "area_m2": [9000.5]},
        index=pd.Index(["s1"], name="site_id"),
        geometry=[shapely.Point(WEST, NORTH)],
        crs=4490,
    )
    return Units(
        frame=frame,
        communities=communities[order],
        members=members,
        sites=sites,
        places=places,
        crs=CRS.from_epsg(4490),
        metric_crs=METRIC,
        inputs=(InputFile("town.gpkg", "buildings", "buildings", "ab" * 32, 9, "EPSG:4490"),),
        read_households=int(frame["households"].sum()),
    )


def _dissolve(frame: gpd.GeoDataFrame, keys: pd.Series) -> gpd.GeoDataFrame:
    merged = frame[["geometry"]].dissolve(by=keys.to_numpy(), method="coverage")
    merged.index.name = keys.name
    flat = merged.geometry.to_crs(METRIC)
    return merged.assign(area_m2=flat.area, perimeter_m=flat.length)


def _grids(
    frame: gpd.GeoDataFrame, assignment: pd.Series, kinds: dict[str, str], rules: Rules
) -> gpd.GeoDataFrame:
    grids = _dissolve(frame, assignment)
    first = frame.groupby(assignment).first()
    households = frame["households"].groupby(assignment).sum()
    band = rules.band_for(area_type="urban")
    grids["kind"] = [kinds.get(grid[1:], "general") for grid in grids.index]
    grids["community_id"] = first["community_id"]
    grids["households"] = households
    grids["area_type"] = "urban"
    grids["lower"], grids["upper"] = band.lower, band.upper
    grids["in_band"] = households.between(band.lower, band.upper)
    serial = grids.groupby("community_id").cumcount() + 1
    grids["code"] = [f"{c}{n:03d}" for c, n in zip(grids["community_id"], serial, strict=True)]
    grids["name"] = [f"锦绣社区第{n}网格" for n in serial]
    out = ~grids["in_band"] & (grids["kind"] == "general")
    grids["reason_code"] = np.where(out, "not_reached", "")
    grids["reason"] = np.where(out, "搜索未找到方案。", "")
    grids["reason_en"] = np.where(out, "The search found no division.", "")
    grids["site_id"] = np.where(grids["kind"] == "dedicated", "s1", "")
    grids["category"] = np.where(grids["kind"] == "dedicated", "school", "")
    grids["host_id"] = ""
    order = [
        "code",
        "name",
        "kind",
        "area_type",
        "community_id",
        "households",
        "lower",
        "upper",
        "in_band",
        "reason_code",
        "reason",
        "reason_en",
        "area_m2",
        "perimeter_m",
        "site_id",
        "category",
        "host_id",
        "geometry",
    ]
    texts = dict.fromkeys(("reason", "reason_en", "reason_code", "site_id", "category"), "str")
    return grids[order].astype(texts | {"host_id": "str"}).sort_values("code")
