"""The map of another level: micro-grids, link units, or communities counted in persons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.errors import InvalidOption
from gridmap.level_words import choose_words, reword_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.model import Plan

LEVELS = ("micro_grid", "link_unit")
OWN_NAMES = ("micro_grids", "micro_value", "legend_community", "legend_township")
"""Words of the page about the level below, and of borders above, whatever level it shows."""


def show_level(plan: Plan, level: str) -> Plan:
    """Return a plan whose map is that of its micro-grids or link units.

    Zones that are floors over one another are shown as one, with the sum of their households.
    Grids that have no zones, because nobody lives there, are shown as they are.

    Parameters
    ----------
    plan
        From `gridmap.subdivide_plan`.
    level
        ``micro_grid`` or ``link_unit``; with the plan's own level it is returned as it is.

    Returns
    -------
    Plan
        Only to be drawn: its assignment still says the grid of each unit.

    Raises
    ------
    InvalidOption
        When the plan does not have the level.

    Examples
    --------
    >>> import gridmap
    >>> from gridmap.testing import draw_territory
    >>> rules = gridmap.Rules.preset()
    >>> plan = gridmap.make_plan(draw_territory("abcdef", households=70), rules=rules)
    >>> len(show_level(gridmap.subdivide_plan(plan), "micro_grid").grids)
    6
    """
    own = choose_words(plan.about).level
    if level == own:
        return plan
    frames = {"micro_grid": plan.micro_grids, "link_unit": plan.link_units}
    if level not in frames:
        known = ", ".join(("grid", *LEVELS, "community"))
        held = ", ".join((own, *(name for name, below in frames.items() if below is not None)))
        raise InvalidOption(
            f"The levels are {known}; this plan holds {held}, not {str(level)[:20]!r}.",
            f"层级有 {known}；本方案有 {held}，没有“{str(level)[:20]}”。",
            cure_en=f"--level {own}, or leave it out",
            cure_zh=f"--level {own}，或不填",
        )
    frame = frames[level]
    if frame is None:
        raise InvalidOption(
            f"The plan has no level {level!r}.",
            f"方案中没有“{level}”这一层级。",
            cure_en="gridmap plan plan.gpkg -o below.gpkg --micro-grids --link-units",
            cure_zh="gridmap plan plan.gpkg -o below.gpkg --micro-grids --link-units",
        )
    land = [shape.wkb for shape in frame.geometry]
    stack = pd.factorize(pd.Index(land))[0]
    first = ~pd.Series(stack).duplicated().to_numpy()
    totals = np.bincount(stack, weights=frame["households"])[stack]
    count = np.bincount(stack)[stack]
    bounds = {name: frame[name].to_numpy(np.int64) * count for name in ("lower", "upper")}
    grids = frame.assign(
        households=totals.astype(np.int64),
        area_type=plan.grids["area_type"].reindex(frame["grid_id"]).to_numpy(object),
        kind="general",
        site_id="",
        category="",
        host_id="",
        **bounds,
    )[first]
    bare = plan.grids[~plan.grids.index.isin(frame["grid_id"])]
    columns = list(plan.grids.columns)
    whole = pd.concat([grids[columns], bare[columns]]).sort_values("code", kind="stable")
    whole.index.name = plan.grids.index.name
    about = {**plan.about, "level": level}
    return replace(plan, grids=whole, about=about, micro_grids=None, link_units=None)


def reword_page(
    words: Mapping[str, Mapping[str, str]], about: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return the words of the page for the level that a plan shows and what it counts.

    Examples
    --------
    >>> words = {"zh": {"total_grids": "网格总数"}, "en": {"total_grids": "grids"}}
    >>> reword_page(words, {"level": "micro_grid"})
    {'zh': {'total_grids': '微网格总数'}, 'en': {'total_grids': 'micro-grids'}}
    """
    level = choose_words(about)
    return {
        language: {
            key: text if key in OWN_NAMES else reword_text(text, level, language=language)
            for key, text in words[language].items()
        }
        for language in ("zh", "en")
    }
