"""What always holds of the levels below a grid: each function is one invariant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.model import REASONS
from gridmap.planning.atoms import merge_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from gridmap.model import Plan

AREA_TOLERANCE = 1e-9
"""Largest gap, overlap or error as a share of the area: brief of issue 2."""


def list_layers(below: Plan) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    if below.micro_grids is not None:
        yield "micro_grid_id", below.micro_grids
    if below.link_units is not None:
        yield "link_unit_id", below.link_units


def households_are_conserved(plan: Plan, below: Plan) -> None:
    for _, layer in list_layers(below):
        by_grid = layer.groupby("grid_id")["households"].sum()
        expected = plan.grids["households"]
        assert by_grid.reindex(expected.index, fill_value=0).tolist() == expected.tolist()


def every_member_is_in_one_zone_of_its_grid(plan: Plan, below: Plan) -> None:
    members = below.territory.units.members
    lived_in = members[members["households"] > 0]
    for name, layer in list_layers(below):
        assert lived_in[name].isin(layer.index).all()
        grid = lived_in["unit_id"].map(plan.assignment)
        assert (layer["grid_id"].reindex(lived_in[name]).to_numpy() == grid.to_numpy()).all()
        summed = lived_in.groupby(name)["households"].sum()
        assert summed.reindex(layer.index, fill_value=0).tolist() == layer["households"].tolist()
    keys = ["building_id", "household_id", "unit_id", "entrance", "floors"]
    if "place_id" in members:
        keys.append("place_id")
    assert not members.duplicated(keys).any()


def members_are_the_same_people(plan: Plan, below: Plan) -> None:
    before, after = plan.territory.units.members, below.territory.units.members
    keys = [c for c in ("unit_id", "building_id", "household_id", "place_id") if c in before]
    same = merge_members(after).groupby(keys)["households"].sum()
    pd.testing.assert_series_equal(
        same.sort_index(), before.groupby(keys)["households"].sum().sort_index()
    )


def zones_tile_their_grid(plan: Plan, below: Plan) -> None:
    for _, layer in list_layers(below):
        for grid_id, part in layer.groupby("grid_id"):
            shapes = part.geometry.to_numpy()
            assert shapely.is_valid(shapes).all()
            own = np.array([n for n, s in enumerate(shapes) if not _seen(shapes[:n], s)])
            assert shapely.coverage_is_valid(shapes[own]), grid_id
            land = shapely.area(plan.grids.geometry[grid_id])
            union = shapely.area(shapely.union_all(shapes[own]))
            assert abs(shapely.area(shapes[own]).sum() - land) <= AREA_TOLERANCE * land
            assert abs(union - land) <= AREA_TOLERANCE * land
            stacked = np.setdiff1d(np.arange(len(shapes)), own)
            assert (part["floors"].iloc[stacked] != "").all()


def _seen(shapes: np.ndarray, shape: shapely.Geometry) -> bool:
    return any(other.wkb == shape.wkb for other in shapes)


def link_units_tile_their_micro_grid(plan: Plan, below: Plan) -> None:
    if below.micro_grids is None or below.link_units is None:
        return
    totals = below.link_units.groupby("micro_grid_id")["households"].sum()
    expected = below.micro_grids["households"]
    assert totals.reindex(expected.index).tolist() == expected.tolist()
    for name, part in below.link_units.groupby("micro_grid_id"):
        host = below.micro_grids.geometry[name]
        shapes = part.geometry.to_numpy()
        own = shapes[[n for n, s in enumerate(shapes) if not _seen(shapes[:n], s)]]
        land = shapely.area(host)
        assert abs(shapely.area(own).sum() - land) <= AREA_TOLERANCE * land
        assert abs(shapely.area(shapely.union_all([*own, host])) - land) <= AREA_TOLERANCE * land


def zones_are_in_one_piece_where_their_grid_is(plan: Plan, below: Plan) -> None:
    for _, layer in list_layers(below):
        whole = plan.grids.geom_type.reindex(layer["grid_id"]).eq("Polygon").to_numpy()
        assert (layer.geom_type[whole] == "Polygon").all()


def outside_zones_say_why(plan: Plan, below: Plan) -> None:
    for _, layer in list_layers(below):
        inside = (layer["households"] >= layer["lower"]) & (layer["households"] <= layer["upper"])
        assert (inside == layer["in_band"]).all()
        assert ((layer["reason_code"] == "") == inside).all()
        assert layer["reason_code"].isin(("", *REASONS)).all()
        assert ((layer["reason"] == "") == inside).all()
        assert ((layer["reason_en"] == "") == inside).all()


def ids_codes_and_names_are_distinct(plan: Plan, below: Plan) -> None:
    for _, layer in list_layers(below):
        assert layer.index.is_unique
        assert layer["code"].is_unique
        assert layer["name"].is_unique
        assert layer["code"].is_monotonic_increasing


def grids_stay_as_they_were(plan: Plan, below: Plan) -> None:
    pd.testing.assert_frame_equal(pd.DataFrame(plan.grids), pd.DataFrame(below.grids))
    assert plan.assignment.equals(below.assignment)


def units_name_the_micro_grid_that_holds_them(plan: Plan, below: Plan) -> None:
    frame, members = below.territory.units.frame, below.territory.units.members
    if below.micro_grids is None:
        assert "micro_grid_id" not in frame
        return
    named = frame.loc[frame["micro_grid_id"] != "", "micro_grid_id"]
    assert named.isin(below.micro_grids.index).all()
    mine = members[members["unit_id"].isin(named.index)]
    assert (mine["unit_id"].map(named) == mine["micro_grid_id"]).all()


LEVEL_INVARIANTS = (
    households_are_conserved,
    every_member_is_in_one_zone_of_its_grid,
    members_are_the_same_people,
    zones_tile_their_grid,
    link_units_tile_their_micro_grid,
    zones_are_in_one_piece_where_their_grid_is,
    outside_zones_say_why,
    ids_codes_and_names_are_distinct,
    grids_stay_as_they_were,
    units_name_the_micro_grid_that_holds_them,
)
