"""The land that is measured: 30,000 buildings and 200,000 households by gridmap's own generator."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import gridmap
from gridmap.datasets import make_district, write_district
from gridmap.flow import prepare_territory, read_input

if TYPE_CHECKING:
    from gridmap.model import Plan

DRAWN_HOUSEHOLDS = 770_000
"""The generator's own density is 26 households a building; so many households have 30,000."""
HOUSEHOLDS = 200_000
SITES_KEPT = 4
"""One site in so many, so that with dedicated grids there are about 600 grids."""
COPIES = 4


class Pair(NamedTuple):
    """Two plans of one land: the one shown, and the one before."""

    after: Plan
    before: Plan


def plan_district(seed: int) -> Pair:
    """Return two divisions of the generated district, by two seeds, with thinned households."""
    drawn = make_district(households=DRAWN_HOUSEHOLDS, seed=seed, points=False)
    buildings = drawn.layers["buildings"]
    share = np.cumsum(buildings["households"].to_numpy()) * HOUSEHOLDS
    whole = share // int(buildings["households"].sum())
    layers = {
        **drawn.layers,
        "buildings": buildings.assign(households=np.diff(whole, prepend=0)),
        "sites": drawn.layers["sites"].iloc[::SITES_KEPT],
    }
    with tempfile.TemporaryDirectory() as folder:
        write_district(dataclasses.replace(drawn, layers=layers), Path(folder))
        sources = read_input([folder])
    rules = gridmap.Rules.preset("default")
    territory = prepare_territory(sources, rules=rules)
    plans = [gridmap.make_plan(territory, rules=rules, seed=seed + k) for k in (0, 1)]
    return Pair(*plans)


def repeat_plan(plan: Plan, copies: int = COPIES) -> Plan:
    """Return a plan with its land as often as asked, side by side, each with ids of its own."""
    units = plan.territory.units
    west, _, east, _ = plan.grids.total_bounds
    width = 1.02 * (east - west)

    def repeat(frame: pd.DataFrame, ids: tuple[str, ...]) -> pd.DataFrame:
        made = []
        for k in range(copies):
            one = frame.copy()
            for column in ids:
                if column in one:
                    one[column] = one[column].map(lambda text, k=k: _mark(text, k))
            if isinstance(one.index.dtype, object) and one.index.name:
                one.index = one.index.map(lambda text, k=k: _mark(text, k))
            if isinstance(one, gpd.GeoDataFrame):
                shift = np.array([k * width, 0.0])
                one = one.set_geometry(
                    shapely.transform(one.geometry.to_numpy(), lambda at, s=shift: at + s),
                    crs=frame.crs,
                )
            made.append(one)
        return pd.concat(made, ignore_index=frame.index.name is None)

    ids = ("unit_id", "unit_a", "unit_b", "community_id", "host_id", "compound_id", "building_id")
    frames = {
        name: repeat(getattr(units, name), ids)
        for name in ("frame", "communities", "members", "sites", "buildings", "landmarks")
    }
    territory = dataclasses.replace(
        plan.territory,
        units=dataclasses.replace(units, **frames),
        borders=repeat(plan.territory.borders, ids),
    )
    grids = repeat(plan.grids, (*ids, "code"))
    assignment = pd.concat(
        [
            pd.Series(
                plan.assignment.map(lambda text, k=k: _mark(text, k)).to_numpy(),
                index=plan.assignment.index.map(lambda text, k=k: _mark(text, k)),
            )
            for k in range(copies)
        ]
    )
    return dataclasses.replace(plan, grids=grids, territory=territory, assignment=assignment)


def _mark(text: object, copy: int) -> object:
    return f"{copy}{text}" if isinstance(text, str) and text else text
