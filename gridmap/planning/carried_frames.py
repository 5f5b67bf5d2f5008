"""The zones of a replanned plan as frames: those that were kept, and those drawn anew."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridmap.planning.layer_frames import SERIAL_DIGITS
from gridmap.planning.numbering import ID_DIGITS
from gridmap.planning.reasons import write_reason
from gridmap.terms import TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gridmap.model import Plan
    from gridmap.rules import LevelRule, Rules

KEPT = "zone_kept"
"""Reason of a zone that was kept though it is outside its band by now."""


class Fresh(NamedTuple):
    """What was drawn anew: a plan of the changed grids only, and its zones; None for nothing."""

    plan: Plan | None
    micro_grids: gpd.GeoDataFrame | None
    link_units: gpd.GeoDataFrame | None

    def grids(self) -> set[str]:
        """Return the grids that have zones drawn anew."""
        frames = (self.micro_grids, self.link_units)
        return {str(name) for frame in frames if frame is not None for name in frame["grid_id"]}


class Zones(NamedTuple):
    """The levels of a replanned plan; ``kept`` and ``drawn`` are ids, the rest codes."""

    micro_grids: gpd.GeoDataFrame | None
    link_units: gpd.GeoDataFrame | None
    kept: tuple[str, ...]
    drawn: tuple[str, ...]
    kept_outside: tuple[str, ...]
    outside: tuple[str, ...]


def rename_zones(drawn: Plan, earlier: Plan) -> Fresh:
    """Give new zones ids that the earlier plan did not use, and serials after those that it did.

    Parameters
    ----------
    drawn
        A plan of the changed grids with their new zones.
    earlier
        The plan before.

    Returns
    -------
    Fresh
        The same zones; members and units say the new ids.
    """
    units = drawn.territory.units
    members, frame = units.members, units.frame
    micro, link = drawn.micro_grids, drawn.link_units
    if micro is not None:
        micro, ids = _rename_level(micro, earlier.micro_grids, drawn.grids, "micro_grid")
        members = members.assign(micro_grid_id=_translate(members["micro_grid_id"], ids))
        frame = frame.assign(micro_grid_id=_translate(frame["micro_grid_id"], ids))
        if link is not None:
            link = link.assign(micro_grid_id=_translate(link["micro_grid_id"], ids))
    if link is not None:
        hosts = drawn.grids if micro is None else micro
        link, ids = _rename_level(link, earlier.link_units, hosts, "link_unit")
        members = members.assign(link_unit_id=_translate(members["link_unit_id"], ids))
    whole = replace(units, members=members, frame=frame)
    plan = replace(drawn, territory=replace(drawn.territory, units=whole))
    return Fresh(plan, micro, link)


def _translate(column: pd.Series[str], ids: Mapping[str, str]) -> list[str]:
    return [ids.get(str(name), str(name)) for name in column]


def _rename_level(
    frame: gpd.GeoDataFrame, before: gpd.GeoDataFrame | None, hosts: pd.DataFrame, level: str
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Return the zones of a level with free ids and codes, and old -> new id."""
    key = "grid_id" if hosts.index.name == "grid_id" else "micro_grid_id"
    taken = set() if before is None else set(map(str, before.index))
    ids: dict[str, str] = {}
    for name in map(str, frame.index):
        free = name
        while free in taken:
            free = name[0] + hashlib.sha256(free.encode()).hexdigest()[:ID_DIGITS]
        taken.add(free)
        ids[name] = free
    last = _find_last_serials(before, key, hosts)
    size = frame[key].value_counts()
    word = TERMS[level].zh
    codes, names = [], []
    rank = frame.groupby(key, sort=False).cumcount() + 1
    for host, number in zip(frame[key], rank, strict=True):
        serial = int(number) + last.get(str(host), 0)
        digits = max(SERIAL_DIGITS, len(str(int(size[host]) + last.get(str(host), 0))))
        codes.append(f"{hosts['code'][host]}{serial:0{digits}d}")
        names.append(f"{hosts['name'][host]}第{serial}{word}")
    index = pd.Index([ids[str(name)] for name in frame.index], name=frame.index.name, dtype=object)
    return frame.assign(code=codes, name=names).set_index(index), ids


def _find_last_serials(
    before: gpd.GeoDataFrame | None, key: str, hosts: pd.DataFrame
) -> dict[str, int]:
    """Return the greatest serial that the earlier plan used inside each zone above."""
    last: dict[str, int] = {}
    if before is None or key not in before:
        return last
    code_of = hosts["code"].astype(str).to_dict()
    for host, code in zip(before[key].astype(str), before["code"].astype(str), strict=True):
        serial = code.removeprefix(code_of.get(host, code))
        if serial.isascii() and serial.isdecimal():
            last[host] = max(last.get(host, 0), int(serial))
    return last


def collect_zones(
    earlier: Plan, rules: Rules, carried: pd.DataFrame, fresh: Fresh, kept: frozenset[str]
) -> Zones:
    """Put the kept zones, counted again, and those drawn anew together.

    Parameters
    ----------
    earlier
        The plan before.
    rules
        The bands of today.
    carried
        Members of the kept grids, with their zones.
    fresh
        What was drawn anew.
    kept
        Grids whose zones were kept.

    Returns
    -------
    Zones
        Frames sorted by code; a kept zone whose members and band are the same is the same row.
    """
    frames: list[gpd.GeoDataFrame | None] = []
    ids: list[list[str]] = [[], []]
    outside: list[list[str]] = [[], []]
    pairs = (
        ("micro_grid", earlier.micro_grids, fresh.micro_grids, rules.micro_grids),
        ("link_unit", earlier.link_units, fresh.link_units, rules.link_units),
    )
    for level, before, drawn, rule in pairs:
        if before is None:
            frames.append(None)
            continue
        stay = _count_again(before[before["grid_id"].isin(kept)], earlier, carried, rule, level)
        both = stay if drawn is None else pd.concat([stay, drawn[list(stay.columns)]])
        frames.append(both.sort_values("code", kind="stable"))
        ids[0] += map(str, stay.index)
        ids[1] += [] if drawn is None else map(str, drawn.index)
        odd = both[~both["in_band"].astype(bool)].sort_values("code", kind="stable")
        by_change = odd["reason_code"] == KEPT
        outside[0] += map(str, odd["code"][by_change])
        outside[1] += map(str, odd["code"][~by_change])
    return Zones(
        frames[0], frames[1], tuple(ids[0]), tuple(ids[1]), tuple(outside[0]), tuple(outside[1])
    )


def _count_again(
    frame: gpd.GeoDataFrame, earlier: Plan, carried: pd.DataFrame, rule: LevelRule, level: str
) -> gpd.GeoDataFrame:
    """Return kept zones with the households and the band of today."""
    column = f"{level}_id"
    counts, names = _tell_members(carried, column)
    old_counts, old_names = _tell_members(earlier.territory.units.members, column)
    frame = frame.copy()
    for zone in map(str, frame.index):
        row = frame.loc[zone]
        number = counts.get(zone, 0)
        people = names.get(zone, frozenset())
        known = old_names.get(zone, frozenset())
        same_people = number == old_counts.get(zone, 0) and people == known
        if same_people and (row["lower"], row["upper"]) == (rule.lower, rule.upper):
            continue
        inside = rule.band.holds(number)
        code = "" if inside else KEPT
        zh, en = write_reason(code, band=rule.band, around=number, largest=number)
        words, grid = TERMS[level], TERMS["grid"]
        told = {
            "households": number,
            "lower": rule.lower,
            "upper": rule.upper,
            "in_band": inside,
            "reason_code": code,
            "reason": zh.replace(grid.zh, words.zh),
            "reason_en": en.replace(grid.en, words.en),
            "buildings": int(row["buildings"]) + len(people) - len(known),
        }
        for name, value in told.items():
            frame.loc[zone, name] = value
    return frame.astype(dict.fromkeys(("households", "lower", "upper", "buildings"), np.int64))


def _tell_members(
    members: pd.DataFrame, column: str
) -> tuple[dict[str, int], dict[str, frozenset[str]]]:
    """Return the households of each zone, and its buildings, or places without one, lived in."""
    if column not in members:
        return {}, {}
    rows = members[(members["households"] > 0) & (members[column] != "")]
    place = rows["place_id"] if "place_id" in rows else rows["unit_id"]
    name = rows["building_id"].where(rows["building_id"] != "", place)
    zones = rows[column].astype(str)
    counts = rows["households"].groupby(zones).sum()
    people = name.astype(str).groupby(zones).agg(frozenset)
    return {str(k): int(v) for k, v in counts.items()}, {str(k): v for k, v in people.items()}
