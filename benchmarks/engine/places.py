"""Units of a territory as an instance; and the published instances of cut_edges.json."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.engine.cities import LOWER, UPPER
from benchmarks.engine.instances import Instance

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from gridmap.model import Sources, Territory

SAMPLE_HOUSEHOLDS = 60_000
LIECHTENSTEIN_HOUSEHOLDS = 17_000
OPEN_TARGETS = {"UT-tract": 78, "MS-tract": 62, "AR-tract": 70, "NV-tract": 76}
"""Cut edges to be reached where no optimum is proved (issue 3)."""


def read_sample(seed: int) -> Instance:
    """Return the sample district's units."""
    from gridmap.datasets import make_district
    from gridmap.flow import read_input

    return _prepare("sample", read_input([_write_district(make_district, seed)]), None)


def _write_district(make: Any, seed: int) -> Path:
    """Write the district to a folder, so that it takes the way of every input."""
    import tempfile
    from pathlib import Path

    from gridmap.datasets import write_district

    folder = Path(tempfile.mkdtemp(prefix="gridmap-sample-"))
    write_district(make(households=SAMPLE_HOUSEHOLDS, seed=seed), folder)
    return folder


def read_place(name: str, path: Path, households: int | None) -> Instance:
    """Return the units of real data, households estimated as gridmap does."""
    from gridmap.flow import read_input

    return _prepare(name, read_input([path]), households)


def _prepare(name: str, sources: Sources, households: int | None) -> Instance:
    import gridmap
    from gridmap.flow import prepare_territory

    rules = gridmap.Rules.preset("default")
    territory = prepare_territory(sources, rules=rules, households_total=households)
    return state_territory(name, territory)


def state_territory(name: str, territory: Territory) -> Instance:
    """Return a territory as a bare graph with the band 300-500 for all.

    Edges are borders that a grid may lie across, with the planner's costs. Land in pieces with
    fewer households than the floor is left out: no zone there can be in the band.
    """
    import geopandas as gpd

    from gridmap.planning.land import read_land
    from gridmap.planning.problems import find_pieces

    land = read_land(territory)
    edges = land.edges[land.passable]
    crossed = land.costs.crossings[land.passable]
    costs = np.where(crossed > 0, -crossed, land.costs.cuts[land.passable])
    piece = find_pieces(edges, land.size)
    kept = np.bincount(piece, land.households)[piece] >= LOWER
    frame = gpd.GeoDataFrame(territory.units.frame.sort_index())
    spots = frame.geometry.representative_point().to_crs(territory.units.metric_crs)
    instance = Instance(
        name=name,
        weights=land.households,
        edges=edges,
        costs=costs,
        lower=LOWER,
        upper=UPPER,
        lengths=land.lengths[land.passable],
        areas=land.areas,
        perimeters=land.perimeters,
        groups=land.group,
        points=np.column_stack([spots.x, spots.y]),
    )
    return keep_nodes(instance, kept)


def keep_nodes(instance: Instance, kept: NDArray[np.bool_]) -> Instance:
    """Return an instance without some nodes and their edges."""
    place = np.cumsum(kept) - 1
    whole = kept[instance.edges].all(axis=1)
    nodes = ("weights", "areas", "perimeters", "groups", "regions", "points")
    given = {name: getattr(instance, name) for name in nodes}
    lengths = None if instance.lengths is None else instance.lengths[whole]
    return replace(
        instance,
        **{name: None if value is None else value[kept] for name, value in given.items()},
        edges=place[instance.edges[whole]],
        costs=instance.costs[whole],
        lengths=lengths,
    )


def read_cut_edges(path: Path) -> list[tuple[Instance, dict[str, Any]]]:
    """Return the published instances, each with its bounds as published."""
    rows = json.loads(path.read_text("utf-8"))
    return [
        (
            Instance(
                name=f"cut-{row['name']}",
                weights=np.array(row["weights"], np.int64),
                edges=np.array(row["edges"], np.int64),
                costs=np.ones(len(row["edges"])),
                lower=int(row["lower"]),
                upper=int(row["upper"]),
                zones=int(row["zones"]),
            ),
            {
                "bound": row["published_lower_bound"],
                "best": row["published_best"],
                "gerrychain": row["gerrychain_published"],
                "target": OPEN_TARGETS.get(row["name"], row["published_best"]),
            },
        )
        for row in rows
    ]
