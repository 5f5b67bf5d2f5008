"""Toy territories, drawn as text or at random, for tests and examples.

A planner's question fits on three lines of text::

    AAB
    A.B
    ..B

Every character is a square of land. The squares become real units with real borders on the
ground near Foshan, so that whatever takes a `Territory` takes a drawn one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridmap.crs import metric_crs, storage_crs
from gridmap.errors import InvalidOption
from gridmap.model import Territory, Units
from gridmap.schemas import ROAD_CLASSES
from gridmap.units.edges import find_shared_edges
from gridmap.units.measuring import LocalPlane, measure_polygons, measure_segments

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

    Floats = NDArray[np.float64]

ORIGIN = (113.1, 23.0)
"""Upper left corner of every toy territory, lon and lat in degrees."""
BARRIERS = ("river", "bridge", "railway", "wall")
OUTSIDE, OPEN, SITE = " ", ".", "#"

Lines = Mapping[tuple[str, str], str]
"""Pair of unit ids -> what lies between them: one of `BARRIERS` or a road class."""


@dataclass(frozen=True)
class _Cells:
    """What is known of each cell before it has a shape: parallel lists in reading order."""

    square: list[tuple[int, int]] = field(default_factory=list)
    sign: list[str] = field(default_factory=list)
    community: list[str] = field(default_factory=list)
    households: list[int] = field(default_factory=list)


def draw_territory(
    text: str,
    *,
    households: int | Mapping[str, int] | NDArray[np.int64] = 10,
    communities: str | None = None,
    lines: Lines | None = None,
    area_type: str = "urban",
    age_class: str = "",
    whole: bool = False,
    size_m: float = 100.0,
) -> Territory:
    r"""Draw a territory as text: each character is a square of land.

    Parameters
    ----------
    text
        Rows from north to south. An upper-case letter is a piece of the compound of that name,
        a lower-case letter a building outside compounds, ``.`` open land, ``#`` a school (its
        connected squares are one unit), a space is outside. Equal letters in different
        communities are different compounds (``A``, ``A@C2``).
    households
        Of each lettered square: one number, or letter -> number (signs left out have none), or
        a matrix of the shape of the drawing.
    communities
        A drawing of the same shape with one letter a community; else all is community ``C1``.
    lines
        What lies between two units: ``{("r00c00", "r00c01"): "river"}``; ``bridge`` is a river
        with a bridge, a road class a road along the border.
    area_type, age_class
        Of every unit.
    whole
        Whether connected squares of one letter are one unit, instead of a unit each.
    size_m
        Side of a square in metres.

    Returns
    -------
    Territory
        Units ``r<row>c<column>``, two digits each (the first square of a merged unit, in
        reading order).

    Raises
    ------
    InvalidOption
        When the drawings differ in shape, or ``lines`` names what is not there.

    Examples
    --------
    >>> toy = draw_territory("AAB\nA.B", households=10)
    >>> toy.units.frame["compound_id"].to_list()
    ['A', 'A', 'B', 'A', '', 'B']
    >>> toy.borders[["unit_a", "unit_b", "same_compound"]].head(2).values.tolist()
    [['r00c00', 'r00c01', True], ['r00c00', 'r01c00', True]]
    >>> int(toy.units.frame["households"].sum())
    50
    """
    rows = text.strip("\n").split("\n")
    owners = None if communities is None else communities.strip("\n").split("\n")
    cells = _read_cells(rows, owners, households)
    corners = _lattice(len(rows), max(map(len, rows)), size_m)
    return _build_territory(
        cells,
        corners,
        lines=lines or {},
        whole=whole,
        area_type=dict.fromkeys(sorted(set(cells.community)), area_type),
        age_class=age_class,
    )


def random_territory(
    seed: int,
    *,
    rows: int = 12,
    columns: int = 12,
    communities: int = 2,
    households: int = 6_000,
    barriers: bool = True,
    exclaves: int = 0,
) -> Territory:
    """Make a random territory of warped squares with compounds, roads, a river and a railway.

    Parameters
    ----------
    seed
        The same seed gives the same territory.
    rows, columns
        Squares of about 100 m.
    communities
        Connected communities, grown from random squares; at most ``rows * columns``.
    households
        Total, shared out log-normally; about one square in five is open land.
    barriers
        Whether a river with at least one bridge, a railway and roads cross the territory.
    exclaves
        Squares that are handed to another community, so that it lies in several pieces.

    Returns
    -------
    Territory
        Units ``r<row>c<column>``.

    Examples
    --------
    >>> toy = random_territory(1, rows=4, columns=5, households=900)
    >>> len(toy.units.frame), int(toy.units.frame["households"].sum())
    (20, 900)
    """
    if not 1 <= communities <= rows * columns:
        raise InvalidOption(
            f"{communities} communities do not fit on {rows} x {columns} squares.",
            f"{rows} x {columns} 个方格容不下 {communities} 个社区。",
        )
    rng = np.random.default_rng(seed)
    owner = _grow_patches(rng, rows, columns, communities)
    for _ in range(exclaves):
        row, column = int(rng.integers(rows)), int(rng.integers(columns))
        owner[row, column] = (owner[row, column] + 1) % communities
    compound = _grow_patches(rng, rows, columns, max(1, rows * columns // 4))
    share = rng.lognormal(0.0, 0.8, (rows, columns)) * (rng.random((rows, columns)) > 0.2)
    if not share.any():
        share[0, 0] = 1.0
    counts = _share_out(households, share.ravel()).reshape(rows, columns)
    cells = _Cells()
    for row in range(rows):
        for column in range(columns):
            lone = compound[row, column] % 3 == 0
            sign = OPEN if counts[row, column] == 0 else "b" if lone else ""
            cells.square.append((row, column))
            cells.sign.append(sign or f"K{compound[row, column]:03d}")
            cells.community.append(f"C{owner[row, column] + 1}")
            cells.households.append(int(counts[row, column]))
    corners = _lattice(rows, columns, 100.0)
    corners += rng.uniform(-0.25, 0.25, corners.shape) * (corners[1, 1] - corners[0, 0])
    return _build_territory(
        cells,
        corners,
        lines=_random_lines(rng, rows, columns) if barriers else {},
        whole=False,
        area_type={f"C{n + 1}": str(rng.choice(["urban", "rural"])) for n in range(communities)},
        age_class="",
    )


def _read_cells(
    rows: list[str],
    owners: list[str] | None,
    households: int | Mapping[str, int] | NDArray[np.int64],
) -> _Cells:
    if owners is not None and [len(r) for r in owners] != [len(r) for r in rows]:
        raise InvalidOption(
            "The drawing of the communities must have the shape of the drawing of the land.",
            "社区图与用地图的行列数必须一致。",
        )
    cells = _Cells()
    for row, line in enumerate(rows):
        for column, sign in enumerate(line):
            if sign == OUTSIDE:
                continue
            if isinstance(households, Mapping):
                count = int(households.get(sign, 0))
            elif isinstance(households, (int, np.integer)):
                count = int(households) if sign.isalpha() else 0
            else:
                count = int(households[row, column])
            cells.square.append((row, column))
            cells.sign.append(sign)
            cells.community.append("C1" if owners is None else owners[row][column])
            cells.households.append(count)
    return cells


def _lattice(rows: int, columns: int, size_m: float) -> Floats:
    """Return the (rows + 1, columns + 1, 2) corners of squares, lon/lat, from the north west."""
    plane = LocalPlane.around(*ORIGIN)
    x, y = np.meshgrid(np.arange(columns + 1) * size_m, -np.arange(rows + 1) * size_m)
    flat = plane.to_degrees(np.column_stack([x.ravel(), y.ravel()]))
    return flat.reshape(rows + 1, columns + 1, 2)


def _grow_patches(
    rng: np.random.Generator, rows: int, columns: int, count: int
) -> NDArray[np.int64]:
    """Share a lattice among connected patches that grow square by square from random ones."""
    patch = np.full((rows, columns), -1, dtype=np.int64)
    starts = rng.choice(rows * columns, size=count, replace=False)
    rim = [(int(start) // columns, int(start) % columns, n) for n, start in enumerate(starts)]
    while rim:
        row, column, n = rim.pop(int(rng.integers(len(rim))))
        if patch[row, column] >= 0:
            continue
        patch[row, column] = n
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= r < rows and 0 <= c < columns and patch[r, c] < 0:
                rim.append((r, c, n))
    return patch


def _share_out(total: int, share: Floats) -> NDArray[np.int64]:
    """Share a whole number out in proportion, by largest remainders."""
    exact = share / share.sum() * total
    counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.lexsort((np.arange(len(share)), -(exact - counts)))
    counts[order[: total - int(counts.sum())]] += 1
    return counts


def _random_lines(rng: np.random.Generator, rows: int, columns: int) -> dict[tuple[str, str], str]:
    """Lay a river with bridges between two rows, and a railway and roads between columns."""
    lines: dict[tuple[str, str], str] = {}
    for column in range(3, columns, 3):
        kind = str(rng.choice(ROAD_CLASSES))
        for row in range(rows):
            lines[_name(row, column - 1), _name(row, column)] = kind
    if columns > 2:
        column = int(rng.integers(1, columns))
        for row in range(rows):
            lines[_name(row, column - 1), _name(row, column)] = "railway"
    if rows > 2:
        row = int(rng.integers(1, rows))
        bridges = rng.choice(columns, size=max(1, columns // 4), replace=False)
        for column in range(columns):
            kind = "bridge" if column in bridges else "river"
            lines[_name(row - 1, column), _name(row, column)] = kind
    return lines


def _name(row: int, column: int) -> str:
    return f"r{row:02d}c{column:02d}"


def _build_territory(
    cells: _Cells,
    corners: Floats,
    *,
    lines: Lines,
    whole: bool,
    area_type: Mapping[str, str],
    age_class: str,
) -> Territory:
    import geopandas as gpd

    crs, metric = storage_crs(*ORIGIN), metric_crs(*ORIGIN)
    pieces = [_merge_key(cells, n, whole=whole) for n in range(len(cells.square))]
    groups = _connected_groups(cells.square, pieces)
    rows = [
        _unit_row(cells, group, area_type=area_type, age_class=age_class, corners=corners)
        for group in groups
    ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs).set_index("unit_id").sort_index()
    area, perimeter = measure_polygons(frame.geometry.to_numpy(), crs=crs, metric_crs=metric)
    frame["area_m2"], frame["perimeter_m"] = area, perimeter
    frame = frame[[*(c for c in frame.columns if c != "geometry"), "geometry"]]
    units = Units(
        frame=frame,
        communities=_community_frame(frame, crs, metric),
        members=_member_frame(frame),
        sites=_site_frame(frame),
        places=pd.DataFrame(
            {
                name: pd.Series(dtype=object)
                for name in ("text", "elements", "building_id", "unit_id")
            }
            | {"lon": pd.Series(dtype=float), "lat": pd.Series(dtype=float)}
        ),
        crs=crs,
        metric_crs=metric,
        read_households=int(frame["households"].sum()),
    )
    return Territory(units=units, borders=_border_frame(units, lines))


def _merge_key(cells: _Cells, n: int, *, whole: bool) -> tuple[str, str]:
    """Return what two neighbouring squares must have in common to be one unit."""
    sign = cells.sign[n]
    merged = sign == SITE or (whole and sign != OPEN)
    return (sign if merged else f"{sign}{n}", cells.community[n])


def _connected_groups(at: list[tuple[int, int]], keys: list[tuple[str, str]]) -> list[list[int]]:
    """Group positions of equal key that are connected side by side, in reading order."""
    place = {cell: n for n, cell in enumerate(at)}
    seen: set[int] = set()
    groups = []
    for first in range(len(at)):
        if first in seen:
            continue
        group, rim = [], [first]
        seen.add(first)
        while rim:
            n = rim.pop()
            group.append(n)
            row, column = at[n]
            for cell in (
                (row - 1, column),
                (row + 1, column),
                (row, column - 1),
                (row, column + 1),
            ):
                other = place.get(cell)
                if other is not None and other not in seen and keys[other] == keys[n]:
                    seen.add(other)
                    rim.append(other)
        groups.append(sorted(group))
    return groups


def _unit_row(
    cells: _Cells,
    group: list[int],
    *,
    area_type: Mapping[str, str],
    age_class: str,
    corners: Floats,
) -> dict[str, object]:
    first = group[0]
    name, sign, community = _name(*cells.square[first]), cells.sign[first], cells.community[first]
    compound = "" if sign in (OPEN, SITE) or sign.islower() else sign
    if compound and community != _first_community(cells, sign):
        compound = f"{compound}@{community}"
    households = sum(cells.households[n] for n in group)
    kind = (
        "site"
        if sign == SITE
        else "open"
        if sign == OPEN
        else "compound"
        if len(group) > 1
        else "building"
    )
    squares = [
        shapely.Polygon(corners[[r, r, r + 1, r + 1], [c, c + 1, c + 1, c]])
        for r, c in (cells.square[n] for n in group)
    ]
    return {
        "unit_id": name,
        "community_id": community,
        "kind": kind,
        "compound_id": compound,
        "site_id": f"S-{name}" if kind == "site" else "",
        "building_id": f"b-{name}" if kind == "building" else "",
        "age_class": age_class if compound else "",
        "area_type": area_type[community],
        "households": households,
        "geometry": shapely.coverage_union_all(squares),
    }


def _first_community(cells: _Cells, sign: str) -> str:
    both = zip(cells.sign, cells.community, strict=True)
    return min(community for other, community in both if other == sign)


def _community_frame(frame: gpd.GeoDataFrame, crs: CRS, metric: CRS) -> gpd.GeoDataFrame:
    import geopandas as gpd

    rows = []
    for name, part in frame.groupby("community_id", sort=True):
        rows.append(
            {
                "community_id": name,
                "name": f"{name}社区",
                "township": "样例街道",
                "area_type": part["area_type"].iloc[0],
                "households": int(part["households"].sum()),
                "geometry": shapely.coverage_union_all(part.geometry.to_numpy()),
            }
        )
    result = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs).set_index("community_id")
    area, _ = measure_polygons(result.geometry.to_numpy(), crs=crs, metric_crs=metric)
    result.insert(4, "area_m2", area)
    return result


def _member_frame(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    homes = frame[frame["households"] > 0]
    return pd.DataFrame(
        {
            "building_id": [f"b-{unit}" for unit in homes.index],
            "household_id": "",
            "unit_id": homes.index.to_numpy(dtype=object),
            "households": homes["households"].to_numpy(dtype=np.int64),
        }
    )


def _site_frame(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    part = frame[frame["kind"] == "site"]
    return gpd.GeoDataFrame(
        {
            "name": [f"{unit}小学" for unit in part.index],
            "category": "school",
            "owner": [f"{unit}教育局" for unit in part.index],
            "area_m2": part["area_m2"].to_numpy(),
        },
        geometry=part.geometry.to_numpy(),
        index=pd.Index(part["site_id"].to_numpy(dtype=object), name="site_id", dtype=object),
        crs=frame.crs,
    )


def _border_frame(units: Units, lines: Lines) -> pd.DataFrame:
    frame = units.frame
    shared = find_shared_edges(frame.geometry.to_numpy())
    metres = measure_segments(shared.start, shared.end, crs=units.crs, metric_crs=units.metric_crs)
    pairs = pd.DataFrame({"a": shared.left, "b": shared.right, "length_m": metres})
    pairs = pairs.groupby(["a", "b"], sort=True, as_index=False).agg(length_m=("length_m", "sum"))
    names = frame.index.to_numpy(dtype=object)
    a, b = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    kinds = _line_kinds(lines, names[a], names[b])
    community = frame["community_id"].to_numpy(dtype=object)
    compound = frame["compound_id"].to_numpy(dtype=object)
    river = np.isin(kinds, ("river", "bridge"))
    same_compound = (compound[a] == compound[b]) & (compound[a] != "")
    clear = (kinds != "") | ((compound[a] != compound[b]) & ~same_compound)
    same_community = community[a] == community[b]
    return pd.DataFrame(
        {
            "unit_a": names[a],
            "unit_b": names[b],
            "length_m": pairs["length_m"].to_numpy(),
            "same_community": same_community,
            "same_compound": same_compound,
            "road_class": np.where(np.isin(kinds, ROAD_CLASSES), kinds, ""),
            "river": river,
            "railway": kinds == "railway",
            "wall": kinds == "wall",
            "bridge": kinds == "bridge",
            "clear_m": np.where(clear, pairs["length_m"].to_numpy(), 0.0),
            "passable": same_community & (~river | (kinds == "bridge")),
        }
    )


def _line_kinds(
    lines: Lines, first: NDArray[np.object_], second: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return what lies between each pair of units, ``""`` for nothing."""
    known = {tuple(sorted(pair)): kind for pair, kind in lines.items()}
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    touching = set(pairs)
    for pair, kind in known.items():
        if kind not in (*BARRIERS, *ROAD_CLASSES) or pair not in touching:
            raise InvalidOption(
                f"lines[{pair}] = {kind!r} is not a kind of line between two neighbouring units.",
                f"lines[{pair}] = {kind!r} 不是两个相邻单元之间的线类型。",
            )
    return np.array([known.get(pair, "") for pair in pairs], dtype=object)
