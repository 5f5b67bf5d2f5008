"""What the search of the page finds besides names and codes: compounds, and pinyin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.maps.wording import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.model import Plan


def spell_names(names: Sequence[str]) -> list[str]:
    """Return the pinyin of names: syllables without tones, lower case, a space between.

    Parameters
    ----------
    names
        Texts; what is no Chinese character stays as it is.

    Notes
    -----
    A character with several readings has the one that its word or its use gives it (pypinyin); in
    a name of a place this can be the wrong one, and then only the search by pinyin misses it.

    Examples
    --------
    >>> spell_names(["和岭社区第2网格", ""])
    ['he ling she qu di 2 wang ge', '']
    """
    from pypinyin import lazy_pinyin

    book = {name: " ".join(" ".join(lazy_pinyin(name)).lower().split()) for name in set(names)}
    return [book[name] for name in names]


def list_compounds(plan: Plan) -> dict[str, list[Any]]:
    """Return the names of compounds, sorted, and for each the positions of its grids.

    A compound is in a grid where one of its units is. Without landmarks no name is known, and
    both lists are empty.

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> list_compounds(plan)
    {'names': [], 'grids': []}
    """
    landmarks, units = plan.territory.units.landmarks, plan.territory.units.frame
    empty: dict[str, list[Any]] = {"names": [], "grids": []}
    if landmarks is None:
        return empty
    named = landmarks[landmarks["kind"].eq("compound") & landmarks["name"].ne("")]
    homes = units[units["compound_id"].ne("")]
    if named.empty or homes.empty:
        return empty
    tree = shapely.STRtree(np.asarray(named.geometry.to_numpy(), dtype=object))
    places = shapely.point_on_surface(np.asarray(homes.geometry.to_numpy(), dtype=object))
    unit, row = tree.query(places, predicate="intersects")
    grid_of = plan.grids.index.get_indexer(plan.assignment.reindex(homes.index))
    grids: dict[str, set[int]] = {}
    for text, grid in zip(named["name"].to_numpy()[row], grid_of[unit].tolist(), strict=True):
        if grid >= 0:
            grids.setdefault(clean_text(text), set()).add(grid)
    names = sorted(name for name in grids if name)
    return {"names": names, "grids": [sorted(grids[name]) for name in names]}
