"""The findings of an analysis as one GeoPackage, for QGIS."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridmap.boundaries.reach_answers import reach_layers
from gridmap.errors import UnwritableFile
from gridmap.writing import check_ending, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from gridmap.boundaries.analysing import Analysis

LAYERS = (
    "divisions",
    "parts",
    "enclaves",
    "interlocks",
    "gaps",
    "overlaps",
    "slivers",
    "near_edges",
)
POINT_LAYERS = ("reach_stations", "reach_unreachable", "reach_places")
GDAL_OPTIONS = {
    "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",
    "OGR_GPKG_ALLOW_THREADED_RTREE": "NO",
}
"""What makes GDAL write the same bytes on every run: no clock, no second thread."""


def write_analysis(analysis: Analysis, path: str | Path) -> None:
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
    check_ending(path, ".gpkg")
    frames = {name: _as_layer(getattr(analysis, name), analysis) for name in LAYERS}
    if analysis.reach is not None:
        frames |= reach_layers(analysis.reach, analysis.crs)
    with write_atomically(path) as temporary:
        try:
            _write_layers(frames, temporary)
        except (RuntimeError, sqlite3.Error) as problem:  # pyogrio's errors are RuntimeErrors
            name = Path(path).name
            raise UnwritableFile(
                f"{name} can't be written: {problem}.",
                f"无法写入 {name}：{problem}。",
                cure_en="Check the space on the disk, or give another path to -o.",
                cure_zh="请检查磁盘空间，或用 -o 指定其他路径。",
            ) from problem


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


def _write_layers(frames: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    import pyogrio

    with _gdal_options(GDAL_OPTIONS):
        for name, frame in frames.items():
            options: dict[str, Any] = {"geometry_type": "MultiPolygon", "promote_to_multi": True}
            if name in POINT_LAYERS:
                options = {"geometry_type": "Point", "promote_to_multi": False}
            if name == "interlocks":
                options = {"geometry_type": "Unknown", "promote_to_multi": False}
            if not path.exists():
                options["VERSION"] = "1.3"
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", use_arrow=False, **options
            )
    with contextlib.closing(sqlite3.connect(path)) as connection:
        state = connection.execute("PRAGMA quick_check").fetchone()[0]
        if state != "ok":
            raise sqlite3.DatabaseError(state)


@contextlib.contextmanager
def _gdal_options(options: dict[str, str]) -> Iterator[None]:
    """Set options of GDAL for a while."""
    import pyogrio

    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
