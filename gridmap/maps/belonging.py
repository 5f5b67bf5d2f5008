"""Whose land is whose: the communities and townships of a plan by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.level_words import choose_words
from gridmap.maps.wording import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.maps.ground import Ground
    from gridmap.maps.outlines import Arcs
    from gridmap.model import Plan


class Register:
    """Communities and townships by position, and where each grid belongs.

    Attributes
    ----------
    ids, names
        Of each community; a community that only grids name stands at the end. Of a plan of
        communities these are the townships; one that stands for all land has no name.
    townships
        Names, sorted, each once; none of a plan of communities, where they are ``names``.
    places
        Names of the townships, whichever of the two they are: what a title says.
    words
        What is drawn is called.
    township
        (communities,) position in ``townships``, or -1.
    owner, host
        (grids,) position of the community that each grid belongs to and lies in, or -1.
    is_exclave
        (grids,) flags.
    """

    def __init__(self, plan: Plan) -> None:
        frame = plan.territory.units.communities
        grids = plan.grids
        named = set(frame.index)
        extra = sorted({*grids["community_id"], *grids["host_id"]} - named - {""})
        self.ids = [str(name) for name in frame.index] + extra
        self.names = [clean_text(name) or key for key, name in _column(frame, "name", self.ids)]
        self.words = choose_words(plan.about)
        lifted = self.words.level == "community"
        if lifted and len(frame) == 1 and not clean_text(frame["name"].iloc[0]):
            self.names[0] = ""
        towns = [clean_text(town) for _, town in _column(frame, "township", self.ids)]
        if lifted:
            towns = [""] * len(self.ids)
        self.townships = sorted(set(towns) - {""})
        self.township = np.array(
            [self.townships.index(town) if town else -1 for town in towns], dtype=np.int64
        )
        place = {key: position for position, key in enumerate(self.ids)}
        self.owner = np.array([place.get(key, -1) for key in grids["community_id"]], dtype=np.int64)
        self.host = np.array([place.get(key, -1) for key in grids["host_id"]], dtype=np.int64)
        self.is_exclave = grids["kind"].eq("exclave").to_numpy(dtype=bool)
        self.places = [name for name in self.names if name] if lifted else self.townships

    def list_lands(self, ground: Ground) -> NDArray[np.object_]:
        """Return the main land of each community, empty where it has none."""
        lands = np.full(len(self.ids), shapely.Polygon(), dtype=object)
        for number in range(len(lands)):
            lands[number] = ground.unite((self.owner == number) & ~self.is_exclave)
        return lands


def _column(frame: gpd.GeoDataFrame, column: str, ids: Sequence[str]) -> list[tuple[str, object]]:
    values = dict(zip(frame.index, frame[column], strict=True)) if column in frame else {}
    return [(key, values.get(key, "")) for key in ids]


def level_arcs(arcs: Arcs, register: Register) -> str:
    """Return a digit for each arc: 0 grid, 1 community, 2 township border, 3 outer line.

    On a plan of communities borders are 1 and 2: they look as on a map of grids.
    """
    town = np.append(register.township, -1)[np.append(register.owner, -1)]
    owner = np.append(register.owner, -1)
    left, right = arcs.sides[:, 0], arcs.sides[:, 1]
    level = np.where(owner[left] != owner[right], 1, 0)
    level = np.where((level == 1) & (town[left] != town[right]), 2, level)
    if register.words.level == "community":
        level += 1
    level = np.where((left < 0) | (right < 0), 3, level)
    return "".join(map(str, level.tolist()))
