"""What two divisions differ in, as numbers and tables."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gridmap.findings import sort_findings
from gridmap.model import CHANGES
from gridmap.scoring.complaining import COMPARE_SHARED_BY_AREA
from gridmap.scoring.refining import join_pieces
from gridmap.scoring.turnover import make_matrix, mark_moves, match_ids, tell_turnover

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from gridmap.findings import Finding

COUNTED = {"households": ("households", "户"), "persons": ("persons", "人"), "": ("", "")}


class Change(NamedTuple):
    """A measure before and after; None where there is nothing to measure."""

    before: float | None
    after: float | None

    @property
    def difference(self) -> float | None:
        """After less before."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Comparison:
    """Two divisions of the same land, before and after.

    Attributes
    ----------
    level
        ``grid``, ``community`` (plans) or ``division`` (layers).
    counted
        ``households``, ``persons``, or ``""`` where the layers count nothing.
    measures
        ``number`` of zones; of those that are judged (general grids; every division) ``judged``,
        ``mean``, ``smallest``, ``largest`` (of what is counted) and ``outside`` the band (None
        without one); of all zones ``total`` (of what is counted) and ``area_m2``.
    counts
        ``moved`` (households whose zone is another one than before), ``new`` and ``gone``
        (households on one side only), ``estimated`` (of those on both sides, how many were
        followed by area), ``kept``, ``new_zones``, ``gone_zones``, ``area_moved_m2``, and
        ``before_U`` ... ``after_X``.
    changes
        A row for each zone of before, then of after: ``side``, ``id``, ``name``, ``change``
        (U, S, M, X), ``status`` (kept, gone, new), ``same_id`` (the zone that it is on the other
        side, by the largest overlap), ``other_ids`` (all that share land or households, joined by
        ``;``), ``households``, ``households_moved`` (out of it, or into it), ``area_m2``,
        ``in_band`` (yes, no, ``""``).
    matrix
        From-to: ``before_id``, ``after_id`` (``""`` for outside the other division), ``households``
        (or persons), ``area_m2``, ``moved``. Its sums are the totals of both sides.
    refinement
        The same with the land, in the CRS of the input: data for a map of before and after.
    findings
        What was estimated, left out or differs, worst first.
    """

    level: str
    counted: str
    measures: Mapping[str, Change]
    counts: Mapping[str, float | int]
    changes: pd.DataFrame
    matrix: pd.DataFrame
    refinement: gpd.GeoDataFrame
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "measures", MappingProxyType(dict(self.measures)))
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))


def make_comparison(
    zones: tuple[pd.DataFrame, pd.DataFrame],
    pieces: gpd.GeoDataFrame,
    flows: pd.DataFrame,
    *,
    kind: tuple[str, str],
    estimated: int,
    said: tuple[Finding, ...],
) -> Comparison:
    """Put the comparison together from what either plans or layers gave.

    Parameters
    ----------
    zones
        Of before and after, by id: ``name``, ``households``, ``area_m2``, ``judged``, ``in_band``
        (``yes``, ``no``, ``""``).
    pieces
        The common refinement, as `gridmap.scoring.refining.refine_zones` makes it.
    flows
        ``before_id``, ``after_id``, ``households``.
    kind
        Level and what is counted.
    estimated
        How many of the flows are an estimate by area.
    said
        Findings so far.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from gridmap.scoring.refining import refine_zones
    >>> land = gpd.GeoSeries({"a": shapely.box(0, 0, 10, 10)}, crs=4547)
    >>> row = {"name": "", "households": 5, "area_m2": 100.0, "judged": True, "in_band": "yes"}
    >>> zones = pd.DataFrame([row], index=["a"])
    >>> flow = pd.DataFrame([("a", "a", 5)], columns=["before_id", "after_id", "households"])
    >>> told = make_comparison((zones, zones), refine_zones(land, land), flow,
    ...                        kind=("division", "households"), estimated=0, said=())
    >>> told.counts["moved"], told.counts["after_U"]
    (0, 1)
    """
    bare = make_matrix(pd.DataFrame(pieces.drop(columns="geometry")), flows)
    same = match_ids(bare)
    matrix = mark_moves(bare, same)
    changes = tell_turnover(zones[0], zones[1], matrix, same)
    if estimated:
        en, zh = COUNTED[kind[1]]
        said = (*said, COMPARE_SHARED_BY_AREA.found(count=estimated, counted=en, counted_zh=zh))
    measures = [_measure(side) for side in zones]
    return Comparison(
        level=kind[0],
        counted=kind[1],
        measures={key: Change(measures[0][key], measures[1][key]) for key in measures[0]},
        counts=_count(matrix, changes, estimated),
        changes=changes,
        matrix=matrix.reset_index(drop=True),
        refinement=join_pieces(pieces, matrix),
        findings=sort_findings(said),
    )


def _measure(zones: pd.DataFrame) -> dict[str, float | None]:
    judged = zones[zones["judged"].astype(bool)]
    counted = judged["households"]
    is_known = bool(len(judged)) and bool((judged["in_band"] != "").all())
    return {
        "number": len(zones),
        "judged": len(judged),
        "mean": round(float(counted.mean()), 6) if len(judged) else None,
        "smallest": int(counted.min()) if len(judged) else None,
        "largest": int(counted.max()) if len(judged) else None,
        "outside": int((judged["in_band"] == "no").sum()) if is_known else None,
        "total": int(zones["households"].sum()),
        "area_m2": round(float(zones["area_m2"].sum()), 2),
    }


def _count(matrix: pd.DataFrame, changes: pd.DataFrame, estimated: int) -> dict[str, float | int]:
    """Return how much moved, appeared and vanished, and how many zones have each code."""
    households = matrix["households"]
    moved = matrix["moved"]
    status = changes["status"].value_counts()
    counts: dict[str, float | int] = {
        "moved": int(households[moved].sum()),
        "new": int(households[matrix["before_id"] == ""].sum()),
        "gone": int(households[matrix["after_id"] == ""].sum()),
        "estimated": estimated,
        "kept": int(status.get("kept", 0)) // 2,
        "new_zones": int(status.get("new", 0)),
        "gone_zones": int(status.get("gone", 0)),
        "area_moved_m2": round(float(matrix.loc[moved, "area_m2"].sum()), 2),
    }
    for side in ("before", "after"):
        codes = changes.loc[changes["side"] == side, "change"].value_counts()
        counts |= {f"{side}_{code}": int(codes.get(code, 0)) for code in CHANGES}
    return counts
