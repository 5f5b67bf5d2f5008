"""From sources to units, step by step.

lines -> faces -> who stands where -> candidates -> cells -> small land joins -> water
      -> one polygon a unit
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.errors import InvalidOption
from gridmap.findings import FindingKind
from gridmap.model import Units, ignore_progress
from gridmap.units.candidates import choose_candidates, find_cut_sites, find_upper
from gridmap.units.counting import count_items, join_places
from gridmap.units.cutting import cut_faces
from gridmap.units.edges import find_shared_edges
from gridmap.units.endings import tie_rivers
from gridmap.units.faces import label_faces
from gridmap.units.framing import frame_units
from gridmap.units.grouping import settle_land
from gridmap.units.linework import draw_faces, gather_lines
from gridmap.units.measuring import LocalPlane, measure_polygons
from gridmap.units.rivers import find_crossed, part_banks
from gridmap.units.settling import ACROSS, settle_items
from gridmap.units.spots import find_apart

if TYPE_CHECKING:
    from gridmap.findings import Finding
    from gridmap.model import Progress, Sources
    from gridmap.rules import Rules
    from gridmap.units.arrays import Ints
    from gridmap.units.counting import Items
    from gridmap.units.faces import Faces
    from gridmap.units.linework import Drawing

PARTS = 100
"""Progress is reported in hundredths of the step."""

OVERLAP = FindingKind(
    "communities_overlap_in_units",
    "warning",
    en="Communities overlap; {area:.0f} m2 went to the first of them in the file.",
    zh="社区面相互重叠，{area:.0f} 平方米按文件顺序归入第一个社区。",
    cure_en="Repair the sources first: gridmap.repair_sources(sources).",
    cure_zh="请先修复数据：gridmap.repair_sources(sources)。",
)
FINDING_KINDS = (OVERLAP,)
LEAST_OVERLAP_M2 = 1.0

STRADDLES = "building_straddles"
"""What the check says of a building in two communities; it is not said again here."""


def make_units(sources: Sources, *, rules: Rules, progress: Progress = ignore_progress) -> Units:
    """Divide the land of every community into the units that grids are made of.

    Communities are cut by roads, rivers, railways, walls, compound and site lines into faces;
    faces with several buildings are cut into cells that grow from the footprints. A compound or
    village of at most the upper bound is one unit, a site is one, a building above the bound is
    split by its entrances. A river without a bridge parts a compound, village or site into units of
    each bank; no cell reaches across one, strips between the river and another line excepted. The
    points of an undrawn building that lie close together are one unit. Water is shared out to its
    banks, so that the units tile the land.

    Parameters
    ----------
    sources
        Repaired sources (`gridmap.repair_sources`); only communities are needed, households count
        from their points, else from the buildings.
    rules
        For the upper bound of a unit.
    progress
        Called with step ``units``.

    Returns
    -------
    Units
        Whose households add up to those of the sources.

    Raises
    ------
    InvalidOption
        When the sources have no community.
    RefusedInput
        When a household has neither a place nor a known building.

    Notes
    -----
    Source: DESIGN.md section 3 and issue 2 point 5; FIELD.md section 2 'the atom is the building'.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pyproj import CRS
    >>> from gridmap.model import Sources
    >>> from gridmap.rules import Rules
    >>> land = gpd.GeoDataFrame(
    ...     {"community_id": ["C1"], "name": ["东山社区"], "township": [""], "area_type": [""]},
    ...     geometry=[shapely.box(113.10, 23.00, 113.11, 23.01)], crs=4490,
    ... )
    >>> houses = gpd.GeoDataFrame(
    ...     {"building_id": ["B1", "B2"], "households": [120, 80]},
    ...     geometry=[shapely.box(113.102, 23.002, 113.103, 23.003),
    ...               shapely.box(113.106, 23.002, 113.107, 23.003)], crs=4490,
    ... )
    >>> sources = Sources(
    ...     {"communities": land, "buildings": houses}, CRS(4490), CRS(4547), read_households=200
    ... )
    >>> units = make_units(sources, rules=Rules.preset("default"))
    >>> units.frame["households"].to_dict()
    {'building/B1': 120, 'building/B2': 80}
    """
    communities = sources.layers.get("communities")
    if communities is None or not len(communities):
        raise InvalidOption(
            "There is no community to divide.",
            "没有可划分的社区。",
            cure_en="--layer communities=FILE:LAYER",
            cure_zh="--layer communities=文件:图层",
        )
    progress("units", 0, PARTS)
    drawing = gather_lines(sources)
    plane = _choose_plane(drawing)
    lines = np.concatenate([drawing.cut_lines(), tie_rivers(drawing)])
    faces = label_faces(draw_faces(lines), drawing)
    progress("units", 10, PARTS)
    items = count_items(sources)
    items, item_face, findings = settle_items(items, faces)
    if STRADDLES in {finding.code for finding in sources.findings}:
        findings = tuple(said for said in findings if said.code != ACROSS.code)
    shared = find_shared_edges(faces.shape)
    faces, joined, cut = part_banks(faces, shared, item_face, drawing, sources, plane)
    findings += _find_overlaps(faces, sources) + find_apart(items) + cut
    upper = find_upper(faces, items, item_face, sources, rules)
    items, item_face = _join_places(items, item_face, upper, plane)
    progress("units", 20, PARTS)
    candidates = choose_candidates(faces, joined, items, item_face, sources, upper)
    findings += find_cut_sites(faces, candidates, sources)
    findings += find_crossed(faces, shared, candidates, drawing, plane)

    def report(done: int, total: int) -> None:
        progress("units", 20 + 40 * done // total, PARTS)

    mosaic, anchors = cut_faces(faces, items, item_face, candidates, plane, report)
    progress("units", 65, PARTS)
    patchwork = settle_land(mosaic, anchors, faces, items, item_face, candidates, drawing, plane)
    progress("units", 80, PARTS)
    units = frame_units(patchwork, faces, items, candidates, sources, upper, findings)
    progress("units", PARTS, PARTS)
    return units


def _choose_plane(drawing: Drawing) -> LocalPlane:
    xmin, ymin, xmax, ymax = shapely.total_bounds(drawing.communities)
    return LocalPlane.around(float(xmin + xmax) / 2, float(ymin + ymax) / 2)


def _find_overlaps(faces: Faces, sources: Sources) -> tuple[Finding, ...]:
    """Say how much land several communities claim."""
    shapes = faces.shape[faces.doubled]
    area, _ = measure_polygons(shapes, crs=sources.crs, metric_crs=sources.metric_crs)
    total = float(area.sum())
    return (OVERLAP.found(count=len(shapes), area=total),) if total >= LEAST_OVERLAP_M2 else ()


def _join_places(
    items: Items, item_face: Ints, upper: Ints, plane: LocalPlane
) -> tuple[Items, Ints]:
    """Count loose places at the building beside them, and find the faces of what is left."""
    built = items.buildings
    if built == len(items.households):
        return items, item_face
    footprints = shapely.transform(items.footprint[:built], plane.to_metres)
    places = plane.to_metres(items.point[built:])
    return join_places(items, item_face, upper, footprints, places)
