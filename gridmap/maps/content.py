"""What the page says about a plan: the one JSON block that everything on it is drawn from.

Only what an official may see goes in: land, codes, names, kinds and counts of grids. No household
or address does, of buildings at most the bare outline, and a count below 10 is a class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.boundaries.bound_words import word_four_bounds
from gridmap.boundaries.four_bounds import SIDES
from gridmap.estimates import HOUSEHOLDS_ESTIMATED
from gridmap.maps.audiences import select_fields
from gridmap.maps.basemap import find_shift, pack_tiles
from gridmap.maps.belonging import Register, level_arcs
from gridmap.maps.density import pack_density
from gridmap.maps.earlier import describe_changes
from gridmap.maps.facts import (
    count_buildings,
    list_deviations,
    list_earlier,
    list_findings,
    list_micro_grids,
    list_staff,
)
from gridmap.maps.few import FEW
from gridmap.maps.finding import list_compounds, spell_names
from gridmap.maps.footprints import pack_footprints
from gridmap.maps.ground import Ground
from gridmap.maps.layers import pack_layers
from gridmap.maps.levels import reword_page
from gridmap.maps.outlines import STEP_DEG, TOLERANCE_M, Arcs, pack_arcs, pack_lines, trace_arcs
from gridmap.maps.palette import SHADES, TINTS, make_palette
from gridmap.maps.themes import list_themes, pack_themes
from gridmap.maps.tints import pick_tints
from gridmap.maps.waymarks import find_ways
from gridmap.maps.waynames import pack_way_names
from gridmap.maps.wording import LANGUAGES, clean_text, page_words
from gridmap.model import GRID_KINDS
from gridmap.rules import CATEGORIES
from gridmap.scoring import compare_plans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.maps.basemap import Tiles
    from gridmap.maps.layers import MapLayer
    from gridmap.maps.themes import Theme
    from gridmap.model import Plan


@dataclass(frozen=True, slots=True)
class Imprint:
    """What the margin of a map says: who may see it, how old it is, where it comes from.

    Attributes
    ----------
    title, date, source, review_number
        As given by the user; empty where nothing was given.
    internal
        Whether the map is marked 内部用图.
    """

    title: str = ""
    date: str = ""
    source: str = ""
    review_number: str = ""
    internal: bool = True


@dataclass(frozen=True)
class Extras:
    """What a map may hold besides its plan.

    Attributes
    ----------
    audience
        One of `gridmap.maps.audiences.AUDIENCES`.
    themes
        More themes than the plan's own.
    before
        An earlier plan of the same land, or None.
    layers
        To be switched on over the grids.
    staff
        grid_id -> (role, name), as `gridmap.maps.facts.list_staff` takes them.
    tiles
        A basemap, or None.
    buildings
        Whether outlines of buildings are on it.
    """

    audience: str = "internal"
    themes: Sequence[Theme] = ()
    before: Plan | None = None
    layers: Sequence[MapLayer] = ()
    staff: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    tiles: Tiles | None = None
    buildings: bool = False


def describe_plan(
    plan: Plan, imprint: Imprint, language: str, extras: Extras | None = None
) -> dict[str, Any]:
    """Return all that the page shows its audience, as plain data in a settled order.

    Parameters
    ----------
    plan
        Grids, communities and borders.
    imprint
        Title and margin.
    language
        ``zh`` or ``en``: the language in which the page opens.
    extras
        What else is on the map.

    Returns
    -------
    dict
        As described in ``docs/map.md``.
    """
    extras = extras or Extras()
    shift = find_shift(extras.tiles)
    register = Register(plan)
    compounds = list_compounds(plan)
    ground = Ground.of(plan.grids, shift)
    content: dict[str, Any] = {
        "version": 1,
        "language": language,
        "audience": extras.audience,
        "words": reword_page(page_words(), plan.about),
        "palette": make_palette(),
        "imprint": _imprint(plan, imprint, register),
        "totals": _totals(plan),
        **_describe_land(plan, register, ground),
        "themes": pack_themes([*list_themes(plan), *extras.themes]),
        "density": pack_density(plan, ground),
        "compounds": {**compounds, "pinyin": spell_names(compounds["names"])},
    }
    content["grids"]["bounds"] = _bounds(plan)
    if extras.buildings:
        content["buildings"] = pack_footprints(plan, shift)
    if extras.before is not None:
        before = extras.before
        comparison = compare_plans(before, plan)
        earlier = Ground.of(before.grids, shift)
        described = _describe_land(before, Register(before), earlier)
        content["before"] = _leave_out(described, content)
        content["changes"] = describe_changes(before, plan, comparison)
        content["earlier"] = list_earlier(before, plan, comparison)
    if micro := list_micro_grids(plan):
        content["micro_grids"] = micro
    if extras.staff:
        content["staff"] = list_staff(plan, extras.staff)
    if extras.layers:
        content["layers"] = pack_layers(extras.layers, ground)
    if extras.tiles is not None:
        content["tiles"] = pack_tiles(extras.tiles)
    content["seed"] = clean_text(plan.about.get("seed", ""))
    content["findings"] = list_findings(plan)
    return select_fields(content, extras.audience)


def _leave_out(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Return of the earlier land what differs from the later one, and what its side shows.

    Its side of the map is drawn and not asked: no card and no search reads of it.
    """
    left = {key: value for key, value in earlier.items() if value != later[key]}
    if "grids" in left:
        unread = {"pinyin", "reasons"}
        left["grids"] = {k: v for k, v in earlier["grids"].items() if k not in unread}
    if "communities" in left:
        left["communities"] = {k: v for k, v in earlier["communities"].items() if k != "pinyin"}
    return left


def _describe_land(plan: Plan, register: Register, ground: Ground) -> dict[str, Any]:
    """Return the land of a plan: borders, ways, links, townships, communities, grids."""
    arcs = trace_arcs(ground.plane.unflatten(ground.lands), origin=ground.origin)
    lands = register.list_lands(ground)
    return {
        "step": STEP_DEG,
        "origin": ground.origin.tolist(),
        "arcs": {**pack_arcs(ground.move_arcs(arcs)), "levels": level_arcs(arcs, register)},
        "ways": _ways(plan, ground),
        "way_names": pack_way_names(plan, ground),
        "links": pack_lines(ground.draw_links(register.owner, register.is_exclave)),
        "townships": _townships(register, lands, ground),
        "communities": _communities(plan.grids, register, arcs, lands, ground),
        "grids": _grids(plan, register, arcs, ground),
    }


def _imprint(plan: Plan, imprint: Imprint, register: Register) -> dict[str, Any]:
    words = reword_page(page_words(), plan.about)
    title = clean_text(imprint.title)
    shown: dict[str, Any] = {
        "date": clean_text(imprint.date),
        "source": clean_text(imprint.source),
        "review": clean_text(imprint.review_number),
        "internal": bool(imprint.internal),
        "title": {},
        "rules": {"zh": clean_text(plan.rules.label_zh), "en": clean_text(plan.rules.label_en)},
    }
    for language in LANGUAGES:
        word = words[language]
        places = word["and"].join(register.townships)
        named = 0 < len(register.townships) <= 3
        default = word["titled"].format(places=places) if named else word["untitled"]
        shown["title"][language] = title or default
    return shown


def _totals(plan: Plan) -> dict[str, Any]:
    grids = plan.grids
    kinds = grids["kind"]
    general = kinds.eq("general")
    households = int(grids["households"].sum())
    hidden = bool(_is_hidden(grids["households"].to_numpy(dtype=np.int64)).any())
    return {
        "grids": len(grids),
        "households": households // FEW * FEW if hidden else households,
        "rounded": hidden,
        "estimated": any(f.code == HOUSEHOLDS_ESTIMATED.code for f in plan.findings),
        "general": int(general.sum()),
        "in_band": int((general & grids["in_band"].astype(bool)).sum()),
        "dedicated": int(kinds.eq("dedicated").sum()),
        "exclave": int(kinds.eq("exclave").sum()),
    }


def _ways(plan: Plan, ground: Ground) -> dict[str, Any]:
    found = {}
    for way, lines in find_ways(plan.territory).items():
        flat = shapely.get_parts(shapely.simplify(ground.plane.flatten(lines), TOLERANCE_M))
        found[way] = pack_lines([ground.count_steps(line) for line in flat])
    return found


def _labels(lands: NDArray[np.object_], ground: Ground) -> dict[str, Any]:
    """Return which lands have a place for a name, and where."""
    kept = np.flatnonzero(~shapely.is_empty(lands))
    return {"labelled": kept.tolist(), "places": ground.pack_places(lands[kept])}


def _townships(register: Register, lands: NDArray[np.object_], ground: Ground) -> dict[str, Any]:
    united = np.full(len(register.townships), shapely.Polygon(), dtype=object)
    for number in range(len(united)):
        united[number] = shapely.union_all(lands[register.township == number])
    return {"names": register.townships, **_labels(united, ground)}


def _communities(
    grids: gpd.GeoDataFrame,
    register: Register,
    arcs: Arcs,
    lands: NDArray[np.object_],
    ground: Ground,
) -> dict[str, Any]:
    count = len(register.ids)
    households, rounded = _community_counts(grids, register)
    pairs = register.owner[arcs.neighbours()].reshape(-1, 2)
    pairs = np.sort(pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs >= 0).all(axis=1)], axis=1)
    return {
        "ids": [clean_text(key) for key in register.ids],
        "names": register.names,
        "pinyin": spell_names(register.names),
        "township": register.township.tolist(),
        "tint": pick_tints(count, np.unique(pairs, axis=0).reshape(-1, 2), len(TINTS)).tolist(),
        "households": households,
        "rounded": rounded,
        **_labels(lands, ground),
    }


def _is_hidden(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which counts an exact sum must not give away; an empty grid is no secret."""
    hidden: NDArray[np.bool_] = (counts > 0) & (counts < FEW)
    return hidden


def _community_counts(grids: gpd.GeoDataFrame, register: Register) -> tuple[list[int], str]:
    """Return households of each community (-1: few), and a digit 1 where they are rounded.

    Beside a grid whose count is hidden an exact sum would give it away.
    """
    counts = grids["households"].to_numpy(dtype=np.int64)
    known = register.owner >= 0
    sums = np.zeros(len(register.ids), dtype=np.int64)
    np.add.at(sums, register.owner[known], counts[known])
    hidden = np.zeros(len(register.ids), dtype=bool)
    hidden[register.owner[known & _is_hidden(counts)]] = True
    shown = np.where(hidden, sums // FEW * FEW, sums)
    flags = "".join("1" if flag else "0" for flag in hidden.tolist())
    return np.where(_is_hidden(sums), -1, shown).tolist(), flags


def _grids(
    plan: Plan,
    register: Register,
    arcs: Arcs,
    ground: Ground,
) -> dict[str, Any]:
    grids = plan.grids
    households = grids["households"].to_numpy(dtype=np.int64)
    pairs = arcs.neighbours()
    inside = pairs[register.owner[pairs[:, 0]] == register.owner[pairs[:, 1]]]
    names = [clean_text(name) for name in grids["name"]]
    codes = [clean_text(code) for code in grids["code"]]
    reasons, reason = _reasons(grids)
    owners = [register.names[k] if k >= 0 else "" for k in register.owner.tolist()]
    return {
        "code": codes,
        "name": names,
        "pinyin": spell_names(names),
        "short": [_short(name, owner) for name, owner in zip(names, owners, strict=True)],
        "serial": [_serial(code, plan.rules.code_digits) for code in codes],
        "kind": _digits(grids["kind"], GRID_KINDS),
        "category": _digits(grids["category"], CATEGORIES),
        "community": register.owner.tolist(),
        "host": register.host.tolist(),
        "households": np.where(_is_hidden(households), -1, households).tolist(),
        "lower": grids["lower"].astype(int).tolist(),
        "upper": grids["upper"].astype(int).tolist(),
        "state": _states(grids),
        "reasons": reasons,
        "reason": reason,
        "area_m2": np.rint(grids["area_m2"].to_numpy(dtype=float)).astype(int).tolist(),
        "shade": pick_tints(len(grids), inside, len(SHADES)).tolist(),
        "places": ground.pack_places(ground.lands),
        "deviation": list_deviations(plan),
        **({"buildings": counted} if (counted := count_buildings(plan)) else {}),
    }


def _bounds(plan: Plan) -> dict[str, Any]:
    """Return the four bounds by language: distinct texts, and for each side a position a grid."""
    shown: dict[str, Any] = {}
    for language, frame in word_four_bounds(plan).items():
        book: dict[str, int] = {}
        numbers = [
            [book.setdefault(clean_text(text), len(book)) for text in frame[side]] for side in SIDES
        ]
        shown[language] = {"texts": list(book), "sides": numbers}
    return shown


def _digits(values: pd.Series, allowed: Sequence[str]) -> str:
    """Return one digit a value: its position in the allowed ones, or 9 for none of them."""
    return "".join(str(allowed.index(v)) if v in allowed else "9" for v in values)


def _states(grids: gpd.GeoDataFrame) -> str:
    """Return a digit a grid: 0 in its band, 1 above, 2 below, 3 no band (dedicated grids), 4 empty.

    Land where nobody lives is no failure to reach a band, so it has a mark of its own.
    """
    banded = grids["kind"].ne("dedicated").to_numpy()
    outside = ~grids["in_band"].to_numpy(dtype=bool)
    above = (grids["households"] > grids["upper"]).to_numpy()
    empty = (grids["households"] == 0).to_numpy() & outside
    state = np.where(outside, np.where(above, 1, np.where(empty, 4, 2)), 0)
    state = np.where(banded, state, 3)
    return "".join(map(str, state.tolist()))


def _reasons(grids: gpd.GeoDataFrame) -> tuple[list[list[str]], list[int]]:
    """Return the distinct reasons in both languages, and for each grid its reason or -1."""
    book: dict[tuple[str, str], int] = {}
    numbers = []
    rows = zip(grids["reason"], grids["reason_en"], grids["households"], strict=True)
    for chinese, english, households in rows:
        both = (
            clean_text(_hide_few(chinese, int(households)), longest=300),
            clean_text(_hide_few(english, int(households)), longest=300),
        )
        numbers.append(book.setdefault(both, len(book)) if any(both) else -1)
    return [list(both) for both in book], numbers


def _hide_few(text: object, households: int) -> str:
    """Return a sentence with the grid's own count replaced by its class, where it is small."""
    words = "" if text is None else str(text)
    if households >= FEW or households == 0:
        return words
    return re.sub(rf"(?<!\d){households}(?!\d)", f"<{FEW}", words)


def _short(name: str, community: str) -> str:
    """Return a grid's name without the community's, when something is left."""
    if not community or not name.startswith(community):
        return name
    rest = name.removeprefix(community).strip()
    return rest.removeprefix("社区") or rest or name


def _serial(code: str, digits: int) -> str:
    """Return the serial number at the end of a code without its zeros, or nothing."""
    tail = code[-digits:]
    return tail.lstrip("0") if tail.isdecimal() and tail.isascii() else ""
