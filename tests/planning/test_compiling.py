"""How the kernels are compiled and cached."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from gridmap.planning import partition, warming
from gridmap.planning.kernels import calling, compiling, kinds, parts
from gridmap.planning.kernels.compiling import draw_below


def test_planning_is_imported_without_the_compiler() -> None:
    code = "import gridmap.planning, sys; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_kernel_works_where_no_cache_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def refuse(*_: object, cache: bool = False, **options: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(compiling, "_compile", refuse)

    def double(value: int) -> int:
        return 2 * value

    assert compiling.entry(double)(21) == 42


def test_the_stamp_changes_with_any_kernel_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.py").write_text("a = 1")
    monkeypatch.setattr(compiling, "__file__", os.fspath(tmp_path / "compiling.py"))
    before = compiling._stamp_sources()
    (tmp_path / "one.py").write_text("a = 2")
    assert compiling._stamp_sources() != before


def test_random_numbers_are_splitmix64() -> None:
    numbers = numba.njit(_draw_all)(np.zeros(1, np.uint64))
    # the first outputs of splitmix64 from seed 0, upper 31 bits
    known = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [int(n) for n in numbers] == [value >> 33 for value in known]


def _draw_all(state: np.ndarray) -> np.ndarray:
    numbers = np.empty(3, np.int64)
    for k in range(3):
        numbers[k] = draw_below(state, 1 << 31)
    return numbers


TOY = """
import gridmap
done = gridmap.partition(
    [200, 150, 250, 100], [(0, 1), (1, 2), (2, 3)], [1, 1, 1], lower=300, upper=500, seed=7
)
print(done.labels.tolist())
"""


def test_a_kernel_added_to_the_parts_has_its_kinds_and_its_place() -> None:
    places = [part.place for part in parts.PARTS.values() if part.place >= 0]
    assert sorted(places) == list(range(calling.MANY_CALLS))
    assert len(parts.list_parts(loaded=True)) == len(parts.list_parts(loaded=False)) + 1
    for part in parts.PARTS.values():
        held = part.kernel.py_func.__code__.co_argcount
        assert len(part.kinds) == held


def test_constants_do_not_compile_a_kernel_anew() -> None:
    @compiling.inner
    def add_to(state: np.ndarray, step: int) -> int:
        return int(state[0] + step)

    @numba.njit
    def ask(state: np.ndarray) -> int:
        return add_to(state, 1) + add_to(state, 2) + add_to(state, state[0])

    assert ask(np.ones(1, np.int64)) == 7
    assert len(getattr(add_to, "signatures")) == 1  # noqa: B009  # numba's


def _divide(state: np.ndarray, by: int) -> int:
    if by == 0:
        raise MemoryError
    return int(state[0] // by)


@pytest.fixture(scope="module")
def divider() -> Any:
    """Compile a kernel, and one that calls it by address."""
    kernel: Any = numba.njit(_divide)
    expected = (kinds.ROW, kinds.WHOLE)
    call = calling.call_apart(kernel, expected)
    caller = numba.njit(lambda address, state, by: call(address, (state, by)))
    return calling.find_address(kernel, expected), caller


def test_a_kernel_called_by_address_answers_and_fails_like_any_other(divider: Any) -> None:
    address, caller = divider
    assert caller(address, np.array([42]), 6) == 7
    with pytest.raises(MemoryError):
        caller(address, np.array([42]), 0)


def test_a_kernel_called_with_other_types_is_not_compiled(divider: Any) -> None:
    address, caller = divider
    with pytest.raises(numba.TypingError, match="_divide is compiled for"):
        caller(address, np.array([42.0]), 6)


def test_what_is_called_by_address_must_return_a_whole_number() -> None:
    kernel = numba.njit(lambda state: state[0] / 2.0)
    with pytest.raises(TypeError, match="returns float64"):
        calling.find_address(kernel, (kinds.ROW,))


class Stub:
    """A helper that is at its first part for ever, or has ended without any work."""

    def __init__(self, names: list[str], *, ended: bool = False) -> None:
        self.names = [] if ended else names
        self.waited: list[tuple[str, float]] = []
        self.was_ended = False

    def is_at(self, name: str) -> bool:
        return self.names[:1] == [name]

    def wait_for(self, name: str, seconds: float) -> None:
        self.waited.append((name, seconds))

    def end(self) -> None:
        self.was_ended = True


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take note of what this process compiles, instead of compiling it."""
    done: list[str] = []
    monkeypatch.setattr(parts, "compile_part", done.append)
    return done


@pytest.mark.parametrize("ended", [False, True], ids=["stuck", "dead"])
def test_a_helper_that_does_not_help_is_done_without(compiled: list[str], ended: bool) -> None:
    names = parts.list_parts(loaded=False)
    helper: Any = Stub(names, ended=ended)
    warming._compile_from_last(names, helper)
    assert compiled == names[::-1]
    assert helper.was_ended
    assert helper.waited == ([] if ended else [(names[0], warming.LEAST_WAIT_S)])


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Set the helpers aside, with nothing cached and two cores."""
    begun: list[Any] = []
    monkeypatch.setattr(warming, "_helpers", begun)
    monkeypatch.setattr(warming, "choose_workers", lambda _: 2)
    monkeypatch.setattr(parts, "has_cache", lambda: True)
    monkeypatch.setattr(parts, "looks_cached", lambda _: False)
    monkeypatch.setattr(parts, "are_compiled", lambda **_: False)
    yield begun
    for helper in begun:
        helper.end()


def test_a_helper_says_what_it_has_done_and_is_ended(
    helpers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import sys, time; print(sys.argv[2], flush=True); time.sleep(600)"
    monkeypatch.setattr(warming, "HELPER", code)
    warming.begin_compiling()
    warming.begin_compiling()
    assert len(helpers) == 1
    first, second = parts.list_parts(loaded=False)[:2]
    helpers[0].wait_for(first, 60.0)
    assert helpers[0].is_at(second)
    helpers[0].wait_for(second, 0.01)
    helpers.pop().end()


def test_a_helper_that_fails_keeps_nobody_waiting(
    helpers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "HELPER", "raise SystemExit(3)")
    warming.begin_compiling()
    started = time.monotonic()
    helpers[0].wait_for("redraw", 600.0)
    assert time.monotonic() - started < 60
    assert not helpers[0].is_at("redraw")


@pytest.mark.parametrize("lack", ["core", "cache", "interpreter", "frozen", "process", "need"])
def test_without_a_use_or_a_place_for_it_there_is_no_helper(
    lack: str, helpers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    if lack == "core":
        monkeypatch.setattr(warming, "choose_workers", lambda _: 1)
    if lack == "cache":
        monkeypatch.setattr(parts, "has_cache", lambda: False)
    if lack == "interpreter":
        monkeypatch.setattr(sys, "executable", None)
    if lack == "frozen":
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    if lack == "need":
        monkeypatch.setattr(parts, "looks_cached", lambda _: True)
    warming.begin_compiling()
    assert helpers == []


class FullDisk:
    """A kernel that numba can compile or not, and not write."""

    def __init__(self, *, compiles: bool) -> None:
        self.overloads: dict[kinds.Kinds, str] = {}
        self._compiles = compiles

    def compile(self, types: kinds.Kinds) -> None:
        if self._compiles:
            self.overloads[types] = "compiled"
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("compiles", [True, False])
def test_a_full_disk_stops_nothing_that_is_compiled(
    compiles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = parts.Part(FullDisk(compiles=compiles), (kinds.ROW,), -1)
    monkeypatch.setitem(parts.PARTS, "full", part)
    if not compiles:
        with pytest.raises(OSError, match="No space"):
            parts.compile_part("full")
        return
    parts.compile_part("full")
    assert part.kernel.overloads == {(kinds.ROW,): "compiled"}


def test_a_part_is_in_the_cache_once_it_is_compiled(tmp_path: Path) -> None:
    code = (
        "from gridmap.planning.kernels import parts\n"
        "spread = parts.PARTS['spread'].kernel\n"
        "print(parts.has_cache(), parts.looks_cached('spread'))\n"
        "parts.compile_named(['spread'])\n"
        "print(parts.looks_cached('spread'), sum(spread.stats.cache_hits.values()))\n"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": os.fspath(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert said == [
        ["True", "False", "spread", "True", "0"],
        ["True", "True", "spread", "True", "1"],
    ]


def test_the_toy_is_the_same_after_a_helper(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": os.fspath(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", TOY], capture_output=True, text=True, env=environment, check=True
    )
    path = [(0, 1), (1, 2), (2, 3)]
    here = partition([200, 150, 250, 100], path, [1, 1, 1], lower=300, upper=500, seed=7)
    assert done.stdout.strip() == str(here.labels.tolist())
    assert done.stderr == ""
    kept = {file.name.split(".")[1].split("_")[0] for file in tmp_path.rglob("*.nbc")}
    assert {"redraw", "search", "simmer", "spread", "cut"} <= kept
