"""The starters find a newer Python where python3 is too old."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tools import suitable_python
from tools.checkout import ROOT

STARTERS = ("setup", "run", "env")
#: Runs a program as an old Python would that can read it.
AS_OLD = """
import runpy, sys
sys.version_info = (3, 10, 12, "final", 0)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def python(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(f"#!/bin/sh\n{text}\n")
    (directory / name).chmod(0o755)


def started(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AS_OLD, *words],
        env={"PATH": f"{path}:/nowhere"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_this_python_is_new_enough() -> None:
    assert suitable_python.suitable() == sys.executable


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"python3.11": "exit 0"}, "python3.11"),
        ({"python3.11": "exit 0", "python3.13": "exit 0", "python3.9": "exit 0"}, "python3.13"),
        # As the programs of a version manager that has not got the version.
        ({"python3.12": "exit 0", "python3.13": "exit 127"}, "python3.12"),
        ({"python3.10": "exit 0", "python3": "exit 0"}, ""),
        ({"python3.13": "exit 1"}, ""),
        ({}, ""),
    ],
)
def test_an_old_one_finds_the_newest_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: dict[str, str], chosen: str
) -> None:
    for name, text in there.items():
        python(tmp_path, name, text)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 10, 12, "final", 0))
    assert suitable_python.suitable() == (str(tmp_path / chosen) if chosen else "")


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_goes_on_in_the_newer_one(tmp_path: Path, name: str) -> None:
    starter = str(ROOT / "tools" / name)
    python(tmp_path, "python3.12", f'[ "$1" = -c ] || echo "newer: $*"; exec "{sys.executable}" "$@"')
    done = started(tmp_path, starter, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"newer: {starter} --help\nusage: tools/{name}")


@pytest.mark.parametrize("name", [*STARTERS, "suitable_python.py"])
def test_without_a_newer_one_the_remedy_is_named(tmp_path: Path, name: str) -> None:
    done = started(tmp_path, str(ROOT / "tools" / name), "--help")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; python3 is 3.10" in done.stderr
    assert "apt-get install python3.11 python3.11-venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_make_uses_the_newer_one(tmp_path: Path) -> None:
    python(tmp_path, "old", f'exec "{sys.executable}" -c \'{AS_OLD}\' "$@"')
    python(tmp_path, "python3.12", f'[ "$1" = -c ] || echo "newer: $*"; exec "{sys.executable}" "$@"')
    command = ["make", "--no-print-directory", "-n", "up", f"PYTHON={tmp_path / 'old'}"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert f"{tmp_path / 'python3.12'} -m tools.up --stack dev" in done.stdout, done.stderr


@pytest.mark.parametrize("name", [*STARTERS, "suitable_python.py", "__init__.py"])
def test_an_old_python_can_read_what_runs_before_the_choice(name: str) -> None:
    ast.parse((ROOT / "tools" / name).read_text(), feature_version=(3, 5))
