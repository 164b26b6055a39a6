"""Failures of the docker command become sentences."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.nodes.docker_cli import Docker, last_line
from sandbox.nodes.errors import DockerError


def program(path: Path, text: str) -> Docker:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return Docker(str(path))


def test_a_failure_names_the_purpose_and_the_engines_word(tmp_path: Path) -> None:
    docker = program(tmp_path / "docker", "echo 'Error response from daemon: no space left' >&2; exit 1")
    with pytest.raises(DockerError, match=r"^Cannot start server 7: no space left$"):
        docker.run("start", "x", purpose="start server 7")


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    docker = program(tmp_path / "docker", "exec sleep 60")
    with pytest.raises(DockerError, match="did not end within 0 s"):
        docker.run("start", "x", purpose="start server 7", timeout_seconds=0.1)


def test_a_missing_command_names_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(DockerError, match=r"apt-get install docker\.io"):
        Docker(str(tmp_path / "none")).run("ps", purpose="look")


def test_what_is_not_there_is_none_and_a_broken_engine_is_an_error(tmp_path: Path) -> None:
    absent = program(tmp_path / "absent", "echo 'Error: No such container: x' >&2; exit 1")
    assert absent.inspect("container", "x") is None
    broken = program(tmp_path / "broken", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    with pytest.raises(DockerError, match="Cannot connect"):
        broken.inspect("container", "x")


@given(st.binary(max_size=300))
def test_the_last_line_is_one_line_with_something_in_it(output: bytes) -> None:
    assert last_line(output).strip()
    assert "\n" not in last_line(output)
