"""Residents that are counted by community only, shared to its units (社区常住人口分摊)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.findings import FindingKind
from gridmap.units.arrays import take_counts, take_texts

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.model import Sources
    from gridmap.units.arrays import Floats, Ints, Texts

RESIDENTS_SHARED = FindingKind(
    "community_residents_shared",
    "info",
    en="Residents are known by community only: the {people} of {count} communities were shared to "
    "their units by households ({factor} a household on average), where there are none by area.",
    zh="常住人口仅有社区合计：{count} 个社区共 {people} 人已按户数（平均每户 {factor} 人）"
    "分摊到单元，无住户的按面积分摊。",
    cure_en="Give the residents of households or buildings, where they are counted.",
    cure_zh="如有分楼栋或分户的常住人口，请在楼栋或住户数据中提供。",
)
RESIDENTS_MISSING = FindingKind(
    "community_residents_missing",
    "warning",
    en="{count} communities give no residents, though others do: {places}. Theirs are estimated, "
    "{people} in all, {factor} a household as in the others.",
    zh="{count} 个社区未填常住人口，而其他社区已填：{places}。"
    "现按其他社区平均每户 {factor} 人估算，共 {people} 人。",
    cure_en="Fill in the column residents (常住人口) of these communities; 0 where nobody lives.",
    cure_zh="请补填这些社区的常住人口；无人居住的请填 0。",
)
RESIDENTS_PASSED_OVER = FindingKind(
    "community_residents_passed_over",
    "warning",
    en="Residents are given by {by} and by community. Those of {by} are used, {people} in all; "
    "{count} communities state another number: {places} ({stated} in all).",
    zh="{by_zh}和社区均填有常住人口，以{by_zh}为准，共 {people} 人；"
    "有 {count} 个社区所填与之不符：{places}（合计 {stated} 人）。",
    cure_en="Leave out one of the two columns, or correct it.",
    cure_zh="请去掉其中一列，或更正数字。",
)
RESIDENTS_LOST = FindingKind(
    "community_residents_lost",
    "warning",
    en="{count} communities have no land left; their {people} residents are counted nowhere: "
    "{places}.",
    zh="{count} 个社区没有剩余用地，其 {people} 名常住人口未计入：{places}。",
    cure_en="Correct the outlines of these communities.",
    cure_zh="请更正这些社区的边界。",
)
FINDING_KINDS = (RESIDENTS_SHARED, RESIDENTS_MISSING, RESIDENTS_PASSED_OVER, RESIDENTS_LOST)


def share_residents(
    owner: Texts, households: Ints, area: Floats, sources: Sources, known: Ints | None
) -> tuple[Ints | None, list[Finding]]:
    """Share the residents that communities state out to their units.

    Parameters
    ----------
    owner, households, area
        Community, households and m2 of each unit, shape (n,).
    sources
        Layer ``communities``, perhaps with a column ``residents``.
    known
        Residents of each unit by the rows of households or buildings, shape (n,): they win. None
        where these have no such column.

    Returns
    -------
    array or None, list of Finding
        (n,) residents, which add up to each community's number; None where nobody counted. A
        community without a number, while others have one, has the others' residents a household.

    Notes
    -----
    Source: FIELD.md section 1, Dadukou [report]: communities are known by their people.

    Examples
    --------
    >>> import geopandas as gpd, pyproj
    >>> from gridmap.model import Sources
    >>> layer = gpd.GeoDataFrame({"community_id": ["C1"], "residents": [10]}, geometry=[None])
    >>> sources = Sources({"communities": layer}, pyproj.CRS(4490), pyproj.CRS(4547))
    >>> people, said = share_residents(np.array(["C1", "C1", "C1"], object), np.array([1, 2, 0]),
    ...                                np.ones(3), sources, None)
    >>> people.tolist(), [finding.code for finding in said]
    ([3, 7, 0], ['community_residents_shared'])
    """
    layer = sources.layers["communities"]
    if "residents" not in layer:
        return known, []
    rows = pd.DataFrame(
        {
            "name": take_texts(layer, "community_id"),
            "people": take_counts(layer, "residents", 0),
            "given": pd.to_numeric(layer["residents"], errors="coerce").notna().to_numpy(bool),
        }
    )
    stated = rows[rows["given"]].groupby("name")["people"].sum()
    if known is not None:
        return known, _compare(owner, known, stated, by_rows=_counts_rows(sources))
    if not stated.sum():
        return None, []
    return _share(owner, households, area, stated)


def _counts_rows(sources: Sources) -> bool:
    homes = sources.layers.get("households")
    return homes is not None and "residents" in homes


def _compare(owner: Texts, known: Ints, stated: pd.Series[int], *, by_rows: bool) -> list[Finding]:
    """Say which communities state another number than their rows add up to."""
    summed = pd.Series(known).groupby(owner).sum().reindex(stated.index, fill_value=0)
    differ = stated[stated != summed]
    if not len(differ):
        return []
    by, zh = ("households", "住户") if by_rows else ("buildings", "楼栋")
    people, whole = int(known.sum()), int(stated.sum())
    return [RESIDENTS_PASSED_OVER.found(differ.index, by=by, by_zh=zh, people=people, stated=whole)]


def _share(
    owner: Texts, households: Ints, area: Floats, stated: pd.Series[int]
) -> tuple[Ints, list[Finding]]:
    homes = pd.Series(households).groupby(owner).sum()
    lived = stated.reindex(homes.index).where(homes > 0).dropna()
    mean = float(lived.sum()) / max(1.0, float(homes[lived.index].sum()))
    factor = f"{mean:.2f}"
    missing = homes.index.difference(stated.index)
    guessed = np.floor(homes[missing] * mean + 0.5).astype(np.int64)
    total = pd.concat([stated.astype(np.int64), guessed])
    people = np.zeros(len(owner), np.int64)
    for name, rows in pd.Series(np.arange(len(owner))).groupby(owner):
        here = rows.to_numpy()
        square_m = np.floor(np.maximum(area[here], 0) + 1).astype(np.int64)
        weight = households[here] if households[here].any() else square_m
        people[here] = _split(int(total[name]), weight)
    there = stated[stated.index.isin(homes.index)]
    said = [RESIDENTS_SHARED.found(there.index, people=int(there.sum()), factor=factor)]
    if len(missing):
        many = int(guessed.sum())
        said.append(RESIDENTS_MISSING.found(missing, people=many, factor=factor))
    lost = stated[~stated.index.isin(homes.index) & (stated > 0)]
    if len(lost):
        said.append(RESIDENTS_LOST.found(lost.index, people=int(lost.sum())))
    return people, said


def _split(total: int, weight: Ints) -> Ints:
    """Split a number by weights into whole numbers that add up to it."""
    upto = np.cumsum(weight)
    cut = total * upto // upto[-1]
    split: Ints = np.diff(cut, prepend=0).astype(np.int64)
    return split
