"""Themes: one property of the grids at a time in the place of the tints of communities.

A theme is classes with a colour each, and the class of every grid. Whatever can be said of a grid
as a number (staffing, reach, a survey's answer) becomes one with `make_theme`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridmap.errors import InvalidOption
from gridmap.maps.few import FEW
from gridmap.maps.wording import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.model import Plan

SEQUENCE = ("#f6fbe3", "#b2dba6", "#7cc3b5", "#3f9bb8", "#1f5f96")
"""From little to much: lightness falls, so that grey copies and colour-blind readers see it."""
DIVERGING = ("#4f86c0", "#b9d3ea", "#f3f1ea", "#f6cfa8", "#d4703f")
"""From below to above: blue, pale, orange."""


class ThemeClass(NamedTuple):
    """A class of a theme: its name in both languages and its colour."""

    zh: str
    en: str
    colour: str


@dataclass(frozen=True)
class Theme:
    """A property of the grids, in classes.

    Attributes
    ----------
    key
        A short word, unique on a map: it stands in the page's address.
    zh, en
        Its name.
    classes
        In the order of the legend.
    members
        (grids,) position in ``classes``, or -1 where nothing is known.
    """

    key: str
    zh: str
    en: str
    classes: tuple[ThemeClass, ...]
    members: tuple[int, ...]


def make_theme(
    plan: Plan,
    values: pd.Series[float],
    *,
    key: str,
    zh: str,
    en: str,
    breaks: Sequence[float],
    share: bool = False,
) -> Theme:
    """Make a theme of numbers.

    Parameters
    ----------
    plan
        Whose grids are shown.
    values
        A number for each ``grid_id``; grids that are missing, and missing numbers, have no class.
    key, zh, en
        See `Theme`.
    breaks
        One to four rising numbers between the classes; a value at a break is in the higher class.
    share
        Whether values are shares of 1, shown as percentages.

    Raises
    ------
    InvalidOption
        When the breaks are not one to four rising finite numbers, or the key is no short word.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> values = pd.Series([2.0, 9.0], index=plan.grids.index)
    >>> theme = make_theme(plan, values, key="staff", zh="人员", en="staff", breaks=[3, 5])
    >>> [one.en for one in theme.classes], theme.members
    (['below 3', '3 to 5', '5 and more'], (0, 2))
    """
    limits = np.asarray(breaks, dtype=np.float64)
    rising = 1 <= len(limits) < len(SEQUENCE) and np.isfinite(limits).all()
    if not rising or not (np.diff(limits) > 0).all():
        raise InvalidOption(
            f"A theme needs one to {len(SEQUENCE) - 1} rising breaks, not {list(breaks)[:9]}.",
            f"专题需要 1 至 {len(SEQUENCE) - 1} 个递增的分级界限，不能是 {list(breaks)[:9]}。",
        )
    if not (key.isidentifier() and key.isascii() and len(key) <= 20):
        raise InvalidOption(
            "The key of a theme is a short word of letters.", "专题的 key 须为简短的英文单词。"
        )
    known = pd.to_numeric(values.reindex(plan.grids.index), errors="coerce").to_numpy(np.float64)
    place = np.where(np.isfinite(known), np.searchsorted(limits, known, side="right"), -1)
    picked = np.linspace(0, len(SEQUENCE) - 1, len(limits) + 1).round().astype(int)
    words = [f"{limit:.0%}" if share else f"{limit:g}" for limit in limits]
    names = [(f"{words[0]}以下", f"below {words[0]}")]
    names += [(f"{low}–{high}", f"{low} to {high}") for low, high in pairwise(words)]
    names.append((f"{words[-1]}及以上", f"{words[-1]} and more"))
    classes = tuple(
        ThemeClass(*name, SEQUENCE[colour]) for name, colour in zip(names, picked, strict=True)
    )
    return Theme(key, clean_text(zh), clean_text(en), classes, tuple(place.tolist()))


def list_themes(plan: Plan) -> tuple[Theme, ...]:
    """Return the themes that a plan holds by itself: band, clarity, and workload where known.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> [theme.key for theme in list_themes(plan)]
    ['band', 'clarity']
    """
    themes = [_theme_of_band(plan), _theme_of_clarity(plan)]
    if "workload" in plan.grids and len(plan.grids):
        themes.append(_theme_of_workload(plan))
    return tuple(themes)


def _theme_of_band(plan: Plan) -> Theme:
    """Return where in its band each grid lies: thirds of the band, below and above."""
    grids = plan.grids
    weight = _weight_of(plan)
    lower, upper = grids["lower"].to_numpy(np.float64), grids["upper"].to_numpy(np.float64)
    third = (upper - lower) / 3
    place = np.select(
        [weight < lower, weight > upper, weight < lower + third, weight > upper - third],
        [0, 4, 1, 3],
        2,
    )
    banded = grids["kind"].eq("general").to_numpy(bool) & (weight > 0)
    names = (
        ("低于下限 ▼", "below the band ▼"),
        ("区间内偏低", "in band, low"),
        ("区间内居中", "in band, middle"),
        ("区间内偏高", "in band, high"),
        ("高于上限 ▲", "above the band ▲"),
    )
    classes = tuple(ThemeClass(*name, DIVERGING[k]) for k, name in enumerate(names))
    members = tuple(np.where(banded, place, -1).tolist())
    return Theme("band", "与户数区间相比", "against the band", classes, members)


def _weight_of(plan: Plan) -> NDArray[np.float64]:
    """Return what the band is about: households, or workload where the rules say so."""
    by_load = plan.rules.weight == "workload" and "workload" in plan.grids
    column = "workload" if by_load else "households"
    return np.asarray(plan.grids[column].to_numpy(np.float64))


def _theme_of_clarity(plan: Plan) -> Theme:
    """Return the share of each grid's borders with others that runs on a line people know."""
    borders = plan.territory.borders
    first = borders["unit_a"].map(plan.assignment)
    second = borders["unit_b"].map(plan.assignment)
    between = first.ne(second).to_numpy()
    sides = pd.concat([first[between], second[between]])
    twice = pd.concat([borders[between], borders[between]])
    sums = twice[["clear_m", "length_m"]].groupby(sides.to_numpy()).sum()
    share = sums["clear_m"] / sums["length_m"].where(sums["length_m"] > 0)
    return make_theme(
        plan,
        share,
        key="clarity",
        zh="界线清晰度",
        en="clarity of borders",
        breaks=(0.5, 0.7, 0.9),
        share=True,
    )


def _theme_of_workload(plan: Plan) -> Theme:
    """Return the workload of each grid in classes of equal width, of two figures."""
    values = plan.grids["workload"].astype(float)
    values = values.where(plan.grids["households"].ge(FEW) | plan.grids["households"].eq(0))
    low, high = float(values.min()), float(values.max())
    step = max((high - low) / 4, 1.0)
    digits = 1 - int(np.floor(np.log10(max(abs(high), 1.0))))
    breaks = sorted({round(low + step * k, digits) for k in (1, 2, 3)})
    return make_theme(plan, values, key="workload", zh="工作量", en="workload", breaks=breaks)


def pack_themes(themes: Sequence[Theme]) -> list[dict[str, object]]:
    """Return themes as the page reads them: a digit a grid, 9 for no class.

    Raises
    ------
    InvalidOption
        When two have one key.
    """
    keys = [theme.key for theme in themes]
    if len(set(keys)) < len(keys):
        raise InvalidOption("Two themes have the same key.", "两个专题的 key 相同。")
    return [
        {
            "key": theme.key,
            "name": {"zh": theme.zh, "en": theme.en},
            "classes": [one._asdict() for one in theme.classes],
            "members": "".join(str(place) if place >= 0 else "9" for place in theme.members),
        }
        for theme in themes
    ]
