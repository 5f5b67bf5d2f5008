"""The house rules, each proved by a tool: style, types, layers, doors, weight, names."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gridmap
from gridmap.findings import FindingKind

REPOSITORY = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path for folder in ("gridmap", "api") for path in (REPOSITORY / folder).rglob("*.py")
)
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "misc"}
LONGEST_MODULE = 600


def run_tool(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=["ruff", "format", "mypy"],
)
def test_a_tool_finds_nothing_to_complain_about(command: tuple[str, ...]) -> None:
    run_tool(*command)


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_door_opens_and_is_documented() -> None:
    assert len(gridmap.__all__) <= 30
    assert sorted(gridmap.__all__) == gridmap.__all__
    for name in gridmap.__all__:
        door = getattr(gridmap, name)
        assert (door.__doc__ or "").strip(), f"gridmap.{name} has no docstring"


def test_an_unknown_door_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = gridmap.nonsense


def test_importing_gridmap_loads_no_heavy_room() -> None:
    script = (
        "import sys, gridmap\n"
        "heavy = ('folium', 'numba', 'fastapi', 'openpyxl', 'scipy', 'rich', 'geopandas')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_help_loads_no_geopandas() -> None:
    script = (
        "import sys\n"
        "sys.argv = ['gridmap', '--help']\n"
        "from gridmap.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print('geopandas' in sys.modules, 'rich' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "False False"


def test_no_module_is_too_long() -> None:
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in MODULES
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long


def test_no_room_has_a_name_that_says_nothing() -> None:
    named = {part for path in MODULES for part in (path.stem, path.parent.name)}
    assert not named & BANNED_NAMES


def finding_kinds() -> list[tuple[str, FindingKind]]:
    kinds = []
    for info in pkgutil.walk_packages(gridmap.__path__, "gridmap."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        kinds += [(info.name, kind) for kind in vars(module).get("FINDING_KINDS", ())]
    return kinds


def test_every_kind_of_finding_has_one_code_and_both_languages() -> None:
    declared: dict[str, FindingKind] = {}
    for module, kind in finding_kinds():
        assert declared.setdefault(kind.code, kind) is kind, f"{kind.code} twice, in {module}"
        assert re.fullmatch(r"[a-z][a-z0-9_]+", kind.code)
        for text in (kind.en, kind.zh, kind.cure_en, kind.cure_zh):
            assert text.strip(), kind.code
        assert re.search(r"[\u4e00-\u9fff]", kind.zh), kind.code
        assert re.search(r"[\u4e00-\u9fff]", kind.cure_zh), kind.code
    assert len(declared) > 20


def test_every_finding_kind_in_the_code_is_listed() -> None:
    listed = {kind.code for _, kind in finding_kinds()}
    for path in MODULES:
        if path.name == "findings.py" and path.parent.name == "gridmap":
            continue
        written = re.findall(r'FindingKind\(\s*(?:code=)?"([a-z0-9_]+)"', path.read_text("utf-8"))
        missing = set(written) - listed
        assert not missing, f"{path.name}: {missing} stand in no FINDING_KINDS"
