"""Who sees what: marked values in every column of a plan, and which of them reach the page."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import gridmap
from gridmap.errors import InvalidOption, UnknownName
from gridmap.findings import Finding
from gridmap.maps import make_map, make_theme, show_level, write_map
from gridmap.maps.audiences import AUDIENCES, FIELDS, list_paths, select_fields, tell_fields
from gridmap.maps.content import Extras, Imprint, describe_plan
from gridmap.maps.few import hide_small_numbers
from gridmap.testing import draw_territory

if TYPE_CHECKING:
    from gridmap.model import Plan

STRUCTURE = {
    "kind", "category", "area_type", "community_id", "host_id", "unit_id", "grid_id", "in_band",
    "micro_grid_id", "link_unit_id", "geometry", "class", "age_class", "current_grid",
}  # fmt: skip
"""Columns whose values other tables or the code rely on."""
SEEN = {
    "grids.code": "public",
    "grids.name": "public",
    "grids.area_m2": "public",
    "communities.name": "public",
    "communities.township": "public",
    "landmarks.name": "public",
    "grids.households": "internal",
    "grids.lower": "internal",
    "grids.upper": "internal",
    "grids.reason": "internal",
    "grids.reason_en": "internal",
    "micro_grids.name": "internal",
    "micro_grids.code": "internal",
    "micro_grids.households": "internal",
    "about.seed": "planner",
    "findings.zh": "planner",
    "findings.en": "planner",
    "findings.cure_zh": "planner",
    "findings.cure_en": "planner",
}
"""The only marks that a page may hold, and from which audience on."""


class Marks:
    """Values that stand nowhere else, and the column that each was put into."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def fill(self, frame: Any, table: str) -> Any:
        """Return a frame with every column that is no structure marked, and two columns more."""
        marked = frame.copy()
        for column in frame.columns:
            if column in STRUCTURE:
                continue
            if pd.api.types.is_numeric_dtype(frame[column].dtype):
                mark = 90_000_017 + 13 * len(self.of)
                marked[column] = np.full(len(frame), mark)
                self.of[str(mark)] = f"{table}.{column}"
            else:
                marked[column] = self.text(f"{table}.{column}")
        marked["phone"] = self.text(f"{table}.phone")
        marked["resident"] = self.text(f"{table}.resident")
        return marked

    def text(self, column: str) -> str:
        mark = f"标{len(self.of):03d}记"
        self.of[mark] = column
        return mark


@pytest.fixture(scope="module")
def drawn() -> Plan:
    rules = gridmap.Rules.preset("default")
    plan = gridmap.make_plan(draw_territory("AABB\nAABB\nCCDD", households=110), rules=rules)
    return gridmap.subdivide_plan(plan)


@pytest.fixture(scope="module")
def marked(drawn: Plan) -> tuple[Plan, Marks]:
    """Return the plan with marks in every table, and the marks."""
    marks = Marks()
    units = drawn.territory.units
    tables = {
        "frame": marks.fill(units.frame, "units"),
        "communities": marks.fill(units.communities, "communities"),
        "members": marks.fill(units.members, "members"),
        "sites": marks.fill(units.sites, "sites"),
        "places": marks.fill(units.places, "places"),
    }
    buildings = gpd.GeoDataFrame(
        {"building_id": "", "unit_id": units.frame.index, "floors": 6, "households": 0},
        index=pd.Index([f"p{n}" for n in range(len(units.frame))], name="place_id"),
        geometry=units.frame.geometry.representative_point().to_numpy(),
        crs=units.crs,
    )
    tables["buildings"] = marks.fill(buildings, "buildings")
    around = gpd.GeoDataFrame(
        {"kind": ["compound"], "name": [""], "class": [""]},
        geometry=[units.frame.union_all()],
        crs=units.crs,
    )
    tables["landmarks"] = marks.fill(around, "landmarks")
    community = str(units.communities.index[0])
    secret = marks.text("findings.where")
    texts = {key: marks.text(f"findings.{key}") for key in ("zh", "en", "cure_zh", "cure_en")}
    hidden = {key: marks.text(f"withheld.{key}") for key in ("zh", "en", "cure_zh", "cure_en")}
    findings = (
        Finding("told", "warning", 1, (community,), **texts),
        Finding("kept", "info", 1, (secret, community), **hidden),
    )
    about = {**drawn.about, "seed": marks.text("about.seed"), "input.1": marks.text("about.input")}
    plan = dataclasses.replace(
        drawn,
        grids=marks.fill(drawn.grids, "grids"),
        territory=dataclasses.replace(drawn.territory, units=dataclasses.replace(units, **tables)),
        micro_grids=marks.fill(drawn.micro_grids, "micro_grids"),
        link_units=None if drawn.link_units is None else marks.fill(drawn.link_units, "link_units"),
        findings=findings,
        about=about,
    )
    return plan, marks


@pytest.mark.parametrize("audience", AUDIENCES)
def test_only_the_listed_columns_of_a_plan_reach_an_audience(
    marked: tuple[Plan, Marks], audience: str
) -> None:
    plan, marks = marked
    page = make_map(plan, audience=audience).get_root().render()
    found = {column for mark, column in marks.of.items() if mark in page}
    rank = AUDIENCES.index(audience)
    assert found == {column for column, first in SEEN.items() if AUDIENCES.index(first) <= rank}


def test_every_field_of_the_page_is_on_the_list_and_the_list_names_no_other(drawn: Plan) -> None:
    grid = drawn.grids.index[0]
    extras = Extras("planner", before=drawn, staff={grid: [("grid_head", "王某")]})
    content = describe_plan(drawn, Imprint(), "zh", extras)
    whole = {path.split(".")[0] for path in list_paths("planner")}
    assert set(content) | {"layers", "tiles", "buildings"} == whole
    paths = [path for field in FIELDS for path in field.paths]
    assert len(paths) == len(set(paths))


def test_a_new_field_is_on_no_page_until_it_is_listed() -> None:
    content = {"grids": {"code": [1], "residents": [3]}, "owners": ["王"], "seed": "7"}
    assert select_fields(content, "internal") == {"grids": {"code": [1]}}
    assert "residents" not in json.dumps(select_fields(content, "planner"))


def test_the_earlier_plan_is_read_by_the_same_list(drawn: Plan) -> None:
    content = describe_plan(drawn, Imprint(), "zh", Extras("internal", before=drawn))
    assert "deviation" not in content["before"]["grids"]
    assert "households" in content["before"]["grids"]
    former = [
        [name, code] for name, code in zip(drawn.grids["name"], drawn.grids["code"], strict=True)
    ]
    assert content["earlier"] == former


@pytest.mark.parametrize("what", ["themes", "before", "staff"])
def test_what_the_public_may_not_see_is_refused_and_not_left_out(
    drawn: Plan, tmp_path: Path, what: str
) -> None:
    values = pd.Series(1.0, index=drawn.grids.index)
    given: dict[str, Any] = {
        "themes": [make_theme(drawn, values, key="a", zh="甲", en="a", breaks=[1])],
        "before": drawn,
        "staff": {drawn.grids.index[0]: [("grid_head", "王某")]},
    }
    with pytest.raises(InvalidOption, match=what):
        write_map(drawn, tmp_path / "m.html", audience="public", **{what: given[what]})


@pytest.mark.parametrize("audience", ["", "Public", "everyone", "<b>"])
def test_an_unknown_audience_is_refused(drawn: Plan, audience: str) -> None:
    with pytest.raises(InvalidOption, match="public, internal, planner"):
        make_map(drawn, audience=audience)


def test_a_public_map_never_bears_the_mark_of_an_internal_one(drawn: Plan) -> None:
    assert describe_plan(drawn, Imprint(), "zh")["imprint"]["internal"]
    page = make_map(drawn, audience="public", internal=True)
    assert '"internal":false' in page.get_root().render()


def test_staff_of_a_grid_that_is_not_there_is_refused(drawn: Plan) -> None:
    with pytest.raises(UnknownName, match="nowhere"):
        make_map(drawn, staff={"nowhere": [("grid_head", "王某")]})


def test_roles_are_words_of_the_glossary_or_titles_as_given(drawn: Plan) -> None:
    staff = {drawn.grids.index[1]: [("grid_worker", "李某"), ("党小组长", "赵\u202e某")]}
    shown = describe_plan(drawn, Imprint(), "zh", Extras(staff=staff))["staff"]
    assert shown[1] == [["网格员", "grid worker", "李某"], ["党小组长", "党小组长", "赵某"]]
    assert shown[0] == []


def test_micro_grids_are_listed_in_their_grid_and_count_its_households(drawn: Plan) -> None:
    micro = describe_plan(drawn, Imprint(), "zh")["micro_grids"]
    sums = np.zeros(len(drawn.grids), dtype=int)
    np.add.at(sums, micro["grid"], micro["households"])
    assert sums.tolist() == drawn.grids["households"].tolist()
    assert "micro_grids" not in describe_plan(show_level(drawn, "micro_grid"), Imprint(), "zh")


def test_a_small_micro_grid_and_a_small_deviation_are_not_given_away(drawn: Plan) -> None:
    small = drawn.micro_grids.assign(households=7)
    grids = drawn.grids.assign(households=8)
    plan = dataclasses.replace(drawn, micro_grids=small, grids=grids)
    content = describe_plan(plan, Imprint(), "zh", Extras("planner"))
    assert set(content["micro_grids"]["households"]) == {-1}
    assert set(content["grids"]["deviation"]) == {None}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("该处仅有7户，距300户差293户", "该处仅有<10户，距300户差293户"),
        ("2 communities hold 12 households", "2 communities hold 12 households"),
        ("P1、P2（277、5 户）", "P1、P2（277、<10 户）"),
        ("3 处空白，宽 0.5 米", "3 处空白，宽 0.5 米"),
        ("5 个住户、6个居民、7 人", "<10 个住户、<10个居民、<10 人"),
        ("homes: 4 households, 5 m2, 6 persons", "homes: <10 households, 5 m2, <10 persons"),
        ("0.5 户, 5.5 户, 5% 户, B-3 户", "0.5 户, 5.5 户, 5% 户, B-3 户"),
    ],
)
def test_small_numbers_beside_households_are_classes(text: str, shown: str) -> None:
    assert hide_small_numbers(text) == shown


def test_the_documentation_prints_the_list() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "map.md").read_text("utf-8")
    assert tell_fields() in page
