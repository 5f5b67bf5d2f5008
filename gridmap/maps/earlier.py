"""Before and after on one page: the earlier plan, and what became of its grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.maps.few import class_count
from gridmap.maps.wording import LANGUAGES, clean_text
from gridmap.scoring import compare_plans, tell_comparison

if TYPE_CHECKING:
    import pandas as pd

    from gridmap.model import Plan
    from gridmap.scoring import Comparison


def describe_changes(
    before: Plan, after: Plan, comparison: Comparison | None = None
) -> dict[str, Any]:
    """Return what changed between two plans of the same land, as the page reads it.

    Parameters
    ----------
    before, after
        Plans; ``after`` is the one of the page.
    comparison
        Of the two, where it is known already.

    Returns
    -------
    dict
        ``told``: the paragraph of the comparison in both languages. ``rows``: a list for each
        grid of ``after`` that is not unchanged, then for each of ``before`` that is no more:
        position in ``after`` (or -1), position in ``before`` (or -1), the code U, S, M or X,
        households before and after, and moved into it or out of it (-1 for 1 to 9, so that no
        small count is given away).

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> plan = make_plan(draw_territory("AB", households=400), rules=Rules.preset())
    >>> describe_changes(plan, plan)["rows"]
    []
    """
    comparison = comparison or compare_plans(before, after)
    places = {
        side: {str(name): place for place, name in enumerate(plan.grids.index)}
        for side, plan in (("before", before), ("after", after))
    }
    rows = comparison.changes
    new = rows[(rows["side"] == "after") & (rows["change"] != "U")]
    gone = rows[(rows["side"] == "before") & (rows["status"] == "gone")]
    keys = zip(rows["side"], rows["id"], strict=True)
    counts = dict(zip(keys, rows["households"], strict=True))
    listed = [_row(row, places, counts, "after") for _, row in new.iterrows()]
    listed += [_row(row, places, counts, "before") for _, row in gone.iterrows()]
    told = {
        language: clean_text(tell_comparison(comparison, language=language), longest=1000)
        for language in LANGUAGES
    }
    return {"told": told, "rows": listed}


def _row(
    row: pd.Series[Any],
    places: dict[str, dict[str, int]],
    counts: dict[tuple[str, str], float],
    side: str,
) -> list[Any]:
    other = "before" if side == "after" else "after"
    same = str(row["same_id"] or "")
    own_count, other_count = row["households"], counts.get((other, same))
    both = (places[side].get(str(row["id"]), -1), places[other].get(same, -1))
    households = (class_count(own_count), class_count(other_count))
    if side == "before":
        both, households = both[::-1], households[::-1]
    return [
        *both,
        str(row["change"]),
        households[1],
        households[0],
        class_count(row["households_moved"]),
    ]
