"""Divisions after edits: as a file that gridmap reads again, and in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.boundaries.applying import apply_edits
from gridmap.boundaries.divisions import clean_sources, collect_divisions
from gridmap.boundaries.standing import collect_standing
from gridmap.errors import InvalidOption, RefusedInput
from gridmap.findings import has_errors
from gridmap.writing import write_geopackage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridmap.boundaries.applying import EditedDivisions
    from gridmap.boundaries.edits import DivisionEdit
    from gridmap.model import Sources


def edit_sources(
    sources: Sources, edits: Sequence[DivisionEdit], *, level: str | None = None
) -> EditedDivisions:
    r"""Apply edits to the divisions of an input, as they are stored.

    Parameters
    ----------
    sources
        As read by `gridmap.read_sources`.
    edits
        Of `edit_files.read_edits`, of `choose_best`, or the inverse of earlier edits.
    level
        The column by which divisions are joined first; must be that of the edits.

    Returns
    -------
    EditedDivisions
        ``divisions`` has the columns of the communities (``division_id`` before them); at a level
        ``division_id`` and ``name`` only.

    Raises
    ------
    RefusedInput
        When an edit does not fit, or there is no usable division.
    InvalidOption
        When the edits are for another level.

    Examples
    --------
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.best_edits import choose_best
    >>> from gridmap.boundaries.examples import draw_sources
    >>> from gridmap.boundaries.proposals import propose_changes
    >>> sources = draw_sources("ABBB\nABAB\nABBB")
    >>> edits = choose_best(propose_changes(analyse(sources), sources)).edits
    >>> edited = edit_sources(sources, edits)
    >>> edited.changed
    ('A', 'B')
    """
    wrong = sorted({edit.level for edit in edits} - {level or ""})
    if wrong:
        asked = f"--level {wrong[0]}" if wrong[0] else "no --level"
        raise InvalidOption(
            f"The edits were made with {asked}, and are applied with level {level!r}.",
            f"调整文件的层级为“{wrong[0]}”，与当前层级“{level or ''}”不同。",
            cure_en=f"Give the same: {asked}",
            cure_zh=f"请使用相同层级：--level {wrong[0]}" if wrong[0] else "请去掉 --level",
        )
    cleaned = clean_sources(sources)
    divisions, said = collect_divisions(cleaned, level=level)
    if has_errors((*cleaned.findings, *said)):
        raise RefusedInput((*cleaned.findings, *said))
    standing = collect_standing(cleaned, divisions, level=level or "")
    frame = gpd.GeoDataFrame(
        {"division_id": list(standing.ids), "name": list(standing.names)},
        geometry=standing.shapes,
        crs=standing.crs,
    )
    if not level:
        rows = cleaned.layers["communities"]
        usable = ~(rows.geometry.isna() | rows.geometry.is_empty).to_numpy(dtype=bool)
        kept = rows[usable].reset_index(drop=True).set_geometry(frame.geometry)
        kept.insert(0, "division_id", frame["division_id"])
        frame = kept
    return apply_edits(frame, edits, standing.home_frame)


def write_edited(edited: EditedDivisions, path: str | Path) -> None:
    r"""Write divisions after edits as one GeoPackage, whole or not at all.

    Layer ``communities`` has the columns of the input, so that gridmap reads it like the input;
    table ``moved_homes`` lists the homes that are not held by the same divisions as before, by id,
    with the ids of all who hold each, joined by ``;``.

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
    >>> from gridmap.boundaries.examples import draw_divisions
    >>> with TemporaryDirectory() as folder:
    ...     write_edited(apply_edits(draw_divisions("AB"), ()), Path(folder) / "new.gpkg")
    ...     len(gpd.read_file(Path(folder) / "new.gpkg", layer="communities"))
    2
    """
    frame = edited.divisions
    ids = frame["division_id"].to_numpy(dtype=object)
    if "community_id" in frame.columns:
        frame = frame.assign(community_id=ids).drop(columns="division_id")
    else:
        frame = frame.rename(columns={"division_id": "community_id"})
    frame = _name_columns(frame)
    moved = pd.DataFrame(
        {
            "home_id": np.array([home.home_id for home in edited.moved_homes], dtype=object),
            "households": np.array([h.households for h in edited.moved_homes], dtype=np.int64),
            "before": np.array([";".join(h.before) for h in edited.moved_homes], dtype=object),
            "after": np.array([";".join(h.after) for h in edited.moved_homes], dtype=object),
        }
    )
    write_geopackage({"communities": (frame, "Unknown"), "moved_homes": (moved, "")}, path)


def _name_columns(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give columns names that a GeoPackage can hold: apart without case, none named like its own.

    Columns that have the names of its key and geometry (``fid``, ``geom``) get a number.
    """
    taken = {"fid", "geom"}
    names: dict[str, str] = {}
    for column in frame.columns:
        name, number = str(column), 1
        if column == frame.geometry.name:
            continue
        while name.lower() in taken:
            number += 1
            name = f"{column}_{number}"
        taken.add(name.lower())
        names[str(column)] = name
    renamed = frame.rename(columns=names)
    texts = [name for name in names.values() if renamed[name].dtype == object]
    for name in texts:
        renamed[name] = [None if pd.isna(value) else str(value) for value in renamed[name]]
    return renamed


def edited_as_dict(edited: EditedDivisions) -> dict[str, object]:
    """Return what edits changed as plain data, as ``gridmap analyse --apply --json`` prints it.

    Examples
    --------
    >>> from gridmap.boundaries.examples import draw_divisions
    >>> edited_as_dict(apply_edits(draw_divisions("AB"), ()))["changed"]
    []
    """
    return {
        "applied": len(edited.inverse),
        "changed": list(edited.changed),
        "kept": list(edited.kept),
        "moved_households": edited.moved_households,
        "moved_homes": [
            {
                "id": h.home_id,
                "households": h.households,
                "from": ";".join(h.before),
                "to": ";".join(h.after),
            }
            for h in edited.moved_homes
        ],
        "findings": [finding.as_dict() for finding in edited.findings],
    }
