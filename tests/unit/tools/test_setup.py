"""Setup's choices: which steps, which engine, which command helps."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import checkout, engine_install, packages, setup
from tools.errors import ToolError
from tools.progress import duration, expectation


@pytest.mark.parametrize(
    ("found", "wanted", "enough"),
    [
        ("v3.255.0", "3.255.0", True),
        ("v3.256.1", "3.255.0", True),
        ("v3.255.0-dirty", "3.255.0", True),
        ("v3.99.0", "3.255.0", False),
        ("v3.254.9", "3.255.0", False),
        ("v4.0.0", "3.255.0", False),
        ("", "3.255.0", False),
    ],
)
def test_an_engine_is_new_enough(found: str, wanted: str, enough: bool) -> None:
    assert engine_install.is_new_enough(found, wanted) is enough


def program(directory: Path, name: str, text: str = "true") -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{text}\n")
    (directory / name).chmod(0o755)


def test_an_engine_on_path_counts_only_with_all_its_companions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, lone, whole = tmp_path / "old", tmp_path / "lone", tmp_path / "whole"
    companions = (engine_install.LANGUAGE_HOST, *engine_install.COMPANIONS)
    for directory, version in ((old, "v3.1.0"), (lone, "v3.999.0"), (whole, "v3.999.0")):
        program(directory, "pulumi", f"echo {version}")
    for directory in (old, whole):
        for name in companions:
            program(directory, name)
    monkeypatch.setenv("PATH", f"{old}:{lone}:")
    assert engine_install.usable_on_path() is None
    monkeypatch.setenv("PATH", f"{old}:{lone}:{whole}")
    assert engine_install.usable_on_path() == whole


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda _programs: ["ssh"])
    monkeypatch.setattr(packages, "can_install", lambda: False)
    with pytest.raises(ToolError, match="missing on this machine: ssh") as caught:
        packages.provide("ssh", ["ssh"])
    assert "openssh-client" in str(caught.value.remedy)


def test_nothing_is_installed_that_is_there() -> None:
    assert packages.provide("sh", ["sh"]) == "already there"


def test_docker_is_set_up_only_for_the_stand_in_and_a_browser_only_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setup, "is_local", lambda stack: stack == "dev")
    assert [step.name for step in setup.chosen(None, "dev")] == ["ssh", "venv", "engine", "plugins", "docker"]
    assert [step.name for step in setup.chosen(None, "prod")] == ["ssh", "venv", "engine", "plugins"]
    assert [step.name for step in setup.chosen("docker", "prod")] == ["docker"]
    assert [step.name for step in setup.chosen("browser", "dev")] == ["browser"]


def test_a_missing_browser_is_named_with_the_command_that_provides_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "missing", lambda programs: list(programs))
    monkeypatch.setattr(packages, "can_install", lambda: False)
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    (step,) = setup.chosen("browser", "dev")
    with pytest.raises(ToolError, match="missing on this machine: chromium, chromedriver") as caught:
        step.run()
    assert str(caught.value.remedy).endswith("apt-get install -y chromium chromium-driver")


def test_versions_follow_the_requirements() -> None:
    text = checkout.REQUIREMENTS[0].read_text()
    assert f"pulumi=={checkout.engine_version()}\n" in text
    assert set(checkout.plugin_versions()) == {"docker", "command"}
    modules = (checkout.ROOT / "tools" / "engine" / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{checkout.engine_version()}\n" in modules
    language = (checkout.ROOT / "tools" / "language_python" / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/sdk/v3 v{checkout.LANGUAGE_HOST_VERSION}\n" in language


def test_a_package_that_is_not_pinned_is_an_error() -> None:
    with pytest.raises(LookupError, match="no version of leftpad"):
        checkout.pinned("leftpad")


@pytest.mark.parametrize("name", ["setup", "run", "env"])
def test_the_programs_start_from_anywhere(tmp_path: Path, name: str) -> None:
    command = [sys.executable, str(checkout.ROOT / "tools" / name), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0
    assert f"usage: tools/{name}" in done.stdout


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (10, "10 s"), (99, "99 s"), (185, "3 min 05 s")]
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("elapsed", "usual", "text"),
    [
        (5, None, "5.0 s"),
        (20, 60, "20 s, about 40 s left"),
        (70, 60, "70 s, usually 60 s"),
    ],
)
def test_progress_tells_how_much_is_left(elapsed: float, usual: float | None, text: str) -> None:
    assert expectation(elapsed, usual) == text
