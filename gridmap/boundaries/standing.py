"""What stands on land: households, buildings and residents of any piece of it, counted once.

Everything is looked up in the plane in which the divisions are stored, so that a count before an
edit and a count after it are made by the same rule: a home on a border belongs to the first
division that it touches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from gridmap.boundaries.divisions import collect_homes
from gridmap.boundaries.homes import place_homes
from gridmap.boundaries.redrawing import choose_rounding
from gridmap.errors import InvalidOption
from gridmap.schemas import match_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyproj import CRS

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.spans import Floats, Ints
    from gridmap.model import Sources


@dataclass(frozen=True)
class Counts:
    """What is on land; None where nobody counted.

    Attributes
    ----------
    area_m2
        Square metres.
    households, buildings, residents
        Numbers; residents may be a share of their division's (`Standing.residents_shared`).
    """

    area_m2: float
    households: int | None
    buildings: int | None
    residents: int | None


@dataclass(frozen=True)
class Standing:
    """Divisions as stored, and what stands on them.

    Attributes
    ----------
    ids, names
        Of the divisions.
    shapes
        Outlines (n,) in ``crs``: lon/lat, or the plane that they came in.
    crs, metric_crs
        Where outlines are stored; where areas are measured.
    homes, home_counts, home_ids, home_division
        Points (h,), households at each, ids, position of the division of each (-1: none).
    buildings
        Footprints (b,), or None.
    residents
        Residents of each division (n,), NaN where the number can't be used; None without numbers.
    residents_shared
        Whether residents of a piece are its division's, shared ``households`` or ``area``.
    restore
        Carries a geometry in metres back to how outlines are stored (`make_restorer`).
    lines
        Roads, rivers, railways (k,) on which land can be divided.
    compounds
        Outlines of compounds (c,), which are not divided.
    residents_unusable
        Ids of the communities whose number of residents is missing, no number or negative.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    shapes: Geometries
    crs: CRS
    metric_crs: CRS
    homes: Geometries | None
    home_counts: Ints
    home_ids: tuple[str, ...]
    home_division: Ints
    buildings: Geometries | None
    residents: Floats | None
    residents_shared: str
    restore: Callable[[shapely.Geometry], shapely.Geometry]
    lines: Geometries
    compounds: Geometries
    residents_unusable: tuple[str, ...] = ()

    home_tree: shapely.STRtree | None = field(init=False, repr=False, compare=False)
    division_tree: shapely.STRtree = field(init=False, repr=False, compare=False)
    building_tree: shapely.STRtree | None = field(init=False, repr=False, compare=False)
    area_m2: Floats = field(init=False, repr=False, compare=False)
    forward: Callable[..., Any] = field(init=False, repr=False, compare=False)
    rounding: float = field(init=False, repr=False, compare=False)
    row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        middles = None if self.buildings is None else shapely.point_on_surface(self.buildings)
        made = {
            "home_tree": None if self.homes is None else shapely.STRtree(self.homes),
            "division_tree": shapely.STRtree(self.shapes),
            "building_tree": None if middles is None else shapely.STRtree(middles),
            "area_m2": measure_areas(self.shapes, self.crs, self.metric_crs),
            "forward": Transformer.from_crs(self.crs, self.metric_crs, always_xy=True).transform,
            "rounding": choose_rounding(self.crs, self.shapes),
            "row": {division: n for n, division in enumerate(self.ids)},
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @property
    def home_frame(self) -> gpd.GeoDataFrame | None:
        """Where households live: ``home_id``, ``households``, points; None where nobody counted."""
        if self.homes is None:
            return None
        values = {"home_id": list(self.home_ids), "households": self.home_counts}
        return gpd.GeoDataFrame(values, geometry=self.homes, crs=self.crs)

    def count(
        self, land: shapely.Geometry, holders: Sequence[str], homes: Ints | None = None
    ) -> Counts:
        """Count what is on land that some divisions hold.

        Parameters
        ----------
        land
            Polygon or multipolygon, as stored.
        holders
            Ids: one, or those of an overlap.
        homes
            Positions of the homes on it, where they are known; else those of the holders that it
            touches.
        """
        rows = [self.row[division] for division in holders]
        if homes is None:
            homes = self.touch_homes(land)
            homes = homes[np.isin(self.home_division[homes], rows)]
        households = None if self.homes is None else int(self.home_counts[homes].sum())
        buildings = None
        if self.building_tree is not None:
            buildings = len(self.building_tree.query(land, predicate="intersects"))
        area = float(shapely.area(self.to_metres(land)))
        residents = None
        if self.residents is None or not np.isfinite(self.residents[rows]).all():
            residents = None
        elif self.residents_shared == "area":
            residents = self.share_by_area(rows[0], area) if rows else 0
        else:
            owner = self.home_division[homes]
            here = {n: int(self.home_counts[homes[owner == n]].sum()) for n in rows}
            residents = sum(self.share_by_homes(n, number) for n, number in here.items())
        return Counts(area, households, buildings, residents)

    def touch_homes(self, land: shapely.Geometry) -> Ints:
        """Return the positions of the homes on land, those on its rim included, sorted."""
        if self.home_tree is None:
            return np.empty(0, dtype=np.int64)
        return np.sort(self.home_tree.query(land, predicate="intersects")).astype(np.int64)

    def share_by_area(self, division: int, area_m2: float) -> int:
        """Return the residents of a piece of a division by its share of the area, 0 if unknown."""
        if not self.knows_residents(division):
            return 0
        whole = float(self.area_m2[division])
        return round(self._number(division) * min(area_m2 / whole, 1.0)) if whole else 0

    def share_by_homes(self, division: int, households: int) -> int:
        """Return the residents of some households of a division by their share, 0 if unknown."""
        if not self.knows_residents(division):
            return 0
        whole = int(self.home_counts[self.home_division == division].sum())
        return round(self._number(division) * households / whole) if whole else 0

    def to_metres(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a stored geometry in metres."""
        carried: shapely.Geometry = shapely.transform(shape, self.forward, interleaved=False)
        return carried

    def find_neighbours(self, land: shapely.Geometry, owner: str) -> list[tuple[str, float]]:
        """Return who else borders land, and for how many metres, the longest border first."""
        rim = shapely.boundary(land)
        found = []
        for n in sorted(self.division_tree.query(land, predicate="intersects").tolist()):
            if self.ids[n] == owner:
                continue
            shared = shapely.intersection(rim, shapely.boundary(self.shapes[n]))
            metres = float(shapely.length(self.to_metres(shared)))
            if metres > 0:
                found.append((self.ids[n], metres))
        return sorted(found, key=lambda item: (-round(item[1]), item[0]))

    def total(self, division: int) -> tuple[int | None, int | None]:
        """Return the households and the residents of a division."""
        households = None
        if self.homes is not None:
            households = int(self.home_counts[self.home_division == division].sum())
        residents = round(self._number(division)) if self.knows_residents(division) else None
        return households, residents

    def knows_residents(self, division: int) -> bool:
        """Tell whether somebody counted the residents of a division."""
        return self.residents is not None and bool(np.isfinite(self.residents[division]))

    def _number(self, division: int) -> float:
        return 0.0 if self.residents is None else float(self.residents[division])


def measure_areas(shapes: Sequence[Any] | Geometries, crs: CRS, metric_crs: CRS) -> Floats:
    """Return the areas (n,) of stored shapes in square metres.

    Examples
    --------
    >>> from gridmap.boundaries.examples import MEASURED
    >>> measure_areas([shapely.box(0, 0, 10, 10)], MEASURED, MEASURED).tolist()
    [100.0]
    """
    forward: Callable[..., Any] = Transformer.from_crs(crs, metric_crs, always_xy=True).transform
    metres = [shapely.transform(shape, forward, interleaved=False) for shape in shapes]
    return np.asarray(shapely.area(metres), dtype=np.float64)


def collect_standing(
    cleaned: Sources,
    divisions: gpd.GeoDataFrame,
    *,
    level: str = "",
    population: Mapping[str, float] | Sequence[float] | None = None,
) -> Standing:
    r"""Return the divisions of an analysis as they are stored, and what stands on them.

    Parameters
    ----------
    cleaned
        From `gridmap.boundaries.divisions.clean_sources`.
    divisions
        Of the analysis: ``division_id``, ``name``, polygons in the metric CRS.
    level
        The column by which they were joined, ``""`` for none.
    population
        Residents of each row of the communities (in their order), or by ``division_id``. None:
        the communities' column of residents, where they have one.

    Raises
    ------
    InvalidOption
        When the population is not a number from 0 for each row or division.

    Examples
    --------
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.divisions import clean_sources
    >>> from gridmap.boundaries.examples import draw_sources
    >>> sources = clean_sources(draw_sources("ABBB\nABAB\nABBB", households=2))
    >>> standing = collect_standing(sources, analyse(sources).divisions)
    >>> standing.total(0), standing.count(standing.shapes[1], ["B"]).households
    ((8, None), 16)
    """
    ids = tuple(str(name) for name in divisions["division_id"])
    restore = make_restorer(cleaned)
    shapes = np.array([restore(shape) for shape in divisions.geometry], dtype=object)
    homes = collect_homes(cleaned, measured=False)
    points, counts, names = None, np.empty(0, dtype=np.int64), ()
    if homes is not None:
        points = np.asarray(homes.geometry.to_numpy(), dtype=object)
        counts = homes["households"].to_numpy(dtype=np.int64)
        names = tuple(homes["home_id"].astype(str))
    areas = measure_areas(shapes, cleaned.crs, cleaned.metric_crs)
    placed = [] if points is None else place_homes(shapes, points, areas=areas)
    known, unusable = _read_population(cleaned, ids, level, population)
    return Standing(
        ids=ids,
        names=tuple(str(name) for name in divisions["name"]),
        shapes=shapes,
        crs=cleaned.crs,
        metric_crs=cleaned.metric_crs,
        homes=points,
        home_counts=counts,
        home_ids=names,
        home_division=np.array(placed, dtype=np.int64),
        buildings=_shapes_of(cleaned, "buildings", 2),
        residents=known,
        residents_shared="area" if homes is None else "households",
        restore=restore,
        lines=_all_lines(cleaned),
        compounds=_none_as_empty(_shapes_of(cleaned, "compounds", 2)),
        residents_unusable=unusable,
    )


def make_restorer(cleaned: Sources) -> Callable[[shapely.Geometry], shapely.Geometry]:
    """Return the function that carries metres back to how outlines are stored.

    A vertex of the input is looked up, to the last bit; any other (a meeting point, an outline
    that had to be mended) is computed.

    Parameters
    ----------
    cleaned
        From `gridmap.boundaries.divisions.clean_sources`.
    """
    frame = cleaned.layers["communities"]
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)]
    stored = shapely.get_coordinates(np.asarray(frame.geometry.to_numpy(), dtype=object))
    metres = shapely.get_coordinates(
        np.asarray(frame.geometry.to_crs(cleaned.metric_crs).to_numpy(), dtype=object)
    )
    places = dict(zip(map(tuple, metres.tolist()), stored.tolist(), strict=True))
    back = Transformer.from_crs(cleaned.metric_crs, cleaned.crs, always_xy=True)

    def look_up(xy: Floats) -> Floats:
        carried = np.column_stack(back.transform(*xy.T)) if len(xy) else xy
        for n, key in enumerate(map(tuple, xy.tolist())):
            carried[n] = places.get(key, carried[n])
        return carried

    def restore(shape: shapely.Geometry) -> shapely.Geometry:
        carried: shapely.Geometry = shapely.transform(shape, look_up)
        return carried

    return restore


def _shapes_of(sources: Sources, role: str, dimension: int) -> Geometries | None:
    """Return the valid shapes of a layer that have a dimension; None without the layer."""
    frame = sources.layer(role)
    if frame is None or frame.empty:
        return None
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    good = shapely.is_valid(shapes) & (shapely.get_dimensions(shapes) == dimension)
    return np.asarray(shapes[good & ~shapely.is_empty(shapes)], dtype=object)


def _none_as_empty(shapes: Geometries | None) -> Geometries:
    return np.empty(0, dtype=object) if shapes is None else shapes


def _all_lines(sources: Sources) -> Geometries:
    """Return roads and barriers as lines; of a river or wall with an area its rim."""
    found = [_none_as_empty(_shapes_of(sources, role, 1)) for role in ("roads", "barriers")]
    found.append(shapely.boundary(_none_as_empty(_shapes_of(sources, "barriers", 2))))
    return np.asarray(shapely.get_parts(np.concatenate(found)), dtype=object)


def _read_population(
    cleaned: Sources,
    ids: tuple[str, ...],
    level: str,
    population: Mapping[str, float] | Sequence[float] | None,
) -> tuple[Floats | None, tuple[str, ...]]:
    """Return the residents of each division, and the communities whose number can't be used.

    None where nobody counted them; NaN for a division of which one community's number can't be.
    """
    frame = cleaned.layers["communities"]
    usable = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)
    if population is None:
        column = find_residents(frame)
        if not column:
            return None, ()
        given = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)[usable]
        good = np.isfinite(given) & (given >= 0)
        unusable = tuple(frame["community_id"].astype(str)[usable][~good])
        if not good.any():
            return None, unusable
        given = np.where(good, given, np.nan)
        return _sum_rows(given, frame[usable], ids, level), unusable
    if hasattr(population, "keys"):
        named = {str(key): value for key, value in dict(population).items()}
        values = np.array([named.get(division, np.nan) for division in ids], dtype=np.float64)
    else:
        rows = np.asarray(list(population), dtype=np.float64)
        if len(rows) != len(frame):
            raise _wrong_population(f"{len(rows)} numbers for {len(frame)} rows")
        values = _sum_rows(rows[usable], frame[usable], ids, level)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise _wrong_population("a number that is missing, negative or not finite")
    return values, ()


def find_residents(frame: pd.DataFrame) -> str:
    """Return the column of the communities that counts residents, ``""`` for none.

    Examples
    --------
    >>> find_residents(pd.DataFrame(columns=["name", "常住人口"]))
    '常住人口'
    """
    for header in frame.columns:
        names = match_columns("households", [str(header)])
        if "residents" in names or str(header) == "residents":
            return str(header)
    return ""


def _sum_rows(values: Floats, frame: gpd.GeoDataFrame, ids: tuple[str, ...], level: str) -> Floats:
    if not level:
        return values
    from gridmap.boundaries.divisions import find_level

    keys = frame[find_level(frame, level)].astype(str).to_numpy(dtype=object)
    row = {division: n for n, division in enumerate(ids)}
    total = np.zeros(len(ids))
    for key, name, value in zip(keys, frame["community_id"].astype(str), values, strict=True):
        n = row.get(key, row.get(name, -1))
        if n >= 0:
            total[n] += value
    return total


def _wrong_population(what: str) -> InvalidOption:
    return InvalidOption(
        f"The population can't be used: {what}.",
        f"人口数据无法使用：{what}。",
        cure_en="population={division_id: residents, ...}, or one number a row of communities",
        cure_zh="population={division_id: 人口, ...}，或按社区行顺序逐行给出",
    )
