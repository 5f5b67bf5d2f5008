"""The main job on the sample district: read, plan, write, serve, and ask two questions.

It runs the same code as the single commands and asks over real HTTP, so that what it shows is
what a user gets.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gridmap.datasets import make_district, sample_folder, write_district
from gridmap.errors import UnreadableFile
from gridmap.flow import plan_files
from gridmap.locating import open_release
from gridmap.maps import write_map
from gridmap.model import ignore_progress
from gridmap.planfiles import write_plan
from gridmap.reports import write_tables
from gridmap.scoring import score_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.serving import BackgroundServer
    from gridmap.model import Plan, Progress

QUESTION_TIMEOUT_S = 30


@dataclass(frozen=True)
class DemoOutcome:
    """What the demo made and was told.

    Attributes
    ----------
    paths
        ``plan``, ``map`` and ``tables`` -> file.
    totals
        The scorecard's totals.
    questions
        Question -> answer of the service, one by address and one by point.
    url
        Where the service listens.
    server
        The running service; its owner stops it.
    """

    paths: Mapping[str, Path]
    totals: Mapping[str, float | int]
    questions: Mapping[str, Mapping[str, object]]
    url: str
    server: BackgroundServer

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain data."""
        return {
            "paths": {key: str(path) for key, path in self.paths.items()},
            "totals": dict(self.totals),
            "questions": dict(self.questions),
            "url": self.url,
        }

    def sentences(self) -> list[tuple[str, str]]:
        """Return what to tell a person, as pairs of Chinese and English."""
        totals = self.totals
        lines = [
            (
                (
                    f"{totals['households']} 户划为 {totals['grids']} 个网格："
                    f"综合 {totals['general']}、专属 {totals['dedicated']}、"
                    f"飞地 {totals['exclave']}；"
                    f"综合网格户数达标 {totals['in_band']} 个，最多可达 {totals['attainable']} 个。"
                ),
                (
                    f"{totals['households']} households in {totals['grids']} grids: "
                    f"{totals['general']} general, {totals['dedicated']} dedicated, "
                    f"{totals['exclave']} exclave; {totals['in_band']} general grids inside their "
                    f"band, {totals['attainable']} attainable."
                ),
            )
        ]
        names = {"plan": ("方案", "plan"), "map": ("地图", "map"), "tables": ("表格", "tables")}
        lines += [
            (f"{names[key][0]}：{path}", f"{names[key][1]}: {path}")
            for key, path in self.paths.items()
        ]
        for question, answer in self.questions.items():
            grid = answer["grid"]
            name = grid["name"] if isinstance(grid, dict) else ""
            lines.append((f"问：{question} 答：{name}", f"Asked: {question} Answer: {name}"))
        lines.append((f"服务文档：{self.url}/docs", f"Service docs: {self.url}/docs"))
        return lines


def run_demo(
    out: Path, *, seed: int = 7, port: int = 0, progress: Progress = ignore_progress
) -> DemoOutcome:
    """Run the main job on the sample district and start the service over its plan.

    Parameters
    ----------
    out
        Folder of the results; made when missing.
    seed
        Seed of the plan.
    port
        Port of the service on 127.0.0.1; 0 picks a free one.
    progress
        Called as ``progress(step, done, total)``.

    Returns
    -------
    DemoOutcome
        With the service still running.
    """
    from api.serving import BackgroundServer

    out.mkdir(parents=True, exist_ok=True)
    paths = {"plan": out / "plan.gpkg", "map": out / "map.html", "tables": out / "tables.xlsx"}
    plan = _plan_sample(seed=seed, progress=progress)
    progress("write", 0, 1)
    write_plan(plan, paths["plan"])
    progress("map", 0, 1)
    write_map(plan, paths["map"])
    progress("tables", 0, 1)
    write_tables(plan, paths["tables"])
    progress("locate", 0, 1)
    server = BackgroundServer(open_release(paths["plan"]), host="127.0.0.1", port=port)
    url = server.start()
    try:
        questions = _ask_questions(plan, url)
    except BaseException:
        server.stop()
        raise
    return DemoOutcome(
        paths=paths,
        totals=score_plan(plan).totals,
        questions=questions,
        url=url,
        server=server,
    )


def _plan_sample(*, seed: int, progress: Progress) -> Plan:
    """Plan the sample beside the source code, or make it where only the package is installed."""
    with tempfile.TemporaryDirectory() as made:
        try:
            folder = sample_folder()
        except UnreadableFile:
            folder = Path(made)
            write_district(make_district(points=False), folder)
        return plan_files([folder], seed=seed, progress=progress)


def _ask_questions(plan: Plan, url: str) -> dict[str, dict[str, object]]:
    """Ask the service the address and the place of the first building in its gazetteer."""
    places = plan.territory.units.places
    place = places[places["building_id"] != ""].iloc[0]
    point = f"{place['lon']:.6f} {place['lat']:.6f}"
    return {
        str(place["text"]): _get(f"{url}/v1/resolve?address={quote(str(place['text']))}"),
        f"{point} (cgcs2000)": _get(
            f"{url}/v1/locate?lon={place['lon']:.6f}&lat={place['lat']:.6f}&datum=cgcs2000"
        ),
    }


def _get(url: str) -> dict[str, object]:
    # the address is our own http:// one
    with urllib.request.urlopen(url, timeout=QUESTION_TIMEOUT_S) as answer:  # noqa: S310
        value = json.load(answer)
    if not isinstance(value, dict):
        raise TypeError(f"{url} answered {type(value).__name__}")
    return value
