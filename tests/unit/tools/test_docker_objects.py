"""How an object of a Docker engine is looked up."""

import subprocess
from typing import Any

import pytest

from tools import docker_objects

SERVICE = "docker:index/service:Service"


@pytest.mark.parametrize(
    ("provider", "command"),
    [
        ({}, ["docker", "service", "inspect", "it's"]),
        (
            {"host": "unix:///run/d.sock"},
            ["docker", "--host", "unix:///run/d.sock", "service", "inspect", "it's"],
        ),
        (
            {"host": "ssh://root@10.0.0.1:2222", "sshOpts": ["-i", "key"]},
            ["ssh", "-i", "key", "-p", "2222", "root@10.0.0.1", "docker service inspect 'it'\"'\"'s'"],
        ),
        (
            {"host": "ssh://10.0.0.1", "sshOpts": '["-o", "A=b"]'},
            ["ssh", "-o", "A=b", "10.0.0.1", "docker service inspect 'it'\"'\"'s'"],
        ),
    ],
)
def test_the_providers_own_way_is_taken(provider: dict[str, Any], command: list[str]) -> None:
    assert docker_objects.inspect_command(("service", "inspect", "it's"), provider) == command


@pytest.mark.parametrize(
    ("resource", "answer", "found"),
    [
        ({"type": SERVICE, "inputs": {"name": "db"}}, (0, "abc\n"), "abc"),
        ({"type": SERVICE, "inputs": {"name": "db"}}, (1, ""), None),
        ({"type": SERVICE, "inputs": {"name": "db"}}, (0, "\n"), None),
        ({"type": SERVICE, "inputs": {}}, (0, "abc"), None),
        ({"type": SERVICE}, (0, "abc"), None),
        ({"type": "command:remote:Command", "inputs": {"name": "db"}}, (0, "abc"), None),
    ],
)
def test_only_named_objects_that_exist_have_an_id(
    monkeypatch: pytest.MonkeyPatch, resource: dict[str, Any], answer: tuple[int, str], found: str | None
) -> None:
    done = subprocess.CompletedProcess([], answer[0], stdout=answer[1], stderr="")
    monkeypatch.setattr(docker_objects.subprocess, "run", lambda *_words, **_options: done)
    assert docker_objects.find_id(resource, {}) == found


def test_an_engine_that_does_not_answer_has_no_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_words: Any, **_options: Any) -> None:
        raise subprocess.TimeoutExpired("ssh", 1)  # noqa: EM101

    monkeypatch.setattr(docker_objects.subprocess, "run", silent)
    assert docker_objects.find_id({"type": SERVICE, "inputs": {"name": "db"}}, {}) is None


@pytest.mark.parametrize(
    ("status", "said", "gone"),
    [
        (1, "Error response from daemon: config abc not found", True),
        (1, "Error: no such service: abc", True),
        (1, "Error response from daemon: get abc: no such volume", True),
        (0, "", False),
        (1, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock", False),
        (1, "dial unix /var/run/docker.sock: connect: no such file or directory", False),
        (1, "dial tcp: lookup db-1: no such host", False),
        (1, "Error response from daemon: This node is not a swarm manager.", False),
        (127, "bash: docker: command not found", False),
        (255, "ssh: connect to host 10.0.0.1 port 22: Connection refused", False),
    ],
)
def test_an_object_is_gone_only_where_its_engine_says_so(
    monkeypatch: pytest.MonkeyPatch, status: int, said: str, gone: bool
) -> None:
    done = subprocess.CompletedProcess([], status, stdout="[]\n", stderr=said)
    monkeypatch.setattr(docker_objects.subprocess, "run", lambda *_words, **_options: done)
    assert docker_objects.is_gone({"type": SERVICE, "id": "abc"}, {}) is gone
    assert not docker_objects.is_gone({"type": "command:remote:Command", "id": "abc"}, {})
