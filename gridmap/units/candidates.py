"""What wants to be a unit: sites, whole compounds and villages, buildings, entrances, places.

A candidate becomes a unit when it gets land. Here only the question is settled which buildings
and places go together, and which faces belong as a whole to one candidate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.findings import FindingKind
from gridmap.units.arrays import take_texts
from gridmap.units.faces import NOTHING, connect_equal

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.findings import Finding
    from gridmap.model import Sources
    from gridmap.rules import Rules
    from gridmap.units.arrays import Bools, Ints, Texts
    from gridmap.units.counting import Items
    from gridmap.units.edges import SharedEdges
    from gridmap.units.faces import Faces

CUT_SITE = FindingKind(
    "site_cut_by_building",
    "info",
    en="{count} sites have more households than one grid may hold and were cut by building: "
    "{places}.",
    zh="{count} 个场所的户数超过网格上限，已按楼栋拆分：{places}。",
    cure_en="Check the outline and the category of these sites.",
    cure_zh="请核对这些场所的范围和类别。",
)
FINDING_KINDS = (CUT_SITE,)

VILLAGE_KINDS = ("natural_village", "villager_group")
TRACE_SHARE = 0.01
"""A piece of a compound or site without a building, smaller than this share of the whole, is a
trace of two lines drawn apart, not land of its own; gridmap's own default."""


@dataclass(frozen=True)
class Candidates:
    """Would-be units, and what belongs to them.

    Attributes
    ----------
    kind
        (n,) one of `gridmap.model.UNIT_KINDS`.
    community, site, item
        (n,) positions, `NOTHING` for none; ``item`` is the building or place.
    compound
        (n,) compound id, or ``""``.
    entrance
        (n,) number of the entrance from 1, 0 for none.
    whole
        (n,) whether it has whole faces (a site, a compound on its own land).
    of_face
        (faces,) candidate that has the whole face.
    of_item
        (items,) candidate of each item: of a building that is split its first entrance; `NOTHING`
        for a building without households outside whole faces.
    """

    kind: Texts
    community: Ints
    site: Ints
    item: Ints
    compound: Texts
    entrance: Ints
    whole: Bools
    of_face: Ints
    of_item: Ints


class _Table:
    """Candidates being collected, a row at a time in bulk."""

    def __init__(self) -> None:
        self.parts: list[pd.DataFrame] = []
        self.count = 0

    def add(self, **columns: Any) -> Ints:
        """Append rows; return their positions."""
        part = pd.DataFrame(columns)
        self.parts.append(part)
        self.count += len(part)
        return np.arange(self.count - len(part), self.count, dtype=np.int64)

    def column(self, name: str, absent: Any, dtype: Any) -> NDArray[Any]:
        """Return one column of all rows."""
        columns = [
            part[name].to_numpy(dtype=dtype)
            if name in part.columns
            else np.full(len(part), absent, dtype=dtype)
            for part in self.parts
        ]
        return np.concatenate(columns) if columns else np.empty(0, dtype=dtype)


def choose_candidates(
    faces: Faces,
    shared: SharedEdges,
    items: Items,
    item_face: Ints,
    sources: Sources,
    upper: Ints,
) -> Candidates:
    """Decide what should be one unit.

    Parameters
    ----------
    faces, shared
        The faces and the edges across which what belongs together may hang together.
    items, item_face
        Buildings and places, and the face of each.
    sources
        For the compounds' ids and kinds.
    upper
        (faces,) most households that one unit in this face should hold.

    Returns
    -------
    Candidates

    Notes
    -----
    Source: issue 2 point 5 and FIELD.md section 2: a compound (or village) of at most the upper
    bound is one unit, a larger one is cut by building; a building above it by entrance.
    """
    table = _Table()
    homes = items.households
    piece = connect_equal(shared, faces.community, faces.compound, faces.site)
    lone = (faces.compound < 0) & (faces.site < 0)
    piece = np.where(lone, len(piece) + np.arange(len(piece)), piece)
    _, piece = np.unique(piece, return_inverse=True)
    piece_homes = np.bincount(piece[item_face], weights=homes, minlength=piece.max() + 1)
    trace = _find_traces(faces, piece, item_face)
    of_face = np.full(len(faces.shape), NOTHING, dtype=np.int64)
    of_item = np.full(len(homes), NOTHING, dtype=np.int64)
    compounds = sources.layers.get("compounds")
    for chosen, kinds in (
        (
            (faces.site >= 0) & ~trace & (piece_homes[piece] <= upper),
            np.full(len(lone), "site", dtype=object),
        ),
        (
            (faces.compound >= 0) & ~trace & (piece_homes[piece] <= upper),
            _compound_kinds(faces, compounds),
        ),
    ):
        first = np.flatnonzero(chosen)[np.unique(piece[chosen], return_index=True)[1]]
        rows = table.add(
            kind=kinds[first],
            community=faces.community[first],
            site=faces.site[first],
            compound=_compound_ids(faces.compound[first], compounds),
            whole=True,
        )
        number = np.full(piece.max() + 1, NOTHING, dtype=np.int64)
        number[piece[first]] = rows
        of_face[chosen] = number[piece[chosen]]
    of_item[:] = of_face[item_face]
    free = np.flatnonzero(of_item < 0)
    _add_named_compounds(table, free, faces, items, item_face, upper, of_item)
    free = np.flatnonzero((of_item < 0) & (homes > 0))
    _add_items(table, free, faces, items, item_face, upper, of_item, compounds)
    return Candidates(
        kind=table.column("kind", "", object),
        community=table.column("community", NOTHING, np.int64),
        site=table.column("site", NOTHING, np.int64),
        item=table.column("item", NOTHING, np.int64),
        compound=table.column("compound", "", object),
        entrance=table.column("entrance", 0, np.int64),
        whole=table.column("whole", False, bool),
        of_face=of_face,
        of_item=of_item,
    )


def find_cut_sites(faces: Faces, candidates: Candidates, sources: Sources) -> tuple[Finding, ...]:
    """Say which sites have land but are no unit, because too many households live there."""
    cut = np.setdiff1d(faces.site[faces.site >= 0], candidates.site)
    if not len(cut):
        return ()
    return (CUT_SITE.found(sorted(take_texts(sources.layers.get("sites"), "site_id")[cut])),)


def find_upper(faces: Faces, items: Items, item_face: Ints, sources: Sources, rules: Rules) -> Ints:
    """Return the most households that one unit in each face should hold.

    Notes
    -----
    Source: `Rules.bands`: the band of the community's area type and size and the compound's class.
    """
    area_types = take_texts(sources.layers["communities"], "area_type")
    classes = take_texts(sources.layers.get("compounds"), "age_class")
    totals = np.bincount(
        faces.community[item_face], weights=items.households, minlength=len(area_types)
    )
    keys = np.column_stack([faces.community, faces.compound])
    distinct, number = np.unique(keys, axis=0, return_inverse=True)
    bounds = [
        rules.band_for(
            area_type=str(area_types[community]) or "urban",
            age_class=str(classes[compound]) if compound >= 0 else "",
            community_households=int(totals[community]),
        ).upper
        for community, compound in distinct.tolist()
    ]
    return np.array(bounds, dtype=np.int64)[number.ravel()]


def _find_traces(faces: Faces, piece: Ints, item_face: Ints) -> Bools:
    """Tell which faces are slivers of a compound or site whose body lies elsewhere."""
    area = shapely.area(faces.shape)
    piece_area = np.bincount(piece, weights=area)
    used = np.zeros(piece.max() + 1, dtype=bool)
    used[piece[item_face]] = True
    trace = np.zeros(len(area), dtype=bool)
    for owner in (faces.compound, faces.site):
        owned = owner >= 0
        if owned.any():
            body = np.bincount(owner[owned], weights=area[owned])
            small = piece_area[piece[owned]] < TRACE_SHARE * body[owner[owned]]
            trace[owned] = small & ~used[piece[owned]]
    return trace


def _compound_kinds(faces: Faces, compounds: gpd.GeoDataFrame | None) -> Texts:
    kinds = take_texts(compounds, "kind")
    village = np.append(np.isin(kinds, VILLAGE_KINDS), False)
    return np.where(village[faces.compound], "village", "compound").astype(object)


def _compound_ids(rows: Ints, compounds: gpd.GeoDataFrame | None) -> Texts:
    ids = np.append(take_texts(compounds, "compound_id"), "")
    return np.asarray(ids[rows], dtype=object)


def _add_named_compounds(
    table: _Table,
    free: Ints,
    faces: Faces,
    items: Items,
    item_face: Ints,
    upper: Ints,
    of_item: Ints,
) -> None:
    """Make one candidate of the buildings that name the same compound, where none is drawn."""
    free = free[(items.compound[free] != "") & (faces.compound[item_face[free]] < 0)]
    if not len(free):
        return
    community = faces.community[item_face[free]]
    keys = pd.DataFrame({"community": community, "compound": items.compound[free]})
    group = keys.groupby(["community", "compound"], sort=True).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    homes = np.bincount(group, weights=items.households[free])
    whole = (homes > 0) & (homes <= upper[item_face[free[first]]])
    rows = table.add(
        kind="compound",
        community=community[first][whole],
        compound=items.compound[free[first]][whole],
    )
    number = np.full(len(first), NOTHING, dtype=np.int64)
    number[whole] = rows
    of_item[free] = number[group]


def _add_items(
    table: _Table,
    free: Ints,
    faces: Faces,
    items: Items,
    item_face: Ints,
    upper: Ints,
    of_item: Ints,
    compounds: gpd.GeoDataFrame | None,
) -> None:
    """Make a candidate of every other building or place with households, or of its entrances."""
    split = (items.households[free] > upper[item_face[free]]) & (items.entrances[free] > 1)
    count = np.where(split, items.entrances[free], 1)
    item = np.repeat(free, count)
    entrance = np.arange(len(item)) - np.repeat(np.cumsum(count) - count, count) + 1
    divided = np.repeat(split, count)
    drawn = _compound_ids(faces.compound[item_face[item]], compounds)
    kind = np.where(shapely.is_missing(items.footprint[item]), "households", "building")
    rows = table.add(
        kind=np.where(divided, "entrance", kind).astype(object),
        community=faces.community[item_face[item]],
        item=item,
        compound=np.where(drawn != "", drawn, items.compound[item]),
        entrance=np.where(divided, entrance, 0),
    )
    of_item[free] = rows[np.cumsum(count) - count]
