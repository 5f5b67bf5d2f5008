"""What the units of a plan are weighed by: households or workload points, and residents.

Planner and judge share it, so that both count alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridmap.errors import InvalidOption
from gridmap.findings import Finding, FindingKind

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.rules import Rules

VILLAGE_KINDS = ("compound", "village")

WORKLOAD_COMPUTED = FindingKind(
    "workload_computed",
    "info",
    en="The input gives no workload; that of {count} unit(s) was computed from the rules: "
    "{formula}.",
    zh="数据中没有工作量，已按规则推算 {count} 个单元的工作量：{formula}。",
    cure_en="Check the figures in [workload] of the rules, or give a column workload (工作量).",
    cure_zh="请核对规则 [workload] 中的系数，或在数据中提供“工作量”列。",
)
FINDING_KINDS = (WORKLOAD_COMPUTED,)


class Weights(NamedTuple):
    """What units are weighed by.

    Attributes
    ----------
    counted
        What the bands count, by unit: households or workload points, shape (n,).
    loads, load_bands
        Further weights by unit, shape (n, q), and the least and most of each, shape (q, 2).
    names
        The column that each load was taken from.
    findings
        What there is to say of it.
    """

    counted: NDArray[np.int64]
    loads: NDArray[np.int64]
    load_bands: NDArray[np.int64]
    names: tuple[str, ...]
    findings: tuple[Finding, ...]


def weigh_plainly(households: NDArray[np.int64]) -> Weights:
    """Return units weighed by their households alone.

    Examples
    --------
    >>> weigh_plainly(np.array([30, 40])).loads.shape
    (2, 0)
    """
    none = np.zeros((len(households), 0), np.int64)
    return Weights(households, none, np.zeros((0, 2), np.int64), (), ())


def weigh_units(frame: pd.DataFrame, rules: Rules) -> Weights:
    r"""Return what the units are weighed by under some rules.

    Parameters
    ----------
    frame
        The units: ``households``, and what the rules need of ``residents``, ``workload``,
        ``kind``, ``age_class``, ``area_m2``.
    rules
        ``weight``, ``workload`` and ``most_residents`` are read.

    Returns
    -------
    Weights
        By row of the frame.

    Raises
    ------
    InvalidOption
        When the rules need a column that the input does not have: nothing is guessed.

    Notes
    -----
    Source: FIELD.md section 1, Weidu [report]: equal workload; section 2: often also at most
    2,000-2,500 actual residents [unverified].

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.rules import Rules
    >>> rules = Rules.from_toml('preset = "default"\nmost_residents = 2500\n'
    ...                         'most_residents_source = "notice"\n')
    >>> frame = pd.DataFrame({"households": [300, 200], "residents": [700, 650]})
    >>> weights = weigh_units(frame, rules)
    >>> weights.counted.tolist(), weights.loads.tolist(), weights.load_bands.tolist()
    ([300, 200], [[700], [650]], [[0, 2500]])
    """
    said: tuple[Finding, ...] = ()
    counted = frame["households"].to_numpy(np.int64)
    if rules.weight == "workload":
        counted, said = _count_workload(frame, rules)
    if rules.most_residents == 0:
        return weigh_plainly(counted)._replace(findings=said)
    residents = _take(frame, "residents", "most_residents")
    limits = np.array([[0, rules.most_residents]], np.int64)
    return Weights(counted, residents[:, None], limits, ("residents",), said)


def _take(frame: pd.DataFrame, column: str, asked: str) -> NDArray[np.int64]:
    """Return a column that the rules ask for; refuse to go on without it."""
    if column in frame:
        values: NDArray[np.int64] = frame[column].to_numpy(np.int64)
        return values
    zh = {"residents": "常住人口", "workload": "工作量"}[column]
    raise InvalidOption(
        f"The rules ask for {asked}, but the input has no column {column}.",
        f"规则中使用了 {asked}，但数据中没有“{zh}”列。",
        cure_en=f"give households or buildings a column {column} ({zh}), or leave {asked} out of "
        "the rules",
        cure_zh=f"请在住户或楼栋数据中提供“{zh}”列，或从规则中去掉 {asked}",
    )


def _count_workload(
    frame: pd.DataFrame, rules: Rules
) -> tuple[NDArray[np.int64], tuple[Finding, ...]]:
    """Return the workload points of the units: the input's, else those of the rules' formula."""
    rule = rules.workload
    if "workload" in frame or not rule.is_given:
        return _take(frame, "workload", 'weight = "workload"'), ()
    homes = frame["households"].to_numpy(np.float64)
    old, compound = frame["age_class"] == "old", frame["kind"].isin(VILLAGE_KINDS)
    terms: dict[str, Any] = {
        "household": homes,
        "resident": 0.0,
        "old_household": homes * old.to_numpy(np.float64),
        "compound": compound.to_numpy(np.float64),
        "square_km": frame["area_m2"].to_numpy(np.float64) / 1e6,
    }
    if rule.resident:
        terms["resident"] = _take(frame, "residents", "resident").astype(np.float64)
    points = sum(getattr(rule, name) * value for name, value in terms.items())
    formula = " + ".join(
        f"{getattr(rule, name):g} x {name}" for name in terms if getattr(rule, name)
    )
    whole = np.floor(np.asarray(points, np.float64) + 0.5).astype(np.int64)
    return whole, (WORKLOAD_COMPUTED.found(count=len(frame), formula=formula),)
