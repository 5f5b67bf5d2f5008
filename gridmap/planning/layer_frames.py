"""A layer below the grids as a frame: shapes, codes, names, ids and reasons."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.planning.numbering import ID_DIGITS, order_grids
from gridmap.planning.reasons import write_reason
from gridmap.terms import TERMS
from gridmap.units.measuring import measure_polygons, project_geometries

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.model import Units
    from gridmap.planning.atoms import Atoms, Cells
    from gridmap.planning.layering import Layer
    from gridmap.rules import LevelRule

SERIAL_DIGITS = 2
"""Digits of the serial number below a grid: gridmap's own default, after CJ/T 349 (FIELD.md
section 3: the last two of 6+6+3+3+2)."""

COLUMNS = (
    "code",
    "name",
    "grid_id",
    "micro_grid_id",
    "community_id",
    "households",
    "lower",
    "upper",
    "in_band",
    "reason_code",
    "reason",
    "reason_en",
    "buildings",
    "floors",
    "area_m2",
    "perimeter_m",
)


def frame_layer(
    layer: Layer,
    atoms: Atoms,
    cells: Cells,
    units: Units,
    parents: pd.DataFrame,
    *,
    rule: LevelRule,
    level: str,
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_]]:
    """Return the zones of a layer as a frame, and the id of each zone by its number.

    Parameters
    ----------
    layer
        The zones.
    atoms, cells, units
        What they are made of.
    parents
        Rows by number of the parent: ``id`` and the columns ``code``, ``name``, ``grid_id``,
        ``micro_grid_id``, ``community_id``.
    rule
        The band.
    level
        ``micro_grid`` or ``link_unit``, as in `gridmap.terms.TERMS`.

    Returns
    -------
    tuple
        Columns `COLUMNS`, indexed by the zone's id, sorted by code; and the ids.

    Notes
    -----
    Source: FIELD.md section 3: serial order west -> east, then north -> south; floors over one
    another from the lowest up.
    """
    import geopandas as gpd

    rows = parents.iloc[layer.parent].reset_index(drop=True)
    ids = _mint_ids(layer, atoms, units, rows["id"].to_numpy(object), level)
    shapes = _unite(layer, cells)
    crs, metric = units.crs, units.metric_crs
    rows["area_m2"], rows["perimeter_m"] = measure_polygons(shapes, crs=crs, metric_crs=metric)
    households = np.bincount(layer.zone, weights=layer.households, minlength=layer.size)
    rows["households"] = np.rint(households).astype(np.int64)
    rows["lower"], rows["upper"] = rule.lower, rule.upper
    rows["reason_code"] = layer.reason
    rows["in_band"] = rows["reason_code"].eq("").to_numpy(bool)
    rows["buildings"], rows["floors"] = _count_buildings(layer, atoms), _name_floors(layer)
    texts = [_explain(layer, zone, rule, level) for zone in range(layer.size)]
    rows["reason"], rows["reason_en"] = [text[0] for text in texts], [text[1] for text in texts]
    centre = shapely.centroid(project_geometries(shapes, crs=crs, metric_crs=metric))
    ties = [f"{floor:06d}{name}" for floor, name in zip(_first_floors(layer), ids, strict=True)]
    order = order_grids(rows["code"].to_list(), shapely.get_x(centre), shapely.get_y(centre), ties)
    rows["geometry"], rows["own_id"] = shapes, ids
    frame = _number_zones(rows.iloc[order], TERMS[level].zh)
    frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=crs).set_index("own_id")
    frame.index.name = f"{level}_id"
    columns = [name for name in COLUMNS if name != frame.index.name and name in frame]
    if level == "micro_grid":
        columns = [name for name in columns if name != "micro_grid_id"]
    return frame.sort_values("code", kind="stable")[[*columns, "geometry"]], ids


def _number_zones(ordered: pd.DataFrame, word: str) -> pd.DataFrame:
    """Add serial numbers to the codes and names of the parents."""
    parent = ordered["id"]
    serial = ordered.groupby(parent.to_numpy()).cumcount().to_numpy() + 1
    count = parent.map(parent.value_counts()).to_numpy(np.int64)
    codes, names = [], []
    for code, name, number, many in zip(
        ordered["code"], ordered["name"], serial.tolist(), count.tolist(), strict=True
    ):
        codes.append(f"{code}{number:0{max(SERIAL_DIGITS, len(str(many)))}d}")
        names.append(f"{name}第{number}{word}")
    return ordered.assign(code=codes, name=names)


def _mint_ids(
    layer: Layer,
    atoms: Atoms,
    units: Units,
    parents: NDArray[np.object_],
    level: str,
) -> NDArray[np.object_]:
    """Mint the lasting id of each zone from its parent and what lives in it."""
    unit = units.frame.index.to_numpy(object)
    keys: list[list[str]] = [[] for _ in range(layer.size)]
    for share, zone in enumerate(layer.zone.tolist()):
        atom = int(layer.atom[share])
        floors = f"{layer.first_floor[share]}-{layer.last_floor[share]}"
        name = f"{unit[atoms.unit[atom]]}\x1e{atoms.place_id[atom]}"
        keys[zone].append(f"{name}\x1e{atoms.entrance[atom]}\x1e{floors}")
    letter = {"micro_grid": "m", "link_unit": "l"}[level]
    minted = []
    for parent, own in zip(parents.tolist(), keys, strict=True):
        text = "\x1f".join([level, str(parent), *sorted(own)])
        minted.append(letter + hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS])
    return np.array(minted, object)


def _unite(layer: Layer, cells: Cells) -> NDArray[np.object_]:
    """Return the polygon of each zone; floors over one another have the same one."""
    held = np.flatnonzero(layer.cell_zone >= 0)
    order = held[np.argsort(layer.cell_zone[held], kind="stable")]
    zone = layer.cell_zone[order]
    cuts = np.flatnonzero(np.diff(zone)) + 1
    shapes = np.full(layer.size, None, dtype=object)
    for rows in np.split(order, cuts) if len(order) else []:
        united = shapely.coverage_union_all(cells.shape[rows])
        shapes[int(layer.cell_zone[rows[0]])] = united
    return np.asarray(shapely.normalize(shapes[layer.land]), dtype=object)


def _count_buildings(layer: Layer, atoms: Atoms) -> NDArray[np.int64]:
    pairs = np.unique(np.column_stack([layer.zone, atoms.place[layer.atom]]), axis=0)
    return np.bincount(pairs[:, 0], minlength=layer.size).astype(np.int64)


def _first_floors(layer: Layer) -> list[int]:
    first = np.zeros(layer.size, np.int64)
    np.maximum.at(first, layer.zone, layer.first_floor)
    return [int(floor) for floor in first]


def _name_floors(layer: Layer) -> list[str]:
    """Return the floors of zones that lie over one another, ``""`` for all others."""
    names = [""] * layer.size
    for share in np.flatnonzero(layer.first_floor > 0).tolist():
        names[int(layer.zone[share])] = name_floors(
            int(layer.first_floor[share]), int(layer.last_floor[share])
        )
    return names


def name_floors(first: int, last: int) -> str:
    """Return a range of floors as a text.

    Examples
    --------
    >>> name_floors(0, 0), name_floors(4, 4), name_floors(1, 9)
    ('', '4', '1-9')
    """
    if first == 0:
        return ""
    return str(first) if first == last else f"{first}-{last}"


def _explain(layer: Layer, zone: int, rule: LevelRule, level: str) -> tuple[str, str]:
    """Return the reason of a zone in Chinese and English, with the word of its level."""
    zh, en = write_reason(
        str(layer.reason[zone]),
        band=rule.band,
        around=int(layer.around[zone]),
        largest=int(layer.largest[zone]),
    )
    words, grid = TERMS[level], TERMS["grid"]
    return zh.replace(grid.zh, words.zh), en.replace(grid.en, words.en)
