"""What a roster calls a grid -> which grid of the plan it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gridmap.schemas import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from gridmap.model import Plan

BETWEEN_GRIDS = re.compile(r"[、,，;；|\n]+")
"""What stands between the grids of one cell, where a person serves several."""

Zone = tuple[str, str]
"""Level (``grid``, ``micro_grid``) and id."""


class Found(NamedTuple):
    """The zones that a row of a roster is for, and what of it was not understood."""

    zones: tuple[Zone, ...]
    unknown: bool = False
    ambiguous: bool = False


class Register:
    """Codes, ids and names of the grids of a plan, folded, and which grids have them."""

    def __init__(self, plan: Plan) -> None:
        self._exact: dict[tuple[str, str], list[str]] = {}
        self._named: dict[tuple[str, str], list[str]] = {}
        self._community: dict[Zone, set[str]] = {}
        names = plan.territory.units.communities["name"]
        frames: list[tuple[str, pd.DataFrame | None]] = [
            ("grid", plan.grids),
            ("micro_grid", plan.micro_grids),
        ]
        for level, frame in frames:
            if frame is None:
                continue
            for zone_id, code, name, community in zip(
                frame.index, frame["code"], frame["name"], frame["community_id"], strict=True
            ):
                key = str(zone_id)
                for word in dict.fromkeys((fold_name(code), fold_name(key))):
                    self._exact.setdefault((level, word), []).append(key)
                self._named.setdefault((level, fold_name(name)), []).append(key)
                known = {fold_name(community), fold_name(names.get(community, ""))}
                self._community[level, key] = known

    def find(self, row: dict[str, str], role: str) -> Found:
        """Return the zones of a row: of a micro-grid worker micro-grids before grids."""
        if role == "micro_grid_worker":
            for cell in (row["micro"], row["code"], row["name"]):
                found = self._find_all(cell, "micro_grid", row["community"])
                if found.zones and not found.unknown:
                    return found
            if row["micro"]:
                return found if found.ambiguous else Found((), unknown=True)
        whole = Found((), unknown=True)
        for cell in (row["code"], row["name"]):
            found = self._find_all(cell, "grid", row["community"])
            if found.zones and not found.unknown:
                return found
            # what a code leaves open, a name may settle; otherwise most that is known is kept
            if len(found.zones) > len(whole.zones) or (found.ambiguous and not whole.zones):
                whole = found
        return whole

    def _find_all(self, cell: str, level: str, community: str) -> Found:
        """Find the one zone that a cell names, else each of those that it lists."""
        if not cell:
            return Found((), unknown=True)
        one = self._find_one(cell, level, community)
        parts = [part for part in BETWEEN_GRIDS.split(cell) if part.strip()]
        if one or len(parts) < 2:
            return _sum_up(level, [one])
        return _sum_up(level, [self._find_one(part, level, community) for part in parts])

    def _find_one(self, text: str, level: str, community: str) -> list[str]:
        word = fold_name(text)
        found = self._exact.get((level, word)) or self._named.get((level, word)) or []
        if len(found) > 1 and community:
            here = fold_name(community)
            inside = [zone for zone in found if here in self._community[level, zone]]
            found = inside or found
        return found if word else []


def _sum_up(level: str, found: Iterable[list[str]]) -> Found:
    found = list(found)
    zones = tuple(dict.fromkeys((level, each[0]) for each in found if len(each) == 1))
    return Found(
        zones,
        unknown=any(not each for each in found),
        ambiguous=any(len(each) > 1 for each in found),
    )
