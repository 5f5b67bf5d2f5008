"""The first of the README's two commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from gridmap.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_writes_serves_asks_and_ends(tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = CliRunner().invoke(app, ["demo", "--no-serve", "--json", "-o", str(out)])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert sorted(path.name for path in out.iterdir()) == ["map.html", "plan.gpkg", "tables.xlsx"]
    assert told["totals"]["in_band"] == told["totals"]["attainable"]
    by_address, by_point = told["questions"].values()
    assert by_address["grid"]["status"] == by_point["grid"]["status"] == "unique"
    assert by_address["grid"]["grid_id"] == by_point["grid"]["grid_id"]
