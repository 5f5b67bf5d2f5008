"""The findings of an analysis as one GeoPackage, for QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridmap.boundaries.reach_answers import reach_layers
from gridmap.writing import write_geopackage

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from gridmap.boundaries.analysing import Analysis
    from gridmap.boundaries.proposals import Proposals

LAYERS = (
    "divisions",
    "parts",
    "enclaves",
    "interlocks",
    "gaps",
    "overlaps",
    "slivers",
    "near_edges",
    "unclear",
    "snaps",
)

GEOMETRY = {
    "interlocks": "Unknown",
    "unclear": "LineString",
    "snaps": "LineString",
    "reach_stations": "Point",
    "reach_unreachable": "Point",
    "reach_places": "Point",
}
"""Layers whose geometry is not polygons."""


def write_analysis(
    analysis: Analysis, path: str | Path, *, proposals: Proposals | None = None
) -> None:
    r"""Write an analysis as one GeoPackage 1.3 file, whole or not at all.

    The layers are `LAYERS`, and those of reach where it was asked
    (`gridmap.boundaries.reach_answers.reach_layers`), in lon/lat; ids and hosts are joined by
    ``;``. Each row of `LAYERS` with a place has its ``lon`` and ``lat``. Interlocks are the land
    beyond a neck (polygon) or a border (line).

    Parameters
    ----------
    analysis
        From `gridmap.boundaries.analyse`.
    path
        A file that ends in ``.gpkg``; an earlier one is replaced.
    proposals
        Written as the layer ``proposals``, one row an option, where they are given.

    Raises
    ------
    UnwritableFile
        When the file can't be written.
    InvalidOption
        When the path does not end in ``.gpkg``.

    Notes
    -----
    Source: issue 4 point 9; DESIGN.md section 5 (GeoPackage 1.3; temporary file, fsync, rename).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import geopandas as gpd
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.examples import draw_sources
    >>> analysis = analyse(draw_sources("ABBB\nABAB\nABBB"))
    >>> with TemporaryDirectory() as folder:
    ...     write_analysis(analysis, Path(folder) / "findings.gpkg")
    ...     len(gpd.read_file(Path(folder) / "findings.gpkg", layer="parts"))
    3
    """
    frames = {name: _as_layer(getattr(analysis, name), analysis) for name in LAYERS}
    if analysis.reach is not None:
        frames |= reach_layers(analysis.reach, analysis.crs)
    layers = {name: (frame, GEOMETRY.get(name, "MultiPolygon")) for name, frame in frames.items()}
    if proposals is not None:
        from gridmap.boundaries.proposal_tables import frame_proposals

        layers["proposals"] = (frame_proposals(proposals), "MultiPolygon")
    write_geopackage(layers, path)


def _as_layer(frame: gpd.GeoDataFrame, analysis: Analysis) -> gpd.GeoDataFrame:
    """Return a frame in lon/lat with plain columns."""
    from gridmap.boundaries.analysing import locate_places

    layer = frame.drop(columns="place", errors="ignore").to_crs(analysis.crs)
    for column in ("ids", "hosts"):
        if column in layer.columns:
            texts = [
                ";".join(item if isinstance(item, str) else str(item[0]) for item in row)
                for row in layer[column]
            ]
            layer[column] = pd.Series(texts, index=layer.index, dtype=object)
    if "place" in frame.columns:
        places = locate_places(frame, analysis.crs)
        layer["lon"] = pd.Series([x for x, _ in places], index=layer.index, dtype=float)
        layer["lat"] = pd.Series([y for _, y in places], index=layer.index, dtype=float)
    return layer
