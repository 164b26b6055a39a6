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
