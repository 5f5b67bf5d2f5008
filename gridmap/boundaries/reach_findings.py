"""What is said about reach: stations and homes without a way (可达性结果)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.findings import FindingKind

if TYPE_CHECKING:
    import pandas as pd

    from gridmap.boundaries.network_walks import RoadPlaces
    from gridmap.boundaries.road_noding import Texts
    from gridmap.boundaries.walking_network import WalkingNetwork
    from gridmap.findings import Finding

SPEEDS_M_S = (1.0, 1.4)
"""Usual walking speeds, metres a second (issue 4 point 6)."""

NO_STATION = FindingKind(
    "walk_no_station",
    "warning",
    en="There is no station: nothing is covered.",
    zh="没有服务站点，均未覆盖。",
    cure_en="Give the stations as points, or let place_stations choose places.",
    cure_zh="请提供站点图层，或用 place_stations 选址。",
)
STATION_FAR = FindingKind(
    "walk_station_far",
    "warning",
    en="{count} stations have no road near and reach nothing: {places}.",
    zh="{count} 个站点附近没有道路，无法到达任何地点：{places}。",
    cure_en="Draw the way to them, or correct their places or datum (--datum stations=gcj02); in "
    "Python a larger access_m.",
    cure_zh="请补绘通道，或更正站点位置、坐标系（--datum stations=gcj02）；"
    "在 Python 中可增大 access_m。",
)
STATION_APART = FindingKind(
    "walk_station_apart",
    "warning",
    en="{count} stations stand on roads that are not joined to the largest piece of the network: "
    "{places}.",
    zh="{count} 个站点所在道路未与路网最大片相连：{places}。",
    cure_en="Join the roads there, or move the station.",
    cure_zh="请连通当地道路，或调整站点位置。",
)
SPEED_UNUSUAL = FindingKind(
    "walk_speed_unusual",
    "warning",
    en="The walking speed of {speed:g} m/s is not between {least:g} and {most:g}.",
    zh="步行速度 {speed:g} 米/秒不在 {least:g}—{most:g} 之间。",
    cure_en="Use 1.0 for old people and children, 1.2 or 1.4 for others: speed_m_s=1.2.",
    cure_zh="老人、儿童宜取 1.0，一般取 1.2 或 1.4：speed_m_s=1.2。",
)
HOUSEHOLDS_UNUSABLE = FindingKind(
    "walk_households_unusable",
    "warning",
    en="{count} homes have no usable number of households and count as 0: {places}.",
    zh="{count} 处住所没有可用户数，按 0 户计：{places}。",
    cure_en="Give each home a whole number of households.",
    cure_zh="请为每处住所填写整数户数。",
)
HOME_FAR = FindingKind(
    "walk_home_far",
    "warning",
    en="{count} households in {homes} homes are too far from any road: {places}.",
    zh="{count} 户（{homes} 处）距任何道路过远：{places}。",
    cure_en="Draw the paths to them; in Python a larger access_m.",
    cure_zh="请补绘通往住所的道路；在 Python 中可增大 access_m。",
)
HOME_APART = FindingKind(
    "walk_home_apart",
    "warning",
    en="{count} households in {homes} homes have a road, but no way to any station: {places}.",
    zh="{count} 户（{homes} 处）有路，但无法到达任何站点：{places}。",
    cure_en="Join the pieces of the network (see walk_network_pieces), or place a station there.",
    cure_zh="请连通路网（见 walk_network_pieces），或在当地设站。",
)
HOME_NOWHERE = FindingKind(
    "walk_home_nowhere",
    "warning",
    en="{count} households in {homes} homes have no usable place: {places}.",
    zh="{count} 户（{homes} 处）没有可用位置：{places}。",
    cure_en="Give each home a point.",
    cure_zh="请为每处住所提供点位。",
)
DIVISION_REPAIRED = FindingKind(
    "walk_division_repaired",
    "warning",
    en="{count} divisions have an outline that is invalid or missing; the land was measured on a "
    "repaired copy: {places}.",
    zh="{count} 个区划的边界无效或缺失，面积按修复后的图形量算：{places}。",
    cure_en="Repair the outline in the file: gridmap.repair_sources.",
    cure_zh="请修复文件中的边界：gridmap.repair_sources。",
)
STATIONS_MISSING = FindingKind(
    "stations_missing",
    "error",
    en="Reach can't be planned for: there is no station.",
    zh="没有服务站点，无法按可达性调整。",
    cure_en="Give the stations as points: --stations FILE, or a layer named stations (服务站).",
    cure_zh="请提供站点图层：--stations 文件，或名为“服务站”的图层。",
)
FINDING_KINDS = (
    NO_STATION,
    STATIONS_MISSING,
    STATION_FAR,
    STATION_APART,
    SPEED_UNUSUAL,
    HOUSEHOLDS_UNUSABLE,
    HOME_FAR,
    HOME_APART,
    HOME_NOWHERE,
    DIVISION_REPAIRED,
)
STATES = {"far_from_road": HOME_FAR, "other_piece": HOME_APART, "no_place": HOME_NOWHERE}


def say_speed(speed_m_s: float) -> list[Finding]:
    """Say that a speed is outside the usual range, or nothing.

    Examples
    --------
    >>> say_speed(1.2), say_speed(2.0)[0].en
    ([], 'The walking speed of 2 m/s is not between 1 and 1.4.')
    """
    least, most = SPEEDS_M_S
    if least <= speed_m_s <= most:
        return []
    return [SPEED_UNUSUAL.found(count=1, speed=speed_m_s, least=least, most=most)]


def say_stations(ids: Texts, starts: RoadPlaces, network: WalkingNetwork) -> list[Finding]:
    """Say which stations have no road, or one apart from the rest.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridmap.boundaries.network_walks import RoadPlaces
    >>> from gridmap.boundaries.walking_network import build_walking_network
    >>> roads = gpd.GeoDataFrame(geometry=[], crs=4547)
    >>> none = RoadPlaces(np.array([-1]), np.array([0.0]), np.array([np.inf]))
    >>> say_stations(np.array(["S1"]), none, build_walking_network(roads))[0].code
    'walk_station_far'
    """
    if not len(ids):
        return [NO_STATION.found()]
    far = ids[~starts.joined]
    joined = np.flatnonzero(starts.joined)
    piece = network.piece[network.edges[starts.edge[joined], 0]]
    apart = ids[joined[piece > 0]]
    said = [STATION_FAR.found(far.tolist())] if len(far) else []
    return said + ([STATION_APART.found(apart.tolist())] if len(apart) else [])


def say_homes(table: pd.DataFrame) -> list[Finding]:
    """Say which homes can't be reached, by the index of the input.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"households": [3], "state": ["far_from_road"]}, index=["H7"])
    >>> say_homes(table)[0].en
    '3 households in 1 homes are too far from any road: H7.'
    """
    said = []
    for state, kind in STATES.items():
        lost = table[table["state"] == state]
        if len(lost):
            count = int(lost["households"].sum())
            said.append(kind.found(map(str, lost.index), count=count, homes=len(lost)))
    return said
