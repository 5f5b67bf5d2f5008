"""``gridmap analyse --proposals``, ``--edits``, ``--apply`` and ``--undo``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from typer.testing import CliRunner

from gridmap.boundaries.examples import draw_sources
from gridmap.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, ["analyse", *(str(argument) for argument in arguments)])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


def draw_file(folder: Path) -> Path:
    path = folder / "town.gpkg"
    sources = draw_sources("ABBB\nABAB\nABBB", households=2)
    frame = sources.layers["communities"].assign(备注=["甲", "乙"], 县="东区")
    frame.to_file(path, layer="communities")
    sources.layers["households"].assign(address="建设路12号3单元501室").to_file(
        path, layer="households"
    )
    return path


def test_proposals_are_in_the_json_only_when_asked(tmp_path: Path) -> None:
    town = draw_file(tmp_path)
    plain = json.loads(run(town, "--json")[1])
    asked = json.loads(run(town, "--json", "--proposals", "--band", "20-60")[1])
    assert "proposals" not in plain
    assert {key: asked[key] for key in plain if key != "findings"} == {
        key: plain[key] for key in plain if key != "findings"
    }
    [item] = asked["proposals"]
    assert (item["id"], item["subject"], item["ids"]) == ("exclave-1", "exclave", ["A", "B"])
    assert item["kind"] == "enclosed"
    assert (item["households"], item["buildings"], item["residents"]) == (2, None, None)
    best = item["options"][0]
    assert (best["rank"], best["action"], best["to"], best["cures"]) == (1, "give", ["B"], True)
    assert [(e["id"], e["count"], e["in_band"]) for e in best["effects"]] == [
        ("A", [21, 16], [True, False]),
        ("B", [42, 47], [True, True]),
    ]
    assert best["moved_homes"] == [{"id": best["moved_homes"][0]["id"], "from": "A", "to": "B"}]
    assert asked["band"] == [20, 60]
    assert "501室" not in json.dumps(asked, ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_reads_a_table(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDMAP_LANG", language)
    code, stdout, _ = run(draw_file(tmp_path), "--proposals", "--band-of", "households")
    assert code == 0
    assert "exclave-1" in stdout
    words = ("建议 1 项", "划归 B", "A 8→6") if language == "zh" else ("1 proposals", "give B")
    assert all(word in stdout for word in words)
    assert "501室" not in stdout


def test_edits_are_written_applied_and_undone_to_the_byte(tmp_path: Path) -> None:
    town = draw_file(tmp_path)
    files = {name: tmp_path / name for name in ("e.geojson", "n.gpkg", "u.geojson", "b.gpkg")}
    edits, new, undo, back = files.values()
    code, _, stderr = run(town, "--edits", edits, "-o", tmp_path / "findings.gpkg")
    assert code == 0
    assert "1 best edits written" in stderr.replace("\n", " ")
    layer = gpd.read_file(tmp_path / "findings.gpkg", layer="proposals")
    assert layer["action"].tolist() == ["give", "keep"]
    assert set(layer.geometry.geom_type) == {"MultiPolygon"}
    code, stdout, _ = run(town, "--apply", edits, "-o", new, "--undo", undo, "--json")
    answer = json.loads(stdout)
    assert code == 0
    assert (answer["changed"], answer["moved_households"]) == (["A", "B"], 2)
    moved = gpd.read_file(new, layer="moved_homes")
    assert moved[["households", "before", "after"]].values.tolist() == [[2, "A", "B"]]
    assert json.loads(run(new, "--json")[1])["detached"] == []
    code, _, stderr = run(new, "--apply", undo, "-o", back)
    assert code == 0
    assert "edits_applied" in stderr
    was, now = (gpd.read_file(path, layer="communities") for path in (town, back))
    assert now.geometry.to_wkb().equals(was.geometry.to_wkb())
    assert now["备注"].tolist() == ["甲", "乙"]


def test_a_stale_edit_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    town = draw_file(tmp_path)
    run(town, "--edits", tmp_path / "e.geojson")
    run(town, "--apply", tmp_path / "e.geojson", "-o", tmp_path / "n.gpkg")
    code, _, stderr = run(
        tmp_path / "n.gpkg", "--apply", tmp_path / "e.geojson", "-o", tmp_path / "again.gpkg"
    )
    assert code == 1
    assert "edit_refused" in stderr
    assert not (tmp_path / "again.gpkg").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--apply", "e.geojson"),
        ("--undo", "u.geojson"),
        ("--apply", "e.geojson", "-o", "n.gpkg", "--proposals"),
        ("--proposals", "--band", "9"),
        ("--proposals", "--band-of", "dogs"),
        ("--edits", "e.txt"),
        ("--apply", "e.geojson", "-o", "n.txt"),
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    code, _, _ = run(draw_file(tmp_path), *arguments)
    assert code == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_crossing_a_township_is_marked_and_left_out_unless_asked(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDMAP_LANG", language)
    town = tmp_path / "town.gpkg"
    frame = draw_sources("ABBB\nABAB\nABBB").layers["communities"]
    frame.assign(街道=["北街道", "南街道"], 片区=["东", "西"]).to_file(town, layer="communities")
    edits = tmp_path / "edits.geojson"
    code, stdout, stderr = run(town, "--proposals", "--edits", edits)
    assert code == 0
    assert not json.loads(edits.read_text("utf-8"))["features"]
    zh = language == "zh"
    mark, unknown, left = (
        ("跨街道", "“-”表示未知", "另有 1 项只能跨街道或跨区处理")
        if zh
        else ("township", "a dash means unknown", "1 more can be cured only over a line")
    )
    assert mark in stdout
    assert unknown in stdout
    assert ("人口未知" if zh else "not counted") in stdout
    assert left in stderr
    run(town, "--edits", edits, "--across")
    assert len(json.loads(edits.read_text("utf-8"))["features"]) == 1
    told = json.loads(run(town, "--proposals", "--within", "片区", "--json")[1])
    crosses = told["proposals"][0]["options"][0]["crosses"]
    assert [line["level"] for line in crosses] == ["township", "片区"]
    assert run(town, "--proposals", "--within", "nowhere")[0] == 2
