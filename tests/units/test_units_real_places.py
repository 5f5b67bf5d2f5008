"""Units of real places and of the sample district keep every invariant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from invariants import check_territory, check_units, counted_households

import gridmap
from gridmap.hulls import bound_sources
from gridmap.model import Sources, Territory, Units

RULES = gridmap.Rules.preset("default")


@pytest.fixture(scope="module")
def liechtenstein(shared_data: Path) -> tuple[Sources, Territory]:
    sources = gridmap.read_sources([shared_data / "liechtenstein.osm.pbf"])
    sources = gridmap.repair_sources(sources)
    sources = gridmap.estimate_households(sources, rules=RULES, total=17_000)
    units = gridmap.make_units(sources, rules=RULES)
    return sources, gridmap.make_territory(units, sources, rules=RULES)


def test_liechtenstein_is_tiled_with_every_household(
    liechtenstein: tuple[Sources, Territory],
) -> None:
    sources, territory = liechtenstein
    check_units(territory.units, sources)
    check_territory(territory)
    assert int(territory.units.frame["households"].sum()) == 17_000


def test_liechtenstein_has_its_detached_parts(liechtenstein: tuple[Sources, Territory]) -> None:
    sources, territory = liechtenstein
    drawn = sources.layers["communities"].set_index("name").geometry
    land = territory.units.communities.set_index("name").geometry
    parts = {name: shapely.get_num_geometries(shape) for name, shape in land.items()}
    assert parts == {name: shapely.get_num_geometries(shape) for name, shape in drawn.items()}
    known = {"Vaduz": 7, "Schaan": 5, "Planken": 5, "Balzers": 3, "Eschen": 2, "Gamprin": 2}
    assert {name: parts[name] for name in known} == known


def test_the_rhine_valley_has_bridges(liechtenstein: tuple[Sources, Territory]) -> None:
    _, territory = liechtenstein
    borders = territory.borders
    assert borders["river"].sum() > 100
    assert borders["bridge"].sum() > 20


def test_suzhou_without_communities_is_cut_by_building(shared_data: Path) -> None:
    sources = gridmap.read_sources([shared_data / "suzhou_buildings.geojson"])
    sources = gridmap.repair_sources(bound_sources(sources))
    sources = gridmap.estimate_households(sources, rules=RULES)
    units = gridmap.make_units(sources, rules=RULES)
    check_units(units, sources)
    assert len(units.frame) > 2_900
    own = units.frame.reset_index().merge(sources.layers["buildings"], on="building_id")
    kept = shapely.area(shapely.intersection(own["geometry_x"], own["geometry_y"]))
    share = kept / shapely.area(own["geometry_y"].to_numpy())
    assert np.quantile(share, 0.02) > 0.95


def test_the_sample_district_keeps_the_invariants(
    sample_sources: Sources, sample_units: Units, sample_territory: Territory
) -> None:
    repaired = gridmap.repair_sources(sample_sources)
    check_units(sample_units, repaired)
    check_territory(sample_territory)
    aside = 0 if repaired.set_aside is None else int(repaired.set_aside["households"].sum())
    assert counted_households(repaired) + aside == repaired.read_households
