"""Which micro-grid and link unit a point or an address is in, and what is said when unsure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from typer.testing import CliRunner
from yards import plan_of, rows_of, sources_of

import gridmap
from gridmap.cli.app import app
from gridmap.locating import (
    Placement,
    Release,
    locate_address,
    locate_point,
    locate_table,
    open_release,
    placement_as_dict,
)
from gridmap.locating.examples import draw_plan
from gridmap.locating.tables import ANSWER_COLUMNS
from gridmap.locating.zones import ZonePlacement
from gridmap.model import Plan

KEYS = ["decision", "grid", "address", "candidates", "faults", "point"]


def draw_yard() -> Plan:
    """Twelve slabs of three entrances, a tower of 32 floors, a slab above every band."""
    rows = [
        {**row, "name": f"{n}栋", "compound_id": "P1"}
        for n, row in enumerate(rows_of(households=36, floors=6, entrances=3), start=1)
    ]
    tower = {"building_id": "T", "x": 100, "y": 400, "households": 192, "floors": 32}
    slab = {"building_id": "S", "x": 300, "y": 400, "households": 130, "entrances": 2}
    return plan_of(
        sources_of(
            [
                *rows,
                {**tower, "name": "20栋", "compound_id": "P1"},
                {**slab, "name": "30栋", "compound_id": "P1"},
            ]
        )
    )


@pytest.fixture(scope="module")
def plan() -> Plan:
    return gridmap.subdivide_plan(draw_yard())


@pytest.fixture(scope="module")
def release(plan: Plan) -> Release:
    return open_release(plan)


def zones_of(placement: Placement) -> tuple[ZonePlacement, ZonePlacement]:
    micro, link = placement.zones
    assert (micro.level, link.level) == ("micro_grid", "link_unit")
    return micro, link


def member_zones(plan: Plan, building: str, column: str) -> set[str]:
    members = plan.territory.units.members
    return set(members.loc[members["building_id"] == building, column])


def test_a_plan_without_levels_answers_as_before() -> None:
    release = open_release(draw_plan())
    for placement in (
        locate_address(release, "锦绣花园3栋"),
        locate_point(release, 113.1005, 22.9995, datum="cgcs2000"),
    ):
        assert placement.zones == ()
        assert list(placement_as_dict(placement)) == KEYS


def test_levels_come_behind_the_keys_of_the_contract(release: Release) -> None:
    for text in ("锦绣花园3栋", "不存在路3号", "锦绣花园"):
        assert list(placement_as_dict(locate_address(release, text))) == [
            *KEYS, "micro_grid", "link_unit",
        ]  # fmt: skip


@pytest.mark.parametrize("number", range(1, 13))
def test_a_building_is_in_the_zones_of_its_members(
    plan: Plan, release: Release, number: int
) -> None:
    micro, link = zones_of(locate_address(release, f"锦绣花园{number}栋"))
    building = f"B{number - 1:02d}"
    assert (micro.status, micro.found_by, micro.confidence) == ("unique", "building", "high")
    assert micro.zone is not None
    assert {micro.zone.zone_id} == member_zones(plan, building, "micro_grid_id")
    assert link.zone is not None
    assert {link.zone.zone_id} == member_zones(plan, building, "link_unit_id")


def test_a_tower_in_several_zones_lists_them_with_their_floors(
    plan: Plan, release: Release
) -> None:
    answer = locate_address(release, "锦绣花园20栋2单元501室")
    micro, link = zones_of(answer)
    assert (micro.status, micro.zone) == ("ambiguous", None)
    assert [item.zone.floors for item in micro.candidates] == ["1-10", "11-21", "22-32"]
    found = {item.zone.zone_id for item in link.candidates}
    assert found == member_zones(plan, "T", "link_unit_id")
    assert answer.decision == "auto", "the grid is sure"


def test_an_entrance_decides_where_a_building_is_shared_by_entrances(
    plan: Plan, release: Release
) -> None:
    whole, _ = zones_of(locate_address(release, "锦绣花园30栋"))
    assert (whole.status, len(whole.candidates)) == ("ambiguous", 2)
    members = plan.territory.units.members
    for entrance in ("1", "2"):
        one, _ = zones_of(locate_address(release, f"锦绣花园30栋{entrance}单元"))
        own = members[(members["building_id"] == "S") & (members["entrance"] == entrance)]
        assert (one.status, one.found_by, one.confidence) == ("unique", "entrance", "medium")
        assert one.zone is not None
        assert {one.zone.zone_id} == set(own["micro_grid_id"])
        assert len(one.candidates) == 2, "the others stay visible"
    assert "entrance" not in json.dumps(
        placement_as_dict(locate_address(release, "锦绣花园30栋2单元"))["address"]
    )


def test_a_compound_without_building_lists_what_is_possible(release: Release) -> None:
    micro, _ = zones_of(locate_address(release, "锦绣花园"))
    assert micro.zone is None
    assert micro.status == "ambiguous"
    assert [item.zone.code for item in micro.candidates] == sorted(
        item.zone.code for item in micro.candidates
    )


def test_a_community_in_several_grids_lists_the_zones_of_all(release: Release) -> None:
    answer = locate_address(release, "东山社区")
    micro, link = zones_of(answer)
    assert answer.status == "ambiguous"
    assert {level.found_by for level in (micro, link)} == {"grid"}
    grids = {candidate.grid.position for candidate in answer.candidates}
    assert {item.zone.grid for item in micro.candidates} <= grids


def test_what_is_not_found_is_in_no_zone(release: Release) -> None:
    for answer in (
        locate_address(release, "不存在路3号"),
        locate_address(release, "?"),
        locate_point(release, 120.0, 30.0, datum="wgs84"),
        locate_point(release, 113.2, 23.0, datum="wgs84"),
    ):
        assert {(zone.status, zone.zone, zone.candidates) for zone in answer.zones} == {
            ("none", None, ())
        }


def test_every_zone_holds_its_own_middle(plan: Plan, release: Release) -> None:
    assert plan.link_units is not None
    flat = plan.link_units[plan.link_units["floors"] == ""]
    for zone_id, shape in flat.geometry.items():
        point = shapely.point_on_surface(shape)
        _, link = zones_of(locate_point(release, point.x, point.y, datum="cgcs2000"))
        assert link.status in {"unique", "boundary"}
        assert link.zone is not None
        assert link.zone.zone_id == zone_id


def test_a_point_on_the_tower_could_be_on_any_floor(plan: Plan, release: Release) -> None:
    assert plan.micro_grids is not None
    stacked = plan.micro_grids[plan.micro_grids["floors"] != ""]
    point = shapely.point_on_surface(stacked.geometry.iloc[0])
    micro, _ = zones_of(locate_point(release, point.x, point.y, datum="cgcs2000"))
    assert (micro.status, micro.zone) == ("ambiguous", None)
    assert {item.zone.zone_id for item in micro.candidates} == set(stacked.index)
    assert {item.distance_m for item in micro.candidates} == {0.0}


def test_a_point_near_a_line_between_zones_says_so(plan: Plan, release: Release) -> None:
    assert plan.micro_grids is not None
    flat = plan.micro_grids[plan.micro_grids["floors"] == ""]
    host = flat["grid_id"].value_counts().index[0]
    one, other = flat[flat["grid_id"] == host].geometry.to_numpy()[:2]
    line = shapely.intersection(one, other)
    on_line = shapely.line_interpolate_point(shapely.get_parts(line)[0], 0.5, normalized=True)
    exact, _ = zones_of(locate_point(release, on_line.x, on_line.y, datum="cgcs2000"))
    assert (exact.status, exact.zone) == ("boundary", None)
    inside = shapely.shortest_line(on_line, shapely.point_on_surface(one))
    step = shapely.line_interpolate_point(inside, 0.000004)
    near, _ = zones_of(locate_point(release, step.x, step.y, datum="cgcs2000"))
    assert near.status == "boundary"
    assert near.confidence == "low"
    assert near.zone is not None
    assert near.zone.zone_id == flat[flat["grid_id"] == host].index[0]


def test_only_the_levels_that_are_drawn_are_answered() -> None:
    links = gridmap.subdivide_plan(draw_yard(), levels=("link_unit",))
    answer = placement_as_dict(locate_address(open_release(links), "锦绣花园3栋"))
    assert list(answer) == [*KEYS, "link_unit"]


def test_levels_are_part_of_the_version(plan: Plan, release: Release, tmp_path: Path) -> None:
    bare = replace(plan, micro_grids=None, link_units=None)
    assert open_release(bare).version != release.version
    gridmap.write_plan(plan, tmp_path / "plan.gpkg")
    again = open_release(tmp_path / "plan.gpkg")
    assert again.version == release.version
    assert locate_address(again, "锦绣花园3栋") == locate_address(release, "锦绣花园3栋")


def test_the_columns_of_a_table_stay_as_they_are(release: Release, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("地址\n锦绣花园3栋\n", "utf-8")
    locate_table(release, tmp_path / "in.csv", tmp_path / "out.csv")
    header = (tmp_path / "out.csv").read_text("utf-8").splitlines()[0]
    assert header == ",".join(["地址", *ANSWER_COLUMNS])


def test_the_command_says_the_zones(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDMAP_LANG", "both")
    gridmap.write_plan(plan, tmp_path / "plan.gpkg")
    asked = ["locate", str(tmp_path / "plan.gpkg"), "锦绣花园20栋"]
    said = CliRunner().invoke(app, asked).stdout
    assert "微网格：可能为" in said
    assert "link unit: one of" in said
    answer = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert answer["micro_grid"]["micro_grid_id"] is None
    assert len(answer["micro_grid"]["candidates"]) == 3


def test_the_service_answers_the_zones_as_openapi_promises(release: Release) -> None:
    import httpx

    from api.responses import LEVELS_EXAMPLE, PlacementItem
    from api.serving import BackgroundServer

    server = BackgroundServer(release)
    with httpx.Client(base_url=server.start()) as client:
        answers = [
            client.get("/v1/resolve?address=锦绣花园3栋").json(),
            client.get("/v1/resolve?address=锦绣花园20栋").json(),
            client.get("/v1/locate?lon=113.102&lat=23.002&datum=gcj02").json(),
        ]
    server.stop()
    for answer in [*answers, LEVELS_EXAMPLE]:
        item = PlacementItem.model_validate(answer, strict=True)
        assert item.micro_grid is not None
        for key in ("micro_grid", "link_unit"):
            assert answer[key].keys() == LEVELS_EXAMPLE[key].keys()
