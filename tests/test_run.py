"""The bootstrap that the README's two commands start."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def load_bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", REPOSITORY / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bootstrap_needs_only_the_standard_library() -> None:
    tree = ast.parse((REPOSITORY / "run.py").read_text("utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= set(sys.stdlib_module_names)


def test_an_old_python_is_refused_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap = load_bootstrap()
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 99))
    monkeypatch.setattr(sys, "argv", ["run.py", "demo"])
    assert bootstrap.main() == 2
    said = capsys.readouterr().err
    assert "needs Python" in said
    assert "需要 Python" in said


def test_every_requirement_has_a_version_and_hashes() -> None:
    for name in ("run.txt", "dev.txt"):
        text = (REPOSITORY / "requirements" / name).read_text("utf-8")
        blocks = re.split(r"\n(?=\S)", text.strip())
        for block in blocks:
            assert "==" in block.split("\n")[0], block[:60]
            assert "--hash=sha256:" in block, block[:60]


def test_the_test_environment_holds_the_versions_of_the_run_environment() -> None:
    def pins(name: str) -> set[str]:
        text = (REPOSITORY / "requirements" / name).read_text("utf-8")
        return set(re.findall(r"^\S+==\S+", text, flags=re.MULTILINE))

    assert pins("run.txt") <= pins("dev.txt")


def test_commands_learn_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap = load_bootstrap()
    given: list[dict[str, str]] = []

    def call(_: list[str], *, cwd: object, env: dict[str, str]) -> int:
        given.append(env)
        return 0

    monkeypatch.setattr(bootstrap, "set_up", lambda _: Path(sys.executable))
    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    for command in ("plan", "test"):
        monkeypatch.setattr(sys, "argv", ["run.py", command])
        assert bootstrap.main() == 0
    assert [env.get("GRIDMAP_PROGRAM") for env in given] == ["python3 run.py", None]
