"""Communities that are not one compact piece: detached and enclosed parts, narrow necks.

These are not faults of the data but facts a planner must know: a detached part becomes an exclave
grid, a part behind a neck is hard to reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.checks.edges import border_segments
from gridmap.checks.inspecting import POINT_DIGITS, Wording, describe, places_of
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.checks.households import Homes
    from gridmap.checks.inspecting import Inspection

NECK_WIDTH_M = 30.0
"""Land held by a neck narrower than this interlocks with its neighbours; gridmap's own default."""
LEAST_LOBE_M2 = 5_000.0
"""Smaller land behind a neck is a detail of the outline; gridmap's own default."""
OUTLINE_TOLERANCE_M = 0.5
"""Outlines are simplified by this much before necks are looked for; gridmap's own default."""

IN_PARTS = FindingKind(
    "community_in_parts",
    "warning",
    en="{count} communities lie in several parts, {parts} detached parts in all: {details:en}.",
    zh="{count} 个社区由多块土地组成，共有飞地 {parts} 块：{details:zh}。",
    cure_en="Confirm that they are exclaves; land that touches in one point only counts as apart.",
    cure_zh="请确认确为飞地；仅以一点相接的土地视为分离。",
)
ENCLOSED = FindingKind(
    "community_part_enclosed",
    "warning",
    en="{count} detached parts lie wholly inside one other community: {details:en}.",
    zh="{count} 块飞地被另一个社区完全包围：{details:zh}。",
    cure_en="Consider giving each to the community around it.",
    cure_zh="可考虑划归包围它的社区。",
)
INTERLOCKED = FindingKind(
    "community_interlocked",
    "warning",
    en="{count} places where land hangs on its community by a neck narrower than {width:.0f} m: "
    "{details:en}.",
    zh="有 {count} 处土地仅以窄于 {width:.0f} 米的颈部与本社区相连（插花地）：{details:zh}。",
    cure_en="Look at the places named; exchange the land or confirm the outline.",
    cure_zh="请查看所列位置，交换土地或确认边界。",
)
FINDING_KINDS = (IN_PARTS, ENCLOSED, INTERLOCKED)


def inspect_parts(table: Inspection, homes: Homes) -> None:
    """Say which communities lie in parts, which parts are enclosed, and where necks are.

    Parameters
    ----------
    table
        With communities that don't overlap.
    homes
        Where households live: the main part of a community is the one with most of them.
    """
    geometry = table.geometry("communities")
    if not len(geometry):
        return
    parts, owner = shapely.get_parts(geometry, return_index=True)
    _say_parts(table, owner)
    _say_enclosed(table, parts, owner, find_main_parts(table, parts, owner, homes))
    _say_necks(table, parts, owner)


def _say_parts(table: Inspection, owner: NDArray[np.int64]) -> None:
    number = np.bincount(owner, minlength=len(table.layers["communities"]))
    several = number > 1
    details = [
        Wording(f"{name} ({n} parts)", f"{name}（{n} 块）")
        for name, n in zip(table.ids("communities", several), number[several], strict=True)
    ]
    table.say_rows(
        IN_PARTS,
        "communities",
        several,
        parts=int((number[several] - 1).sum()),
        details=describe(details),
    )


def _say_enclosed(
    table: Inspection,
    parts: NDArray[np.object_],
    owner: NDArray[np.int64],
    main: NDArray[np.bool_],
) -> None:
    """Find detached parts whose whole outer ring is shared with one neighbour."""
    detached = np.flatnonzero(~main)
    if not len(detached):
        return
    hosts = enclosing_hosts(parts, owner)[detached]
    enclosed = detached[hosts >= 0]
    if not len(enclosed):
        return
    ids = table.ids("communities")
    names = [(ids[owner[p]], ids[h]) for p, h in zip(enclosed, hosts[hosts >= 0], strict=True)]
    table.say(
        ENCLOSED.found(
            [part for part, _ in names],
            points=places_of(shapely.point_on_surface(parts[enclosed]), POINT_DIGITS),
            details=describe([Wording(f"{a} in {b}", f"{a} 在 {b} 之内") for a, b in names]),
        )
    )


def enclosing_hosts(parts: NDArray[np.object_], owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each part the one community that shares its whole outer ring, else -1.

    Parameters
    ----------
    parts
        Polygons (n,) of a clean coverage.
    owner
        Community of each part (n,).

    Notes
    -----
    Source: FIELD.md section 4, enclosed part: whole outer ring shared with one neighbour.
    """
    outer = shapely.polygons(shapely.get_exterior_ring(parts))
    both = np.concatenate([parts, outer])
    part, segment, _ = border_segments(both)
    holder = part < len(parts)
    community = owner[part[holder]]
    lowest = np.full(segment.max() + 1, len(owner) + 1, dtype=np.int64)
    highest = np.full(segment.max() + 1, -1, dtype=np.int64)
    np.minimum.at(lowest, segment[holder], community)
    np.maximum.at(highest, segment[holder], community)
    ring, ring_segment = part[~holder] - len(parts), segment[~holder]
    mine = owner[ring]
    low, high = lowest[ring_segment], highest[ring_segment]
    other = np.where(low == mine, high, low)
    alone = other == mine
    hosts = np.full(len(parts), len(owner) + 1, dtype=np.int64)
    top = np.full(len(parts), -1, dtype=np.int64)
    np.minimum.at(hosts, ring, np.where(alone, -1, other))
    np.maximum.at(top, ring, other)
    hosts[hosts != top] = -1
    return hosts


def find_main_parts(
    table: Inspection, parts: NDArray[np.object_], owner: NDArray[np.int64], homes: Homes
) -> NDArray[np.bool_]:
    """Tell which part of each community is its main one (n,).

    Notes
    -----
    Source: FIELD.md section 4, detached part: the main part is the one with most households; where
    that decides nothing, the largest.
    """
    area = shapely.area(table.measure(parts))
    households = np.zeros(len(parts), dtype=np.int64)
    several = np.flatnonzero(np.bincount(owner)[owner] > 1)
    part, home = shapely.STRtree(homes.points).query(parts[several], predicate="intersects")
    np.add.at(households, several[part], homes.counts[home])
    order = np.lexsort((np.arange(len(parts)), -area, -households, owner))
    main = np.zeros(len(parts), dtype=bool)
    first = np.ones(len(parts), dtype=bool)
    first[1:] = owner[order][1:] != owner[order][:-1]
    main[order[first]] = True
    return main


def _say_necks(table: Inspection, parts: NDArray[np.object_], owner: NDArray[np.int64]) -> None:
    """Open every part by half the width; where it falls apart there was a neck.

    Notes
    -----
    Source: FIELD.md section 4, interlock: held to the body only through a neck narrower than w
    (opening by w/2 separates it).
    """
    metric = shapely.simplify(table.measure(parts), OUTLINE_TOLERANCE_M)
    eroded = shapely.buffer(metric, -NECK_WIDTH_M / 2, quad_segs=4)
    split = shapely.get_num_geometries(eroded) > 1
    owners, lobes, necks = [], [], []
    for part in np.flatnonzero(split):
        pieces = shapely.get_parts(eroded[part])
        grown = shapely.area(shapely.buffer(pieces, NECK_WIDTH_M / 2, quad_segs=4))
        large = np.flatnonzero(grown >= LEAST_LOBE_M2)
        if len(large) < 2:
            continue
        body = large[np.argmax(grown[large])]
        for lobe in large[large != body]:
            owners.append(int(owner[part]))
            lobes.append(float(grown[lobe]))
            necks.append(shapely.centroid(shapely.shortest_line(pieces[lobe], pieces[body])))
    if not owners:
        return
    ids = table.ids("communities")
    places = table.unmeasure(np.array(necks, dtype=object))
    table.say(
        INTERLOCKED.found(
            [ids[c] for c in owners],
            points=places_of(places, POINT_DIGITS),
            width=NECK_WIDTH_M,
            details=describe(
                [
                    Wording(f"{ids[c]} ({m2:.0f} m2)", f"{ids[c]}（{m2:.0f} 平方米）")
                    for c, m2 in zip(owners, lobes, strict=True)
                ]
            ),
        )
    )
