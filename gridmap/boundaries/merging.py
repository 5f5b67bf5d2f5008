"""Merging: one layer from the overlay of many, and where each department's grids went.

The pieces become a bare graph for ``gridmap.partition``: cutting an edge costs as many departments
as have no border there, so the cheapest layer is the one that most departments drew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from gridmap.boundaries.overlay import Overlay


@dataclass(frozen=True)
class MergeProblem:
    """The pieces as a graph, in the words of ``gridmap.partition``.

    Attributes
    ----------
    weights
        (n,) households of each piece, or its area in hectares.
    edges
        (m, 2) pieces with a common border.
    edge_costs
        (m,) departments that have no border there: what a cut goes against.
    borders
        (m,) departments whose border the edge is.
    lengths, areas, perimeters
        (m,) metres, (n,) m2, (n,) metres, for shape.
    current
        (n,) the combination most alike to today: the grid of the first department, numbered.
    """

    weights: NDArray[np.int64]
    edges: NDArray[np.int64]
    edge_costs: NDArray[np.float64]
    borders: NDArray[np.int64]
    lengths: NDArray[np.float64]
    areas: NDArray[np.float64]
    perimeters: NDArray[np.float64]
    current: NDArray[np.int64]


def merge_layers(
    overlay: Overlay,
    *,
    weight: Literal["households", "area"] = "households",
    current: str | None = None,
) -> MergeProblem:
    """Make the graph of pieces whose cheapest partition is the layer most departments agree with.

    Parameters
    ----------
    overlay
        As made by `overlay.overlay_layers`.
    weight
        What the band of the new grids counts.
    current
        Department whose grids are today's; None for the first.

    Returns
    -------
    MergeProblem

    Raises
    ------
    InvalidOption
        A department or weight that is not known.

    Notes
    -----
    The cost counts departments, not metres: ten departments that agree on a short line matter as
    much as on a long one. gridmap's own choice; multiply by ``lengths`` for the other.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from gridmap.boundaries.overlay import overlay_layers
    >>> one = gpd.GeoDataFrame({"grid_id": ["1", "2"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 300, 100)])
    >>> two = gpd.GeoDataFrame({"grid_id": ["1", "2"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 140, 100), shapely.box(140, 0, 300, 100)])
    >>> problem = merge_layers(overlay_layers({"a": one, "b": two, "c": one}), weight="area")
    >>> problem.edges.tolist(), problem.borders.tolist(), problem.edge_costs.tolist()
    ([[0, 1], [1, 2]], [2, 1], [1.0, 2.0])
    """
    department = overlay.departments[0] if current is None else current
    if department not in overlay.departments or weight not in ("households", "area"):
        raise InvalidOption(
            f"There is no department {department!r} or no weight {weight!r}.",
            f"没有部门“{department}”或没有权重“{weight}”。",
            cure_en=f"merge_layers(overlay, current={overlay.departments[0]!r})",
            cure_zh=f"merge_layers(overlay, current={overlay.departments[0]!r})",
        )
    pieces, near = overlay.pieces, overlay.neighbours
    borders = near["borders"].to_numpy(dtype=np.int64)
    areas = pieces["area_m2"].to_numpy(dtype=np.float64)
    counts = pieces["households"].to_numpy(dtype=np.float64)
    return MergeProblem(
        weights=np.rint(counts if weight == "households" else areas / 1e4).astype(np.int64),
        edges=near[["piece_a", "piece_b"]].to_numpy(dtype=np.int64),
        edge_costs=(len(overlay.departments) - borders).astype(np.float64),
        borders=borders,
        lengths=near["length_m"].to_numpy(dtype=np.float64),
        areas=areas,
        perimeters=np.asarray(pieces.geometry.length, dtype=np.float64),
        current=np.unique(pieces[department].astype(str), return_inverse=True)[1].astype(np.int64),
    )


def map_old_to_new(overlay: Overlay, merged_labels: ArrayLike) -> pd.DataFrame:
    """Return for each department where each of its grids went: the hand-over table.

    Parameters
    ----------
    overlay
        As made by `overlay.overlay_layers`.
    merged_labels
        (n,) the new grid of each piece.

    Returns
    -------
    DataFrame
        ``department``, ``old_grid`` (``""``: land the department did not have), ``new_grid``,
        ``area_m2``, ``households``, ``area_share``, ``households_share`` of the old grid; the
        shares of one old grid sum to 1; ``households_share`` is NaN where it has no household.

    Raises
    ------
    InvalidOption
        Not one label a piece.

    Notes
    -----
    Source: the form of hand-over seen in practice, FIELD.md section 3.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from gridmap.boundaries.overlay import overlay_layers
    >>> one = gpd.GeoDataFrame({"grid_id": ["1", "2"]}, crs=4547,
    ...     geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 300, 100)])
    >>> table = map_old_to_new(overlay_layers({"police": one}), ["N", "N"])
    >>> table[["department", "old_grid", "new_grid", "area_share"]].values.tolist()
    [['police', '1', 'N', 1.0], ['police', '2', 'N', 1.0]]
    """
    labels = np.asarray(merged_labels).astype(str)
    pieces = overlay.pieces
    if labels.shape != (len(pieces),):
        raise InvalidOption(
            f"{labels.size} labels were given for {len(pieces)} pieces.",
            f"有 {len(pieces)} 个地块，却给出 {labels.size} 个标签。",
            cure_en="map_old_to_new(overlay, partition(...).labels)",
            cure_zh="map_old_to_new(overlay, partition(...).labels)",
        )
    tables = []
    for name in overlay.departments:
        own = pd.DataFrame(
            {
                "department": name,
                "old_grid": pieces[name].to_numpy(),
                "new_grid": labels,
                "area_m2": pieces["area_m2"].to_numpy(),
                "households": pieces["households"].to_numpy(),
            }
        )
        keys = ["department", "old_grid", "new_grid"]
        tables.append(own.groupby(keys, as_index=False, sort=True).sum())
    table = pd.concat(tables, ignore_index=True)
    whole = table.groupby(["department", "old_grid"])[["area_m2", "households"]].transform("sum")
    table["area_share"] = table["area_m2"] / whole["area_m2"]
    table["households_share"] = table["households"] / whole["households"].where(
        whole["households"] > 0
    )
    return table
