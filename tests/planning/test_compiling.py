"""How the kernels are compiled and cached."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from gridmap.planning.kernels import compiling
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
