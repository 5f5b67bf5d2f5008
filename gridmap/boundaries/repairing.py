"""Repair the boundaries of an input: close what is narrow, and list everything that changed.

`gridmap.boundaries.coverage_repair` works on a plane; here its result goes back to the degrees of
the input, corner by corner: a corner that was not moved keeps the coordinates that it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from gridmap.boundaries.coverage_findings import report_coverage_repair
from gridmap.boundaries.coverage_repair import repair_coverage
from gridmap.boundaries.divisions import clean_sources, collect_divisions, collect_homes
from gridmap.boundaries.planes import cut_faces, find_claims, join_claims
from gridmap.checks.coverage import SLIVER_WIDTH_M
from gridmap.checks.inspecting import POINT_DIGITS
from gridmap.errors import RefusedInput
from gridmap.findings import has_errors, sort_findings
from gridmap.writing import write_geopackage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

    from gridmap.boundaries.coverage import CoverageFault
    from gridmap.boundaries.coverage_repair import CoverageChange, CoverageRepair
    from gridmap.findings import Finding
    from gridmap.model import Sources

    Geometries = NDArray[np.object_]

METRE_DIGITS = 3
"""Decimals of metres and square metres that are told."""


@dataclass(frozen=True)
class BoundaryRepair:
    """Boundaries after a repair, in the CRS of the input, and all that it changed.

    Attributes
    ----------
    communities
        The rows of the input with their columns, and the outlines as repaired.
    changes
        One row a piece of land: ``kind``, ``division_id`` (who has it now), ``taken_from`` (ids
        joined by ``;``), ``area_m2``, ``width_m``, ``moved_m``, ``households`` (those in it whose
        division changed; NA where nobody counted them), polygon.
    kept
        Gaps and overlaps that the tolerance left: ``kind``, ``divisions`` (joined by ``;``),
        ``area_m2``, ``width_m``, ``households``, polygon.
    moved_homes
        Every home whose division changed, by its id: ``home_id``, ``households``, ``before``,
        ``after`` (ids joined by ``;``, empty for none).
    moved_households
        Their households together; None where nobody counted them.
    tolerance_m
        The farthest that a border was allowed to move.
    findings
        What was said while reading, cleaning and repairing, worst first.
    """

    communities: gpd.GeoDataFrame
    changes: gpd.GeoDataFrame
    kept: gpd.GeoDataFrame
    moved_homes: pd.DataFrame
    moved_households: int | None
    tolerance_m: float
    findings: tuple[Finding, ...]


def repair_boundaries(sources: Sources, *, tolerance_m: float = SLIVER_WIDTH_M) -> BoundaryRepair:
    """Close gaps and settle overlaps between the communities of an input, up to a tolerance.

    Parameters
    ----------
    sources
        As read by `gridmap.read_sources`; the layer of communities holds the divisions.
    tolerance_m
        No border moves farther than this; wider gaps and overlaps stay and are said.

    Raises
    ------
    RefusedInput
        When there is no division with a usable outline, or the input has other errors.
    InvalidOption
        When the tolerance is not a positive number.

    Notes
    -----
    Who gets what: `gridmap.boundaries.coverage_repair.repair_coverage`. Source: issue 4 point 2.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> repair = repair_boundaries(draw_sources("AB"))
    >>> len(repair.communities), len(repair.changes), repair.moved_households
    (2, 0, None)
    """
    cleaned = clean_sources(sources)
    divisions, said = collect_divisions(cleaned)
    findings = sort_findings(dict.fromkeys((*cleaned.findings, *said)))
    if has_errors(findings):
        raise RefusedInput(findings)
    homes = collect_homes(cleaned)
    repair = repair_coverage(divisions, homes, tolerance_m=tolerance_m)
    frame = cleaned.layers["communities"]
    usable = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)
    frame = frame[usable].reset_index(drop=True)
    stored = np.asarray(frame.geometry.to_numpy(), dtype=object)
    shapes = _return_corners(stored, repair.divisions, divisions, sources.crs)
    frame = frame.assign(community_id=divisions["division_id"].to_numpy()).set_geometry(
        gpd.GeoSeries(shapes, index=frame.index, crs=sources.crs)
    )
    said_more = report_coverage_repair(repair)
    return BoundaryRepair(
        communities=frame,
        changes=_frame_changes(repair, homes, sources.crs),
        kept=_frame_kept((*repair.left.gaps, *repair.left.overlaps), divisions.crs, sources.crs),
        moved_homes=_list_homes(repair),
        moved_households=None if homes is None else repair.moved_households,
        tolerance_m=tolerance_m,
        findings=sort_findings(dict.fromkeys((*findings, *said_more))),
    )


def write_repair(repair: BoundaryRepair, path: str | Path) -> None:
    """Write a repair as one GeoPackage 1.3 file, whole or not at all.

    Its layers are ``communities``, ``changes``, ``kept`` and the table ``moved_homes``.

    Raises
    ------
    UnwritableFile
        When the file can't be written.
    InvalidOption
        When the path does not end in ``.gpkg``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from gridmap.boundaries.examples import draw_sources
    >>> repair = repair_boundaries(draw_sources("AB"))
    >>> with TemporaryDirectory() as folder:
    ...     write_repair(repair, Path(folder) / "mended.gpkg")
    ...     len(gpd.read_file(Path(folder) / "mended.gpkg", layer="communities"))
    2
    """
    layers: dict[str, tuple[pd.DataFrame, str]] = {
        "communities": (repair.communities, "MultiPolygon"),
        "changes": (repair.changes, "MultiPolygon"),
        "kept": (repair.kept, "MultiPolygon"),
        "moved_homes": (repair.moved_homes, ""),
    }
    write_geopackage(layers, path)


def repair_as_dict(repair: BoundaryRepair) -> dict[str, object]:
    """Return a repair as plain data, in the shape that ``gridmap repair --json`` prints.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_sources
    >>> answer = repair_as_dict(repair_boundaries(draw_sources("A.B", households=1)))
    >>> answer["divisions"], answer["changes"], answer["households_moved"]
    (2, [], 0)
    """
    return {
        "divisions": len(repair.communities),
        "tolerance_m": repair.tolerance_m,
        "changes": _items(repair.changes),
        "kept": _items(repair.kept),
        "households_moved": repair.moved_households,
        "moved_homes": [
            {**row, "before": _split_ids(row["before"]), "after": _split_ids(row["after"])}
            for row in repair.moved_homes.to_dict("records")
        ],
        "findings": [finding.as_dict() for finding in repair.findings],
    }


def _return_corners(
    stored: Geometries, repaired: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame, crs: CRS
) -> Geometries:
    """Return repaired outlines in the CRS of the input; a corner of the input is as it was there.

    Corners of two outlines that are one on the plane become one in degrees too (the first's).
    """
    corners = shapely.get_coordinates(stored)
    forward = Transformer.from_crs(crs, divisions.crs, always_xy=True)
    known: dict[tuple[float, ...], list[float]] = {}
    for x, y, corner in zip(*forward.transform(*corners.T), corners.tolist(), strict=True):
        known.setdefault((x, y), corner)
    back = Transformer.from_crs(divisions.crs, crs, always_xy=True)

    def to_degrees(places: NDArray[np.float64]) -> NDArray[np.float64]:
        degrees = np.column_stack(back.transform(*places.T))
        for row, place in enumerate(places.tolist()):
            degrees[row] = known.get(tuple(place), degrees[row])
        return degrees

    shapes = shapely.force_2d(np.asarray(repaired.geometry.to_numpy(), dtype=object))
    carried = np.asarray(shapely.transform(shapes, to_degrees), dtype=object)
    return _settle_crossings(carried, shapes, forward)


def _settle_crossings(carried: Geometries, metric: Geometries, forward: Transformer) -> Geometries:
    """Cut carried outlines where they cross, and give the land between as it was on the plane.

    A long edge that is straight on the plane passes centimetres beside itself in degrees, so it may
    cross a corner that lay beside it there (docs/decisions/001). No corner is moved.
    """
    if shapely.coverage_is_valid(carried[~shapely.is_empty(carried)]):
        return carried
    faces = cut_faces(shapely.boundary(carried), None)
    face, shape = find_claims(faces, carried)
    places = shapely.get_coordinates(shapely.point_on_surface(faces))
    points = np.asarray(shapely.points(np.column_stack(forward.transform(*places.T))), object)
    holder, point = shapely.STRtree(points).query(metric, predicate="intersects")
    doubtful = np.bincount(face, minlength=len(faces)) != 1
    doubtful &= np.bincount(point, minlength=len(faces)) > 0
    sure, asked = ~doubtful[face], doubtful[point]
    face = np.concatenate([face[sure], point[asked]])
    return join_claims(faces, face, np.concatenate([shape[sure], holder[asked]]), carried)


def _frame_changes(
    repair: CoverageRepair, homes: gpd.GeoDataFrame | None, crs: CRS
) -> gpd.GeoDataFrame:
    changes = repair.changes
    households: list[int | None] = [None] * len(changes)
    if homes is not None:
        points = np.array([home.point for home in repair.moved_homes], dtype=object)
        tree = shapely.STRtree(points)
        for n, change in enumerate(changes):
            inside = tree.query(change.geometry, predicate="intersects")
            households[n] = sum(repair.moved_homes[h].households for h in inside.tolist())
    rows = {
        "kind": [str(change.kind) for change in changes],
        "division_id": [change.division for change in changes],
        "taken_from": [";".join(change.taken_from) for change in changes],
        **_measures(changes),
        "moved_m": [round(change.moved_m, METRE_DIGITS) for change in changes],
        "households": pd.array(households, dtype="Int64"),
    }
    return _to_stored(rows, [change.geometry for change in changes], repair.divisions.crs, crs)


def _frame_kept(faults: Sequence[CoverageFault], metric: CRS, crs: CRS) -> gpd.GeoDataFrame:
    rows = {
        "kind": [str(fault.kind) for fault in faults],
        "divisions": [";".join(fault.divisions) for fault in faults],
        **_measures(faults),
        "households": pd.array([fault.households for fault in faults], dtype="Int64"),
    }
    return _to_stored(rows, [fault.geometry for fault in faults], metric, crs)


def _measures(some: Sequence[CoverageChange | CoverageFault]) -> dict[str, list[float]]:
    return {
        "area_m2": [round(one.area_m2, METRE_DIGITS) for one in some],
        "width_m": [round(one.width_m, METRE_DIGITS) for one in some],
    }


def _to_stored(
    rows: dict[str, Any], shapes: list[shapely.Polygon], metric: CRS, crs: CRS
) -> gpd.GeoDataFrame:
    geometry = np.array(shapes, dtype=object)
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=metric).to_crs(crs)


def _list_homes(repair: CoverageRepair) -> pd.DataFrame:
    homes = repair.moved_homes
    return pd.DataFrame(
        {
            "home_id": np.array([home.home_id for home in homes], dtype=object),
            "households": np.array([home.households for home in homes], dtype=np.int64),
            "before": np.array([";".join(home.before) for home in homes], dtype=object),
            "after": np.array([";".join(home.after) for home in homes], dtype=object),
        }
    )


def _items(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return rows as plain data: ids as lists, and a place instead of the polygon."""
    places = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))
    items = []
    for row, place in zip(frame.drop(columns="geometry").to_dict("records"), places, strict=True):
        item = {str(key): value for key, value in row.items()}
        for key in ("taken_from", "divisions"):
            if key in item:
                item[key] = _split_ids(item[key])
        item["households"] = None if pd.isna(item["households"]) else int(item["households"])
        items.append(item | {"point": [round(float(x), POINT_DIGITS) for x in place]})
    return items


def _split_ids(joined: str) -> list[str]:
    return joined.split(";") if joined else []
