"""Households where none are counted: from footprint, floors and the floor area of a household.

What is estimated is always said: how many buildings, by which figure, scaled to which total. Sums
are exact whole numbers: a total is shared out by largest remainders, so none is lost to rounding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidOption
from gridmap.findings import Finding, FindingKind
from gridmap.schemas import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.model import Sources
    from gridmap.rules import Rules

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ASSUMED_FLOORS = 1
"""Floors of a building whose floors are unknown, where most are unknown. gridmap's own default: it
adds nothing that the data does not say; scale to a known total to make up for it."""

KNOWN_SHARE = 0.5
"""Where at least this share of the homes has floors, the others get their median instead of
`ASSUMED_FLOORS`. gridmap's own default."""

LEAST_HOME_M2 = 20.0
"""A smaller footprint holds no household: sheds, kiosks, garages. gridmap's own default."""

MAX_HOUSEHOLDS = 100_000_000
"""Largest total that is accepted; gridmap's own default."""

HOUSEHOLDS_ESTIMATED = FindingKind(
    "households_estimated",
    "warning",
    en=(
        "{total} households in {count} buildings are estimates: floor area / {m2} m2 a household "
        "({source}){scaled}."
    ),
    zh="{count} 栋楼的 {total} 户为估算值：建筑面积 ÷ 每户 {m2} 平方米（{source_zh}）{scaled_zh}。",
    cure_en="Give counted households: points, or a column 'households' of the buildings.",
    cure_zh="请提供实际户数：住户点，或楼栋图层的“户数”列。",
)
PERSONS_ESTIMATED = FindingKind(
    "persons_estimated",
    "info",
    en="Residents are not counted: {count} persons are estimated, {factor} a household ({source}).",
    zh="无常住人口数据：按每户 {factor} 人估算，共 {count} 人（{source}）。",
    cure_en="Give communities, buildings or households a column residents (常住人口), or set "
    "persons_per_household in the rules.",
    cure_zh="请在社区、楼栋或住户数据中提供“常住人口”（residents）列，"
    "或在规则中设置 persons_per_household。",
)
FLOORS_ASSUMED = FindingKind(
    "floors_assumed",
    "warning",
    en="{count} of {homes} buildings do not say their floors; {floors} assumed ({why}).",
    zh="{homes} 栋楼中有 {count} 栋没有层数，按 {floors} 层计（{why_zh}）。",
    cure_en="Give the column 'floors', or the total of households (per community, or --total).",
    cure_zh="请提供“层数”列，或提供户数总数（按社区，或 --total）。",
)
ESTIMATE_UNPLACED = FindingKind(
    "estimate_without_buildings",
    "warning",
    en="{count} households of the totals given have no building to stand in: {places}.",
    zh="所给总户数中有 {count} 户没有可安置的楼栋：{places}。",
    cure_en="Give the buildings of these communities, or correct their totals.",
    cure_zh="请补充这些社区的楼栋，或更正其总户数。",
)
TOTAL_UNUSED = FindingKind(
    "households_total_unused",
    "warning",
    en="The total of {total} households was not used: {why}; {counted} are counted.",
    zh="给定的总户数 {total} 未使用：{why_zh}；按已有户数 {counted} 计。",
    cure_en="Leave out --households-total; or leave out the counts, to have them estimated.",
    cure_zh="请去掉 --households-total；若要按总数估算，请去掉已有的户数数据。",
)
FINDING_KINDS = (
    HOUSEHOLDS_ESTIMATED,
    PERSONS_ESTIMATED,
    FLOORS_ASSUMED,
    ESTIMATE_UNPLACED,
    TOTAL_UNUSED,
)

KNOWN_SOURCES = {
    (94.5, "FIELD.md section 1, Shouguang"): (
        "published figures of Shouguang, 760,400 m2 in 8,044 households",
        "寿光公布数据，8,044 户共 760,400 平方米",
    ),
}
"""What the source of a preset's figure is called for a reader who has no FIELD.md."""


def tell_estimated(findings: Iterable[Finding]) -> bool:
    """Tell whether findings say that households or persons are estimates and not counts.

    Examples
    --------
    >>> tell_estimated([PERSONS_ESTIMATED.found(count=262, factor="2.62", source="a census")])
    True
    """
    codes = {HOUSEHOLDS_ESTIMATED.code, PERSONS_ESTIMATED.code}
    return any(finding.code in codes for finding in findings)


def estimate_households(sources: Sources, *, rules: Rules, total: int | None = None) -> Sources:
    """Estimate the households of buildings that have no count.

    Where the input has household points, or every building has its count, nothing is estimated and
    the sources come back as they are, with a finding when a ``total`` was given and not used.

    Parameters
    ----------
    sources
        As read (and repaired).
    rules
        For the floor area of a household, in m2, with its source.
    total
        Households of the whole input, when known; else the totals in the communities' column
        ``households``, when it is there, are kept exactly.

    Returns
    -------
    Sources
        With an int64 column ``households`` in the buildings, ``read_households`` set, and findings
        on what was estimated.

    Raises
    ------
    InvalidOption
        When ``total`` is negative, above `MAX_HOUSEHOLDS`, or below what is counted already.

    Notes
    -----
    Source: issue 2 point 3: footprint x floors / m2 a household; FIELD.md section 1, Shouguang
    [report]: 760,400 m2 in 8,044 households, 94.5 m2 a household. Footprints are measured in the
    metric CRS. Buildings whose ``use`` is ``other``, and footprints below `LEAST_HOME_M2`, hold
    none. A building counts for the community in which a point of its footprint lies.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from gridmap.model import Sources
    >>> from gridmap.rules import Rules
    >>> from gridmap.crs import metric_crs, storage_crs
    >>> homes = gpd.GeoDataFrame(
    ...     {"building_id": ["B1", "B2"], "floors": [6, 3]},
    ...     geometry=[box(113, 23, 113.0002, 23.0002), box(113.001, 23, 113.0012, 23.0002)],
    ...     crs=storage_crs(113, 23),
    ... )
    >>> read = Sources({"buildings": homes}, homes.crs, metric_crs(113, 23))
    >>> done = estimate_households(read, rules=Rules.preset("default"), total=90)
    >>> list(done.layers["buildings"]["households"]), done.read_households
    ([60, 30], 90)
    """
    if total is not None and not 0 <= total <= MAX_HOUSEHOLDS:
        raise InvalidOption(
            f"The total of households lies between 0 and {MAX_HOUSEHOLDS}, not {total}.",
            f"总户数应在 0 到 {MAX_HOUSEHOLDS} 之间，而不是 {total}。",
        )
    buildings = sources.layer("buildings")
    if "households" in sources.layers or buildings is None or not len(buildings):
        return _unused(sources, total)
    counted = _counted(buildings)
    missing = np.isnan(counted)
    if not missing.any():
        return _unused(sources, total)
    wish, findings = _expected(sources, buildings, missing, rules)
    owner = _communities_of(sources, buildings)
    estimate, scaled, said = _apportion(sources, wish, counted, owner, total)
    households = np.where(missing, estimate, np.nan_to_num(counted)).astype("int64")
    findings += said
    findings.append(_say_estimate(rules, missing, estimate, scaled))
    frame = _with_households(buildings, households)
    done = sources.with_layers(buildings=frame).with_findings(*findings)
    aside = 0 if sources.set_aside is None else int(sources.set_aside["households"].sum())
    return replace(done, read_households=int(households.sum()) + aside)


def _unused(sources: Sources, total: int | None) -> Sources:
    """Say that a total was given for nothing."""
    if total is None:
        return sources
    if "households" in sources.layers:
        why, why_zh = "the input lists its households", "输入数据已逐户给出"
    elif len(sources.layers.get("buildings", ())):
        why, why_zh = "every building has its count", "每栋楼都已有户数"
    else:
        why, why_zh = "there are no buildings to share it out to", "没有可分摊的楼栋"
    counted = sources.read_households
    return sources.with_findings(
        TOTAL_UNUSED.found(count=1, total=total, counted=counted, why=why, why_zh=why_zh)
    )


def share_total(total: int, weights: Floats) -> Ints:
    """Share a whole number out by weights, by largest remainders.

    Parameters
    ----------
    total
        What is shared, 0 or more.
    weights
        (n,) numbers of 0 or more; with none above 0, nothing is shared out.

    Returns
    -------
    ndarray
        (n,) whole numbers, in proportion to the weights to within 1, whose sum is ``total``
        exactly; at equal remainders the earlier one gets more.

    Notes
    -----
    Source: the method of Hamilton and Hare, as used to share out seats.

    Examples
    --------
    >>> share_total(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    weights = np.asarray(weights, dtype=float)
    whole = float(weights.sum())
    if whole <= 0 or total <= 0:
        return np.zeros(len(weights), dtype=np.int64)
    quota = total * (weights / whole)
    shares = np.floor(quota).astype(np.int64)
    rest = int(total - shares.sum())
    # rounding before the comparison keeps equal buildings equal on every machine
    remainder = np.round(quota - shares, 9)
    remainder[weights <= 0] = -1.0
    if rest > 0:
        shares[np.argsort(-remainder, kind="stable")[:rest]] += 1
    elif rest < 0:
        shares[np.argmax(shares)] += rest
    return shares


def _counted(buildings: gpd.GeoDataFrame) -> Floats:
    if "households" not in buildings:
        return np.full(len(buildings), np.nan)
    return np.asarray(buildings["households"].to_numpy(dtype=float, na_value=np.nan))


def _expected(
    sources: Sources, buildings: gpd.GeoDataFrame, missing: NDArray[np.bool_], rules: Rules
) -> tuple[Floats, list[Finding]]:
    """Return the households each uncounted building would hold by its floor area, unrounded."""
    placed = buildings.geometry.set_crs(sources.crs, allow_override=True)
    footprint = np.nan_to_num(placed.to_crs(sources.metric_crs).area.to_numpy(dtype=float))
    use = buildings["use"] if "use" in buildings else pd.Series([""] * len(buildings), dtype="str")
    homes = missing & (use != "other").to_numpy(dtype=bool) & (footprint >= LEAST_HOME_M2)
    floors, findings = _floors(buildings, homes)
    return np.where(homes, footprint * floors / rules.m2_per_household, 0.0), findings


def _floors(buildings: gpd.GeoDataFrame, homes: NDArray[np.bool_]) -> tuple[Floats, list[Finding]]:
    if "floors" in buildings:
        floors = buildings["floors"].to_numpy(dtype=float, na_value=np.nan)
    else:
        floors = np.full(len(buildings), np.nan)
    floors = np.where(floors > 0, floors, np.nan)
    unknown = np.isnan(floors) & homes
    if not unknown.any():
        return floors, []
    known = floors[homes & ~np.isnan(floors)]
    if len(known) >= KNOWN_SHARE * homes.sum():
        assumed = float(np.median(known))
        why, why_zh = "the median of the others", "其余楼栋的中位数"
    else:
        assumed = float(ASSUMED_FLOORS)
        why, why_zh = "gridmap's own default", "gridmap 的默认值"
    finding = FLOORS_ASSUMED.found(
        count=int(unknown.sum()),
        homes=int(homes.sum()),
        floors=f"{assumed:g}",
        why=why,
        why_zh=why_zh,
    )
    return np.where(np.isnan(floors), assumed, floors), [finding]


def _communities_of(sources: Sources, buildings: gpd.GeoDataFrame) -> Ints:
    """Return the row of the community that each building stands in, -1 for none."""
    owner = np.full(len(buildings), -1, dtype=np.int64)
    communities = sources.layers.get("communities")
    if communities is None or not len(communities):
        return owner
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    areas = communities.geometry.to_numpy()
    area, place = shapely.STRtree(points).query(areas, predicate="intersects")
    order = np.argsort(-area, kind="stable")
    owner[place[order]] = area[order]
    return owner


def _apportion(
    sources: Sources, wish: Floats, counted: Floats, owner: Ints, total: int | None
) -> tuple[Ints, str, list[Finding]]:
    """Share households out: first to communities, then to the buildings inside each."""
    known = np.nan_to_num(counted)
    groups = np.unique(owner)
    wished = np.array([wish[owner == group].sum() for group in groups])
    given = _given_totals(sources, groups)
    counted_there = np.array([known[owner == group].sum() for group in groups])
    target = np.where(np.isnan(given), wished, np.maximum(given - counted_there, 0.0))
    scaled = "communities" if np.isfinite(given).any() else ""
    findings: list[Finding] = []
    empty = (target > 0) & (wished <= 0)
    if total is not None:
        rest = _rest_of(total, int(known.sum()))
        target, scaled = share_total(rest, np.where(wished > 0, target, 0.0)), "total"
        if rest > 0 and not (wished > 0).any():
            findings.append(ESTIMATE_UNPLACED.found(count=rest))
    elif empty.any() or _unheld(sources, groups):
        findings += _say_unplaced(sources, groups, target, empty)
    whole = share_total(round(float(target[wished > 0].sum())), np.where(wished > 0, target, 0.0))
    estimate = np.zeros(len(wish), dtype=np.int64)
    for group, amount in zip(groups, whole, strict=True):
        inside = np.flatnonzero(owner == group)
        estimate[inside] = share_total(int(amount), wish[inside])
    return estimate, scaled, findings


def _rest_of(total: int, counted: int) -> int:
    if total < counted:
        raise InvalidOption(
            f"The total of {total} households is below the {counted} that are counted.",
            f"总户数 {total} 小于已统计的 {counted} 户。",
            cure_en="give a larger total, or leave it out",
            cure_zh="请给出更大的总数，或不指定总数",
        )
    return total - counted


def _given_totals(sources: Sources, groups: Ints) -> Floats:
    """Return the total of each community as given, NaN where it is not."""
    communities = sources.layers.get("communities")
    given = np.full(len(groups), np.nan)
    if communities is not None and "households" in communities:
        totals = communities["households"].to_numpy(dtype=float, na_value=np.nan)
        inside = groups >= 0
        given[inside] = totals[groups[inside]]
    return given


def _unheld(sources: Sources, groups: Ints) -> dict[str, int]:
    """Return the totals of communities in which no building stands at all."""
    communities = sources.layers.get("communities")
    if communities is None or "households" not in communities:
        return {}
    held = set(groups.tolist())
    rows = zip(communities["community_id"], communities["households"], strict=True)
    return {
        str(name): int(total)
        for row, (name, total) in enumerate(rows)
        if row not in held and total == total and total > 0  # noqa: PLR0124 - NaN is not itself
    }


def _say_unplaced(
    sources: Sources, groups: Ints, target: Floats, empty: NDArray[np.bool_]
) -> list[Finding]:
    lost = _unheld(sources, groups)
    names = sources.layers["communities"]["community_id"]
    for group, amount in zip(groups[empty], target[empty], strict=True):
        lost[str(names.iloc[int(group)])] = round(float(amount))
    return [ESTIMATE_UNPLACED.found(sorted(lost), count=sum(lost.values()))]


def _say_estimate(rules: Rules, missing: NDArray[np.bool_], estimate: Ints, scaled: str) -> Finding:
    words = {
        "": ("", ""),
        "total": (", scaled to the total given", "，并按给定总数缩放"),
        "communities": (", scaled to the communities' totals", "，并按各社区总户数缩放"),
    }[scaled]
    source, source_zh = readable_source(rules)
    return HOUSEHOLDS_ESTIMATED.found(
        count=int((missing & (estimate > 0)).sum()),
        total=int(estimate[missing].sum()),
        m2=f"{rules.m2_per_household:g}",
        source=source,
        source_zh=source_zh,
        scaled=words[0],
        scaled_zh=words[1],
    )


def readable_source(rules: Rules) -> tuple[str, str]:
    """Return where the floor area of a household comes from, in both languages.

    Examples
    --------
    >>> from gridmap.rules import Rules
    >>> readable_source(Rules.preset("default"))[1]
    '寿光公布数据，8,044 户共 760,400 平方米'
    """
    text = rules.m2_per_household_source
    for (figure, start), words in KNOWN_SOURCES.items():
        if text.startswith(start):
            changed = rules.m2_per_household != figure
            return ("the rules given", "所给规则") if changed else words
    return text, text


def _with_households(buildings: gpd.GeoDataFrame, households: Ints) -> gpd.GeoDataFrame:
    """Return the buildings with the column in its canonical place."""
    frame = buildings.assign(households=pd.Series(households, index=buildings.index))
    known = [column.name for column in ROLES["buildings"].columns if column.name in frame]
    others: list[Any] = [name for name in frame.columns if name not in known]
    return frame[[*known, *others]]
