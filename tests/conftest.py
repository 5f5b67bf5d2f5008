"""Fixtures that every test may use: real data, the sample district, the browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gridmap.model import Plan, Sources, Territory, Units

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of public test data, which is never part of the project."""
    folder = Path(os.environ.get("GRIDMAP_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("public test data is absent: set GRIDMAP_SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    """Return the folder of the sample district."""
    return REPOSITORY / "data" / "boundaries"


@pytest.fixture(scope="session")
def sample_sources(sample_folder: Path) -> Sources:
    """Return the sample district as read, before repair."""
    import gridmap

    return gridmap.read_sources(sample_folder)


@pytest.fixture(scope="session")
def sample_units(sample_sources: Sources) -> Units:
    """Return the units of the sample district."""
    import gridmap

    return gridmap.make_units(
        gridmap.repair_sources(sample_sources), rules=gridmap.Rules.preset("default")
    )


@pytest.fixture(scope="session")
def sample_territory(sample_sources: Sources, sample_units: Units) -> Territory:
    """Return the sample district as a planning problem."""
    import gridmap

    return gridmap.make_territory(
        sample_units,
        gridmap.repair_sources(sample_sources),
        rules=gridmap.Rules.preset("default"),
    )


@pytest.fixture(scope="session")
def sample_plan(sample_territory: Territory) -> Plan:
    """Return the sample district's plan with the default rules and seed."""
    import gridmap

    return gridmap.make_plan(sample_territory, rules=gridmap.Rules.preset("default"), seed=7)
