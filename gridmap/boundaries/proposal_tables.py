"""Proposals as plain data, and as a layer: one row an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.redrawing import polygons_of

if TYPE_CHECKING:
    from gridmap.boundaries.options import Effect, Option
    from gridmap.boundaries.proposals import Proposal, Proposals
    from gridmap.boundaries.standing import Counts

POINT_DIGITS = 7
"""Decimals of a degree in the place of a proposal (1 cm)."""
SUBJECT_WORDS = {
    "overlap": ("overlap", "重叠"),
    "exclave": ("detached part", "飞地"),
    "neck": ("narrow neck", "窄颈"),
    "border": ("winding border", "曲折边界"),
}
ACTION_WORDS = {
    "give": ("give", "划归"),
    "exchange": ("exchange", "置换"),
    "settle": ("settle", "确定归属"),
    "straighten": ("straighten", "拉直"),
    "snap": ("move to a line", "移至界线"),
    "widen": ("widen", "拓宽"),
    "keep": ("keep", "保留"),
    "undo": ("undo", "撤销"),
}


def list_proposals(proposals: Proposals) -> list[dict[str, object]]:
    r"""Return proposals as plain data, as ``gridmap analyse --proposals --json`` prints them.

    Numbers that nobody counted are None. Homes are told by id, never by address.

    Examples
    --------
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.examples import draw_sources
    >>> from gridmap.boundaries.proposals import propose_changes
    >>> sources = draw_sources("ABBB\nABAB\nABBB", households=2)
    >>> [item] = list_proposals(propose_changes(analyse(sources), sources))
    >>> item["id"], item["ids"], [option["action"] for option in item["options"]]
    ('exclave-1', ['A', 'B'], ['give', 'keep'])
    """
    names = dict(zip(proposals.standing.ids, proposals.standing.names, strict=True))
    return [
        {
            "id": item.proposal_id,
            "subject": item.subject,
            "kind": item.kind,
            "ids": list(item.ids),
            "names": [names.get(division, "") for division in item.ids],
            "point": _locate(item),
            **_list_counts(item.counts),
            "options": [
                {"rank": rank, **_list_option(option)}
                for rank, option in enumerate(item.options, start=1)
            ],
            "not_possible": [
                {"action": no.action, "to": list(no.to), "en": no.en, "zh": no.zh}
                for no in item.not_possible
            ],
        }
        for item in proposals.items
    ]


def _locate(item: Proposal) -> list[float]:
    lon, lat = shapely.get_coordinates(item.place)[0].tolist()
    return [round(lon, POINT_DIGITS), round(lat, POINT_DIGITS)]


def _list_counts(counts: Counts | None) -> dict[str, object]:
    if counts is None:
        return dict.fromkeys(("area_m2", "households", "buildings", "residents"))
    return {
        "area_m2": round(counts.area_m2, 3),
        "households": counts.households,
        "buildings": counts.buildings,
        "residents": counts.residents,
    }


def _list_option(option: Option) -> dict[str, object]:
    return {
        "action": option.action,
        "to": list(option.to),
        "edit": None if option.edit is None else option.edit.edit_id,
        "needs": list(option.first),
        "cures": option.cures,
        "crosses": [
            {"level": c.level, "from": list(c.held_by), "to": list(c.goes_to)}
            for c in option.crosses
        ],
        "outside_change": option.outside_change,
        "area_m2": round(option.area_m2, 3),
        "households": option.households,
        "buildings": option.buildings,
        "residents": option.residents,
        "border_m": round(option.border_m, 3),
        "moves": [
            {"from": list(m.held_by), "to": list(m.goes_to), **_list_counts(m.counts)}
            for m in option.moved
        ],
        "moved_homes": [
            {"id": home, "from": ";".join(before), "to": ";".join(after)}
            for home, before, after in option.moved_homes
        ],
        "effects": [_list_effect(effect) for effect in option.effects],
        "en": option.en,
        "zh": option.zh,
    }


def _list_effect(effect: Effect) -> dict[str, object]:
    return {
        "id": effect.division_id,
        "count": [effect.count_before, effect.count_after],
        "in_band": [effect.in_band_before, effect.in_band_after],
        "households": [effect.households_before, effect.households_after],
        "residents": [effect.residents_before, effect.residents_after],
        "area_m2": [round(effect.area_before_m2, 3), round(effect.area_after_m2, 3)],
        "parts": [effect.parts_before, effect.parts_after],
    }


def frame_proposals(proposals: Proposals) -> gpd.GeoDataFrame:
    r"""Return one row an option, in lon/lat as stored: the layer ``proposals`` of the findings.

    Columns: ``proposal_id``, ``rank``, ``subject``, ``kind``, ``action``, ``ids`` and ``to``
    (joined by ``;``), ``edit_id``, ``cures``, ``crosses`` (as `tell_crossings`
    words them), ``area_m2``, ``households``, ``buildings``,
    ``residents``, ``effects`` (as `tell_effects` words them), ``en``, ``zh``, ``lon``, ``lat``;
    the geometry is all land that changes hands or is kept, empty where a winding border stays.

    Examples
    --------
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.examples import draw_sources
    >>> from gridmap.boundaries.proposals import propose_changes
    >>> sources = draw_sources("ABBB\nABAB\nABBB", households=2)
    >>> frame = frame_proposals(propose_changes(analyse(sources), sources))
    >>> frame[["proposal_id", "rank", "action"]].values.tolist()
    [['exclave-1', 1, 'give'], ['exclave-1', 2, 'keep']]
    """
    rows = [
        (item, rank, option)
        for item in proposals.items
        for rank, option in enumerate(item.options, start=1)
    ]
    values = {
        "proposal_id": [item.proposal_id for item, _, _ in rows],
        "rank": np.array([rank for _, rank, _ in rows], dtype=np.int64),
        "subject": [item.subject for item, _, _ in rows],
        "kind": [item.kind for item, _, _ in rows],
        "action": [option.action for _, _, option in rows],
        "ids": [";".join(item.ids) for item, _, _ in rows],
        "to": [";".join(option.to) for _, _, option in rows],
        "edit_id": [option.edit.edit_id if option.edit else "" for _, _, option in rows],
        "cures": np.array([option.cures for _, _, option in rows], dtype=bool),
        "crosses": [tell_crossings(option) for _, _, option in rows],
        "area_m2": np.array([option.area_m2 for _, _, option in rows], dtype=np.float64),
        **{
            name: pd.array([getattr(option, name) for _, _, option in rows], dtype="Int64")
            for name in ("households", "buildings", "residents")
        },
        "effects": [tell_effects(option) for _, _, option in rows],
        "en": [option.en for _, _, option in rows],
        "zh": [option.zh for _, _, option in rows],
        "lon": np.array([_locate(item)[0] for item, _, _ in rows], dtype=np.float64),
        "lat": np.array([_locate(item)[1] for item, _, _ in rows], dtype=np.float64),
    }
    shapes = np.array([_land_of(option) for _, _, option in rows], dtype=object)
    return gpd.GeoDataFrame(values, geometry=shapes, crs=proposals.standing.crs)


def _land_of(option: Option) -> shapely.Geometry:
    lands = [] if option.edit is None else [move.land for move in option.edit.moves]
    return shapely.MultiPolygon([part for land in lands for part in polygons_of(land)])


def tell_crossings(option: Option) -> str:
    """Return what higher lines an option crosses, in both languages, empty where none.

    Examples
    --------
    >>> from gridmap.boundaries.higher_lines import Crossing
    >>> from gridmap.boundaries.options import Option
    >>> crosses = (Crossing("township", ("甲街道",), ("乙镇",)),)
    >>> tell_crossings(Option("give", ("B",), None, (), (), (), True, 0, "", "", (), crosses))
    '跨街道：甲街道→乙镇 crosses township: 甲街道 > 乙镇'
    """
    return "; ".join(f"{crossing.zh} {crossing.en}" for crossing in option.crosses)


def tell_effects(option: Option) -> str:
    """Return what an option does to counts: ``A 3100 > 2950 (in > out); B 5000 > 5150 (in)``.

    Examples
    --------
    >>> from gridmap.boundaries.options import Effect, Option
    >>> effect = Effect("A", 3100, 2950, True, False, 0, 0, 0, 0, 1.0, 1.0, 2, 1)
    >>> tell_effects(Option("keep", ("A",), None, (), (), (effect,), False, 0.0, "", ""))
    'A 3100 > 2950 (in > out)'
    """
    told = []
    for effect in option.effects:
        if effect.count_before is None or effect.count_after is None:
            continue
        text = f"{effect.division_id} {effect.count_before} > {effect.count_after}"
        if effect.in_band_before is not None:
            was, now = ("in" if inside else "out" for inside in _sides(effect))
            text += f" ({was})" if was == now else f" ({was} > {now})"
        told.append(text)
    return "; ".join(told)


def _sides(effect: Effect) -> tuple[bool, bool]:
    return bool(effect.in_band_before), bool(effect.in_band_after)
