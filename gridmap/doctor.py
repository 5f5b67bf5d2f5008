"""What is installed, what is switched off, and what that means."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

PACKAGES = (
    "gridmap-planner",
    "numpy",
    "pandas",
    "geopandas",
    "shapely",
    "pyogrio",
    "pyproj",
    "networkx",
    "scipy",
    "numba",
    "folium",
    "typer",
    "rich",
)
EXTRAS = {
    "openpyxl": "tables: xlsx in and out",
    "pyarrow": "parquet: GeoParquet in, faster reading",
    "fastapi": "serve: the service",
    "uvicorn": "serve: the service",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "firefox")
CJK_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "WenQuanYi")


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked at: its state in a word, and a detail."""

    item: str
    state: str
    detail: str
    fine: bool = True

    def as_dict(self) -> dict[str, object]:
        """Return the line as plain data."""
        return asdict(self)


def examine() -> list[Examined]:
    """Look at versions, drivers, fonts, the browser, extras and the compiler's cache.

    Examples
    --------
    >>> [line.item for line in examine()][0]
    'python'
    """
    return [
        Examined("python", platform.python_version(), f"{platform.system()} {platform.machine()}"),
        *(_examine_package(name) for name in PACKAGES),
        *_examine_libraries(),
        *(_examine_extra(name, use) for name, use in EXTRAS.items()),
        _examine_drivers(),
        _examine_jit_cache(),
        _examine_fonts(),
        _examine_browser(),
        Examined("network", "off", "nothing is fetched at run time: no PROJ grids, no basemap"),
    ]


def _examine_package(name: str) -> Examined:
    try:
        return Examined(name, importlib.metadata.version(name), "")
    except importlib.metadata.PackageNotFoundError:
        return Examined(name, "missing", "python3 run.py demo sets it up", fine=False)


def _examine_extra(name: str, use: str) -> Examined:
    if importlib.util.find_spec(name) is None:
        return Examined(name, "off", f"{use}; pip install '.[all]'", fine=False)
    return Examined(name, importlib.metadata.version(name), use)


def _examine_libraries() -> list[Examined]:
    import pyogrio
    import pyproj
    import shapely

    return [
        Examined("GEOS", shapely.geos_version_string, "shapely"),
        Examined("GDAL", pyogrio.__gdal_version_string__, "pyogrio"),
        Examined(
            "PROJ",
            pyproj.proj_version_str,
            "pyproj; network " + _on_off(networked=_proj_networked()),
        ),
    ]


def _proj_networked() -> bool:
    from pyproj.network import is_network_enabled  # type: ignore[attr-defined]  # untyped re-export

    return bool(is_network_enabled())


def _on_off(*, networked: bool) -> str:
    return "on" if networked else "off"


def _examine_drivers() -> Examined:
    from gridmap.sources.formats import FORMATS

    drivers = sorted({driver for known in FORMATS for driver in known.drivers})
    return Examined("GDAL drivers", f"{len(drivers)} allowed", ", ".join(drivers))


def _examine_jit_cache() -> Examined:
    """Tell whether compiled kernels can be kept beside the package, so that only one run waits."""
    from gridmap import planning

    folder = Path(planning.__file__).parent
    chosen = os.environ.get("NUMBA_CACHE_DIR", str(folder))
    writable = os.access(chosen, os.W_OK)
    detail = "compiled once, then kept" if writable else "set NUMBA_CACHE_DIR to a folder you own"
    return Examined("compiled kernels", "kept" if writable else "not kept", detail, fine=writable)


def _examine_fonts() -> Examined:
    lister = shutil.which("fc-list")
    if lister is None:
        state = "unknown" if sys.platform != "win32" else "system"
        return Examined("Chinese fonts", state, "no fc-list here; a browser uses the system's")
    listed = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
        [lister, ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=20
    ).stdout
    found = [name for name in CJK_FONTS if name in listed]
    if not found:
        return Examined("Chinese fonts", "missing", "apt-get install fonts-noto-cjk", fine=False)
    return Examined("Chinese fonts", "found", ", ".join(found))


def _examine_browser() -> Examined:
    found = next((name for name in BROWSERS if shutil.which(name)), "")
    if not found:
        return Examined(
            "browser", "none", "maps open elsewhere; browser tests are skipped", fine=False
        )
    return Examined("browser", "found", found)
