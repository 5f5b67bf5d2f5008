"""A layer of a file before and after it is read: the two forms all readers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from gridmap.findings import Finding
    from gridmap.sources.discovering import FoundFile

Geometries = Any
"""An object array of shapely geometries, None where a row has none."""


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What is known of a layer before its rows are read.

    Attributes
    ----------
    file
        The file it is in.
    layer
        Its name inside the file; the file's stem for formats with one layer.
    headers
        Its columns, in order, without the geometry.
    shape
        ``polygon``, ``line``, ``point``, ``none`` (no geometry), ``""`` when the file does not say.
    geometry_type
        The same in the file's own words.
    crs
        What the file declares, or None.
    encoding
        Codec of its text, and how that is known; empty where the format settles it.
    lon, lat
        Headers of the coordinates, for tables.
    skipped
        Rows of a title above the headers, for tables.
    """

    file: FoundFile
    layer: str
    headers: tuple[str, ...]
    shape: str = ""
    geometry_type: str = ""
    crs: CRS | None = None
    codec: str = ""
    encoding: str = ""
    lon: str = ""
    lat: str = ""
    skipped: int = 0

    @property
    def place(self) -> str:
        """Return ``file`` or ``file:layer``, for findings and options."""
        stem = self.file.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return self.file.name if self.layer == stem else f"{self.file.name}:{self.layer}"

    @property
    def keys(self) -> frozenset[str]:
        """Return every way in which an option may name this layer, folded to lower case."""
        base = self.file.name.rsplit("/", 1)[-1]
        stem = base.rsplit(".", 1)[0]
        files = {self.file.name, base, stem}
        names = files | {f"{name}:{self.layer}" for name in files} | {self.layer}
        return frozenset(name.casefold() for name in names)


@dataclass(frozen=True, slots=True)
class RawLayer:
    """The rows of a layer as they stand in the file.

    Attributes
    ----------
    info
        Where they come from.
    columns
        Attributes only, without those of personal data.
    geometry
        One geometry a row in the file's own coordinates, or None for tables.
    x, y
        Coordinates of a table's rows, NaN where there are none.
    findings
        What reading them had to say.
    """

    info: LayerInfo
    columns: pd.DataFrame
    geometry: Geometries = None
    x: NDArray[np.float64] | None = None
    y: NDArray[np.float64] | None = None
    findings: tuple[Finding, ...] = field(default=())
