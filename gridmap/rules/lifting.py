"""The rules of grids turned into those of communities: a level is data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gridmap.rules.bands import BandRule
from gridmap.rules.weights import SIMILARITY

if TYPE_CHECKING:
    from gridmap.rules.ruleset import Rules


def rules_of_communities(rules: Rules) -> Rules:
    """Return rules whose bands are those of communities, in persons.

    Parameters
    ----------
    rules
        Any rules; ``communities`` says the band.

    Returns
    -------
    Rules
        With the wish and the hard band of communities, no dedicated sites, and none of the weights
        and caps that are meant for grids.

    Examples
    --------
    >>> from gridmap.rules import Rules
    >>> above = rules_of_communities(Rules.preset())
    >>> [(rule.band.lower, rule.band.upper, rule.soft) for rule in above.bands]
    [(3000, 15000, True), (3000, 20000, False)]
    """
    rule = rules.communities
    return replace(
        rules,
        label_en=f"communities of {rule.lower}-{rule.upper} persons",
        label_zh=f"每个社区 {rule.lower}-{rule.upper} 人",
        bands=(BandRule(rule.wish, rule.source, soft=True), BandRule(rule.band, rule.source)),
        dedicated=(),
        weight="households",
        most_residents=0,
        similarity=SIMILARITY,
    )
