"""Programs of an image from Go modules."""

from pathlib import Path

import pytest

from sandbox.nodes import go_programs
from sandbox.nodes.errors import HostError
from sandbox.nodes.images import SERVICES, SOURCES


def source(root: Path) -> Path:
    directory = root / "image"
    directory.mkdir()
    (directory / "go.mod").write_text("module x\n")
    (directory / "Dockerfile").write_text("FROM scratch\n")
    return directory


def fake_go(root: Path, script: str) -> str:
    program = root / "go"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_the_context_holds_the_files_and_the_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = fake_go(
        tmp_path,
        'for w in "$@"; do case "$w" in -o=*)'
        ' echo "$CGO_ENABLED $GOMODCACHE $@" >"${w#-o=}program" ;; esac; done',
    )
    monkeypatch.setenv("GOMODCACHE", "/x/modules")
    monkeypatch.setattr(go_programs.shutil, "which", lambda name: go)
    target = tmp_path / "context"
    go_programs.build_context(source(tmp_path), target)
    assert (target / "Dockerfile").exists()
    cgo, modules, *words = (target / "program").read_text().split()
    assert (cgo, modules) == ("0", "/x/modules")
    assert "-modcacherw" in words


def test_a_failed_build_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = fake_go(tmp_path, "echo 'no such module' >&2; exit 1")
    monkeypatch.setattr(go_programs.shutil, "which", lambda name: go)
    with pytest.raises(HostError, match=r"programs of the image image: no such module"):
        go_programs.build_context(source(tmp_path), tmp_path / "context")


def test_without_go_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go_programs.shutil, "which", lambda name: None)
    with pytest.raises(HostError, match="install Go"):
        go_programs.build_context(source(tmp_path), tmp_path / "context")


def test_which_images_need_go() -> None:
    found = {one.directory for one in SERVICES if go_programs.needs_go(SOURCES / one.directory)}
    assert "etcd" in found
    assert "mariadb" not in found
