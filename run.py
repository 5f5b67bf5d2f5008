"""Set up gridmap beside this file and run it: the two commands of the README.

    python3 run.py demo        the main job on the sample district
    python3 run.py test        all tests
    python3 run.py plan ...    any command of gridmap

Only the standard library is used. The first call makes a virtual environment in ``.venv`` from
``requirements/*.txt`` (versions and hashes, wheels only: nothing compiles); later calls re-use it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
STAMP = ENVIRONMENT / "gridmap-requirements.sha256"
OLDEST, NEWEST = (3, 11), (3, 13)


def main() -> int:
    """Set up what the command needs, run it, and return its exit code."""
    arguments = sys.argv[1:] or ["--help"]
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        say(
            f"gridmap needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}; "
            f"this is {sys.version.split()[0]}.",
            f"gridmap 需要 Python {OLDEST[0]}.{OLDEST[1]} 至 {NEWEST[0]}.{NEWEST[1]}，"
            f"当前为 {sys.version.split()[0]}。",
        )
        return 2
    testing = arguments[0] == "test"
    python = set_up("dev" if testing else "run")
    if testing:
        command = [str(python), "-m", "pytest", *(arguments[1:] or ["-n", "2", "-q"])]
    else:
        command = [str(python), "-m", "gridmap", *arguments]
    typed = {} if testing else {"GRIDMAP_PROGRAM": f"python3 {sys.argv[0]}"}
    try:
        return subprocess.call(command, cwd=HERE if testing else None, env={**os.environ, **typed})
    except KeyboardInterrupt:
        return 130


def set_up(kind: str) -> Path:
    """Make or refresh ``.venv`` for running (``run``) or testing (``dev``); return its Python."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = fingerprint(kind)
    present = STAMP.read_text("utf-8").split() if STAMP.exists() and python.exists() else []
    if wanted in present or (kind == "run" and fingerprint("dev") in present):
        return python
    say(
        "Setting up .venv (once, a few minutes) ...", "正在准备运行环境 .venv（仅首次，约几分钟）……"
    )
    if not present:
        ensure_venv_module()
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        check_call([sys.executable, "-m", "venv", str(ENVIRONMENT)])
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    requirements = str(HERE / "requirements" / f"{kind}.txt")
    check_call([*pip, "--require-hashes", "--only-binary", ":all:", "-r", requirements])
    check_call([*pip, "--no-deps", "--no-build-isolation", "--editable", str(HERE)])
    STAMP.write_text(wanted + "\n", "utf-8")
    return python


def fingerprint(kind: str) -> str:
    """Return a hash of everything that decides what the environment holds."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {kind}".encode())
    for name in (f"requirements/{kind}.txt", "pyproject.toml", "run.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def ensure_venv_module() -> None:
    """Install Debian's python3-venv where Python came without it."""
    if importlib.util.find_spec("ensurepip") is not None:
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    install = ["apt-get", "install", "-y", "-q", package]
    if shutil.which("apt-get") is None:
        give_up(package)
    prefix: list[str] = []
    if os.name != "nt" and os.geteuid() != 0:
        if shutil.which("sudo") is None:
            give_up(package)
        prefix = ["sudo"]
    say(f"Installing {package} ...", f"正在安装 {package}……")
    updated = subprocess.call([*prefix, "apt-get", "update", "-q"])
    if updated or subprocess.call([*prefix, *install]):
        give_up(package)


def give_up(package: str) -> None:
    """Say what to type when the machine can't make a virtual environment, and end."""
    say(
        f"Python's venv module is missing. As administrator, type: apt-get install {package}",
        f"缺少 Python 的 venv 模块。请以管理员身份运行：apt-get install {package}",
    )
    raise SystemExit(1)


def check_call(command: list[str]) -> None:
    """Run a set-up step; end with its output where it fails."""
    if subprocess.call(command):
        say(
            "Setting up failed at: " + " ".join(command[-3:]),
            "准备运行环境失败，出错步骤见上。",
        )
        raise SystemExit(1)


def say(english: str, chinese: str) -> None:
    """Tell the user in both languages, on stderr."""
    for line in (english, chinese):
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(line.encode(encoding, "replace").decode(encoding) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
