"""Unclear stretches of border and the snaps proposed for them, as rows and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.snapping import WHY_NOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.boundaries.clarity import Clarity
    from gridmap.boundaries.snapping import Snap

MOVED = (
    "a_to_b_m2", "b_to_a_m2", "households_a_to_b", "households_b_to_a", "buildings_a_to_b",
    "buildings_b_to_a",
)  # fmt: skip
"""What a snap moves, as `Snap` names it."""
UNCLEAR_COLUMNS = ("stretch_id", "ids", "length_m", "snap", "gain_m", *MOVED, "place")
METRE_DIGITS = 3


def frame_unclear(clarity: Clarity, snaps: Sequence[Snap]) -> gpd.GeoDataFrame:
    """Return the unclear stretches, each with what its snap would do.

    Parameters
    ----------
    clarity
        As measured.
    snaps
        Of `gridmap.boundaries.snapping.propose_snaps`, one a stretch.

    Returns
    -------
    GeoDataFrame
        `UNCLEAR_COLUMNS` and a line, in the CRS of the clarity: ``snap`` is the status of the
        snap, ``gain_m`` metres less on no line, then the land (m2), households and buildings that
        would change hands, NA where nothing is proposed or they are not known.

    Examples
    --------
    >>> from shapely import box
    >>> from gridmap.boundaries.clarity import measure_clarity
    >>> from gridmap.boundaries.snapping import propose_snaps
    >>> land = gpd.GeoDataFrame({"division_id": ["A", "B"]}, crs=4547,
    ...     geometry=[box(0, 0, 100, 200), box(100, 0, 200, 200)])
    >>> clarity = measure_clarity(land)
    >>> frame_unclear(clarity, propose_snaps(clarity, land))[["stretch_id", "snap"]].values.tolist()
    [['A|B/1', 'no_line']]
    """
    lines = np.asarray(clarity.unclear.geometry.to_numpy(), dtype=object)
    proposed = [snap.status == "proposed" for snap in snaps]
    rows: dict[str, Any] = {
        "stretch_id": clarity.unclear["stretch_id"].to_numpy(dtype=object),
        "ids": [(snap.division_a, snap.division_b) for snap in snaps],
        "length_m": clarity.unclear["length_m"].to_numpy(dtype=np.float64),
        "snap": np.array([snap.status for snap in snaps], dtype=object),
        "gain_m": np.array([snap.gain_m for snap in snaps], dtype=np.float64),
    }
    for name in MOVED:
        values = [
            getattr(snap, name) if known else None
            for snap, known in zip(snaps, proposed, strict=True)
        ]
        rows[name] = pd.array(values, dtype="Float64" if name.endswith("_m2") else "Int64")
    rows["place"] = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return gpd.GeoDataFrame(rows, geometry=lines, crs=clarity.unclear.crs)


def frame_snaps(clarity: Clarity, snaps: Sequence[Snap]) -> gpd.GeoDataFrame:
    """Return the borders that are proposed: ``stretch_id``, ``ids``, ``length_m``, place, line."""
    some = [snap for snap in snaps if snap.path is not None]
    lines = np.array([snap.path for snap in some], dtype=object)
    rows = {
        "stretch_id": np.array([snap.stretch_id for snap in some], dtype=object),
        "ids": [(snap.division_a, snap.division_b) for snap in some],
        "length_m": shapely.length(lines),
        "place": shapely.line_interpolate_point(lines, 0.5, normalized=True),
    }
    return gpd.GeoDataFrame(rows, geometry=lines, crs=clarity.unclear.crs)


def tell_snaps(unclear: Sequence[dict[str, Any]], frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the items of unclear stretches with their snap, as plain data.

    Parameters
    ----------
    unclear
        Items of `gridmap.boundaries.clarity_summary.summarise_clarity`.
    frame
        Of `frame_unclear`, in the same order.

    Examples
    --------
    >>> tell_snaps([], gpd.GeoDataFrame({"snap": []}))
    []
    """
    told = []
    rows = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).to_dict("records")
    for item, row in zip(unclear, rows, strict=True):
        snap: dict[str, Any] = {"status": row["snap"]}
        if row["snap"] == "proposed":
            snap["gain_m"] = round(float(row["gain_m"]), METRE_DIGITS)
            for name in MOVED:
                value = row[name]
                plain = round(float(value), METRE_DIGITS) if name.endswith("_m2") else value
                snap[name] = None if pd.isna(value) else plain
        else:
            snap["reason"], snap["reason_zh"] = WHY_NOT[row["snap"]]
        told.append({**item, "snap": snap})
    return told


def frame_nothing(crs: Any) -> gpd.GeoDataFrame:
    """Return no row, for land whose borders can't be measured.

    Examples
    --------
    >>> len(frame_nothing(4547))
    0
    """
    empty: dict[str, Any] = {name: np.empty(0, dtype=object) for name in UNCLEAR_COLUMNS}
    return gpd.GeoDataFrame(empty, geometry=np.empty(0, dtype=object), crs=crs)
