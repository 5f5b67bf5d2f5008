"""Overlay: the grid layers of several departments laid over one another (多部门网格叠合).

The borders of all layers cut the land into pieces; each piece knows its grid in every layer.
Pieces that are only traces of drawing are joined to a neighbour, and nothing is lost: the pieces
have the area of all layers together, and every household in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.conflicts import find_conflicts, score_disagreement
from gridmap.boundaries.planes import Plane, cut_faces
from gridmap.boundaries.slivers import JoinedPieces, join_slivers
from gridmap.errors import InvalidOption
from gridmap.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproj import CRS

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Floats, Ints

SLIVER_M2 = 100.0
"""A smaller piece is a trace of drawing, for no building stands on it alone: about the floor of
one dwelling (Shouguang: 94.5 m2 a household, FIELD.md section 1); gridmap's own default."""
SLIVER_WIDTH_M = 1.0
"""So is a piece with a smaller mean width (twice its area by its perimeter), as between
communities; gridmap's own default."""
RESERVED = frozenset(("area_m2", "households", "geometry", "new_grid", "community_id"))
"""Names of columns, which no department may have."""
LEAST_REPORTED_M2 = 1.0
"""Land below this in all is a trace of rounding and not said; gridmap's own default."""

JOINED = FindingKind(
    "overlay_slivers_joined",
    "info",
    en="{count} pieces below {least} m2 or narrower than {width} m, {area_m2:.0f} m2 and "
    "{households} households in all, were joined to the neighbour with the longest common border.",
    zh="有 {count} 个小于 {least} 平方米或窄于 {width} 米的碎块，共 {area_m2:.0f} 平方米、"
    "{households} 户，已并入公共边最长的相邻地块。",
    cure_en="Nothing needs to be done; a larger sliver_m2 joins more.",
    cure_zh="无需处理；加大 sliver_m2 可合并更多。",
)
UNCOVERED = FindingKind(
    "overlay_uncovered",
    "warning",
    en="{count} departments leave land of others uncovered, {area_m2:.0f} m2, {households} "
    "households in all: {places}. It was kept, with no grid of theirs.",
    zh="有 {count} 个部门的网格未覆盖其他部门的土地，合计 {area_m2:.0f} 平方米、{households} 户："
    "{places}。该土地已保留，其网格记为空。",
    cure_en="Decide whether the land is theirs, and correct their layer.",
    cure_zh="请确定该土地是否归其管辖，并修正其图层。",
)
DOUBLED = FindingKind(
    "overlay_doubled",
    "warning",
    en="In {count} departments' layers grids overlap, on {area_m2:.0f} m2 in all: {places}. The "
    "land was given to the smaller grid.",
    zh="有 {count} 个部门的网格相互重叠，共 {area_m2:.0f} 平方米：{places}。已划归面积较小的网格。",
    cure_en="Correct the outlines in these layers.",
    cure_zh="请修正这些图层的边界。",
)
UNUSABLE = FindingKind(
    "overlay_grid_unusable",
    "warning",
    en="{count} grids have no outline, or one that crosses itself or can't be measured; those "
    "without land were left out, the others were mended: {places}.",
    zh="{count} 个网格没有边界、边界自相交或无法量测；没有用地的未计入，其余已修复：{places}。",
    cure_en="Draw these outlines again.",
    cure_zh="请重新绘制这些边界。",
)
HOMELESS = FindingKind(
    "overlay_homes_outside",
    "warning",
    en="{count} households lie in no grid of any department.",
    zh="有 {count} 户不在任何部门的网格内。",
    cure_en="Check the datum of homes and layers, or draw the missing land.",
    cure_zh="请核对住户与网格图层的坐标系，或补充缺少的土地。",
)
FINDING_KINDS = (JOINED, UNCOVERED, DOUBLED, UNUSABLE, HOMELESS)


@dataclass(frozen=True)
class Overlay:
    """Several layers laid over one another.

    Attributes
    ----------
    departments
        Names of the layers, in the order given.
    pieces
        GeoDataFrame with a RangeIndex: one column for each department with the ``grid_id`` there
        (``""`` where it has none), ``area_m2``, ``households``, geometry in the CRS of the layers,
        a valid coverage; sorted from west to east.
    neighbours
        Pieces with a common border: ``piece_a`` < ``piece_b``, ``length_m``, ``borders`` (how
        many departments have a border there).
    conflicts
        Pieces on which departments disagree (`conflicts.find_conflicts`): ``piece``,
        ``departments`` (joined by ``;``), ``area_m2``, ``households``, geometry (a point).
    homes
        (h,) piece of each row of ``homes`` as given, -1 for none.
    score
        ``area``, ``households``: share of it in conflict, 0 to 1; then the share of area for
        each department, ``department:NAME``.
    findings
        What is wrong, joined or left out.
    """

    departments: tuple[str, ...]
    pieces: gpd.GeoDataFrame
    neighbours: pd.DataFrame
    conflicts: gpd.GeoDataFrame
    homes: Ints
    score: dict[str, float]
    findings: tuple[Finding, ...]


def overlay_layers(
    layers: Mapping[str, gpd.GeoDataFrame],
    homes: gpd.GeoDataFrame | None = None,
    *,
    within: gpd.GeoDataFrame | None = None,
    metric_crs: CRS | None = None,
    sliver_m2: float = SLIVER_M2,
    sliver_width_m: float = SLIVER_WIDTH_M,
) -> Overlay:
    """Lay the grids of several departments over one another.

    Parameters
    ----------
    layers
        Department -> polygons with ``grid_id``, in one CRS: that in which the pieces are stored.
    homes
        Points with ``households``, in that CRS.
    within
        Polygons with ``community_id``, whose lines cut the pieces too; these then have the column
        ``community_id`` (``""`` outside all). They are no department.
    metric_crs
        Where layers in degrees are measured; layers in metres need none.
    sliver_m2, sliver_width_m
        Pieces below this area (m2) or mean width (metres) are joined to a neighbour; 0 keeps all.

    Returns
    -------
    Overlay

    Raises
    ------
    InvalidOption
        No layer, layers, homes or ``within`` in several CRSs, degrees without ``metric_crs``, a
        department called like a column of the pieces, or a negative threshold.

    Notes
    -----
    A joined piece takes the grids of the neighbour with the longest common border. Coordinates
    are rounded to the lattice of `gridmap.boundaries.planes`. Source: issue 4, point 7; Zumiao,
    13 layers (FIELD.md section 1); docs/decisions/001.

    Examples
    --------
    >>> police = gpd.GeoDataFrame({"grid_id": ["P1", "P2"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 300, 100)])
    >>> drains = gpd.GeoDataFrame({"grid_id": ["D1", "D2"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 140, 100), shapely.box(140, 0, 300, 100)])
    >>> overlay = overlay_layers({"police": police, "drains": drains})
    >>> overlay.pieces[["police", "drains", "area_m2"]].values.tolist()
    [['P1', 'D1', 10000.0], ['P2', 'D1', 4000.0], ['P2', 'D2', 16000.0]]
    >>> overlay.conflicts["departments"].tolist(), round(overlay.score["area"], 3)
    (['drains'], 0.133)
    """
    beside = [frame for frame in (homes, within) if frame is not None]
    _check_layers(layers, beside, sliver_m2, sliver_width_m)
    names = tuple(layers)
    plane = Plane.of(next(iter(layers.values())).crs, metric_crs)
    shapes, ids, findings = _take_layers(layers, plane)
    around = None if within is None else _take_layers({"": _as_grids(within)}, plane)
    every = shapes if around is None else [*shapes, *around[0]]
    faces = cut_faces(shapely.boundary(np.concatenate(every)), plane.step)
    faces, grids, claimed = _find_grids(faces, shapes, ids)
    owner = None if around is None else _find_grids(faces, *around[:2], every=True)[1]
    home_face = _place_homes(faces, homes, 2 * plane.step)
    homes_in, outside = _count_homes(home_face, homes, len(faces))
    joined = join_slivers(faces, sliver_m2, sliver_width_m, plane)
    frame = _make_pieces(names, joined, grids, homes_in, plane)
    if owner is not None:
        frame.insert(len(names), "community_id", owner[joined.leader, 0])
    frame = frame.set_crs(next(iter(layers.values())).crs)
    neighbours = _list_neighbours(frame, names, joined)
    conflicts = find_conflicts(frame, names)
    if joined.count:
        lost: dict[str, Any] = {
            "area_m2": joined.area_m2,
            "households": int(homes_in[joined.moved].sum()),
        }
        findings.append(
            JOINED.found(count=joined.count, least=sliver_m2, width=sliver_width_m, **lost)
        )
    findings += _say_land(names, shapely.area(plane.to_metres(faces)), claimed, homes_in)
    if outside:
        findings.append(HOMELESS.found(count=outside))
    score = score_disagreement(frame, conflicts, names)
    pieces = np.where(home_face < 0, -1, np.append(joined.group, -1)[home_face])
    return Overlay(names, frame, neighbours, conflicts, pieces, score, tuple(findings))


def _as_grids(within: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return within.rename(columns={"community_id": "grid_id"})


def _check_layers(
    layers: Mapping[str, gpd.GeoDataFrame],
    beside: list[gpd.GeoDataFrame],
    sliver_m2: float,
    sliver_width_m: float,
) -> None:
    crs = {str(frame.crs) for frame in [*layers.values(), *beside]} if layers else set()
    taken = RESERVED & set(layers)
    wrong = sliver_m2 < 0 or sliver_width_m < 0
    if len(crs) != 1 or taken or wrong:
        raise InvalidOption(
            f"{len(layers)} layers in the CRSs {sorted(crs)} can't be laid over one another: they "
            "need one CRS, thresholds of 0 or more, and no department may be called "
            f"{', '.join(sorted(RESERVED))}.",
            f"{len(layers)} 个图层（坐标系 {sorted(crs)}）无法叠合：须为同一坐标系，阈值不小于 0，"
            f"部门名称不能是 {'、'.join(sorted(RESERVED))}。",
            cure_en="overlay_layers({name: frame.to_crs(4547) for name, frame in layers.items()})",
            cure_zh="overlay_layers({name: frame.to_crs(4547) for name, frame in layers.items()})",
        )


def take_grids(layer: gpd.GeoDataFrame, plane: Plane) -> tuple[Geometries, Geometries, Geometries]:
    """Return the outlines of a layer that hold land, mended and on the lattice, and their ids.

    Parameters
    ----------
    layer
        Polygons with ``grid_id``.
    plane
        In which they are drawn.

    Returns
    -------
    tuple
        Outlines (n,), their ids (n,), and the ids of those that were mended or left out: without
        land, or with a corner that can't be measured (not finite, or far outside the zone).

    Examples
    --------
    >>> bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> layer = gpd.GeoDataFrame({"grid_id": [1, 2]}, geometry=[bow, shapely.Polygon()])
    >>> shapes, ids, bad = take_grids(layer, Plane())
    >>> shapely.area(shapes).tolist(), ids.tolist(), bad.tolist()
    ([2.0], ['1'], ['1', '2'])
    """
    own = np.array(layer.geometry.to_numpy(), dtype=object)
    with np.errstate(invalid="ignore", over="ignore"):
        measured = np.isfinite(shapely.area(plane.to_metres(own)))
    own[~measured] = None
    broken = measured & ~shapely.is_valid(own)
    own[broken] = shapely.make_valid(own[broken], method="structure", keep_collapsed=False)
    own = shapely.set_precision(own, plane.step, mode="valid_output")
    areal = np.isin(shapely.get_type_id(own), (3, 6)) & ~shapely.is_empty(own)
    label = layer["grid_id"].astype(str).to_numpy(dtype=object)
    return own[areal], label[areal], label[broken | ~areal]


def _take_layers(
    layers: Mapping[str, gpd.GeoDataFrame], plane: Plane
) -> tuple[list[Geometries], list[Geometries], list[Finding]]:
    """Return the outlines and ids of each layer, and what is said of those that are unusable."""
    shapes, ids, bad = [], [], []
    for name, frame in layers.items():
        own, label, wrong = take_grids(frame, plane)
        shapes.append(own)
        ids.append(label)
        bad += [f"{name}:{one}" for one in wrong]
    return shapes, ids, [UNUSABLE.found(bad)] if bad else []


def _find_grids(
    faces: Geometries, shapes: list[Geometries], ids: list[Geometries], *, every: bool = False
) -> tuple[Geometries, Geometries, Ints]:
    """Return the faces in any layer, the grid of each in each layer, and how many claim it there.

    A face in no layer at all is a hole around which the land lies, and left out unless ``every``.
    """
    points = shapely.point_on_surface(faces)
    grids = np.full((len(faces), len(shapes)), "", dtype=object)
    claimed = np.zeros((len(faces), len(shapes)), dtype=np.int64)
    for column, (own, label) in enumerate(zip(shapes, ids, strict=True)):
        grid, face = shapely.STRtree(points).query(own, predicate="contains")
        claimed[:, column] = np.bincount(face, minlength=len(faces))
        order = np.lexsort((-grid, -shapely.area(own)[grid]))
        grids[face[order], column] = label[grid[order]]
    land = claimed.any(axis=1) | every
    return faces[land], grids[land], claimed[land]


def _place_homes(faces: Geometries, homes: gpd.GeoDataFrame | None, reach: float) -> Ints:
    """Return the face of each home, -1 for none; on a line the first face has it."""
    if homes is None:
        return np.empty(0, dtype=np.int64)
    points = np.array(homes.geometry.to_numpy(), dtype=object)
    home, face = shapely.STRtree(faces).query(points, predicate="dwithin", distance=reach)
    order = np.lexsort((face, home))
    home, first = np.unique(home[order], return_index=True)
    placed = np.full(len(points), -1, dtype=np.int64)
    placed[home] = face[order][first]
    return placed


def _count_homes(face: Ints, homes: gpd.GeoDataFrame | None, many: int) -> tuple[Ints, int]:
    """Return the households in each face, and those in none."""
    if homes is None:
        return np.zeros(many, dtype=np.int64), 0
    counts = homes["households"].fillna(0).to_numpy(dtype=np.float64)
    held = face >= 0
    inside = np.bincount(face[held], weights=counts[held], minlength=many)
    return np.rint(inside).astype(np.int64), round(float(counts[~held].sum()))


def _make_pieces(
    names: tuple[str, ...],
    joined: JoinedPieces,
    grids: Geometries,
    homes_in: Ints,
    plane: Plane,
) -> gpd.GeoDataFrame:
    many = len(joined.shapes)
    values = {name: grids[joined.leader, column] for column, name in enumerate(names)}
    counts = np.bincount(joined.group, weights=homes_in, minlength=many)
    return gpd.GeoDataFrame(
        {
            **values,
            "area_m2": shapely.area(plane.to_metres(joined.shapes)),
            "households": np.rint(counts).astype(np.int64),
        },
        geometry=joined.shapes,
    )


def _list_neighbours(
    frame: gpd.GeoDataFrame, names: tuple[str, ...], joined: JoinedPieces
) -> pd.DataFrame:
    """Return the pieces that touch, how long, and how many departments have a border there."""
    pairs, metres = joined.pairs, joined.metres
    grids = frame[list(names)].to_numpy(dtype=object)
    borders = (grids[pairs[:, 0]] != grids[pairs[:, 1]]).sum(axis=1)
    return pd.DataFrame(
        {
            "piece_a": pairs[:, 0],
            "piece_b": pairs[:, 1],
            "length_m": metres,
            "borders": borders.astype(np.int64),
        }
    )


def _say_land(names: tuple[str, ...], area: Floats, claimed: Ints, homes_in: Ints) -> list[Finding]:
    """Say which departments leave land uncovered, and whose grids overlap."""
    findings = []
    missing, doubled = claimed == 0, claimed > 1
    for kind, where in ((UNCOVERED, missing), (DOUBLED, doubled)):
        lost = area @ where
        who = np.flatnonzero(lost >= LEAST_REPORTED_M2)
        if len(who):
            values: dict[str, Any] = {"area_m2": float(lost[who].sum())}
            if kind is UNCOVERED:
                values["households"] = int(homes_in @ where[:, who].sum(axis=1))
            findings.append(kind.found([names[n] for n in who], **values))
    return findings
