"""Proposals: what is offered, what each option does, and that it can be undone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from boundaries.planted_land import lay_out, make_land, make_sources

import gridmap
from gridmap.boundaries import analyse
from gridmap.boundaries.applying import apply_edits
from gridmap.boundaries.best_edits import choose_best
from gridmap.boundaries.divisions import clean_sources
from gridmap.boundaries.edit_files import read_edits, write_edits
from gridmap.boundaries.edited_files import edit_sources
from gridmap.boundaries.edits import Move
from gridmap.boundaries.examples import draw_sources
from gridmap.boundaries.higher_lines import HigherLines
from gridmap.boundaries.homes import find_holders, place_homes
from gridmap.boundaries.parts import find_parts
from gridmap.boundaries.proposal_tables import frame_proposals, list_proposals
from gridmap.boundaries.proposals import propose_changes
from gridmap.boundaries.standing import measure_areas
from gridmap.errors import InvalidOption, UnknownName
from gridmap.rules import Band

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.boundaries.options import Option
    from gridmap.boundaries.proposals import Proposals
    from gridmap.model import Sources


def propose(sources: Sources, **options: object) -> Proposals:
    return propose_changes(analyse(sources), sources, **options)


def count_homes(proposals: Proposals, shapes: np.ndarray) -> dict[str, int]:
    """Count the households of each division anew: the smallest of today that a home touches."""
    standing = proposals.standing
    total = dict.fromkeys(standing.ids, 0)
    if standing.homes is None:
        return total
    for place, count in zip(
        place_homes(shapes, standing.homes, areas=standing.area_m2),
        standing.home_counts.tolist(),
        strict=True,
    ):
        if place >= 0:
            total[standing.ids[place]] += count
    return total


def assert_option_is_true(proposals: Proposals, option: Option) -> None:
    """Apply one option alone: land stays tiled, counts are as told, the inverse gives it back."""
    standing = proposals.standing
    land = proposals.divisions
    by_id = {o.edit.edit_id: o.edit for i in proposals.items for o in i.options if o.edit}
    first = apply_edits(land, [by_id[name] for name in option.first]).divisions
    if option.edit is None:
        return
    edited = apply_edits(first, [option.edit], proposals.homes)
    new = edited.divisions.geometry.to_numpy()
    assert edited.divisions["division_id"].is_unique
    assert shapely.is_valid(new).all()
    assert shapely.coverage_is_valid(new)
    whole = shapely.coverage_union_all(standing.shapes)
    assert shapely.symmetric_difference(shapely.coverage_union_all(new), whole).area < 1e-14
    assert sum(shapely.area(new)) == pytest.approx(sum(shapely.area(land.geometry)), rel=1e-12)
    told = {effect.division_id: effect for effect in option.effects}
    was = count_homes(proposals, first.geometry.to_numpy())
    now = count_homes(proposals, new)
    if standing.homes is not None:
        changed = {d for d in now if now[d] != was[d]}
        assert changed <= set(told)
        for d, effect in told.items():
            assert effect.households_after - effect.households_before == now[d] - was[d]
        assert sum(now.values()) == sum(was.values())
        listed = {(m.home_id, m.before, m.after) for m in edited.moved_homes}
        assert listed == set(option.moved_homes)
        assert edited.moved_households == option.households or not option.moved
    areas = measure_areas(new, standing.crs, standing.metric_crs)
    for d, effect in told.items():
        if not option.first:
            assert areas[standing.row[d]] == pytest.approx(effect.area_after_m2, abs=0.05)
            parts = shapely.get_num_geometries(new[standing.row[d]])
            assert effect.parts_after == parts
    back = apply_edits(edited.divisions, edited.inverse)
    assert back.divisions.to_wkb().equals(first.to_wkb())
    again = apply_edits(back.divisions, back.inverse)
    assert again.divisions.to_wkb().equals(edited.divisions.to_wkb())


@pytest.mark.parametrize("seed", range(5))
def test_every_option_on_random_land_does_what_it_says(seed: int) -> None:
    proposals = propose(make_land(seed), band=Band(60, 200), measure="households")
    options = [option for item in proposals.items for option in item.options]
    assert {"give", "keep"} <= {option.action for option in options}
    for option in options:
        assert_option_is_true(proposals, option)


@pytest.mark.parametrize("seed", range(6, 13))
def test_the_best_edits_together_leave_no_exclave_and_can_be_undone(
    seed: int, tmp_path: Path
) -> None:
    sources = make_land(seed)
    proposals = propose(sources)
    land, best = proposals.divisions, choose_best(proposals)
    write_edits(best.edits, tmp_path / "edits.geojson")
    assert read_edits(tmp_path / "edits.geojson") == best.edits
    edited = apply_edits(land, best.edits, proposals.homes)
    assert shapely.coverage_is_valid(edited.divisions.geometry.to_numpy())
    before = find_parts(land.to_crs(sources.metric_crs))
    after = find_parts(edited.divisions.to_crs(sources.metric_crs))
    apart = int((after["kind"] != "main").sum())
    assert apart < (before["kind"] != "main").sum()
    assert apart == 0 or best.waiting or best.uncured
    moved = sum(home.households for home in edited.moved_homes)
    assert edited.moved_households == moved
    write_edits(edited.inverse, tmp_path / "undo.geojson")
    back = apply_edits(edited.divisions, read_edits(tmp_path / "undo.geojson"), proposals.homes)
    assert back.divisions.to_wkb().equals(land.to_wkb())
    assert {(m.home_id, m.after, m.before) for m in back.moved_homes} == {
        (m.home_id, m.before, m.after) for m in edited.moved_homes
    }


@pytest.mark.parametrize("seed", [3, 11])
def test_every_option_beside_an_overlap_applies_and_lists_its_homes(seed: int) -> None:
    """One division is grown over its neighbours: what can't be applied is said, not offered."""
    sources = make_land(seed)
    frame = sources.layers["communities"].copy()
    shapes = frame.geometry.to_numpy().copy()
    shapes[seed % len(shapes)] = shapely.buffer(shapes[seed % len(shapes)], 1e-4)
    sources = sources.with_layers(communities=frame.set_geometry(shapes, crs=frame.crs))
    proposals = propose(sources, band=Band(60, 200), measure="households")
    land, homes = proposals.divisions, proposals.homes
    by_id = {o.edit.edit_id: o.edit for i in proposals.items for o in i.options if o.edit}
    for option in (option for item in proposals.items for option in item.options):
        if option.edit is None:
            continue
        first = apply_edits(land, [by_id[name] for name in option.first]).divisions
        edited = apply_edits(first, [option.edit], homes)
        listed = {(m.home_id, m.before, m.after) for m in edited.moved_homes}
        assert listed == set(option.moved_homes)
        was, now = (find_holders(d.geometry.to_numpy(), homes.geometry.to_numpy())
                    for d in (first, edited.divisions))  # fmt: skip
        assert len(listed) == sum(a != b for a, b in zip(was, now, strict=True))
        back = apply_edits(edited.divisions, edited.inverse)
        assert back.divisions.to_wkb().equals(first.to_wkb())
    refused = [why for item in proposals.items for why in item.not_possible]
    assert any("is held by" in why.en for why in refused)


def test_residents_that_can_not_be_used_are_unknown_and_said() -> None:
    sources = draw_sources("ABBB\nABAB\nABBB", households=2)
    frame = sources.layers["communities"]
    for column, unusable, known in (
        (["n/a", -900], ("A", "B"), False),
        ([None, 900], ("A",), False),
        ([float("inf"), "900"], ("A",), False),
        ([0, 900], (), True),
    ):
        given = sources.with_layers(communities=frame.assign(常住人口=column))
        proposals = propose(given, band=Band(30, 2000))
        said = [f.where for f in proposals.findings if f.code == "proposal_residents_unusable"]
        assert said == ([unusable] if unusable else [])
        effect = proposals.items[0].options[0].effects[0]
        assert effect.division_id == "A"
        assert (effect.residents_before is not None) == known
        assert effect.count_before == (0 if known else round(2.62 * effect.households_before))


def test_outlines_are_those_of_the_input_to_the_last_bit() -> None:
    sources = make_land(3)
    cleaned = clean_sources(sources).layers["communities"]
    assert propose(sources).divisions.to_wkb()["geometry"].equals(cleaned.to_wkb()["geometry"])


def test_options_are_ranked_by_cure_then_band_then_border() -> None:
    """The part of A has a longer border with B, but B is full."""
    shapes = {
        "A": shapely.MultiPolygon([shapely.box(0, 0, 900, 100), shapely.box(300, 400, 500, 500)]),
        "B": shapely.box(0, 100, 900, 500).difference(
            shapely.union_all([shapely.box(300, 400, 500, 500), shapely.box(0, 450, 300, 500)])
        ),
        "C": shapely.union_all([shapely.box(0, 500, 900, 600), shapely.box(0, 450, 300, 500)]),
    }
    places = [shapely.Point(50, 50), shapely.Point(400, 450), shapely.Point(50, 200)]
    places.append(shapely.Point(50, 550))
    homes = lay_out(places, household_id=list("1234"), households=[300, 60, 480, 320])
    sources = make_sources(shapes, households=homes)
    plain = propose(sources).items[0]
    judged = propose(sources, band=Band(300, 500), measure="households").items[0]
    assert [(o.action, o.to) for o in plain.options] == [
        ("give", ("B",)), ("give", ("C",)), ("keep", ("A",)),
    ]  # fmt: skip
    assert [(o.action, o.to) for o in judged.options] == [
        ("give", ("C",)), ("give", ("B",)), ("keep", ("A",)),
    ]  # fmt: skip
    effect = next(e for e in judged.options[1].effects if e.division_id == "B")
    assert (effect.count_before, effect.count_after) == (480, 540)
    assert (effect.in_band_before, effect.in_band_after) == (True, False)
    assert judged.options[1].outside_change == 1
    assert judged.options[0].households == 60
    land = propose(sources).divisions
    for option in judged.options[:2]:
        edited = apply_edits(land, [option.edit]).divisions
        assert shapely.get_num_geometries(edited.geometry.to_numpy()).tolist() == [1, 1, 1], (
            "corners on a straight edge of a neighbour are millimetres off it, and still join"
        )
        inverse = apply_edits(land, [option.edit]).inverse
        assert apply_edits(edited, inverse).divisions.to_wkb().equals(land.to_wkb())


def test_an_exclave_without_neighbours_can_only_be_kept() -> None:
    item = propose(draw_sources("AAB\n...\n..A", households=1)).items[0]
    assert [option.action for option in item.options] == ["keep"]
    assert "no division borders it" in item.not_possible[0].en
    assert "飞地网格" in item.options[0].zh
    assert "answers for its residents" in item.options[0].en


def test_a_part_beside_parts_follows_them() -> None:
    """The part of A touches only the part of B, which lies in C."""
    proposals = propose(
        draw_sources("AAABBB\nAAABBB\nAAABBB\nCCCCCC\nCCBBBC\nCCBABC\nCCBBBC\nCCCCCC")
    )
    options = {item.ids[0]: item.options[0] for item in proposals.items}
    assert (options["B"].action, options["B"].to, options["B"].first) == ("give", ("C",), ())
    assert (options["A"].action, options["A"].to) == ("give", ("C",))
    assert options["A"].first == (options["B"].edit.edit_id,)
    best = choose_best(proposals)
    after = apply_edits(proposals.divisions, best.edits).divisions
    assert (shapely.get_num_geometries(after.geometry.to_numpy()) == 1).all()
    for item in proposals.items:
        for option in item.options:
            assert_option_is_true(proposals, option)


def make_exchange(*, roads: bool) -> Sources:
    """Return A on the left of B, a part of A inside B, and 5 households in each hectare."""
    island = shapely.box(700, 300, 900, 400)
    shapes = {
        "A": shapely.MultiPolygon([shapely.box(0, 0, 500, 800), island]),
        "B": shapely.box(500, 0, 1300, 800).difference(island),
    }
    xy = np.array([(x, y) for x in range(50, 1300, 100) for y in range(50, 800, 100)])
    homes = lay_out(
        list(shapely.points(xy)),
        household_id=[f"H{n}" for n in range(len(xy))],
        households=[5] * len(xy),
    )
    layers = {"households": homes}
    if roads:
        lines = [shapely.LineString([(x, -50), (x, 850)]) for x in (600, 1000)]
        lines += [shapely.LineString([(-50, y), (1350, y)]) for y in (200, 600)]
        layers["roads"] = lay_out(lines, name=["路"] * len(lines))
        yard = lay_out([shapely.box(760, 40, 840, 160)], building_id=["B1"], floors=[6])
        layers["buildings"] = yard
    return make_sources(shapes, **layers)


def test_an_exchange_gives_back_whole_blocks_of_about_the_same_size() -> None:
    proposals = propose(make_exchange(roads=True))
    item = next(item for item in proposals.items if item.subject == "exclave")
    swap = next(option for option in item.options if option.action == "exchange")
    given, back = swap.moved
    assert (given.held_by, given.goes_to) == (("A",), ("B",))
    assert (back.held_by, back.goes_to) == (("B",), ("A",))
    assert given.counts.households == 10
    assert back.counts.households == pytest.approx(10, rel=0.25)
    assert swap.cures
    assert swap.buildings == 0
    assert item.options[0].action == "give", "fewer households move"
    assert_option_is_true(proposals, swap)


def test_land_alone_is_not_exchanged() -> None:
    item = propose(make_exchange(roads=False)).items[0]
    assert "exchange" not in {option.action for option in item.options}
    why = next(no for no in item.not_possible if no.action == "exchange")
    assert "land alone can't be exchanged sensibly" in why.en
    assert "无法合理置换" in why.zh


def make_overlap(**layers: object) -> Sources:
    """Return A and B, with a triangle of 100 m in both."""
    a = shapely.Polygon(
        [(0, 0), (500, 0), (500, 100), (600, 200), (500, 300), (500, 500), (0, 500)]
    )
    return make_sources({"A": a, "B": shapely.box(500, 0, 1000, 500)}, **layers)


def test_an_overlap_goes_to_either_or_is_divided_straight() -> None:
    homes = lay_out([shapely.Point(550, 200)], household_id=["1"], households=[7])
    sources = make_overlap(households=homes)
    proposals = propose(sources)
    item = proposals.items[0]
    assert (item.subject, item.ids) == ("overlap", ("A", "B"))
    assert {option.to for option in item.options} == {("A",), ("B",)}, "the chord is B's outline"
    assert [option.households for option in item.options] == [7, 7], "it had both, and has one"
    told = {e.division_id: (e.households_before, e.households_after) for e in
        next(o for o in item.options if o.to == ("B",)).effects}  # fmt: skip
    assert told == {"A": (0, 0), "B": (7, 7)}, "each is counted once, with the smallest"
    assert item.not_possible[0].action == "settle"
    for option in item.options:
        edited = edit_sources(sources, [option.edit])
        shapes = edited.divisions.geometry.to_numpy()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.area(shapely.intersection(*shapes)) == 0
        union = shapely.union_all(proposals.standing.shapes)
        assert sum(shapely.area(shapes)) == pytest.approx(union.area, rel=1e-12)
        back = apply_edits(edited.divisions, edited.inverse).divisions
        assert back.geometry.to_wkb().equals(proposals.divisions.geometry.to_wkb())


def test_an_overlap_is_divided_on_a_road_else_between_the_crossings() -> None:
    a = shapely.Polygon(
        [(0, 0), (500, 0), (500, 100), (600, 200), (500, 300), (500, 500), (0, 500)]
    )
    b = shapely.Polygon([(500, 0), (1000, 0), (1000, 500), (500, 500), (500, 300), (450, 200),
                         (500, 100)])  # fmt: skip
    roads = lay_out([shapely.LineString([(530, 0), (530, 500)])], name=["路"])
    for layers, at in (({}, 500.0), ({"roads": roads}, 530.0)):
        sources = make_sources({"A": a, "B": b}, **layers)
        proposals = propose(sources)
        item = next(i for i in proposals.items if i.subject == "overlap")
        divided = next(option for option in item.options if option.to == ("A", "B"))
        edited = edit_sources(sources, [divided.edit])
        shapes = edited.divisions.to_crs(sources.metric_crs).geometry.to_numpy()
        assert shapely.coverage_is_valid(edited.divisions.geometry.to_numpy())
        assert shapely.bounds(shapes[0])[2] == pytest.approx(500_000 + at, abs=0.1)
        assert shapely.bounds(shapes[1])[0] == pytest.approx(500_000 + at, abs=0.1) or at == 530
        back = apply_edits(edited.divisions, edited.inverse).divisions
        assert back.geometry.to_wkb().equals(proposals.divisions.geometry.to_wkb())


def test_a_neck_is_given_away_or_widened() -> None:
    a = shapely.union_all(
        [
            shapely.box(0, 0, 400, 300),
            shapely.box(400, 145, 420, 155),
            shapely.box(420, 0, 700, 300),
        ]
    )
    around = shapely.box(-100, -100, 800, 400)
    sources = make_sources({"A": a, "B": around.difference(a)})
    proposals = propose(sources)
    [item] = [item for item in proposals.items if item.subject == "neck"]
    assert [option.action for option in item.options] == ["widen", "give", "keep"]
    for option in item.options[:2]:
        assert option.cures
        assert_option_is_true(proposals, option)
        edited = edit_sources(sources, [option.edit])
        frame = sources.layers["communities"].set_geometry(edited.divisions.geometry)
        again = analyse(sources.with_layers(communities=frame))
        assert (again.interlocks["kind"] != "neck").all()


def test_a_winding_border_is_straightened() -> None:
    sources = draw_sources("AAAAA\nABABA\nABABA\nABABA\nBBBBB", households=1)
    proposals = propose(sources)
    [item] = [item for item in proposals.items if item.subject == "border"]
    best = item.options[0]
    assert (best.action, best.cures) == ("straighten", True)
    assert_option_is_true(proposals, best)
    edited = edit_sources(sources, [best.edit])
    frame = sources.layers["communities"].set_geometry(edited.divisions.geometry)
    assert not len(analyse(sources.with_layers(communities=frame)).interlocks)


def test_residents_of_divisions_are_shared_and_said() -> None:
    sources = draw_sources("ABBB\nABAB\nABBB", households=2)
    proposals = propose(sources, population={"A": 400, "B": 800}, band=Band(350, 900))
    best = proposals.items[0].options[0]
    assert best.residents == 100, "2 of 8 households of A"
    assert [(e.residents_before, e.residents_after) for e in best.effects] == [
        (400, 300), (800, 900),
    ]  # fmt: skip
    assert [f.code for f in proposals.findings] == ["proposal_residents_shared"]
    bare = draw_sources("ABBB\nABAB\nABBB")
    shared = propose(bare, population=[400, 800]).items[0].options[0]
    assert shared.residents == pytest.approx(100, abs=1)
    estimated = propose(sources, band=Band(1, 9))
    assert estimated.findings[0].code == "proposal_persons_estimated"
    assert propose(bare, band=Band(1, 9)).findings[0].code == "proposal_counts_unknown"


@pytest.mark.parametrize(
    "wrong", [[1.0], [1.0, -2.0], {"A": 3.0}, [float("nan"), 1.0], {"A": 1.0, "B": float("inf")}]
)
def test_a_population_that_does_not_fit_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidOption, match="population"):
        propose(draw_sources("ABBB\nABAB\nABBB"), population=wrong)


def test_proposals_are_the_same_every_time_and_hold_no_address() -> None:
    sources = make_land(1)
    homes = sources.layers["households"].assign(address="建设路12号3单元501室")
    told = [
        str(list_proposals(propose(s))) for s in (sources, sources.with_layers(households=homes))
    ]
    assert told[0] == told[1]
    assert "501室" not in told[1]


def test_beijing_has_no_exclave_left_and_comes_back_to_the_byte(shared_data: Path) -> None:
    sources = gridmap.read_sources(shared_data / "beijing_townships.shp")
    population = np.load(shared_data / "beijing_population.npy")[:, 0]
    analysis = analyse(sources)
    started = time.process_time()
    proposals = propose_changes(analysis, sources, population=population, band=Band(3000, 20000))
    best = choose_best(proposals, across=True)
    edited = apply_edits(proposals.divisions, best.edits)
    back = apply_edits(edited.divisions, edited.inverse)
    assert time.process_time() - started < 40
    inside = choose_best(proposals)
    district = dict(
        zip(proposals.standing.ids, sources.layers["communities"].district, strict=True)
    )
    moved = [
        (was, now) for e in inside.edits for m in e.moves for was in m.held_by for now in m.goes_to
    ]
    assert all(district[was] == district[now] for was, now in moved)
    assert 200 < len(inside.edits) < len(best.edits)
    assert inside.across
    assert len([item for item in proposals.items if item.subject == "exclave"]) == 225
    assert set(find_parts(edited.divisions.to_crs(sources.metric_crs))["kind"]) == {"main"}
    assert shapely.coverage_is_valid(edited.divisions.geometry.to_numpy())
    read = sources.layers["communities"].geometry
    assert back.divisions.geometry.to_wkb().equals(read.to_wkb())


def test_beijing_districts_exchange_their_one_exclave(shared_data: Path) -> None:
    sources = gridmap.read_sources(shared_data / "beijing_townships.shp")
    analysis = analyse(sources, level="县")
    [item] = propose_changes(analysis, sources, subjects=("exclave",)).items
    assert item.ids == ("朝阳区", "顺义区")
    assert item.counts.area_m2 / 1e6 == pytest.approx(10.57, abs=0.01)
    edited = edit_sources(sources, [item.options[0].edit], level="县")
    assert (shapely.get_num_geometries(edited.divisions.geometry.to_numpy()) == 1).all()


def test_a_winding_border_moves_to_a_road() -> None:
    teeth = [
        (x + dx, y) for x in range(0, 400, 40) for dx, y in ((0, 0), (20, 0), (20, 60), (40, 60))
    ]
    low = [(0, -300), (400, -300)]
    a = shapely.Polygon([*teeth, *reversed(low)]).buffer(0)
    b = shapely.Polygon([*teeth, (400, 400), (0, 400)]).buffer(0)
    road = lay_out([shapely.LineString([(-50, 33), (450, 27)])], name=["路"])
    sources = make_sources({"A": a, "B": b}, roads=road)
    proposals = propose(sources)
    [item] = [item for item in proposals.items if item.subject == "border"]
    snap = next(option for option in item.options if option.action == "snap")
    assert_option_is_true(proposals, snap)
    edited = edit_sources(sources, [snap.edit])
    frame = sources.layers["communities"].set_geometry(edited.divisions.geometry)
    assert not len(analyse(sources.with_layers(communities=frame)).interlocks)


def draw_townships(drawing: str, **townships: str) -> Sources:
    """Draw divisions that lie in townships: letter -> township."""
    sources = draw_sources(drawing, households=2)
    frame = sources.layers["communities"]
    names = [townships[letter] for letter in frame["community_id"]]
    return sources.with_layers(communities=frame.assign(township=names))


@pytest.mark.parametrize(("home", "away"), [("B", "C"), ("C", "B")])
def test_an_option_within_the_township_comes_before_one_across_its_line(
    home: str, away: str
) -> None:
    sources = draw_townships("BBCC\nBACC\nBBCC\nAAAA", **{"A": "1", home: "1", away: "2"})
    [item] = [item for item in propose(sources).items if item.subject == "exclave"]
    gives = [option for option in item.options if option.action == "give"]
    assert [option.to for option in gives] == [(home,), (away,)], "not the longer border"
    assert not gives[0].crosses
    [line] = gives[1].crosses
    assert (line.level, line.held_by, line.goes_to) == ("township", ("1",), ("2",))


@pytest.mark.parametrize("across", [False, True])
def test_edits_cross_a_line_only_when_asked(across: bool) -> None:
    proposals = propose(draw_townships("ABBB\nABAB\nABBB", A="north", B="south"))
    best = choose_best(proposals, across=across)
    assert [edit.kind for edit in best.edits] == (["give"] if across else [])
    assert best.across == (() if across else ("exclave-1",))
    assert not best.uncured
    [item] = list_proposals(proposals)
    assert [option["crosses"] for option in item["options"]] == [
        [{"level": "township", "from": ["north"], "to": ["south"]}],
        [],
    ]
    told = frame_proposals(proposals)["crosses"].tolist()
    assert told == ["跨街道：north→south crosses township: north > south", ""]


def test_the_column_of_the_level_is_no_higher_line_and_another_may_be_named() -> None:
    sources = draw_townships("ABBB\nABAB\nABBB", A="north", B="south")
    frame = sources.layers["communities"].assign(district=["east", "west"], 片区=["x", "y"])
    sources = sources.with_layers(communities=frame)
    analysis = analyse(sources, level="township")
    proposals = propose_changes(analysis, sources, within="片区")
    assert list(proposals.higher.values) == ["district", "片区"]
    crossed = proposals.items[0].options[0].crosses
    assert [line.zh for line in crossed] == ["跨区：east→west", "跨片区：x→y"]
    with pytest.raises(UnknownName):
        propose_changes(analysis, sources, within="nowhere")


def test_a_column_with_several_values_in_one_division_is_no_higher_line() -> None:
    sources = draw_townships("AABBCC\nAABBCC", A="north", B="south", C="south")
    frame = sources.layers["communities"].assign(district=["east", "east", "west"])
    sources = sources.with_layers(communities=frame)
    joined = propose_changes(analyse(sources, level="township"), sources)
    assert not joined.higher.values
    assert list(propose(sources).higher.values) == ["district", "township"]


def test_a_blank_township_is_said_and_the_own_name_is_no_township() -> None:
    proposals = propose(draw_townships("ABBB\nABAB\nABBB", A="north", B=""))
    assert not proposals.items[0].options[0].crosses
    [said] = [f for f in proposals.findings if f.code == "proposal_higher_unknown"]
    assert said.where == ("B",)
    assert not propose(draw_townships("ABBB\nABAB\nABBB", A="A", B="B")).higher.values


def test_land_both_ways_over_a_line_is_told_so() -> None:
    lines = HigherLines({"township": {"A": "north", "B": "south"}})
    square = shapely.box(0, 0, 1, 1)
    [found] = lines.find_crossings([Move(square, ("A",), ("B",)), Move(square, ("B",), ("A",))])
    assert (found.zh, found.en) == ("跨街道：north↔south", "crosses township: north <> south")
    assert not lines.find_crossings([Move(square, ("A",), ("A",))])
    [settled] = lines.find_crossings([Move(square, ("A", "B"), ("A",))])
    assert (settled.held_by, settled.goes_to) == (("south",), ("north",))
