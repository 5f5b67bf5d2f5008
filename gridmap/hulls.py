"""One community around the buildings, where the input draws none.

A file of buildings alone can still be planned: their hull stands for the community, and a warning
says so. Where anything in the input could have been the communities (a layer that was not
recognised, or an empty one), nothing is assumed and the check refuses the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.findings import FindingKind

if TYPE_CHECKING:
    from gridmap.model import Sources

HULL_MARGIN_M = 20.0
"""Land kept around the outermost buildings, in metres: gridmap's own default."""
HULL_ID = "hull"
MAYBE_COMMUNITIES = frozenset({"layer_empty", "layer_unknown", "polygon_layer_unknown"})
"""Findings after which a layer of communities may have been meant."""

COMMUNITY_FROM_HULL = FindingKind(
    "community_from_hull",
    "warning",
    en="The input draws no communities: the outline of its {count} buildings, {area_m2:,.0f} m2, "
    "was taken as one community.",
    zh="输入中没有社区边界：已将 {count} 栋楼的外包轮廓（{area_m2:,.0f} 平方米）作为一个社区。",
    cure_en="Give the boundaries of the communities as a layer, if there are any.",
    cure_zh="如有社区边界，请一并提供该图层。",
)
FINDING_KINDS = (COMMUNITY_FROM_HULL,)


def bound_sources(sources: Sources) -> Sources:
    """Draw one community around the buildings of an input that has no communities.

    Parameters
    ----------
    sources
        As read.

    Returns
    -------
    Sources
        The same, or with a layer ``communities`` of one row, ``community_id`` `HULL_ID`, and a
        finding of severity ``warning``.

    Notes
    -----
    Source: issue 2, Suzhou's buildings: 'no boundary: their hull as one community'. The outline
    is the convex hull in the metric CRS with a margin of `HULL_MARGIN_M`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from gridmap.crs import metric_crs, storage_crs
    >>> from gridmap.model import Sources
    >>> homes = gpd.GeoDataFrame(
    ...     {"building_id": ["B1"]}, geometry=[box(113, 23, 113.001, 23.001)],
    ...     crs=storage_crs(113, 23),
    ... )
    >>> bounded = bound_sources(Sources({"buildings": homes}, homes.crs, metric_crs(113, 23)))
    >>> list(bounded.layers["communities"]["community_id"]), bounded.findings[0].code
    (['hull'], 'community_from_hull')
    """
    if "communities" in sources.layers or "buildings" not in sources.layers:
        return sources
    said = {finding.code for finding in sources.findings}
    buildings = sources.layers["buildings"]
    drawn = buildings.geometry[buildings.geometry.notna() & ~buildings.geometry.is_empty]
    if said & MAYBE_COMMUNITIES or drawn.empty:
        return sources
    import geopandas as gpd

    measured = drawn.to_crs(sources.metric_crs)
    outline = gpd.GeoSeries(
        [measured.union_all(method="unary").convex_hull.buffer(HULL_MARGIN_M, join_style="mitre")],
        crs=sources.metric_crs,
    )
    communities = gpd.GeoDataFrame(
        {
            "community_id": [HULL_ID],
            "name": ["未命名社区"],
            "township": [""],
            "area_type": ["urban"],
        },
        geometry=outline.to_crs(sources.crs),
        crs=sources.crs,
    )
    finding = COMMUNITY_FROM_HULL.found(
        [HULL_ID], count=len(drawn), area_m2=float(outline.area.iloc[0])
    )
    return sources.with_layers(communities=communities).with_findings(finding)
