"""The working table of an inspection: layers that get cleaner, findings that get more.

Checking and repairing are one pass, so that they can never disagree: every step looks at the
layers as the steps before it left them, says what it found, and takes out what no plan can hold.
`gridmap.check_sources` keeps the findings of the pass, `gridmap.repair_sources` its layers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from gridmap.findings import SHOWN_PLACES, name_places
from gridmap.schemas import ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

    from gridmap.findings import Finding, FindingKind
    from gridmap.model import Sources

POINT_DIGITS = 6
"""Decimals of a degree in the place of a finding (0.1 m)."""
HOUSEHOLD_DIGITS = 3
"""Decimals of a degree in the place of a household's finding (100 m): no household point leaves
the input (FIELD.md section 7)."""

LOST_COLUMNS = ("id", "role", "households", "code")


class Wording(NamedTuple):
    """A value of a finding that has its own words in each language: ``{role:en}``, ``{role:zh}``.

    Examples
    --------
    >>> "{what:en} / {what:zh}".format(what=Wording("roads", "道路"))
    'roads / 道路'
    """

    en: str
    zh: str

    def __format__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


def role_words(role: str) -> Wording:
    """Return the words of a role; an unknown role is its own word."""
    known = ROLES.get(role)
    return Wording(role, known.zh if known else role)


def id_column(role: str) -> str:
    """Return the name of a role's id column, ``""`` for an unknown role."""
    known = ROLES.get(role)
    return known.id_column if known else ""


@dataclass
class Inspection:
    """What is being inspected: layers, findings so far, rows set aside so far.

    Attributes
    ----------
    layers
        Role -> frame. Rows keep the number they have in the input as their index.
    crs, metric_crs
        Where geometry is stored; where it is measured.
    counting
        The role whose rows carry the households: ``households``, else ``buildings``, else ``""``.
    findings, lost
        What was found; rows that were set aside, one frame for each time.
    adopted
        Households that no row of the counting layer holds and that were counted nevertheless.
    uncounted
        Buildings without a count among buildings that carry counts; they stand as 0 while the
        inspection lasts and are left to be estimated after it.
    """

    layers: dict[str, gpd.GeoDataFrame]
    crs: CRS
    metric_crs: CRS
    counting: str = ""
    findings: list[Finding] = field(default_factory=list)
    lost: list[pd.DataFrame] = field(default_factory=list)
    adopted: int = 0
    uncounted: pd.Index = field(default_factory=lambda: pd.Index([], dtype=np.int64))

    @classmethod
    def of(cls, sources: Sources) -> Inspection:
        """Begin an inspection: copies of the frames, with ids and texts as plain strings."""
        layers = {role: _plain(frame, role) for role, frame in sorted(sources.layers.items())}
        return cls(layers, sources.crs, sources.metric_crs, counting_role(layers))

    def frame(self, role: str) -> gpd.GeoDataFrame | None:
        """Return the frame of a role when it has rows, else None."""
        frame = self.layers.get(role)
        return None if frame is None or frame.empty else frame

    def geometry(self, role: str) -> NDArray[np.object_]:
        """Return the geometries of a role as an array (n,), empty when there is no such role."""
        frame = self.layers.get(role)
        if frame is None:
            return np.empty(0, dtype=object)
        return np.asarray(frame.geometry.to_numpy(), dtype=object)

    def set_geometry(
        self, role: str, changed: NDArray[np.bool_], geometry: NDArray[np.object_]
    ) -> None:
        """Replace the geometry of the rows of a mask (n,) by ``geometry`` (number of rows,)."""
        values = self.geometry(role).copy()
        values[changed] = geometry
        frame = self.layers[role]
        self.layers[role] = frame.set_geometry(
            type(frame.geometry)(values, index=frame.index, crs=frame.crs)
        )

    def ids(self, role: str, rows: NDArray[np.bool_] | None = None) -> list[str]:
        """Return the names of the rows of a mask: their id, else role and row number."""
        frame = self.layers.get(role)
        if frame is None:
            return []
        if rows is not None:
            frame = frame[rows]
        names = [f"{role}:{row + 1}" for row in frame.index]
        column = id_column(role)
        if column not in frame.columns:
            return names
        return [given or name for given, name in zip(frame[column], names, strict=True)]

    def points(self, role: str, rows: NDArray[np.bool_] | None = None) -> list[tuple[float, float]]:
        """Return a place (lon, lat) for each row of a mask; empty when any has none."""
        geometry = self.geometry(role)
        chosen = geometry if rows is None else geometry[rows]
        digits = HOUSEHOLD_DIGITS if role == "households" else POINT_DIGITS
        return places_of(chosen, digits)

    def say(self, finding: Finding) -> None:
        """Keep a finding."""
        self.findings.append(finding)

    def say_rows(
        self, kind: FindingKind, role: str, rows: NDArray[np.bool_], **values: Any
    ) -> None:
        """Keep a finding about the rows of a mask, when there are any.

        The texts may ask for ``{role}`` and ``{listed}``: the ids after a colon, and nothing for
        households, whose ids stand in ``where`` only and never in a sentence.
        """
        if rows.any():
            ids = self.ids(role, rows)
            self.say(
                kind.found(
                    ids,
                    points=self.points(role, rows),
                    role=role_words(role),
                    listed=_listed([] if role == "households" else ids),
                    **values,
                )
            )

    def households_of(self, role: str, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the households that each row of a mask counts for, 0 where it does not count."""
        frame = self.layers[role]
        if role != self.counting or "households" not in frame.columns:
            return np.zeros(int(rows.sum()), dtype=np.int64)
        counts: NDArray[np.int64] = frame["households"].to_numpy(dtype=np.int64)[rows]
        return counts

    def rows_at(self, role: str, numbers: pd.Index) -> NDArray[np.bool_]:
        """Return the mask of the rows that still have one of these row numbers."""
        mask: NDArray[np.bool_] = self.layers[role].index.isin(numbers)
        return mask

    def set_aside(self, role: str, rows: NDArray[np.bool_], code: str) -> int:
        """Take rows out of a layer, list them, and return the households they hold."""
        if not rows.any():
            return 0
        households = self.households_of(role, rows)
        self.lost.append(
            pd.DataFrame(
                {
                    "id": self.ids(role, rows),
                    "role": role,
                    "households": households,
                    "code": code,
                }
            )
        )
        self.layers[role] = self.layers[role][~rows]
        return int(households.sum())

    def measure(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return geometries in the metric CRS, to be measured in metres."""
        return _transform(geometry, self.crs, self.metric_crs)

    def unmeasure(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return geometries of the metric CRS in lon/lat."""
        return _transform(geometry, self.metric_crs, self.crs)


def _transform(geometry: NDArray[np.object_], source: CRS, target: CRS) -> NDArray[np.object_]:
    transformer = Transformer.from_crs(source, target, always_xy=True)

    def project(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometry, project), dtype=object)


def counting_role(layers: dict[str, gpd.GeoDataFrame]) -> str:
    """Return the role that carries the households: the points when there are any.

    Notes
    -----
    Source: DESIGN.md section 3, roles: households, or buildings with ``households``, or buildings
    with floors to estimate from (then nothing is counted yet).
    """
    points = layers.get("households")
    if points is not None and len(points):
        return "households"
    buildings = layers.get("buildings")
    if buildings is None or "households" not in buildings.columns:
        return ""
    return "buildings" if buildings["households"].notna().any() else ""


def places_of(geometry: NDArray[np.object_], digits: int) -> list[tuple[float, float]]:
    """Return one rounded place (lon, lat) in each geometry, or nothing when one has none."""
    bounds = shapely.bounds(geometry)
    middle = np.round((bounds[:, :2] + bounds[:, 2:]) / 2, digits)
    if not np.isfinite(middle).all():
        return []
    return [(float(x), float(y)) for x, y in middle]


def text_column(frame: pd.DataFrame, name: str) -> list[str]:
    """Return a column as strings, empty where it is absent."""
    if name not in frame.columns:
        return [""] * len(frame)
    values = frame[name].to_numpy(dtype=object)
    if pd.api.types.infer_dtype(values, skipna=False) == "string":
        texts: list[str] = values.tolist()
        return texts
    return [_text(value) for value in values]


def describe(items: Sequence[Wording], shown: int = SHOWN_PLACES) -> Wording:
    """Join the first few details of a finding, and count the rest.

    Examples
    --------
    >>> describe([Wording("a", "甲"), Wording("b", "乙")], shown=1).en
    'a and 1 more'
    """
    rest = len(items) - shown
    en = "; ".join(item.en for item in items[:shown])
    zh = "；".join(item.zh for item in items[:shown])
    if rest <= 0:
        return Wording(en, zh)
    return Wording(f"{en} and {rest} more", f"{zh}，另有 {rest} 个")


def _listed(ids: Sequence[str]) -> Wording:
    if not ids:
        return Wording("", "")
    return Wording(f": {name_places(ids, 'en')}", f"：{name_places(ids, 'zh')}")


def _plain(frame: gpd.GeoDataFrame, role: str) -> gpd.GeoDataFrame:
    """Copy a frame, with ids and texts as plain strings."""
    frame = frame.reset_index(drop=True)
    known = ROLES.get(role)
    for column in known.columns if known else ():
        if column.name not in frame.columns or column.kind == "number":
            continue
        values = frame[column.name]
        if values.isna().any() or pd.api.types.infer_dtype(values, skipna=False) != "string":
            frame[column.name] = pd.Series(text_column(frame, column.name), index=frame.index)
    return frame


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
