"""The order of an inspection, and the sources that come out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.checks.attributes import inspect_attributes, inspect_layers, withheld_roles
from gridmap.checks.buildings import inspect_buildings, inspect_compounds, set_aside_buildings
from gridmap.checks.counts import (
    count_households,
    inspect_counts,
    inspect_crowding,
    restore_uncounted,
)
from gridmap.checks.coverage import inspect_coverage, say_places
from gridmap.checks.elsewhere import inspect_places
from gridmap.checks.geometry import inspect_geometry
from gridmap.checks.households import (
    adopt_counts,
    locate_buildings,
    locate_households,
    say_outcome,
    settle_households,
)
from gridmap.checks.identity import inspect_identity, inspect_texts
from gridmap.checks.inspecting import LOST_COLUMNS, Inspection
from gridmap.checks.parts import inspect_parts
from gridmap.findings import sort_findings

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.model import Sources


def check_sources(sources: Sources) -> tuple[Finding, ...]:
    """Find everything that is wrong with what was read, at once.

    A planner corrects a file once, not fault by fault; so nothing stops at the first fault.

    Parameters
    ----------
    sources
        As read by `gridmap.read_sources`.

    Returns
    -------
    tuple of Finding
        What reading said and what checking finds, worst first, each once. A finding of severity
        ``error`` means that a plan would be meaningless or silently wrong.

    Notes
    -----
    Source: issue 2 point 4; the limits are gridmap's own defaults and stand beside each check.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pyproj import CRS
    >>> from shapely import Point, box
    >>> from gridmap.model import Sources
    >>> communities = gpd.GeoDataFrame(
    ...     {"community_id": ["C1"], "name": ["东风社区"]},
    ...     geometry=[box(113.1, 23.0, 113.11, 23.01)], crs=4490)
    >>> households = gpd.GeoDataFrame(
    ...     {"household_id": ["H1", "H2"], "households": [1, 1]},
    ...     geometry=[Point(113.105, 23.005), Point(113.2, 23.005)], crs=4490)
    >>> sources = Sources({"communities": communities, "households": households},
    ...                   crs=CRS(4490), metric_crs=CRS(4546), read_households=2)
    >>> [finding.code for finding in check_sources(sources)]
    ['household_outside']
    """
    return repair_sources(sources).findings


def repair_sources(sources: Sources) -> Sources:
    """Handle everything that can be handled, and list everything that is lost.

    Polygons are made valid by their structure, empty rows and repeated rows are taken out, texts
    are cleaned, overlaps of communities are given to one of them, households and buildings in no
    community are set aside.

    Parameters
    ----------
    sources
        As read by `gridmap.read_sources`.

    Returns
    -------
    Sources
        Cleaned layers: communities that share their vertices and don't overlap, unique ids,
        buildings and households that stand in a community, whole numbers of households. All
        findings of `check_sources` stand in ``findings``, every row taken out in ``set_aside``:
        the households counted plus those set aside are ``read_households``. It does not raise
        when there are errors among the findings: whoever plans must refuse them.

    Notes
    -----
    An overlap goes to the smaller community, which would lose the larger share of its land; a
    household there follows the land. A household in a gap is set aside.
    """
    table = Inspection.of(sources)
    inspect_texts(table)
    inspect_counts(table)
    inspect_geometry(table)
    inspect_identity(table)
    inspect_layers(table, withheld_roles(sources))
    inspect_crowding(table)
    if table.frame("communities") is not None:
        inspect_places(table, sources.inputs)
        _inspect_land(table)
    inspect_attributes(table)
    restore_uncounted(table)
    return _sources(sources, table)


def _inspect_land(table: Inspection) -> None:
    """Inspect what needs communities: their land, and who and what lies in it."""
    coverage = inspect_coverage(table)
    inspect_compounds(table)
    home = inspect_buildings(table)
    if table.counting == "households":
        homes = adopt_counts(table, locate_households(table, home), home)
    else:
        homes = locate_buildings(table, home)
    inspect_parts(table, homes)
    say_places(table, coverage, homes.points, homes.counts)
    say_outcome(table, homes, coverage)
    if table.counting == "households":
        settle_households(table, homes)
    set_aside_buildings(table, home)


def _sources(sources: Sources, table: Inspection) -> Sources:
    """Return the sources of an inspection that is done."""
    lost = table.lost if sources.set_aside is None else [sources.set_aside, *table.lost]
    aside = (
        pd.concat(lost, ignore_index=True)
        if lost
        else pd.DataFrame({name: [] for name in LOST_COLUMNS}).astype({"households": np.int64})
    )
    return replace(
        sources,
        layers={role: frame.reset_index(drop=True) for role, frame in table.layers.items()},
        findings=sort_findings(dict.fromkeys((*sources.findings, *table.findings))),
        set_aside=aside,
        read_households=count_households(sources) + table.adopted,
    )
