"""Where households live: in a community, in a building that is known, near it, or nowhere.

A household that names a known building is counted there (personal data is kept no finer than
needed: FIELD.md section 7); else it is counted at its own point. What is in no community is set
aside and listed, so that read = planned + listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.checks.counts import given_counts
from gridmap.checks.inspecting import Wording, describe, text_column
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.checks.coverage import Coverage
    from gridmap.checks.inspecting import Inspection

FAR_M = 100.0
"""A household further than this from the building it names is doubted; gridmap's own default."""
MOST_OUTSIDE = 0.5
"""Above this share of households outside, the files don't belong together; own default."""

OUTSIDE = FindingKind(
    "household_outside",
    "warning",
    en="{households} households in {count} rows lie outside every community and are set aside.",
    zh="{count} 行共 {households} 户不在任何社区内，已剔除（编号见 --json）。",
    cure_en="Check the outlines of the communities there, or the datum of the households.",
    cure_zh="请核对该处社区边界，或住户数据的坐标系。",
)
MOSTLY_OUTSIDE = FindingKind(
    "households_mostly_outside",
    "error",
    en="{outside} of {total} households lie outside every community.",
    zh="{total} 户中有 {outside} 户不在任何社区内。",
    cure_en="Check the CRS and the datum of both files (--crs, --datum), and that they are of the "
    "same place; cut the households to the communities if they cover more.",
    cure_zh="请核对两个文件的坐标系（--crs、--datum）及范围是否一致；如住户范围更大，请先裁剪。",
)
WITHOUT_PLACE = FindingKind(
    "household_without_place",
    "warning",
    en="{households} households in {count} rows have neither a point nor a known building and are "
    "set aside.",
    zh="{count} 行共 {households} 户既无坐标也无已知楼栋，已剔除（编号见 --json）。",
    cure_en="Give these rows coordinates, or a building_id that the building file has.",
    cure_zh="请补充坐标，或填写楼栋数据中存在的楼栋号。",
)
IN_TWO = FindingKind(
    "household_in_two",
    "warning",
    en="{households} households in {count} rows lie in two communities; they follow the land.",
    zh="{count} 行共 {households} 户同时位于两个社区，随土地归属。",
    cure_en="Decide whose land it is: see the finding community_overlap.",
    cure_zh="请确定土地归属：见 community_overlap。",
)
UNKNOWN_BUILDING = FindingKind(
    "household_building_unknown",
    "warning",
    en="{households} households in {count} rows name a building that the building file does not "
    "have ({buildings} ids); they are counted at their own point.",
    zh="{count} 行共 {households} 户引用了楼栋数据中没有的楼栋号（{buildings} 个），"
    "按自身坐标计入。",
    cure_en="Add the missing buildings, or correct building_id.",
    cure_zh="请补充缺失的楼栋，或更正楼栋号。",
)
BUILDING_LOST = FindingKind(
    "household_building_outside",
    "warning",
    en="{households} households in {count} rows name a building in no community, but their own "
    "point lies in one; they are counted at their point.",
    zh="{count} 行共 {households} 户所填楼栋不在任何社区内，但自身坐标在社区内，按自身坐标计入。",
    cure_en="Check the outline of the community at these buildings.",
    cure_zh="请核对这些楼栋处的社区边界。",
)
FAR = FindingKind(
    "household_far_from_building",
    "warning",
    en="{households} households in {count} rows lie more than {limit:.0f} m from the building they "
    "name; they are counted in the building: {details:en}.",
    zh="{count} 行共 {households} 户距所填楼栋超过 {limit:.0f} 米，按楼栋计入：{details:zh}。",
    cure_en="Check building_id or the coordinates of these rows.",
    cure_zh="请核对这些行的楼栋号或坐标。",
)
DISAGREE = FindingKind(
    "household_count_disagrees",
    "warning",
    en="{count} buildings give another number of households ({given} in all) than the household "
    "rows that name them or lie in them ({counted}); the rows are counted: {details:en}.",
    zh="{count} 栋楼所填户数（合计 {given}）与引用它们或位于其中的住户行数（合计 {counted}）"
    "不一致，以住户数据为准：{details:zh}。",
    cure_en="Correct one of the two, or leave out the column 'households' of the buildings.",
    cure_zh="请更正其一，或去掉楼栋的“户数”列。",
)
ROWS_MISSING = FindingKind(
    "household_rows_missing",
    "warning",
    en="{communities} communities have no household row at all; the {households} households that "
    "their {count} buildings state are counted instead{listed:en}.",
    zh="{communities} 个社区没有任何住户记录，改按其 {count} 栋楼所填的 {households} 户计入"
    "{listed:zh}。",
    cure_en="Give the household rows of these communities, if the file should cover them.",
    cure_zh="若住户数据应覆盖这些社区，请补充其住户记录。",
)
WITHOUT_ROWS = FindingKind(
    "building_without_household_rows",
    "warning",
    en="{count} buildings state {households} households, but no household row names them or lies "
    "in them; the rest of their community has rows, so these are not counted{listed:en}.",
    zh="{count} 栋楼填有 {households} 户，但没有住户记录引用它们或位于其中；"
    "所在社区有其他住户记录，故这些户数未计入{listed:zh}。",
    cure_en="Add the missing household rows, or correct the column 'households' of the buildings.",
    cure_zh="请补充缺少的住户记录，或更正楼栋的“户数”列。",
)
EMPTY = FindingKind(
    "community_empty",
    "warning",
    en="{count} communities hold no {what:en}: {places}.",
    zh="{count} 个社区没有{what:zh}：{places}。",
    cure_en="Check that the file of households or buildings covers them.",
    cure_zh="请核对住户或楼栋数据是否覆盖这些社区。",
)
FINDING_KINDS = (
    OUTSIDE, MOSTLY_OUTSIDE, WITHOUT_PLACE, IN_TWO, UNKNOWN_BUILDING, BUILDING_LOST, FAR, DISAGREE,
    ROWS_MISSING, WITHOUT_ROWS, EMPTY,
)  # fmt: skip


@dataclass(frozen=True)
class Homes:
    """Where households live, or where buildings stand when there are no household rows.

    Attributes
    ----------
    points
        Where each row lives (n,): a point in the building it names, else its own; else None.
    counts
        Households of each row (n,).
    community
        Position of the community (n,), -1 for none.
    """

    points: NDArray[np.object_]
    counts: NDArray[np.int64]
    community: NDArray[np.int64]


def locate_buildings(table: Inspection, home: NDArray[np.int64]) -> Homes:
    """Return the buildings as homes, when households are counted on them or not at all."""
    if table.frame("buildings") is None:
        empty = np.empty(0, dtype=np.int64)
        return Homes(np.empty(0, dtype=object), empty, empty)
    every = np.ones(len(home), dtype=bool)
    points = shapely.point_on_surface(table.geometry("buildings"))
    return Homes(points, table.households_of("buildings", every), home)


def locate_households(table: Inspection, home: NDArray[np.int64]) -> Homes:
    """Find the home of every household row, say what is odd, set aside what has none.

    Parameters
    ----------
    table
        With communities that don't overlap and all buildings, those outside included.
    home
        The community of each building (b,), -1 outside.
    """
    own = table.geometry("households")
    counts = table.households_of("households", np.ones(len(own), dtype=bool))
    building, unknown = _named_buildings(table)
    named = building >= 0
    in_building = named.copy()
    in_building[named] = home[building[named]] >= 0
    community = np.full(len(own), -1, dtype=np.int64)
    community[in_building] = home[building[in_building]]
    community[~in_building] = _communities_at(table, own[~in_building])
    points = own.copy()
    if named.any():
        centres = shapely.point_on_surface(table.geometry("buildings"))
        points[named] = centres[building[named]]
    placeless = shapely.is_missing(points)
    _say_far(table, own, building, in_building, counts)
    _say_disagreement(table, _rows_of_buildings(table, building, own, community), counts)
    ids = table.layers["households"]["building_id"][unknown].nunique() if unknown.any() else 0
    _say(table, UNKNOWN_BUILDING, unknown & ~placeless, counts, buildings=ids)
    saved = named & ~in_building & (community >= 0)
    _say(table, BUILDING_LOST, saved, counts)
    points[saved] = own[saved]
    _say(table, WITHOUT_PLACE, placeless, counts)
    _say(table, OUTSIDE, (community < 0) & ~placeless, counts)
    return Homes(points, counts, community)


def adopt_counts(table: Inspection, homes: Homes, home: NDArray[np.int64]) -> Homes:
    """Count the stated households of buildings in communities that have no household row.

    Parameters
    ----------
    table
        The inspection; rows are put behind its households.
    homes
        Of every row of the households (n,).
    home
        The community of each building (b,), -1 outside.

    Returns
    -------
    Homes
        Of the rows there were and of those added, one for each building; none are added when most
        rows lie outside, for then the files don't belong together.

    Notes
    -----
    A community without one row is one that the file does not cover: nothing can be counted twice
    there. In a community that has rows, a building without any may be empty, or its households may
    stand at another point; its number is not added to theirs, but named. gridmap's own default.
    """
    frame = table.frame("buildings")
    strays = int(homes.counts[homes.community < 0].sum())
    if frame is None or "households" not in frame.columns or _mostly(strays, homes):
        return homes
    given = np.nan_to_num(given_counts(frame))
    building, _ = _named_buildings(table)
    rows = _rows_of_buildings(table, building, table.geometry("households"), homes.community)
    empty = (given > 0) & (home >= 0)
    empty[rows[rows >= 0]] = False
    reached = np.zeros(len(table.geometry("communities")), dtype=bool)
    reached[homes.community[homes.community >= 0]] = True
    covered = reached[home] & (home >= 0)
    passed_over, adopted = empty & covered, empty & ~covered
    table.say_rows(WITHOUT_ROWS, "buildings", passed_over, households=int(given[passed_over].sum()))
    table.say_rows(
        ROWS_MISSING,
        "buildings",
        adopted,
        communities=len(np.unique(home[adopted])),
        households=int(given[adopted].sum()),
    )
    return _with_rows(table, homes, adopted, given.astype(np.int64), home)


def _with_rows(
    table: Inspection,
    homes: Homes,
    adopted: NDArray[np.bool_],
    given: NDArray[np.int64],
    home: NDArray[np.int64],
) -> Homes:
    """Put a row of households behind the others for each building of a mask."""
    if not adopted.any():
        return homes
    households = table.layers["households"]
    points = np.asarray(
        shapely.point_on_surface(table.geometry("buildings")[adopted]), dtype=object
    )
    first = int(households.index.max()) + 1 if len(households) else 0
    rows = type(households)(
        {
            "household_id": [f"buildings:{name}" for name in table.ids("buildings", adopted)],
            "building_id": table.ids("buildings", adopted),
            "households": given[adopted],
        },
        geometry=points,
        crs=households.crs,
        index=pd.RangeIndex(first, first + int(adopted.sum())),
    )
    texts = [name for name in households.columns if name not in rows.columns]
    for name in texts:
        rows[name] = 0 if households[name].dtype.kind in "iuf" else ""
    if households.geometry.name != "geometry":
        rows = rows.rename_geometry(households.geometry.name)
    table.layers["households"] = pd.concat([households, rows[list(households.columns)]])
    table.adopted += int(given[adopted].sum())
    return Homes(
        np.concatenate([homes.points, points]),
        np.concatenate([homes.counts, given[adopted]]),
        np.concatenate([homes.community, home[adopted]]),
    )


def _rows_of_buildings(
    table: Inspection,
    building: NDArray[np.int64],
    own: NDArray[np.object_],
    community: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the building that each row names, else the one its point lies in; -1 for neither."""
    rows = building.copy()
    loose = np.flatnonzero((building < 0) & (community >= 0))
    if len(loose) and table.frame("buildings") is not None:
        tree = shapely.STRtree(own[loose])
        holder, held = tree.query(table.geometry("buildings"), predicate="intersects")
        rows[loose[held]] = holder
    return rows


def _mostly(outside: int, homes: Homes) -> bool:
    """Tell whether so many households are outside that the files don't belong together."""
    return outside > MOST_OUTSIDE * int(homes.counts.sum())


def settle_households(table: Inspection, homes: Homes) -> None:
    """Keep the households that have a home, each with a point; set aside the others.

    Parameters
    ----------
    table
        The inspection.
    homes
        Of every row of the households (n,).
    """
    own = table.geometry("households")
    moved = shapely.is_missing(own) & ~shapely.is_missing(homes.points)
    table.set_geometry("households", moved, homes.points[moved])
    placeless = shapely.is_missing(homes.points)
    numbers = table.layers["households"].index
    table.set_aside("households", placeless, WITHOUT_PLACE.code)
    outside = numbers[(homes.community < 0) & ~placeless]
    table.set_aside("households", table.rows_at("households", outside), OUTSIDE.code)


def say_outcome(table: Inspection, homes: Homes, coverage: Coverage) -> None:
    """Say households in two communities, communities without any, and files that don't match."""
    if coverage.overlaps and table.counting == "households":
        shapes = np.array([place.shape for place in coverage.overlaps], dtype=object)
        _, home = shapely.STRtree(homes.points).query(shapes, predicate="intersects")
        rows = np.zeros(len(homes.points), dtype=bool)
        rows[home] = True
        _say(table, IN_TWO, rows, homes.counts)
    total, outside = int(homes.counts.sum()), int(homes.counts[homes.community < 0].sum())
    if _mostly(outside, homes):
        table.say(MOSTLY_OUTSIDE.found(count=outside, outside=outside, total=total))
    weights = homes.counts if table.counting else np.ones(len(homes.points))
    held = homes.community >= 0
    number = np.bincount(
        homes.community[held],
        weights=weights[held],
        minlength=len(table.geometry("communities")),
    )
    what = Wording("household", "住户") if table.counting else Wording("building", "楼栋")
    if len(homes.points):
        table.say_rows(EMPTY, "communities", number == 0, what=what)


def _say(
    table: Inspection,
    kind: FindingKind,
    rows: NDArray[np.bool_],
    counts: NDArray[np.int64],
    **values: Any,
) -> None:
    table.say_rows(kind, "households", rows, households=int(counts[rows].sum()), **values)


def _named_buildings(table: Inspection) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the position of the building each row names (-1: none), and unknown names."""
    frame = table.layers["households"]
    names = pd.Index(text_column(frame, "building_id"))
    given = np.asarray(names != "")
    buildings = table.frame("buildings")
    if buildings is None or "building_id" not in buildings.columns:
        return np.full(len(frame), -1, dtype=np.int64), np.zeros(len(frame), dtype=bool)
    position = pd.Index(buildings["building_id"]).get_indexer(names).astype(np.int64)
    position[~given] = -1
    return position, given & (position < 0)


def _communities_at(table: Inspection, points: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the first community that holds or touches each point (n,), -1 for none."""
    community = np.full(len(points), -1, dtype=np.int64)
    holder, held = shapely.STRtree(points).query(
        table.geometry("communities"), predicate="intersects"
    )
    order = np.argsort(-holder, kind="stable")
    community[held[order]] = holder[order]
    return community


def _say_far(
    table: Inspection,
    own: NDArray[np.object_],
    building: NDArray[np.int64],
    lodged: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> None:
    """Find rows far from their building: first roughly in degrees, then in metres."""
    rows = np.flatnonzero(lodged & ~shapely.is_missing(own))
    if not len(rows):
        return
    outlines = table.geometry("buildings")
    degrees = shapely.distance(own[rows], outlines[building[rows]])
    rows = rows[degrees > FAR_M / 111_700]
    if not len(rows):
        return
    metres = shapely.distance(table.measure(own[rows]), table.measure(outlines[building[rows]]))
    far = np.zeros(len(own), dtype=bool)
    far[rows[metres > FAR_M]] = True
    names = pd.Series(np.asarray(table.ids("buildings"), dtype=object)[building[far]])
    details = [
        Wording(f"building {name}: {n} rows", f"{name} 号楼 {n} 行")
        for name, n in names.value_counts(sort=False).sort_index().items()
    ]
    _say(table, FAR, far, counts, limit=FAR_M, details=describe(details))


def _say_disagreement(
    table: Inspection, building: NDArray[np.int64], counts: NDArray[np.int64]
) -> None:
    """Compare the households given on buildings with the rows that name the building."""
    frame = table.frame("buildings")
    if frame is None or "households" not in frame.columns:
        return
    given = given_counts(frame)
    named = building >= 0
    counted = np.bincount(building[named], weights=counts[named], minlength=len(frame))
    rows = np.isfinite(given) & (given != counted) & (counted > 0)
    details = [
        Wording(f"{name} ({a:.0f}, rows {b:.0f})", f"{name}（{a:.0f}，住户行 {b:.0f}）")
        for name, a, b in zip(table.ids("buildings", rows), given[rows], counted[rows], strict=True)
    ]
    table.say_rows(
        DISAGREE,
        "buildings",
        rows,
        given=int(given[rows].sum()),
        counted=int(counted[rows].sum()),
        details=describe(details),
    )
