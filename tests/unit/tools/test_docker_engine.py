"""Who is told what when there is no Docker engine to be had."""

from pathlib import Path

import pytest

from tools import docker_engine
from tools.errors import ToolError


@pytest.mark.parametrize(("absent", "words"), [(["dockerd"], "missing: dockerd"), ([], "none runs")])
def test_a_user_without_rights_is_told_the_one_command_that_does_it_all(
    monkeypatch: pytest.MonkeyPatch, absent: list[str], words: str
) -> None:
    monkeypatch.setattr(docker_engine, "answers", lambda: False)
    monkeypatch.setattr(docker_engine, "missing", lambda _programs: absent)
    monkeypatch.setattr(docker_engine.os, "geteuid", lambda: 1000)
    with pytest.raises(ToolError, match=words) as raised:
        docker_engine._require_leave()
    assert raised.value.remedy == "sudo make up"


def test_root_may_install_and_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "answers", lambda: False)
    monkeypatch.setattr(docker_engine.os, "geteuid", lambda: 0)
    docker_engine._require_leave()


@pytest.mark.parametrize(("program", "stays"), [("dockerd", True), ("bash", False), (None, False)])
def test_a_pid_file_that_a_killed_engine_left_is_removed(
    tmp_path: Path, program: str | None, stays: bool
) -> None:
    file = tmp_path / "docker.pid"
    file.write_text("77")
    if program:
        (tmp_path / "77").mkdir()
        (tmp_path / "77" / "comm").write_text(f"{program}\n")
    docker_engine.clear_stale(file, "dockerd", proc=tmp_path)
    assert file.exists() is stays


def test_no_pid_file_is_no_trouble(tmp_path: Path) -> None:
    docker_engine.clear_stale(tmp_path / "docker.pid", "dockerd")
