"""The colours of the map: calm tints for general grids, two strong ones for the other kinds.

A community has a tint, its grids shades of it, so that a reader sees both without counting lines.
Kinds differ in colour, in pattern and in letter; none is told by colour alone.
"""

from __future__ import annotations

TINTS = ("#8db26c", "#dcb457", "#6ea5cf", "#db8f7f", "#9b8dcb", "#58b0a1")
"""One for each community, so that neighbours differ; only a share of it reaches the map."""
SHADES = (0.28, 0.16, 0.39, 0.22)
"""Shares of a tint in white for the grids inside a community."""

KINDS = {
    "dedicated": {"fill": "#c87800", "ink": "#8a5200"},
    "exclave": {"fill": "#896ebe", "ink": "#4f2a86"},
}
INKS = {
    "paper": "#f6f7f8",
    "text": "#2b3640",
    "community_text": "#17375e",
    "township_text": "#526478",
    "grid": "#8d98a3",
    "community": "#4c6076",
    "township": "#22364c",
    "above": "#a81f18",
    "below": "#0b57a4",
    "empty": "#66737f",
    "selected": "#c2410c",
    "river": "#7fb4d8",
    "railway": "#6f6f6f",
    "road": "#ffffff",
    "road_edge": "#b9a98c",
    "building": "#56616d",
}

NOTHING = "#e9ebee"
"""Of land that a theme says nothing about."""


def blend(colour: str, other: str, share: float) -> str:
    """Return a colour with a share of another mixed in.

    Examples
    --------
    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def make_palette() -> dict[str, object]:
    """Return every colour of the page: ``tints[tint][shade]``, ``kinds`` and ``inks``.

    Examples
    --------
    >>> palette = make_palette()
    >>> len(palette["tints"]), len(palette["tints"][0])
    (6, 4)
    """
    tints = [[blend("#ffffff", tint, share) for share in SHADES] for tint in TINTS]
    return {"tints": tints, "kinds": KINDS, "inks": INKS, "nothing": NOTHING}
