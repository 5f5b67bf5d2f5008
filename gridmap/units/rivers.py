"""Rivers part land: no compound, village or site is kept whole across one without a bridge.

A river (a line, or water drawn as a polygon) separates its banks. What it runs through is cut
there into one part a bank and said; where a road crosses inside, both banks stay together.
Railways and walls do not cut a compound, they are only said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.findings import FindingKind
from gridmap.units.arrays import take_texts
from gridmap.units.barriers import find_bridges, lies_on
from gridmap.units.faces import NOTHING, connect
from gridmap.units.fields import VERGE_M

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.model import Sources
    from gridmap.units.arrays import Bools, Floats, Ints
    from gridmap.units.candidates import Candidates
    from gridmap.units.edges import SharedEdges
    from gridmap.units.faces import Faces
    from gridmap.units.linework import Drawing
    from gridmap.units.measuring import LocalPlane

TRACE_SHARE = 0.01
"""A part on the other bank without a building, smaller than this share of the whole or narrower
than `VERGE_M`, is a trace of two lines drawn apart; gridmap's own default."""

CUT = FindingKind(
    "compound_cut_by_river",
    "warning",
    en="A river without a bridge runs through {count} compounds, villages or sites; each bank "
    "makes units of its own: {places}.",
    zh="{count} 个小区、村组或场所内有河流穿过且无桥，已沿河拆开，两岸各自成单元：{places}。",
    cure_en="Check the line of the river and of these compounds; add the bridge to the roads, if "
    "there is one.",
    cure_zh="请核对河流线与小区红线；如有桥梁，请补入道路图层。",
)
CROSSED = FindingKind(
    "compound_crossed_by_line",
    "info",
    en="A railway, a wall or a bridged river runs through {count} compounds or villages, which "
    "were kept whole: {places}.",
    zh="{count} 个小区或村组内有铁路、围墙或有桥的河流穿过，仍按整体保留：{places}。",
    cure_en="Nothing, if the two sides belong together; else draw them as two compounds.",
    cure_zh="如两侧确属一体则无需处理；否则请分成两个小区绘制。",
)
FINDING_KINDS = (CUT, CROSSED)


def part_banks(
    faces: Faces,
    shared: SharedEdges,
    item_face: Ints,
    drawing: Drawing,
    sources: Sources,
    plane: LocalPlane,
) -> tuple[Faces, SharedEdges, tuple[Finding, ...]]:
    """Part what belongs together at the rivers that run through it without a bridge.

    Parameters
    ----------
    faces, shared
        The faces and the edges they share.
    item_face
        The face of every building and place.
    drawing, sources, plane
        The rivers and roads, the ids of compounds and sites, and the local plane.

    Returns
    -------
    Faces
        Water that separates two banks of a compound or site, and traces of it on the other bank,
        no longer belong to it.
    SharedEdges
        The edges across which a compound or site hangs together.
    tuple of Finding
        Which were cut.

    Notes
    -----
    Source: issue 2 point 5: a river without a bridge separates. A pond, or water along the rim,
    separates nothing and stays land of the compound.
    """
    left, right = shared.left, shared.right
    river = lies_on(drawing.rivers, shared.start, shared.end)
    river |= faces.wet[left] != faces.wet[right]
    owned = (faces.compound >= 0) | (faces.site >= 0)
    same = owned[left] & (faces.compound[left] == faces.compound[right])
    same &= faces.site[left] == faces.site[right]
    same &= faces.community[left] == faces.community[right]
    river &= same
    if not river.any():
        return faces, shared, ()
    bridge = find_bridges(shared.start, shared.end, river, drawing.roads, plane)
    way = same & ~(river & ~bridge)
    count = len(faces.shape)
    whole = connect(count, left[same], right[same])
    part = connect(count, left[way], right[way])
    part = _settle_water(faces, shared, same, part)
    free = part < 0
    weak, several = _weigh_parts(faces, whole, np.where(owned, part, NOTHING), item_face, plane)
    free |= weak
    parted = replace(
        faces,
        compound=np.where(free, NOTHING, faces.compound),
        site=np.where(free, NOTHING, faces.site),
        water=faces.water | (faces.wet & free),
    )
    kept = ~same | ((part[left] == part[right]) & ~free[left] & ~free[right])
    return parted, shared.only(kept), _say_cut(faces, several, sources)


def find_crossed(
    faces: Faces,
    shared: SharedEdges,
    candidates: Candidates,
    drawing: Drawing,
    plane: LocalPlane,
) -> tuple[Finding, ...]:
    """Say which whole compounds and villages a railway, a wall or a bridged river runs through."""
    owner = np.where(faces.compound >= 0, candidates.of_face, NOTHING)
    inner = np.flatnonzero((owner[shared.left] == owner[shared.right]) & (owner[shared.left] >= 0))
    lines = np.concatenate([drawing.railways, drawing.walls, drawing.rivers])
    start, end = shared.start[inner], shared.end[inner]
    on = lies_on(lines, start, end)
    on |= faces.wet[shared.left[inner]] != faces.wet[shared.right[inner]]
    if not on.any():
        return ()
    left, right = shared.left[inner[~on]], shared.right[inner[~on]]
    part = connect(len(owner), left, right)
    met = np.unique(owner[shared.left[inner[on]]])
    asked = np.flatnonzero(np.isin(owner, met) & ~faces.wet)
    _, first, number = np.unique(part[asked], return_index=True, return_inverse=True)
    area, width = _measure_parts(faces, asked, number.ravel(), plane)
    wide = (area >= TRACE_SHARE * area.max()) & (width >= VERGE_M)
    crossed, parts = np.unique(owner[asked[first[wide]]], return_counts=True)
    names = candidates.compound[crossed[parts > 1]].tolist()
    return (CROSSED.found(sorted(set(names))),) if names else ()


def _settle_water(faces: Faces, shared: SharedEdges, same: Bools, part: Ints) -> Ints:
    """Give water inside a compound the part of its banks, `NOTHING` where they are several."""
    wet, part = faces.wet, part.copy()
    pool = np.flatnonzero(same & wet[shared.left] & wet[shared.right])
    number = connect(len(part), shared.left[pool], shared.right[pool])
    bank = np.flatnonzero(same & (wet[shared.left] != wet[shared.right]))
    left, right = shared.left[bank], shared.right[bank]
    water, land = np.where(wet[left], left, right), np.where(wet[left], right, left)
    pairs = np.unique(np.column_stack([number[water], part[land]]), axis=0)
    lake, first, banks = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    owner = np.where(banks == 1, pairs[first, 1], NOTHING)
    at = np.searchsorted(lake, number)
    known = wet & np.isin(number, lake)
    part[known] = owner[at[known]]
    return part


def _weigh_parts(
    faces: Faces, whole: Ints, part: Ints, item_face: Ints, plane: LocalPlane
) -> tuple[Bools, Bools]:
    """Tell which faces are traces on another bank, and which belong to something that is cut."""
    weak, cut = np.zeros(len(part), dtype=bool), np.zeros(len(part), dtype=bool)
    held = np.flatnonzero(part >= 0)
    parts = np.unique(np.column_stack([whole[held], part[held]]), axis=0)
    torn, count = np.unique(parts[:, 0], return_counts=True)
    asked = held[np.isin(whole[held], torn[count > 1])]
    if not len(asked):
        return weak, cut
    _, first, number = np.unique(part[asked], return_index=True, return_inverse=True)
    number = number.ravel()
    area, width = _measure_parts(faces, asked, number, plane)
    _, body = np.unique(whole[asked[first]], return_inverse=True)
    total = np.bincount(body.ravel(), weights=area)
    used = np.isin(part[asked[first]], part[item_face])
    trace = ~used & ((area < TRACE_SHARE * total[body.ravel()]) | (width < VERGE_M))
    firm = np.bincount(body.ravel(), weights=~trace)
    trace &= firm[body.ravel()] > 0
    weak[asked] = trace[number]
    cut[asked] = (firm[body.ravel()] > 1)[number]
    return weak, cut


def _measure_parts(
    faces: Faces, rows: Ints, number: Ints, plane: LocalPlane
) -> tuple[Floats, Floats]:
    """Return the area (m2) and the mean width (m) of parts made of faces."""
    order = np.argsort(number, kind="stable")
    ends = np.flatnonzero(np.diff(number[order])) + 1
    lands = [shapely.coverage_union_all(faces.shape[at]) for at in np.split(rows[order], ends)]
    flat = shapely.transform(np.array(lands, dtype=object), plane.to_metres)
    area = shapely.area(flat)
    return area, 2 * area / np.maximum(shapely.length(flat), 1e-9)


def _say_cut(faces: Faces, cut: Bools, sources: Sources) -> tuple[Finding, ...]:
    """Name the compounds and sites that were cut."""
    names: set[str] = set()
    for rows, role, column in (
        (faces.compound, "compounds", "compound_id"),
        (faces.site, "sites", "site_id"),
    ):
        ids = take_texts(sources.layers.get(role), column)
        names.update(ids[np.unique(rows[cut & (rows >= 0)])].tolist())
    return (CUT.found(sorted(names)),) if names else ()
