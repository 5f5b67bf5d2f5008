"""write_atomically: whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

import pytest

from gridmap.errors import UnreadableFile, UnwritableFile
from gridmap.writing import PROBLEMS, check_writable, tell_problem, write_atomically


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_appears_whole_and_alone(tmp_path: Path) -> None:
    with write_atomically(tmp_path / "方案.txt") as temporary:
        temporary.write_text("new")
        assert not (tmp_path / "方案.txt").exists()
        assert temporary.name == "方案.txt"
    assert (tmp_path / "方案.txt").read_text() == "new"
    assert _names(tmp_path) == ["方案.txt"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, kind: type[BaseException]
) -> None:
    target = tmp_path / "plan.txt"
    target.write_text("old")

    def interrupt() -> None:
        with write_atomically(target) as temporary:
            temporary.write_text("half")
            (temporary.parent / "plan.txt-journal").write_text("side file")
            raise kind

    with pytest.raises(kind):
        interrupt()
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["plan.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod", "mkdtemp"])
def test_a_failing_system_call_leaves_the_old_file_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target = tmp_path / "plan.txt"
    target.write_text("old")
    owner = {"fsync": os, "replace": Path, "chmod": Path}.get(step)
    with monkeypatch.context() as patch:
        if owner is None:
            patch.setattr("tempfile.mkdtemp", fail)
        else:
            patch.setattr(owner, step, fail)
        with pytest.raises(UnwritableFile) as caught, write_atomically(target) as temporary:
            temporary.write_text("new")
    assert "the disk is full" in caught.value.en
    assert caught.value.zh == "无法写入 plan.txt：磁盘空间已满。"
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["plan.txt"]


def test_an_error_of_the_block_keeps_its_own_kind(tmp_path: Path) -> None:
    def fail() -> None:
        with write_atomically(tmp_path / "a") as temporary:
            temporary.write_text("half")
            raise UnreadableFile("x", "x")

    with pytest.raises(UnreadableFile):
        fail()
    assert _names(tmp_path) == []


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnwritableFile), write_atomically(tmp_path / "a"):
        pass
    assert _names(tmp_path) == []


def test_a_missing_folder_and_a_folder_as_target_are_refused(tmp_path: Path) -> None:
    for target in (tmp_path / "no" / "a", tmp_path):
        with pytest.raises(UnwritableFile, match="can't be written"), write_atomically(target):
            pass


@pytest.mark.skipif(os.name != "posix", reason="devices and links as POSIX has them")
def test_a_device_is_never_replaced() -> None:
    with pytest.raises(UnwritableFile), write_atomically("/dev/null"):
        pass
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="devices and links as POSIX has them")
def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.txt"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    with write_atomically(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.parametrize("number", sorted(PROBLEMS))
def test_what_the_system_says_is_said_in_chinese(number: int) -> None:
    en, zh = tell_problem(OSError(number, os.strerror(number)))
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert not re.search(r"[A-Za-z]", zh)
    assert en


def test_a_folder_in_which_nothing_can_be_made_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.mkdtemp", fail)
    with pytest.raises(UnwritableFile, match="can only be read"):
        check_writable(tmp_path / "plan.gpkg")
    _, zh = tell_problem(OSError(9999, "strange"))
    assert zh == "系统报告错误 9999（strange）"
