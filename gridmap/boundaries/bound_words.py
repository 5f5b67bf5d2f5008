"""The four bounds of grids in words, in Chinese and English, as tables and cards print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridmap.boundaries.four_bounds import SIDES, find_four_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.boundaries.four_bounds import Bounds
    from gridmap.model import Plan

NAMELESS = {
    "road": ("无名道路", "road without a name"),
    "river": ("河道", "river"),
    "railway": ("铁路", "railway"),
    "wall": ("围墙", "wall"),
    "compound": ("小区", "compound"),
    "grid": ("相邻网格", "next grid"),
    "edge": ("规划范围边界", "edge of the plan"),
}
JOINT = {"zh": "、", "en": ", "}


def word_four_bounds(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return what bounds each grid of a plan on its four sides, in words.

    Parameters
    ----------
    plan
        Any plan; without landmarks (no roads, barriers or compounds in its input) only the next
        grids and the edge are named.

    Returns
    -------
    dict
        ``zh`` and ``en``: a frame indexed as ``plan.grids`` with a text for each of `SIDES`
        (东至、南至、西至、北至); ``""`` where a grid has no land.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AABB", households=200), rules=Rules.preset())
    >>> bounds = word_four_bounds(plan)
    >>> bounds["zh"]["west"].iloc[0], bounds["en"]["north"].iloc[0]
    ('规划范围边界', 'edge of the plan')
    """
    units = plan.territory.units
    found = find_four_bounds(plan.grids, units.landmarks, metric_crs=units.metric_crs)
    names = dict(zip(plan.grids.index.astype(str), plan.grids["name"].astype(str), strict=True))
    return {
        language: pd.DataFrame(
            {side: [_word(own, names, language) for own in found[side]] for side in SIDES},
            index=plan.grids.index,
        )
        for language in JOINT
    }


def _word(bounds: Bounds, names: Mapping[str, str], language: str) -> str:
    place = list(JOINT).index(language)
    words = []
    for bound in bounds:
        name = names.get(bound.name, "") if bound.kind == "grid" else bound.name
        words.append(name or NAMELESS[bound.kind][place])
    return JOINT[language].join(words)
