"""Write the peers' pages; runs in their own environment: python peers.py GRIDS BUILDINGS FOLDER."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd


def write_folium(grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, path: Path) -> None:
    """Stock Folium: two GeoJson layers, a popup on each grid."""
    import folium

    west, south, east, north = grids.total_bounds
    drawn = folium.Map(location=[(south + north) / 2, (west + east) / 2], zoom_start=12)
    shown = ["code", "name", "kind", "households"]
    folium.GeoJson(grids, popup=folium.GeoJsonPopup(shown)).add_to(drawn)
    folium.GeoJson(buildings, popup=folium.GeoJsonPopup(["households"])).add_to(drawn)
    drawn.save(str(path))


def write_explore(grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, path: Path) -> None:
    """geopandas.explore as its documentation shows it, a layer after a layer."""
    drawn = grids.explore(column="kind", popup=True)
    buildings.explore(m=drawn, color="grey")
    drawn.save(str(path))


def write_lonboard(grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, path: Path) -> None:
    """Two lonboard layers, exported by its to_html."""
    from lonboard import Map, PolygonLayer

    layers = [PolygonLayer.from_geopandas(frame) for frame in (grids, buildings)]
    Map(layers).to_html(str(path))


WRITERS = {"folium": write_folium, "geopandas": write_explore, "lonboard": write_lonboard}


def main() -> None:
    grids, buildings = (gpd.read_file(path) for path in sys.argv[1:3])
    for name, write in WRITERS.items():
        path = Path(sys.argv[3]) / f"{name}.html"
        wall, processor = time.perf_counter(), time.process_time()
        try:
            write(grids, buildings, path)
        except Exception as error:  # noqa: BLE001 - a peer that fails is a result
            print(json.dumps({"name": name, "failed": f"{type(error).__name__}: {error}"[:300]}))
            continue
        row = {
            "name": name,
            "version": version(name),
            "wall_s": time.perf_counter() - wall,
            "processor_s": time.process_time() - processor,
        }
        print(json.dumps(row))


if __name__ == "__main__":
    main()
