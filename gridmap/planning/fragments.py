"""Land and households in one old grid of every department and in one new grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.boundaries.overlay import LEAST_REPORTED_M2

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.boundaries.overlay import Overlay
    from gridmap.model import Plan


def label_pieces(overlay: Overlay, plan: Plan) -> pd.DataFrame:
    """Return the pieces, which were the units, with their new grid."""
    names = list(overlay.departments)
    owner = plan.assignment.to_numpy(object)
    fragments = pd.DataFrame(overlay.pieces[[*names, "area_m2", "households"]])
    part = np.arange(len(fragments))
    ids = plan.assignment.index.to_numpy(object)
    numbers = np.array([int(name.split("/")[1].split("#")[0]) for name in ids], np.int64)
    chosen = np.full(len(part), "", object)
    chosen[numbers[::-1]] = owner[::-1]
    return fragments.assign(new_grid=chosen)


def cut_pieces(
    overlay: Overlay, plan: Plan, row: NDArray[np.int64], counts: NDArray[np.int64]
) -> pd.DataFrame:
    """Cut the pieces by the new grids; each household is where it stands and in its unit's grid.

    Land is shared out in the plane of the plan, where shares add up to the whole, and scaled to the
    square metres of the piece: cut in a projected plane, straight edges would gain a bend.
    """
    names = list(overlay.departments)
    shapes = np.asarray(overlay.pieces.geometry.to_numpy(), object)
    whole = overlay.pieces["area_m2"].to_numpy(np.float64)
    outlines = np.asarray(plan.grids.geometry.to_numpy(), object)
    ids = plan.grids.index.to_numpy(object)
    piece, grid = shapely.STRtree(outlines).query(shapes, predicate="intersects")
    common = _measure_shared(shapes, outlines, piece, grid)
    scale = whole / shapely.area(shapes)
    land = pd.DataFrame({"piece": piece, "new_grid": ids[grid], "area_m2": common * scale[piece]})
    rest = whole - scale * np.bincount(piece, weights=common, minlength=len(shapes))
    out = np.flatnonzero(rest > LEAST_REPORTED_M2)
    size = shapely.area(outlines)
    free = size - np.bincount(grid, weights=common, minlength=len(outlines))
    free *= plan.grids["area_m2"].to_numpy(np.float64) / size
    new = np.flatnonzero(free > LEAST_REPORTED_M2)
    owner = plan.assignment.sort_index().to_numpy(object)
    homes = pd.DataFrame({"piece": overlay.homes, "new_grid": owner[row], "households": counts})
    table = pd.concat(
        [
            land[land["area_m2"] > 0],
            pd.DataFrame({"piece": out, "new_grid": "", "area_m2": rest[out]}),
            pd.DataFrame({"piece": -1, "new_grid": ids[new], "area_m2": free[new]}),
            homes,
        ],
        ignore_index=True,
    )
    table = table.fillna({"area_m2": 0.0, "households": 0})
    table = table.groupby(["piece", "new_grid"], as_index=False, sort=True).sum()
    known = table["piece"].to_numpy(np.int64)
    old = np.append(
        overlay.pieces[names].to_numpy(object), np.full((1, len(names)), "", object), axis=0
    )[known]
    fragments = pd.DataFrame(old, columns=names)
    return fragments.assign(
        new_grid=table["new_grid"].to_numpy(object),
        area_m2=table["area_m2"].to_numpy(np.float64),
        households=np.rint(table["households"].to_numpy()).astype(np.int64),
    )


def _measure_shared(
    shapes: NDArray[np.object_],
    outlines: NDArray[np.object_],
    piece: NDArray[np.int64],
    grid: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the area that piece and grid have in common (plane); one wholly inside is its own."""
    shapely.prepare(outlines)
    inside = shapely.contains_properly(outlines[grid], shapes[piece])
    shared = shapely.area(shapes)[piece]
    cut = np.flatnonzero(~inside)
    shared[cut] = shapely.area(shapely.intersection(shapes[piece[cut]], outlines[grid[cut]]))
    return np.asarray(shared, np.float64)


def frame_conflicts(overlay: Overlay) -> gpd.GeoDataFrame:
    """Return the conflicts as a layer: land in lon/lat, with the grids of those that differ."""
    import geopandas as gpd

    found = overlay.conflicts
    pieces = overlay.pieces.iloc[found["piece"].to_numpy(np.int64)]
    points = found.geometry
    grids = [
        ";".join(f"{name}:{row[name]}" for name in text.split(";"))
        for text, row in zip(found["departments"], pieces.to_dict("records"), strict=True)
    ]
    width = len(str(len(found)))
    return gpd.GeoDataFrame(
        {
            "conflict_id": [f"{n:0{width}}" for n in range(1, len(found) + 1)],
            "departments": found["departments"].to_numpy(object),
            "grids": np.array(grids, object),
            "area_m2": found["area_m2"].to_numpy(np.float64),
            "households": found["households"].to_numpy(np.int64),
            "lon": points.x.to_numpy(),
            "lat": points.y.to_numpy(),
        },
        geometry=pieces.geometry.to_numpy(),
        crs=overlay.pieces.crs,
    )
