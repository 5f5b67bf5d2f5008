"""What became of a zone: unchanged, split, merged or redrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Side = tuple[str, str]
"""``("old", id)`` or ``("new", id)``."""


class Group(NamedTuple):
    """Zones of before and of after that share something, directly or through others: sorted ids."""

    olds: list[str]
    news: list[str]


def group_zones(
    old_ids: Iterable[str], new_ids: Iterable[str], pairs: Iterable[tuple[str, str]]
) -> dict[Side, Group]:
    """Return the group of each zone: those of both sides that share anything.

    Parameters
    ----------
    old_ids, new_ids
        Zones of before and of after; the two may have ids in common.
    pairs
        (old, new) that share a unit, land or households.

    Returns
    -------
    dict
        ``("old", id)`` and ``("new", id)`` -> its group.

    Examples
    --------
    >>> groups = group_zones(["a", "b"], ["a", "c"], [("a", "a"), ("b", "c"), ("b", "a")])
    >>> groups["new", "c"]
    Group(olds=['a', 'b'], news=['a', 'c'])
    """
    import networkx as nx

    graph: nx.Graph[Side] = nx.Graph()
    graph.add_nodes_from([("old", name) for name in old_ids])
    graph.add_nodes_from([("new", name) for name in new_ids])
    graph.add_edges_from((("old", old), ("new", new)) for old, new in pairs)
    groups: dict[Side, Group] = {}
    for part in nx.connected_components(graph):
        group = Group(
            sorted(name for side, name in part if side == "old"),
            sorted(name for side, name in part if side == "new"),
        )
        groups.update(dict.fromkeys(part, group))
    return groups


def code_change(group: Group, *, same: bool) -> str:
    """Return what became of the zones of a group, one of `gridmap.model.CHANGES`.

    Parameters
    ----------
    group
        As `group_zones` makes it.
    same
        Whether its one zone of before and its one of after hold the same; of no account where
        there are more.

    Returns
    -------
    str
        One and one: U when the same, else X. One before and several after: S. Several before and
        one after: M. Anything else, and a zone that shares nothing: X.

    Notes
    -----
    Source: issue 3, the least change (U, S, M, X); FIELD.md section 3 (the hand-over form with an
    old -> new mapping). The exact definitions are gridmap's own. Before and after exchanged, S and
    M change places and U and X stay.

    Examples
    --------
    >>> code_change(Group(["a"], ["a", "b"]), same=False)
    'S'
    >>> code_change(Group(["a", "b"], ["b"]), same=False)
    'M'
    """
    olds, news = len(group.olds), len(group.news)
    if olds == 1 and news == 1:
        return "U" if same else "X"
    if olds == 1 and news > 1:
        return "S"
    return "M" if olds > 1 and news == 1 else "X"
