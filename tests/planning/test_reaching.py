"""Communities and the walk to their stations: the term, the constraint, and what is said."""

from __future__ import annotations

import itertools
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.boundaries.reach import measure_reach
from gridmap.boundaries.walking_network import build_walking_network
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.model import Plan, Territory
from gridmap.planning import Service, measure_service, rebalance_communities
from gridmap.planning.attending import Duty, attend_zones
from gridmap.planning.boards import Board
from gridmap.planning.problems import BandTable, Problem, find_pieces
from gridmap.planning.reach_effect import tell_reach
from gridmap.rules import Rules
from gridmap.testing import draw_territory, random_territory

RULES = Rules.preset()


def streets(territory: Territory) -> gpd.GeoDataFrame:
    """Return a street along every border of a row or column of units."""
    edges = territory.units.frame.geometry.bounds
    xs = np.unique(np.round(np.r_[edges["minx"], edges["maxx"]], 9)).tolist()
    ys = np.unique(np.round(np.r_[edges["miny"], edges["maxy"]], 9)).tolist()
    lines = [shapely.LineString([(x, y) for y in ys]) for x in xs]
    lines += [shapely.LineString([(x, y) for x in xs]) for y in ys]
    return gpd.GeoDataFrame(geometry=lines, crs=territory.units.crs)


def stations(territory: Territory, *units: str) -> gpd.GeoDataFrame:
    """Return a station in the middle of each of some units."""
    middles = territory.units.frame.loc[list(units)].representative_point()
    ids = [f"S{number}" for number in range(len(units))]
    return gpd.GeoDataFrame(
        {"station_id": ids}, geometry=middles.to_list(), crs=territory.units.crs
    )


def count_near(service: Service, owner: pd.Series) -> int:
    """Count, home by home, the households near a station on their own community's land."""
    near = 0
    for home, unit in enumerate(service.units):
        seats = [
            seat
            for station, seat in enumerate(service.seats)
            if seat and service.within[home, station] and owner[seat] == owner[unit]
        ]
        near += int(service.households[home]) if seats else 0
    return near


def unmet(plan: Plan) -> int:
    return sum(f.count for f in plan.findings if f.code.startswith("reach_unmet"))


def is_whole(plan: Plan) -> bool:
    """Tell whether every community is in one piece, by passable borders."""
    borders = plan.territory.borders
    ids = plan.assignment.index
    a, b = ids.get_indexer(borders["unit_a"]), ids.get_indexer(borders["unit_b"])
    zone = plan.assignment.to_numpy(object)
    inner = (zone[a] == zone[b]) & borders["passable"].to_numpy(bool)
    parts = find_pieces(np.stack([a[inner], b[inner]], axis=1), len(ids))
    return len(np.unique(parts)) == plan.assignment.nunique()


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    number=st.sampled_from([None, 0, 3]),
    minutes=st.floats(1, 8),
    many=st.integers(1, 5),
)
def test_reach_never_costs_the_band_and_is_accounted_for(
    seed: int, number: int | None, minutes: float, many: int
) -> None:
    territory = random_territory(seed, rows=5, columns=6, communities=4, households=15_000)
    frame = territory.units.frame
    seats = frame.sample(min(many, len(frame)), random_state=seed).index
    served = measure_service(
        territory, streets(territory), stations(territory, *seats), minutes=minutes
    )
    term = rebalance_communities(territory, rules=RULES, number=number, seed=seed, service=served)
    plan = rebalance_communities(
        territory, rules=RULES, number=number, seed=seed,
        service=replace(served, wish="require"),
    )  # fmt: skip
    assert int(plan.grids["households"].sum()) == int(term.grids["households"].sum())
    assert shapely.coverage_is_valid(plan.grids.geometry.to_numpy())
    assert (~plan.grids["in_band"]).sum() <= (~term.grids["in_band"]).sum()
    after = int(plan.about["reach.after"])
    assert after == count_near(served, plan.assignment)
    assert int(plan.about["reach.before"]) == count_near(served, frame["community_id"])
    assert after <= int(plan.about["reach.attainable"])
    assert after + unmet(plan) == int(plan.about["reach.households"])


def test_service_is_as_reach_measures_it() -> None:
    toy = draw_territory("abcdefgh\nabcdefgh", households=7)
    points, roads = stations(toy, "r00c01", "r01c06"), streets(toy)
    served = measure_service(toy, roads, points, minutes=2)
    crs = toy.units.metric_crs
    middles = shapely.point_on_surface(toy.units.frame.geometry.to_numpy())
    homes = gpd.GeoDataFrame(
        {"households": 7}, geometry=middles, index=toy.units.frame.index, crs=toy.units.crs
    )
    reach = measure_reach(
        build_walking_network(roads.to_crs(crs)), points.to_crs(crs),
        homes=homes.to_crs(crs), minutes=2,
    )  # fmt: skip
    assert served.units.tolist() == reach.homes.index.tolist()
    assert served.stations[served.nearest].tolist() == reach.homes["station_id"].tolist()
    np.testing.assert_allclose(served.walks_min, reach.homes["minutes"])
    sums = served.households @ served.within
    assert sums.tolist() == reach.areas["households"].tolist()


def test_without_stations_nothing_changes() -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11112233")
    plan = rebalance_communities(toy, rules=RULES, number=3)
    assert not any(key.startswith("reach") for key in plan.about)
    assert not any(finding.code.startswith("reach") for finding in plan.findings)


def test_who_must_move_goes_where_the_station_is() -> None:
    """A heavy community between two light ones gives to the side that its people walk to."""
    homes = np.array([[2000, 2000, 1800, 1800, 1800, 1800, 1800, 2000, 2000]])
    toy = draw_territory("abcdefghi", households=homes, communities="112222233")
    for seat, heir, given_away in (("r00c00", "1", "r00c02"), ("r00c08", "3", "r00c06")):
        served = measure_service(toy, streets(toy), stations(toy, seat), minutes=15)
        plan = rebalance_communities(toy, rules=RULES, number=0, service=served)
        moved = plan.assignment[plan.assignment != toy.units.frame["community_id"]]
        assert moved.index.tolist() == [given_away]
        assert moved.iloc[0].endswith(heir)
        assert plan.grids["in_band"].all()


def test_required_reach_takes_households_to_the_station_and_the_band_is_kept() -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11112222")
    seats = stations(toy, "r00c00", "r00c05")
    served = measure_service(toy, streets(toy), seats, minutes=4.5, wish="require")
    plan = rebalance_communities(toy, rules=RULES, number=2, service=served)
    assert served.within[3].tolist() == [False, True], (
        "the fourth unit is near the second station only"
    )
    assert plan.assignment["r00c03"] == plan.assignment["r00c05"]
    assert plan.about["reach.after"] == plan.about["reach.attainable"] == "8000"
    assert int(plan.about["reach.before"]) == 7000
    assert is_whole(plan)
    assert plan.grids["in_band"].all()
    again = rebalance_communities(toy, rules=RULES, number=2, service=served)
    assert again.grids.to_wkb().equals(plan.grids.to_wkb())
    assert again.findings == plan.findings


def test_those_who_cannot_be_near_are_listed_with_the_reason() -> None:
    toy = draw_territory("abcdefgh", households=1500, communities="11112222")
    towns = toy.units.communities.assign(township=["东街", "西街"])
    apart = replace(toy, units=replace(toy.units, communities=towns))
    served = measure_service(apart, streets(apart), stations(apart, "r00c04"), minutes=3,
                             wish="require")  # fmt: skip
    plan = rebalance_communities(apart, rules=RULES, number=0, service=served)
    said = {f.en.split("because ")[1].split(":")[0]: f for f in plan.findings
            if f.code.startswith("reach_unmet")}  # fmt: skip
    barred = next(f for why, f in said.items() if "another township" in why)
    assert "r00c03" in barred.where
    far = next(f for why, f in said.items() if "no station at all" in why)
    assert "r00c00" in far.where
    assert all(f.cure_en and f.cure_zh and "户" in f.zh for f in said.values())
    assert int(plan.about["reach.after"]) + unmet(plan) == 12_000


def test_a_lock_on_the_station_s_community_is_the_reason() -> None:
    toy = draw_territory("abcdefgh", households=1000, communities="11112222")
    first, second = toy.units.communities.index
    served = measure_service(toy, streets(toy), stations(toy, "r00c04"), minutes=3, wish="require")
    plan = rebalance_communities(toy, rules=RULES, number=0, service=served, locks=[second])
    assert set(plan.assignment) == {first, second}
    assert any("locked" in f.en for f in plan.findings if f.code.startswith("reach_unmet"))
    free = rebalance_communities(toy, rules=RULES, number=0, service=served)
    assert int(free.about["reach.after"]) > int(plan.about["reach.after"])


def test_a_station_on_no_land_and_none_at_all_are_said() -> None:
    toy = draw_territory("ab", households=1000)
    away = stations(toy, "r00c00").assign(geometry=lambda f: f.geometry.translate(0.0, 0.01))
    served = measure_service(toy, streets(toy), away)
    assert "station_outside" in {finding.code for finding in served.findings}
    with pytest.raises(RefusedInput, match="no station"):
        measure_service(toy, streets(toy), away.iloc[:0])
    with pytest.raises(InvalidOption, match="prefer"):
        measure_service(toy, streets(toy), stations(toy, "r00c00"), wish="perhaps")
    with pytest.raises(InvalidOption, match="minutes"):
        measure_service(toy, streets(toy), stations(toy, "r00c00"), minutes=float("nan"))
    bare = measure_service(toy, None, stations(toy, "r00c00"))
    assert not bare.within.any()
    told = tell_reach(
        replace(bare, wish="require"), toy, toy.units.frame["community_id"],
        toy.units.frame["community_id"], locked=frozenset(),
    )  # fmt: skip
    assert told.about["reach.attainable"] == "0"


def best_division(weights: list[int], duty: Duty, lower: int, upper: int) -> int:
    """Return the fewest households out of reach of all divisions of a path inside the band."""
    size = len(weights)
    best = 10**9
    for cuts in itertools.product([False, True], repeat=size - 1):
        zones = np.r_[0, np.cumsum(cuts)]
        sums = np.bincount(zones, weights)
        if sums.min() < lower or sums.max() > upper:
            continue
        members = [frozenset(np.flatnonzero(zones == z).tolist()) for z in range(len(sums))]
        best = min(best, sum(duty.miss(nodes) for nodes in members))
    return best


@settings(max_examples=60, deadline=None)
@given(
    weights=st.lists(st.integers(1, 3), min_size=4, max_size=9),
    seed=st.integers(0, 10_000),
)
def test_attending_keeps_the_band_and_never_beats_what_is_possible(
    weights: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    size = len(weights)
    lower, upper = 2, 8
    labels, zone, held = [], 0, 0
    for weight in weights:
        if held >= 4:
            zone, held = zone + 1, 0
        labels.append(zone)
        held += weight
    if held < lower and zone:
        labels = [min(label, zone - 1) for label in labels]
    edges = np.column_stack([np.arange(size - 1), np.arange(1, size)])
    bands = BandTable(np.array([[lower, upper]]), np.array([[lower, upper]]))
    problem = Problem(np.array(weights), edges, np.ones(size - 1), np.zeros(size - 1), bands,
                      np.zeros(size, np.int64))  # fmt: skip
    near = rng.integers(0, 8, size)
    homes = tuple(((int(mask), w),) if mask else () for mask, w in zip(near, weights, strict=True))
    seats = [0] * size
    for bit in range(3):
        seats[int(rng.integers(size))] |= 1 << bit
    duty = Duty(homes, tuple(seats))
    board = Board(problem, list(labels), list(labels))
    before = sum(duty.miss(board.members(zone)) for zone in board.zones())
    outside = sum(board.count_failing(board.members(zone)) for zone in board.zones())
    many = len(board.zones())
    gone = attend_zones(board, duty, spare=many)
    after = sum(duty.miss(board.members(zone)) for zone in board.zones())
    assert after <= before
    assert sum(board.count_failing(board.members(z)) for z in board.zones()) <= outside
    assert all(board.is_whole(board.members(zone)) for zone in board.zones())
    assert len(board.zones()) == many - gone
    if outside == 0:
        assert after >= best_division(weights, duty, lower, upper)


def test_a_tower_parted_by_entrances_counts_each_household_once() -> None:
    toy = draw_territory("ab", households=300)
    units = toy.units
    one, two = units.frame.index
    members = pd.DataFrame(
        {"building_id": "T", "household_id": "", "unit_id": [one, two],
         "households": [300, 300], "place_id": "p1"}
    )  # fmt: skip
    tower = gpd.GeoDataFrame(
        {"building_id": "T", "unit_id": one, "floors": 30, "entrances": 2, "households": 600},
        geometry=[units.frame.representative_point()[one]], index=pd.Index(["p1"], name="place_id"),
        crs=units.crs,
    )  # fmt: skip
    parted = replace(toy, units=replace(units, members=members, buildings=tower))
    served = measure_service(parted, streets(toy), stations(toy, one))
    homes = dict(zip(served.units.tolist(), served.households.tolist(), strict=True))
    assert homes == {one: 300, two: 300}
