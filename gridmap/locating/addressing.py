"""An address -> the grid it is in, or the grids it can be in, and why."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gridmap.addresses.matching import WIDE, Evidence, find_evidence
from gridmap.addresses.parsing import parse_address
from gridmap.locating.divisions import LEVELS, compare_divisions, division_key
from gridmap.locating.faults import FAULTS
from gridmap.locating.naming import standard_of
from gridmap.locating.placements import MAX_CANDIDATES, Candidate, Placement
from gridmap.locating.zones import add_zones_of_places

if TYPE_CHECKING:
    from gridmap.addresses.elements import Address
    from gridmap.locating.placements import Confidence
    from gridmap.locating.releases import GridFacts, Release

COARSE_FAULTS = {
    "compound": "building_missing",
    "road": "number_missing",
    "village": "group_missing",
}
"""Level found -> what is missing when its land lies in several grids."""

EXPLAINED = frozenset(
    {"parts_contradict", "building_unknown", "number_unknown", "homestead_unknown"}
)
"""Faults that already say why several grids fit."""

NAMED = ("building", "place", "compound")
"""Levels of evidence that are found by the name of a place."""


class _Finding(NamedTuple):
    """What the evidence amounts to; ``named``: a place or compound of that name is known."""

    evidence: Evidence
    rows: tuple[int, ...]
    grids: tuple[int, ...]
    faults: list[str]
    named: bool


def locate_address(release: Release, text: str) -> Placement:
    """Find the grid of an address.

    Parameters
    ----------
    release
        As returned by `open_release`.
    text
        An address in any of the forms of FIELD.md section 6, at most 200 characters.

    Returns
    -------
    Placement
        ``unique``; ``ambiguous`` with the grids that fit (the same address in two grids, a
        compound without building, a road without number); ``boundary`` never; ``none`` when the
        gazetteer has nothing of it. Names are compared after normalisation, never by similarity.

    Raises
    ------
    InvalidOption
        When the text is longer than an address can be.

    Notes
    -----
    The finest thing named decides. Coarser things named narrow the choice where they can, and are
    a fault where they contradict.

    Examples
    --------
    >>> from gridmap.locating import open_release
    >>> from gridmap.locating.examples import draw_plan
    >>> release = open_release(draw_plan())
    >>> locate_address(release, "錦繡花園３幢2单元501室").grid.grid_id
    'G-east'
    >>> locate_address(release, "锦绣花园").faults
    ('building_missing',)
    """
    return add_zones_of_places(release, *_find_grid(release, text))


def _find_grid(release: Release, text: str) -> tuple[Placement, tuple[int, ...]]:
    """Return the grid of an address, and the places that were found."""
    address = parse_address(text, communities=release.community_names)
    if address.level == "none":
        return Placement("none", "none", address=address, faults=("address_not_read",)), ()
    evidence = find_evidence(release.gazetteer, address)
    if not evidence:
        address = _as_known_community(release, address)
        return _place_by_division(release, _without_unknown_place(address, named=False)), ()
    found = _use_entrance(release, address, _weigh(release, address, evidence))
    return _answer(release, address, found), found.rows


def _use_entrance(release: Release, address: Address, found: _Finding) -> _Finding:
    """Let the named entrance decide in a building that is divided by its entrances."""
    buildings = {release.gazetteer.places[row].building_id for row in found.rows}
    if len(found.grids) < 2 or len(buildings) != 1 or not address.entrance:
        return found
    grid = release.entrance_grids.get((min(buildings), address.entrance))
    if grid is None:
        return found
    return found._replace(grids=(grid,), faults=[*found.faults, "entrance_used"])


def _weigh(release: Release, address: Address, evidence: list[Evidence]) -> _Finding:
    """Take the finest evidence, narrow it by the rest, and note what contradicts."""
    first, *others = evidence
    faults = list(first.faults)
    rows = _with_grids(release, first.rows)
    rows, contradictions = _keep_named_division(release, address, rows)
    faults += contradictions
    grids = _grids_of(release, rows)
    for other in others:
        theirs = _grids_of(release, other.rows)
        shared = tuple(grid for grid in grids if grid in theirs)
        if shared and len(shared) < len(grids):
            rows = tuple(r for r in rows if set(release.place_grids[r]) & set(shared))
            grids = shared
        elif not shared and theirs and grids and _must_agree(first, other):
            faults.append("parts_contradict")
            rows += _with_grids(release, other.rows)
            grids = tuple(dict.fromkeys((*grids, *theirs)))
    if first.loose:
        faults.append("loose_name")
    faults += _missing(address, first)
    named = any(step.level in NAMED for step in evidence)
    return _Finding(first, rows, grids, faults, named)


def _must_agree(first: Evidence, other: Evidence) -> bool:
    """Tell whether two parts of one address can't lie in different grids.

    The rest of a road may: its doors are only known in part. A door and a place or compound,
    or a building and its door, may not.
    """
    exact = ("building", "door", "place", "group")
    return (first.level in exact and other.level in (*exact, "compound")) or (
        first.level == "place" and other.level == "compound"
    )


def _missing(address: Address, first: Evidence) -> list[str]:
    """Name what was asked for and not found."""
    if address.building and first.level != "building":
        return ["building_unknown"]
    if address.number and first.level in ("group", "village"):
        return ["homestead_unknown"]
    if address.number and not address.building and first.level == "compound":
        return ["building_unknown"]
    return []


def _with_grids(release: Release, rows: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(row for row in rows if release.place_grids[row])


def _grids_of(release: Release, rows: tuple[int, ...]) -> tuple[int, ...]:
    """Return the grids of the rows, each once, in the order of the rows."""
    return tuple(dict.fromkeys(grid for row in rows for grid in release.place_grids[row]))


def _keep_named_division(
    release: Release, address: Address, rows: tuple[int, ...]
) -> tuple[tuple[int, ...], list[str]]:
    """Keep the places in the named divisions; where none is left, or none is known, say so."""
    if not any(getattr(address, level) for level in LEVELS):
        return rows, []
    verdicts = _compare_rows(release, address, rows)
    faults: list[str] = []
    for level in LEVELS:
        said = {row: verdicts[row][level] for row in rows if level in verdicts[row]}
        if not said:
            continue
        kept = tuple(row for row in rows if said[row])
        if kept:
            rows = kept
        elif False in said.values():
            faults.append(f"{level}_contradicts")
        else:
            faults.append("division_unchecked")
    return rows, list(dict.fromkeys(faults))


def _compare_rows(
    release: Release, address: Address, rows: tuple[int, ...]
) -> dict[int, dict[str, bool | None]]:
    """Compare the named divisions with those around each place, once for places of one kind."""
    known = release.divisions
    verdicts: dict[int, dict[str, bool | None]] = {}
    done: dict[object, dict[str, bool | None]] = {}
    for row in rows:
        grids = (release.grids[position] for position in release.place_grids[row])
        owners = tuple(dict.fromkeys(grid.community_id for grid in grids))
        own = known.of_place[row]
        key = (owners, tuple(own.items()))
        if key not in done:
            done[key] = compare_divisions(address, known.around(owners, own))
        verdicts[row] = done[key]
    return verdicts


def _answer(release: Release, address: Address, found: _Finding) -> Placement:
    level, rows = found.evidence.level, found.rows
    faults = list(found.faults)
    several = len(found.grids) > 1
    if several and not EXPLAINED & set(faults):
        faults.append(_why_several(release, level, rows))
    address = _without_unknown_place(address, named=found.named)
    if address.ignored:
        faults.append("text_ignored")
    if len(found.grids) > MAX_CANDIDATES:
        faults.append("candidates_cut")
    if not found.grids:
        return _without_grid(release, address, found)
    faults = list(dict.fromkeys(faults))
    confidence = _confidence(level, faults, several=several)
    place = release.gazetteer.places[rows[0]]
    review = several or confidence == "low" or any(FAULTS[code].review for code in faults)
    one_place = not several and level not in WIDE
    margin = float(release.place_margins[rows[0]])
    return Placement(
        "review" if review else "auto",
        "ambiguous" if several else "unique",
        grid=None if several else release.grids[found.grids[0]],
        confidence=confidence,
        level=level,
        address=address,
        standard=standard_of(release.gazetteer, rows, level, address),
        candidates=_candidates(release, rows, found.grids) if several else (),
        faults=tuple(faults),
        lon=place.lon if one_place else None,
        lat=place.lat if one_place else None,
        margin_m=round(margin, 2) if one_place and not math.isnan(margin) else None,
    )


def _without_unknown_place(address: Address, *, named: bool) -> Address:
    """Leave out a name that no place has: it may be a remark, or a person's."""
    if named or not address.place:
        return address
    return replace(address, place="", ignored=True)


def _why_several(release: Release, level: str, rows: tuple[int, ...]) -> str:
    if level in COARSE_FAULTS:
        return COARSE_FAULTS[level]
    places = [release.gazetteer.places[row] for row in rows]
    buildings = {place.building_id for place in places}
    if len(buildings) == 1 and "" not in buildings:
        return "building_divided"
    compounds = {place.compound_id for place in places}
    whole = len(compounds) == 1 and "" not in compounds
    return "building_missing" if whole else "several_places"


def _confidence(level: str, faults: list[str], *, several: bool) -> Confidence:
    """Return the level defined in `gridmap.locating.placements.CONFIDENCES`."""
    if several or level == "side" or any(FAULTS[code].review for code in faults):
        return "low"
    loose = {"loose_name", "sub_number_unknown", "homestead_unknown", "entrance_used"}
    return "medium" if level in WIDE or loose & set(faults) else "high"


def _candidates(
    release: Release, rows: tuple[int, ...], grids: tuple[int, ...]
) -> tuple[Candidate, ...]:
    """List each grid with the first place in it, in the order of their codes."""
    text: dict[int, str] = {}
    for row in rows:
        for grid in release.place_grids[row]:
            text.setdefault(grid, release.gazetteer.places[row].text)
    listed = sorted(grids, key=lambda grid: release.grids[grid].code)[:MAX_CANDIDATES]
    return tuple(Candidate(release.grids[grid], text.get(grid, "")) for grid in listed)


def _without_grid(release: Release, address: Address, found: _Finding) -> Placement:
    """Answer for a known place on land of no grid."""
    place = release.gazetteer.places[found.evidence.rows[0]]
    address = _without_unknown_place(address, named=found.named)
    return Placement(
        "none",
        "outside",
        level=found.evidence.level,
        address=address,
        standard=place.text,
        faults=("outside",),
        lon=place.lon,
        lat=place.lat,
    )


def _as_known_community(release: Release, address: Address) -> Address:
    """Take a lone name for the community that bears it (红旗 for 红旗社区)."""
    name = address.place or address.compound
    alone = address.level in ("place", "compound") and not (address.road or address.village)
    if not alone or address.community or division_key(name) not in release.community_keys:
        return address
    return replace(address, community=name, place="", compound="")


def _place_by_division(release: Release, address: Address) -> Placement:
    """Answer an address of which only the community or township is known."""
    fault = "address_unknown"
    name = address.community or (address.village if address.village.endswith("村") else "")
    if address.level not in ("community", "township", "village"):
        return Placement("none", "none", address=address, faults=(fault,))
    grids = [grid for grid in release.grids if _in_division(release, grid, name, address.township)]
    if not grids:
        return Placement("none", "none", address=address, faults=(fault,))
    several = len(grids) > 1
    faults = _contradictions(release, address, grids)
    faults += ["candidates_cut"] if len(grids) > MAX_CANDIDATES else []
    return Placement(
        "review",
        "ambiguous" if several else "unique",
        grid=None if several else grids[0],
        confidence="low",
        level="community" if name else "township",
        address=address,
        standard=grids[0].community if name else grids[0].township,
        candidates=tuple(Candidate(grid) for grid in grids[:MAX_CANDIDATES]) if several else (),
        faults=tuple(faults),
    )


def _contradictions(release: Release, address: Address, grids: list[GridFacts]) -> list[str]:
    """Name the divisions above a community that contradict what the plan knows of it."""
    known = release.divisions.around(dict.fromkeys(grid.community_id for grid in grids))
    verdict = compare_divisions(replace(address, community=""), known)
    faults = [f"{level}_contradicts" for level, agrees in verdict.items() if agrees is False]
    return faults + (["division_unchecked"] if None in verdict.values() else [])


def _in_division(release: Release, grid: GridFacts, community: str, township: str) -> bool:
    own = release.community_keys[grid.position], release.township_keys[grid.position]
    asked = division_key(community), division_key(township)
    return any(asked) and all(not a or a == o for a, o in zip(asked, own, strict=True))
