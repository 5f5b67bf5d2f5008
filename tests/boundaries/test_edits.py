"""Edits: checked before they are applied, undone to the byte, and read from hostile files."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from boundaries.planted_land import make_land

from gridmap.boundaries import analyse
from gridmap.boundaries.applying import apply_edits
from gridmap.boundaries.best_edits import choose_best
from gridmap.boundaries.edit_files import edits_as_dict, read_edits, write_edits
from gridmap.boundaries.edited_files import edit_sources, write_edited
from gridmap.boundaries.edits import DivisionEdit, Move, Restored
from gridmap.boundaries.examples import draw_divisions, draw_sources
from gridmap.boundaries.proposals import propose_changes
from gridmap.boundaries.redrawing import insert_vertices
from gridmap.errors import InvalidOption, RefusedInput, UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

METRES = "EPSG:4546"
ISLAND = "ABBB\nABAB\nABBB"


def island_edit(frame: gpd.GeoDataFrame, edit_id: str = "E1", **changes: object) -> DivisionEdit:
    values = {"land": frame.geometry[0].geoms[1], "held_by": ("A",), "goes_to": ("B",)}
    return DivisionEdit(edit_id, "give", (Move(**{**values, **changes}),), METRES)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"held_by": ("B",)}, "part of its land is held by A"),
        ({"held_by": ("A", "B")}, "not held by B"),
        ({"held_by": (), "goes_to": ("B",)}, "part of its land is held by A"),
        ({"held_by": ("A",), "goes_to": ("A", "Z")}, "no division Z"),
        ({"goes_to": ("Z",)}, "no division Z"),
        ({"land": shapely.Polygon([(0, 0), (1, 1), (0, 1), (1, 0)])}, "not a valid polygon"),
        ({"land": shapely.Polygon()}, "not a valid polygon"),
        ({"land": shapely.box(0, 0, 1, 1)}, "not held by A"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_in_both_languages(
    change: dict[str, object], reason: str
) -> None:
    land = draw_divisions(ISLAND)
    with pytest.raises(RefusedInput) as refusal:
        apply_edits(land, [island_edit(land, "E2", **change)])
    [finding] = refusal.value.findings
    assert (finding.code, finding.where) == ("edit_refused", ("E2",))
    assert reason in finding.en
    assert any("\u4e00" <= c <= "\u9fff" for c in finding.zh)


def test_nobody_loses_all_land_and_no_crs_is_guessed() -> None:
    land = draw_divisions("AB")
    whole = DivisionEdit("E1", "give", (Move(land.geometry[0], ("A",), ("B",)),), METRES)
    other = DivisionEdit("E2", "give", whole.moves, "EPSG:4490")
    with pytest.raises(RefusedInput) as refusal:
        apply_edits(land, [whole, other])
    assert [f.where for f in refusal.value.findings] == [("E1",), ("E2",)]
    assert "lose all its land" in refusal.value.findings[0].en
    with pytest.raises(InvalidOption, match="id of its own"):
        apply_edits(land, [whole, whole])


def test_a_gap_can_be_given() -> None:
    land = draw_divisions("AAA\nA.B\nABB")
    gap = shapely.Polygon(shapely.union_all(land.geometry).interiors[0])
    edit = DivisionEdit("E1", "settle", (Move(gap, (), ("B",)),), METRES)
    edited = apply_edits(land, [edit])
    assert edited.divisions.area.sum() == pytest.approx(90_000)
    assert shapely.coverage_is_valid(edited.divisions.geometry.to_numpy())
    assert apply_edits(edited.divisions, edited.inverse).divisions.to_wkb().equals(land.to_wkb())


def test_keeping_moves_nothing() -> None:
    land = draw_divisions(ISLAND)
    edit = DivisionEdit("E1", "keep", (Move(land.geometry[0].geoms[1], ("A",), ("A",)),), METRES)
    edited = apply_edits(land, [edit])
    assert (edited.changed, edited.kept) == ((), ("A",))
    assert edited.divisions.to_wkb().equals(land.to_wkb())


@pytest.mark.parametrize("seed", range(3))
def test_edits_can_be_undone_in_any_order(seed: int) -> None:
    """The same land in every order; the same bytes in the order of the file."""
    sources = make_land(seed)
    proposals = propose_changes(analyse(sources), sources)
    land = proposals.divisions
    alone = [o.edit for o in (i.options[0] for i in proposals.items) if o.cures and not o.first]
    edits = [edit for edit in alone if edit is not None and edit.kind == "give"][:3]
    edited = apply_edits(land, edits)
    for order in itertools.permutations(edited.inverse):
        back = apply_edits(edited.divisions, order).divisions.geometry.to_numpy()
        other = shapely.symmetric_difference(back, land.geometry.to_numpy())
        assert shapely.area(other).max() < 1e-18
        assert shapely.coverage_is_valid(back)
    back = apply_edits(edited.divisions, edited.inverse)
    assert back.divisions.to_wkb().equals(land.to_wkb())


def test_vertices_are_put_on_edges_and_nowhere_else() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    two = shapely.MultiPolygon([ring, shapely.box(20, 0, 30, 10)])
    xy = np.array([[5.0, 0.0], [3.0, 0.0], [4.0, 5.0], [25.0, 10.0], [0.0, 0.0], [9.0, 9.0]])
    new = insert_vertices(two, xy, 1e-9)
    assert shapely.equals(new, two)
    assert shapely.get_num_coordinates(new) == shapely.get_num_coordinates(two) + 4
    assert insert_vertices(two, np.array([[0.0, 0.0], [50.0, 50.0]]), 1e-9) is two


def good_file(folder: Path) -> dict[str, object]:
    land = draw_divisions(ISLAND)
    edited = apply_edits(land, [island_edit(land)])
    write_edits([island_edit(land), *edited.inverse], folder / "good.json")
    assert read_edits(folder / "good.json") == (island_edit(land), *edited.inverse)
    data: dict[str, object] = json.loads((folder / "good.json").read_text("utf-8"))
    return data


def spoil(data: dict, **changes: object) -> dict:
    """Change the first feature: a property, or ``geometry`` or ``type``."""
    feature = data["features"][0]
    for key, value in changes.items():
        name = key.rstrip("_")
        (feature if name in ("geometry", "type") else feature["properties"])[name] = value
    return data


SQUARE = [[[0, 0], [1, 0], [1, 1], [0, 0]]]


@pytest.mark.parametrize(
    "change",
    [
        {"edit": ""}, {"edit": 7}, {"kind": "steal"}, {"kind": None}, {"kind": ["give"]},
        {"crs": 4490}, {"level": None}, {"from_": "A"}, {"from_": ["A", "A"]}, {"to": [1]},
        {"to": None}, {"from_": [""]}, {"type": "Point"}, {"geometry": None}, {"geometry": []},
        {"geometry": {"type": "Point", "coordinates": [0, 0]}},
        {"geometry": {"type": "Polygon"}},
        {"geometry": {"type": "Polygon", "coordinates": []}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[["0", 0], [1, 1], [2, 0], [0, 0]]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[[True, 0], [1, 1], [2, 0], [0, 0]]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[[10**400, 0], [1, 1], [2, 0]]]}},
        {"geometry": {"type": "Polygon", "coordinates": {"a": 1}}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0, 1], [1, 1, 1], [2, 0, 1]]]}},
        {"geometry": {"type": "MultiPolygon", "coordinates": SQUARE}},
        {"kind": "keep"}, {"kind": "exchange", "edit": "-E1"},
    ],
    ids=str,
)  # fmt: skip
def test_a_feature_that_is_not_of_the_form_is_named(
    change: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(spoil(good_file(tmp_path), **change)), "utf-8")
    with pytest.raises(UnreadableFile) as refusal:
        read_edits(path)
    assert "bad.json" in refusal.value.en
    assert "feature" in refusal.value.en or "edit" in refusal.value.en
    assert refusal.value.zh != refusal.value.en


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{}", b"null", b'{"gridmap_edits": 2, "features": []}', b"\xff\xfe\x00",
     b'{"gridmap_edits": 1}', b'{"gridmap_edits": 1, "features": [1]}', b"[" * 100_000,
     b'{"gridmap_edits": 1, "features": [NaN]}', b'{"gridmap_edits": NaN, "features": []}'],
)  # fmt: skip
def test_a_file_that_is_no_edits_is_refused(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.geojson"
    path.write_bytes(text)
    with pytest.raises(UnreadableFile, match=r"bad\.geojson"):
        read_edits(path)


def test_a_missing_file_and_a_wrong_ending_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read_edits(tmp_path)
    with pytest.raises(InvalidOption):
        write_edits([], tmp_path / "edits.txt")
    assert edits_as_dict([])["features"] == []


def test_edits_of_another_level_are_refused() -> None:
    sources = draw_sources(ISLAND)
    frame = sources.layers["communities"].assign(district=["东区", "西区"])
    sources = sources.with_layers(communities=frame)
    proposals = propose_changes(analyse(sources, level="district"), sources)
    edits = choose_best(proposals).edits
    with pytest.raises(InvalidOption, match=r"--level district"):
        edit_sources(sources, edits)
    assert edit_sources(sources, edits, level="district").changed == ("东区", "西区")


def test_the_file_of_new_divisions_is_read_like_the_input(tmp_path: Path) -> None:
    import gridmap

    sources = make_land(2)
    edits = choose_best(propose_changes(analyse(sources), sources)).edits
    edited = edit_sources(sources, edits)
    write_edited(edited, tmp_path / "new.gpkg")
    first = (tmp_path / "new.gpkg").read_bytes()
    read = gridmap.read_sources(tmp_path / "new.gpkg")
    again = read.layers["communities"]
    assert again["community_id"].tolist() == edited.divisions["division_id"].tolist()
    assert again.geometry.to_wkb().equals(edited.divisions.geometry.to_wkb())
    back = edit_sources(read, edited.inverse)
    assert back.divisions.geometry.to_wkb().equals(sources.layers["communities"].geometry.to_wkb())
    write_edited(edited, tmp_path / "new.gpkg")
    assert (tmp_path / "new.gpkg").read_bytes() == first


def test_columns_that_a_geopackage_reserves_get_a_number(tmp_path: Path) -> None:
    import geopandas as gpd

    sources = draw_sources(ISLAND)
    frame = sources.layers["communities"].assign(geom="POINT", fid=[7, 7], NAME=[1, "x"])
    write_edited(edit_sources(sources.with_layers(communities=frame), []), tmp_path / "new.gpkg")
    columns = list(gpd.read_file(tmp_path / "new.gpkg", layer="communities").columns)
    assert columns == ["community_id", "name", "geom_2", "fid_2", "NAME_2", "geometry"]


def part_twice(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.MultiPolygon([*shapely.get_parts(shape), shapely.get_parts(shape)[0]])


def with_sliver(shape: shapely.Geometry, width: float) -> shapely.Geometry:
    """Return an outline with 6 degrees (or metres) more of land, thinner than arithmetic."""
    x, y = shapely.get_coordinates(shape)[0] + 1.0
    return shapely.MultiPolygon([*shapely.get_parts(shape), shapely.box(x, y, x + width, y + 6)])


def with_spike(shape: shapely.Geometry, width: float) -> shapely.Geometry:
    """Return an outline that is a little larger all round."""
    return shapely.buffer(shape, width / 3, join_style="mitre")


HOSTILE = {
    "shifted": lambda shape, width: shapely.affinity.translate(shape, width / 2),
    "shifted by a hair": lambda shape, width: shapely.affinity.translate(shape, width / 1e3),
    "part twice": lambda shape, _: part_twice(shape),
    "sliver far away": with_sliver,
    "grown": with_spike,
    "shrunk": lambda shape, width: shapely.buffer(shape, -width / 3, join_style="mitre"),
    "corner left out": lambda shape, _: shapely.simplify(shape, 1e-4),
    "turned round": lambda shape, _: shapely.reverse(shape),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("seed", [0, 5])
def test_a_file_brings_in_no_outline_of_its_own(name: str, seed: int) -> None:
    """Whatever outlines an undo file holds: its land is what moves, and its own inverse undoes it.

    An outline that is taken has the land that moving back gives; any other is left, or refused.
    """
    sources = make_land(seed)
    proposals = propose_changes(analyse(sources), sources)
    land = proposals.divisions
    options = [o.edit for item in proposals.items for o in item.options if not o.first]
    edits = [edit for edit in options if edit is not None and edit.kind != "keep"][::3]
    for edit in edits:
        edited = apply_edits(land, [edit])
        [honest] = edited.inverse
        plain = replace(honest, restored=())
        moved_back = apply_edits(edited.divisions, [plain]).divisions.geometry.to_numpy()
        first, *others = honest.restored
        spoiled = HOSTILE[name](first.outline, 1.8e-7)
        hostile = replace(honest, restored=(Restored(first.division_id, spoiled), *others))
        try:
            back = apply_edits(edited.divisions, [hostile])
        except RefusedInput:
            assert not shapely.is_valid(spoiled)
            continue
        shapes = back.divisions.geometry.to_numpy()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.area(shapely.symmetric_difference(shapes, moved_back)).max() < 1e-18
        assert np.abs(shapely.total_bounds(shapes) - shapely.total_bounds(moved_back)).max() < 1e-12
        again = apply_edits(back.divisions, back.inverse)
        assert again.divisions.to_wkb().equals(edited.divisions.to_wkb())


@pytest.mark.parametrize("seed", range(2))
def test_edits_that_are_accepted_in_any_order_are_undone_to_the_byte(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sources = make_land(seed)
    proposals = propose_changes(analyse(sources), sources)
    land = proposals.divisions
    options = [o.edit for item in proposals.items for o in item.options if o.edit is not None]
    accepted = 0
    for _ in range(12):
        some = [options[n] for n in rng.permutation(len(options))[:3]]
        try:
            edited = apply_edits(land, some)
        except RefusedInput:
            continue
        accepted += 1
        there = edited
        for _ in range(3):
            back = apply_edits(there.divisions, there.inverse)
            assert back.findings[-1].code != "edit_outlines_not_restored"
            expected = land if there is edited else edited.divisions
            assert back.divisions.to_wkb().equals(expected.to_wkb())
            there = back if there is edited else edited
    assert accepted


def test_outlines_drawn_apart_by_arithmetic_come_back_too() -> None:
    """A vertex 1 cm inside a neighbour: the edit closes that, and its inverse opens it."""
    import geopandas as gpd

    shapes = [
        shapely.box(0, 0, 100, 200),
        shapely.Polygon([(100, 0), (200, 0), (200, 100), (99.99, 100)]),
        shapely.Polygon([(99.99, 100), (200, 100), (200, 200), (100, 200)]),
    ]
    land = gpd.GeoDataFrame({"division_id": [*"ABC"]}, geometry=shapes, crs=METRES)
    edit = DivisionEdit(
        "E1", "give", (Move(shapely.box(100, 50, 150, 100), ("B",), ("A",)),), METRES
    )
    edited = apply_edits(land, [edit])
    back = apply_edits(edited.divisions, edited.inverse)
    assert back.divisions.to_wkb().equals(land.to_wkb())
    again = apply_edits(back.divisions, back.inverse)
    assert again.divisions.to_wkb().equals(edited.divisions.to_wkb())


def test_land_of_another_is_not_taken_as_arithmetic() -> None:
    """Outlines that don't share vertices: 3 cm of A's, a hundred metres long, are A's."""
    import geopandas as gpd

    shapes = [shapely.box(0, 0, 100, 200), shapely.box(100, 0, 200, 100),
              shapely.box(100, 100, 200, 200)]  # fmt: skip
    land = gpd.GeoDataFrame({"division_id": [*"ABC"]}, geometry=shapes, crs=METRES)
    for width in (0.03, 0.015):
        strip = Move(shapely.box(50, 50, 50 + width, 150), ("B",), ("C",))
        with pytest.raises(RefusedInput, match="held by"):
            apply_edits(land, [DivisionEdit("E1", "give", (strip,), METRES)])


SOME = Move(shapely.box(0, 0, 1, 1), ("A",), ("B",))
STAYS = Move(shapely.box(0, 0, 1, 1), ("A",), ("A",))


@pytest.mark.parametrize(
    ("kind", "moves", "restored", "said"),
    [
        ("keep", (), (), "has no land"),
        ("give", (), (), "has no land"),
        ("steal", (SOME,), (), "does not exist"),
        ("keep", (SOME,), (), "keeps land and moves it"),
        ("keep", (Move(SOME.land, (), ()),), (), "land of nobody"),
        ("keep", (STAYS,), (Restored("A", SOME.land),), "is no undo"),
        ("give", (SOME,), (Restored("A", SOME.land),), "is no undo"),
        ("undo", (SOME,), (Restored("A", SOME.land),) * 2, "two outlines"),
        ("give", (Move(SOME.land, ("A", "A"), ("B",)),), (), "twice"),
    ],
)
def test_what_is_no_edit_can_not_be_made(
    kind: str, moves: tuple[Move, ...], restored: tuple[Restored, ...], said: str
) -> None:
    with pytest.raises(InvalidOption, match=said) as refusal:
        DivisionEdit("E1", kind, moves, METRES, "", restored)
    assert refusal.value.zh != refusal.value.en


def test_a_home_in_an_overlap_is_listed_with_all_who_hold_it() -> None:
    import geopandas as gpd

    both = [shapely.box(0, 0, 110, 100), shapely.box(100, 0, 200, 100)]
    land = gpd.GeoDataFrame({"division_id": ["A", "B"]}, geometry=both, crs=METRES)
    homes = gpd.GeoDataFrame(
        {"home_id": ["h", "g"], "households": [5, 3]},
        geometry=[shapely.Point(105, 50), shapely.Point(20, 50)], crs=METRES,
    )  # fmt: skip
    for gets in ("A", "B"):
        move = Move(shapely.box(100, 0, 110, 100), ("A", "B"), (gets,))
        edited = apply_edits(land, [DivisionEdit("E1", "settle", (move,), METRES)], homes)
        [home] = edited.moved_homes
        assert (home.home_id, home.before, home.after) == ("h", ("A", "B"), (gets,))
        assert edited.moved_households == 5
