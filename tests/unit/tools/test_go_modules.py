"""Builds from Go modules, on a fake Go: what it is told, and what helps where there is none."""

import re
from pathlib import Path

import pytest

from tools import environment, go_modules, packages, steps
from tools.checkout import ROOT
from tools.errors import ToolError

#: The language host is part of an older SDK.
THEIR_OWN = {"github.com/pulumi/pulumi/sdk/v3"}
#: Writes down its words and what it is told by the environment; makes the file that `-o` names.
RECORDING = """
case "$1" in env) echo go1.25.11; exit ;; esac
echo "$*" >>"{log}"
echo "$GOWORK|$GOMODCACHE|$GOCACHE|$GOFLAGS" >>"{log}"
while [ $# -gt 0 ]; do case "$1" in -o) : >"$2" ;; esac; shift; done
echo /x/modules/a
"""


def program(directory: Path, name: str, text: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{text}\n")
    (directory / name).chmod(0o755)


@pytest.fixture
def bin_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole PATH, on a machine where nothing of ours is set or installed."""
    for name in ("GOMODCACHE", "GOCACHE", "GOFLAGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(environment, "GO_CACHES", tmp_path / "caches")
    monkeypatch.setattr(steps, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


@pytest.mark.parametrize(
    ("text", "release"), [("go1.25.11\n", (1, 25)), ("go1.19.8", (1, 19)), ("devel", (0, 0)), ("go", (0, 0))]
)
def test_go_releases_are_read(text: str, release: tuple[int, int]) -> None:
    assert go_modules.go_release(text) == release


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "off|{root}/caches/modules|{root}/caches/build|"),
        ({"GOMODCACHE": "/m", "GOCACHE": "/c", "GOFLAGS": "-x"}, "off|/m|/c|-x"),
    ],
)
def test_go_works_inside_the_checkout_unless_the_user_has_said_where(
    bin_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: str
) -> None:
    log = tmp_path / "log"
    program(bin_only, "go", RECORDING.format(log=log))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    go_modules.build("engine", tmp_path, "./x", tmp_path / "out" / "x", "-X a=b")
    assert (tmp_path / "out" / "x").exists()
    assert go_modules.module_directory(tmp_path, "example.com/a") == Path("/x/modules/a")
    built, environment_of_build, listed, environment_of_list = log.read_text().splitlines()
    assert environment_of_build == environment_of_list == told.format(root=tmp_path)
    assert all("-modcacherw" in words.split() for words in (built, listed))


def policy(candidate: str) -> str:
    return f"echo 'golang-go:\n  Installed: (none)\n  Candidate: {candidate}\n  Version table:'"


@pytest.mark.parametrize(
    ("go", "candidate", "remedy"),
    [
        (None, "2:1.24~2", "sudo apt-get install -y golang-go"),
        (None, "2:1.21~1ubuntu3", "sudo apt-get install -y golang-go"),
        (None, "2:1.19~1", "curl -fsSL https://go.dev/dl/go1."),
        (None, "(none)", "curl -fsSL https://go.dev/dl/go1."),
        # The distribution's would come after this one on PATH.
        ("go1.19.8", "2:1.24~2", "curl -fsSL https://go.dev/dl/go1."),
        ("go1.19.8", "2:1.19~1", "curl -fsSL https://go.dev/dl/go1."),
    ],
)
def test_missing_or_old_go_is_named_with_the_command_that_provides_it(
    bin_only: Path, go: str | None, candidate: str, remedy: str
) -> None:
    if go:
        program(bin_only, "go", f"echo {go}")
    for name, text in (("apt-get", "exit 1"), ("apt-cache", policy(candidate)), ("curl", "exit 1")):
        program(bin_only, name, text)
    with pytest.raises(ToolError, match="Go") as caught:
        go_modules.require_go()
    assert str(caught.value.remedy).startswith(remedy)


def test_a_download_needs_its_program_first(bin_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bin_only, "apt-get", "exit 1")
    monkeypatch.setattr(go_modules, "missing", lambda programs: list(programs))
    with pytest.raises(ToolError) as caught:
        go_modules.require_go()
    assert str(caught.value.remedy).startswith(
        "sudo apt-get install -y curl && curl -fsSL https://go.dev/dl/"
    )


@pytest.mark.parametrize(("status", "remedy"), [(0, "apt-get install -y golang-go"), (1, "curl ")])
def test_lists_that_were_never_fetched_are(
    bin_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, remedy: str
) -> None:
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    lists = tmp_path / "lists"
    program(bin_only, "curl", "exit 1")
    program(bin_only, "apt-get", f'[ {status} -eq 0 ] && : >"{lists}"')
    program(bin_only, "apt-cache", f'[ -e "{lists}" ] || exit 0; {policy("2:1.24~2")}')
    with pytest.raises(ToolError) as caught:
        go_modules.require_go()
    assert str(caught.value.remedy).startswith(remedy)


@pytest.mark.parametrize("other", ["tools/language_python", "tools/plugins/docker"])
def test_the_builds_compile_what_they_share_once(other: str) -> None:
    """A module in two versions is compiled twice, and so is all that imports it: two minutes of a setup."""
    engine, own = required(ROOT / "tools/engine/go.mod"), required(ROOT / other / "go.mod")
    shared = {name: (engine[name], own[name]) for name in engine.keys() & own.keys() if name not in THEIR_OWN}
    assert len(shared) > 20
    assert {name: versions for name, versions in shared.items() if versions[0] != versions[1]} == {}


def required(file: Path) -> dict[str, str]:
    """Each module that a go.mod names, and its version."""
    return dict(
        re.findall(r"^\t?(?:require )?(\S+\.\S+) (v\S+)(?: // indirect)?$", file.read_text(), re.MULTILINE)
    )
