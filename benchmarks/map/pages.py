"""Everything that is written and how long it took: our pages and prints, the peers' pages."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.maps import write_map
from gridmap.maps.page import read_asset
from gridmap.printing import print_atlas, print_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.map.district import Pair
    from gridmap.model import Plan

TITLE = "清河区网格划分图"
PEERS = Path(__file__).resolve().parent / "peers.py"


def write_pages(pair: Pair, large: Plan, folder: Path, *, rounds: int) -> dict[str, dict[str, Any]]:
    """Write our pages, each several times in turn; return size and best seconds of each."""
    jobs: dict[str, Callable[[Path], object]] = {
        "grids": lambda path: write_map(pair.after, path, title=TITLE),
        "before": lambda path: write_map(pair.after, path, title=TITLE, before=pair.before),
        "buildings": lambda path: write_map(pair.after, path, title=TITLE, buildings=True),
        "large": lambda path: write_map(large, path, title=TITLE, buildings=True),
    }
    rows: dict[str, dict[str, Any]] = {name: {"wall": [], "processor": []} for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            time_job(job, folder / f"{name}.html", rows[name])
    return rows


def write_prints(plan: Plan, folder: Path, *, rounds: int) -> dict[str, dict[str, Any]]:
    """Print the sheet and an atlas of the first communities that make 66 pages."""
    sheet: dict[str, Any] = {"wall": [], "processor": []}
    print_map(plan, folder / "a3.pdf", title=TITLE)  # fonts are found once in a process
    for _ in range(rounds):
        time_job(lambda path: print_map(plan, path, title=TITLE), folder / "a3.pdf", sheet)
    atlas: dict[str, Any] = {"wall": [], "processor": []}
    time_job(lambda path: print_atlas(plan, path, title=TITLE), folder / "atlas.pdf", atlas)
    return {
        "a3": sheet | _look_at(folder / "a3.pdf"),
        "atlas": atlas | _look_at(folder / "atlas.pdf"),
    }


def time_job(job: Callable[[Path], object], path: Path, row: dict[str, Any]) -> None:
    """Do a job and note its seconds, on the clock and of the processor, and the size."""
    wall, processor = time.perf_counter(), time.process_time()
    job(path)
    row["wall"].append(time.perf_counter() - wall)
    row["processor"].append(time.process_time() - processor)
    row["size"] = path.stat().st_size


def write_peers(python: Path, plan: Plan, folder: Path) -> list[dict[str, Any]]:
    """Let the peers write their pages from the same grids and buildings."""
    columns = ["code", "name", "kind", "households", "geometry"]
    plan.grids[columns].to_file(folder / "grids.gpkg")
    buildings = plan.territory.units.buildings[["households", "geometry"]]
    buildings.to_file(folder / "buildings.gpkg")
    done = subprocess.run(
        [str(python.absolute()), str(PEERS), "grids.gpkg", "buildings.gpkg", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for row in rows:
        if "failed" not in row:
            row["size"] = (folder / f"{row['name']}.html").stat().st_size
    return rows


def lend_leaflet(path: Path) -> Path:
    """Write a peer's page again with Leaflet in it and every other fetched file left out.

    With the network cut a Folium page draws nothing; so it can be seen what it would cost.
    """
    page = path.read_text("utf-8")
    page = re.sub(r"<script[^>]*\ssrc=[^>]*>\s*</script>", "", page)
    page = re.sub(r"<link[^>]*\shref=[^>]*>", "", page)
    own = (
        f"<style>{read_asset('leaflet/leaflet.css')}</style>"
        f"<script>{read_asset('leaflet/leaflet.js')}</script>"
    )
    lent = path.with_name(f"{path.stem}-lent.html")
    lent.write_text(page.replace("<head>", f"<head>{own}", 1), "utf-8")
    return lent


def _look_at(path: Path) -> dict[str, Any]:
    """Return pages, fonts that are not embedded, and whether the title is found (poppler)."""
    info = _ask("pdfinfo", path)
    fonts = _ask("pdffonts", path).splitlines()[2:]
    return {
        "pages": int(re.findall(r"Pages:\s+(\d+)", info)[0]),
        "fonts": len(fonts),
        "not_embedded": sum(" yes " not in line for line in fonts),
        "title_found": TITLE in _ask("pdftotext", path, "-"),
    }


def _ask(program: str, path: Path, *rest: str) -> str:
    command = [program, str(path), *rest]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
