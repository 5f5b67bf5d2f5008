"""A sound little town in files, for tests that damage it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from pathlib import Path

WEST, SOUTH, SIDE = 113.1, 23.0, 0.01
EACH = 40
"""Households a building: 16 buildings make 640, so four communities of 160."""


@dataclass
class Town:
    """The folder and the frames it was written from."""

    folder: Path
    frames: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def path(self, role: str) -> Path:
        """Return the file of a role."""
        return self.folder / f"{role}.gpkg"

    def write(self, role: str, frame: gpd.GeoDataFrame | None = None) -> None:
        """Write one layer, as it is or as given."""
        frame = self.frames[role] if frame is None else frame
        self.path(role).unlink(missing_ok=True)
        frame.to_file(self.path(role), driver="GPKG", layer=role)

    def shapefile(self, path: Path) -> None:
        """Write the communities as a shapefile, with a short header for the code."""
        frame = self.frames["communities"].rename(columns={"community_id": "sqdm"})
        frame.to_file(path, encoding="UTF-8")

    def reshape(self, role: str, row: int, shape: shapely.Geometry | None) -> None:
        """Write a layer with another geometry in one row."""
        frame = self.frames[role].copy()
        values = np.asarray(frame.geometry.to_numpy(), dtype=object).copy()
        values[row] = shape
        self.write(
            role,
            frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs)),
        )

    def put(self, role: str, column: str, row: int, value: object) -> None:
        """Write a layer with another value in one cell."""
        frame = self.frames[role].copy()
        values = frame[column].to_numpy(dtype=object).copy()
        values[row] = value
        frame[column] = pd.Series(values, index=frame.index).infer_objects()
        self.write(role, frame)

    def table(self) -> pd.DataFrame:
        """Return the households as a table with lon and lat."""
        frame = self.frames["households"]
        table = pd.DataFrame(frame.drop(columns="geometry"))
        table["lon"], table["lat"] = frame.geometry.x, frame.geometry.y
        return table

    def use_table(self, table: pd.DataFrame, name: str = "households.csv") -> Path:
        """Put a table in the place of the household layer."""
        self.path("households").unlink()
        table.to_csv(self.folder / name, index=False)
        return self.folder / name


def make_town(folder: Path) -> Town:
    """Write four communities, sixteen buildings and their households."""
    boxes = [
        shapely.box(
            WEST + c * SIDE, SOUTH + r * SIDE, WEST + (c + 1) * SIDE, SOUTH + (r + 1) * SIDE
        )
        for r in (0, 1)
        for c in (0, 1)
    ]
    communities = gpd.GeoDataFrame(
        {
            "community_id": [f"44060400100{n}" for n in range(1, 5)],
            "name": ["东风社区", "建设社区", "永安社区", "东华里社区"],
        },
        geometry=boxes,
        crs=4490,
    )
    number = np.arange(16)
    x = WEST + SIDE * (0.25 + 0.5 * (number % 4))
    y = SOUTH + SIDE * (0.25 + 0.5 * (number // 4))
    buildings = gpd.GeoDataFrame(
        {"building_id": [f"B{n:02d}" for n in number], "floors": 18, "entrances": 2},
        geometry=shapely.box(x, y, x + SIDE / 20, y + SIDE / 20),
        crs=4490,
    )
    centres = shapely.centroid(np.asarray(buildings.geometry.to_numpy()))
    households = gpd.GeoDataFrame(
        {
            "household_id": [f"H{n:04d}" for n in range(16 * EACH)],
            "building_id": np.repeat(buildings["building_id"].to_numpy(), EACH),
            "households": 1,
        },
        geometry=np.repeat(centres, EACH),
        crs=4490,
    )
    town = Town(
        folder, {"communities": communities, "buildings": buildings, "households": households}
    )
    for role in town.frames:
        town.write(role)
    return town
