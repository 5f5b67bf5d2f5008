"""What the documents say is what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gridmap import terms

REPOSITORY = Path(__file__).resolve().parent.parent
ARCHITECTURE = REPOSITORY / "docs" / "ARCHITECTURE.md"
READMES = (REPOSITORY / "README.md", REPOSITORY / "README.zh.md")


def test_the_architecture_page_names_every_room_and_no_other() -> None:
    text = ARCHITECTURE.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    named = set(re.findall(r"`((?:gridmap|api)/[a-z_/]+(?:\.py|/))`", text))
    rows = re.findall(r"^\| `((?:gridmap|api)/[a-z_/]+(?:\.py|/))` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted(set(rows)), "a room is listed once"
    rooms = set()
    for folder in ("gridmap", "api"):
        for path in (REPOSITORY / folder).iterdir():
            if path.name.startswith(("__", ".")) or path.suffix == ".typed":
                continue
            if path.is_dir() or path.suffix == ".py":
                rooms.add(f"{folder}/{path.name}" + ("/" if path.is_dir() else ""))
    assert named == rooms


@pytest.mark.parametrize(
    "document",
    sorted(
        path
        for path in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]
        if path.is_file()
    ),
    ids=lambda path: path.name,
)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), f"{document.name} -> {target}"


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_readme_shows_the_two_commands(readme: Path) -> None:
    text = readme.read_text("utf-8")
    assert "python3 run.py demo" in text
    assert "python3 run.py test" in text


def test_ci_types_what_the_readme_shows() -> None:
    script = (REPOSITORY / ".ci" / "run").read_text("utf-8").splitlines()
    assert script[-1] == "python3 run.py test"
    assert "rm -rf .venv" in script


def test_the_glossary_page_holds_every_term() -> None:
    page = (REPOSITORY / "docs" / "glossary.md").read_text("utf-8")
    for term in terms.TERMS.values():
        assert f"| `{term.key}` | {term.en} | {term.zh} | {term.meaning} |" in page


@pytest.mark.parametrize("table", ["TERMS", "CATEGORIES", "AREA_TYPES", "AGE_CLASSES", "REASONS"])
def test_every_term_has_both_languages(table: str) -> None:
    for key, term in getattr(terms, table).items():
        assert key == term.key
        assert term.en
        assert re.search(r"[\u4e00-\u9fff]", term.zh)
        assert term.meaning


def test_every_command_shows_an_example_in_its_help() -> None:
    from typer.testing import CliRunner

    from gridmap.cli.app import app

    commands = [command.name for command in app.registered_commands]
    assert len(commands) == 15
    for name in commands:
        answer = CliRunner().invoke(app, [str(name), "--help"])
        assert answer.exit_code == 0
        assert "Example: gridmap" in answer.output


def test_nothing_names_a_registry_or_a_machine() -> None:
    hosts = (
        "pypi" + ".org",
        "python" + "hosted",
        "registry" + ".npm",
        "/wo" + "rk/",
        "/ro" + "ot/",
    )
    for path in REPOSITORY.rglob("*"):
        kinds = (".py", ".md", ".toml", ".txt", ".ipynb", ".yml", "")
        hidden = any(part.startswith(".") for part in path.relative_to(REPOSITORY).parts[:-1])
        if path.is_file() and path.suffix in kinds and not hidden:
            text = path.read_text("utf-8", errors="ignore")
            assert not [host for host in hosts if host in text], path
