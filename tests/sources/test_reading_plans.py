"""A plan that was written into the folder of its input is no input."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyogrio
import pytest

import gridmap
from gridmap.datasets import sample_folder
from gridmap.model import Plan
from gridmap.sources import vectors


def test_a_plan_beside_its_input_is_left_out_and_said(sample_plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "town"
    shutil.copytree(sample_folder(), folder)
    before = gridmap.read_sources([folder])
    gridmap.write_plan(sample_plan, folder / "plan.gpkg")
    after = gridmap.read_sources([folder])
    assert {role: len(frame) for role, frame in after.layers.items()} == {
        role: len(frame) for role, frame in before.layers.items()
    }
    said = [finding for finding in after.findings if finding.code == "plan_skipped"]
    assert [finding.where for finding in said] == [("plan.gpkg",)]


def test_layers_beyond_the_limit_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "town.gpkg"
    shutil.copy(sample_folder() / "boundaries.gpkg", path)
    many = len(pyogrio.list_layers(path))
    monkeypatch.setattr(vectors, "MAX_LAYERS", many - 1)
    said = {finding.code for finding in gridmap.read_sources([path]).findings}
    assert "layers_left_out" in said
