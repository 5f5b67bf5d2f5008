"""Counts of households that can't be right, and what is left of them as whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.checks.inspecting import Wording, counting_role, describe
from gridmap.findings import FindingKind

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.checks.inspecting import Inspection
    from gridmap.model import Sources

MAX_HOUSEHOLDS = 10_000
"""Households of one row; gridmap's own default, far above the largest building known to it
(FIELD.md section 2: buildings above 500 households are 0.2 % - 2.5 %)."""
MIN_FLOOR_AREA_M2 = 15.0
"""Floor area a household below which a count is doubted; gridmap's own default (FIELD.md section 1,
Shouguang [report]: 94.5 m2 on average)."""
LEAST_DOUBTED = 20
"""Buildings with fewer households are not doubted: small houses are drawn coarsely."""

NOT_A_NUMBER = FindingKind(
    "household_count_unreadable",
    "error",
    en="{count} rows of {role:en} have a number of households that is not a number{listed:en}.",
    zh="{role:zh}中有 {count} 行的户数不是数字{listed:zh}。",
    cure_en="Write plain numbers in the column 'households' (户数), or leave the cell empty.",
    cure_zh="请在“户数”列填写纯数字，或留空。",
)
NEGATIVE = FindingKind(
    "household_count_negative",
    "error",
    en="{count} rows of {role:en} have a negative number of households{listed:en}.",
    zh="{role:zh}中有 {count} 行的户数为负数{listed:zh}。",
    cure_en="Correct these counts in the source file.",
    cure_zh="请在源文件中更正这些户数。",
)
ABSURD = FindingKind(
    "household_count_absurd",
    "error",
    en="{count} rows of {role:en} have more than {limit} households each{listed:en}.",
    zh="{role:zh}中有 {count} 行的户数超过 {limit}{listed:zh}。",
    cure_en="Correct these counts; a compound's total belongs to its buildings, share by share.",
    cure_zh="请更正这些户数；小区总户数应分摊到各楼栋。",
)
FRACTIONAL = FindingKind(
    "household_count_fractional",
    "warning",
    en="{count} rows of {role:en} have a fraction of a household; rounded to the nearest whole "
    "number, halves up{listed:en}.",
    zh="{role:zh}中有 {count} 行的户数带小数，已四舍五入取整{listed:zh}。",
    cure_en="Give whole numbers, or leave the column out to have the counts estimated.",
    cure_zh="请填写整数，或去掉该列以便估算。",
)
CROWDED = FindingKind(
    "household_count_crowded",
    "warning",
    en="{count} buildings have less than {limit:.0f} m2 of floor area a household: {details:en}.",
    zh="{count} 栋楼的户均建筑面积不足 {limit:.0f} 平方米：{details:zh}。",
    cure_en="Check the households, floors and outline of these buildings.",
    cure_zh="请核对这些楼栋的户数、层数和轮廓。",
)
MISSING = FindingKind(
    "household_count_missing",
    "warning",
    en="{count} buildings give no number of households, though others do{listed:en}; theirs "
    "are estimated from floor area.",
    zh="{count} 栋楼未填户数，而其他楼栋已填{listed:zh}；其户数将按建筑面积估算。",
    cure_en="Fill in the households of these buildings; write 0 where nobody lives.",
    cure_zh="请补填这些楼栋的户数；无人居住的请填 0。",
)
FINDING_KINDS = (NOT_A_NUMBER, NEGATIVE, ABSURD, FRACTIONAL, CROWDED, MISSING)


def count_households(sources: Sources) -> int:
    """Count the households of sources as a plan counts them, those set aside before included.

    Parameters
    ----------
    sources
        As read, or as repaired.

    Returns
    -------
    int
        The households of the points (1 for a row without a number); where there are no points,
        those of the buildings; plus the households of ``sources.set_aside``.

    Notes
    -----
    Source: DESIGN.md section 3, roles: ``households`` of a point is 1 by default. A count that is
    negative or not a number counts for nothing here and is an error of `check_sources`.
    """
    role = counting_role(dict(sources.layers))
    aside = 0 if sources.set_aside is None else int(sources.set_aside["households"].sum())
    if not role:
        return aside
    return aside + int(_whole(sources.layers[role], role).sum())


def inspect_counts(table: Inspection) -> None:
    """Find counts that can't be right, and turn the counting column into whole numbers."""
    for role in ("households", "buildings"):
        frame = table.frame(role)
        if frame is None or "households" not in frame.columns:
            continue
        values = _numbers(frame)
        given = np.asarray(frame["households"].notna())
        with np.errstate(invalid="ignore"):
            broken = given & ~np.isfinite(values)
            rest = np.where(np.isfinite(values), values, 0.0)
        table.say_rows(NOT_A_NUMBER, role, broken)
        table.say_rows(NEGATIVE, role, rest < 0)
        table.say_rows(ABSURD, role, rest > MAX_HOUSEHOLDS, limit=MAX_HOUSEHOLDS)
        table.say_rows(FRACTIONAL, role, (rest > 0) & (rest != np.floor(rest)))
    counting = table.frame(table.counting) if table.counting else None
    if counting is not None and table.counting == "buildings":
        absent = np.asarray(counting["households"].isna())
        table.uncounted = counting.index[absent]
        table.say_rows(MISSING, "buildings", absent)
    if counting is not None:
        whole = _whole(counting, table.counting)
        table.layers[table.counting] = counting.assign(households=whole)


def restore_uncounted(table: Inspection) -> None:
    """Mark the counts that the input did not give as absent again, for the estimate to fill."""
    frame = table.frame("buildings")
    if frame is None or not len(table.uncounted):
        return
    absent = np.asarray(frame.index.isin(table.uncounted))
    counts = np.where(absent, np.nan, frame["households"].to_numpy(dtype=np.float64))
    table.layers["buildings"] = frame.assign(households=counts)


def inspect_crowding(table: Inspection) -> None:
    """Find buildings that are too small for their households."""
    frame = table.frame("buildings")
    if frame is None or "households" not in frame.columns:
        return
    households = np.nan_to_num(_numbers(frame), posinf=0.0, neginf=0.0)
    floors = np.full(len(frame), np.nan)
    if "floors" in frame.columns:
        floors = pd.to_numeric(frame["floors"], errors="coerce").to_numpy(dtype=float)
    known = np.flatnonzero((households >= LEAST_DOUBTED) & (floors >= 1))
    if not len(known):
        return
    area = shapely.area(table.measure(table.geometry("buildings")[known])) * floors[known]
    few = area < MIN_FLOOR_AREA_M2 * households[known]
    rows = np.zeros(len(frame), dtype=bool)
    rows[known[few]] = True
    details = [
        Wording(f"{name} ({n:.0f} in {m2:.0f} m2)", f"{name}（{m2:.0f} 平方米 {n:.0f} 户）")
        for name, n, m2 in zip(
            table.ids("buildings", rows), households[known[few]], area[few], strict=True
        )
    ]
    table.say_rows(CROWDED, "buildings", rows, limit=MIN_FLOOR_AREA_M2, details=describe(details))


def given_counts(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the households that a layer gives for its rows (n,), NaN where it gives none."""
    values = _numbers(frame)
    return np.where(np.isfinite(values), np.floor(values + 0.5), np.nan)


def _numbers(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the column ``households`` as floats (n,), NaN for what is no number."""
    numbers: NDArray[np.float64] = pd.to_numeric(frame["households"], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return numbers


def _whole(frame: gpd.GeoDataFrame, role: str) -> NDArray[np.int64]:
    """Return the households of each row (n,) as whole numbers, never negative."""
    if "households" not in frame.columns:
        return np.ones(len(frame), dtype=np.int64)
    values = _numbers(frame)
    absent = np.asarray(frame["households"].isna())
    if role == "households":
        values = np.where(absent, 1.0, values)
    finite = np.isfinite(values)
    limited = np.clip(np.where(finite, values, 0.0), 0.0, 1e9)
    return np.floor(limited + 0.5).astype(np.int64)
