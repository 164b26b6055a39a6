"""The versions of all Python packages are written down."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tools import python_packages
from tools.checkout import CONSTRAINTS, REQUIREMENTS

#: A virtual environment of Python 3.11 begins with these, a newer one does not; nothing of ours needs them.
BROUGHT_BY_PYTHON = {"setuptools"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(*files: Path) -> dict[str, str]:
    found = (
        re.fullmatch(r"([\w.-]+)==(\S+)", line) for file in files for line in file.read_text().splitlines()
    )
    return {normal(pin.group(1)): pin.group(2) for pin in found if pin}


def test_every_installed_package_has_its_version_written_down() -> None:
    pinned = pins(*REQUIREMENTS, CONSTRAINTS)
    installed = {normal(one.name): one.version for one in distributions()}
    floating = {name: version for name, version in installed.items() if pinned.get(name) != version}
    assert floating.keys() <= BROUGHT_BY_PYTHON


def test_no_version_is_written_down_twice() -> None:
    assert not pins(*REQUIREMENTS).keys() & pins(CONSTRAINTS).keys()


def test_every_installation_of_the_requirements_follows_the_constraints() -> None:
    words = [line.split() for line in REQUIREMENTS[0].read_text().splitlines()]
    assert ["-c", CONSTRAINTS.name] in words


def test_a_changed_constraint_makes_the_step_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = python_packages.step().key()
    changed = tmp_path / CONSTRAINTS.name
    changed.write_text(CONSTRAINTS.read_text() + "another==1.0\n")
    monkeypatch.setattr(python_packages, "CONSTRAINTS", changed)
    assert python_packages.step().key() != before


@pytest.mark.parametrize("there", ["nothing", "directory", "without activate", "link", "link to nothing"])
def test_what_cannot_be_used_gives_way_to_an_environment_of_its_own(
    there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv, others = tmp_path / "mine" / ".venv", tmp_path / "others"
    venv.parent.mkdir()
    if there == "directory":
        (venv / "lib").mkdir(parents=True)
    elif there == "without activate":
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").touch()
    elif there.startswith("link"):
        venv.symlink_to(others)
    if there == "link":
        (others / "bin").mkdir(parents=True)
        for name in ("python", "activate"):
            (others / "bin" / name).touch()
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(python_packages, "VENV", venv)
    monkeypatch.setattr(python_packages, "logged", lambda _name, *words: ran.append(words))
    python_packages.step().run()
    assert ran[0][1:] == ("-m", "venv", str(venv))
    assert not venv.exists()
    assert not venv.is_symlink()
    assert (others / "bin" / "python").exists() == (there == "link")
