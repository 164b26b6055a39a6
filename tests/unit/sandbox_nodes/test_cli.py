"""The command line."""

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.__main__ import main
from sandbox.cli import access, control, directory, faults, serving, status
from sandbox.cli.control import ControlError, NotRunningError
from sandbox.cli.directory import Server, find
from sandbox.cli.parser import build_parser
from sandbox.nodes.errors import DockerError, HostError
from sandbox.nodes.layout import Layout
from tests.unit.sandbox_nodes.fakes import FakeDocker

ONE = Server(100001, "db-1.example.org", "10.140.0.10", "10.141.0.10")
TWO = Server(100002, "db-2.example.org", None, "10.141.0.11")
NAMESAKE = Server(100003, "db-1.example.net", "10.140.0.12", "10.141.0.12")
LAYOUT = Layout(Path("/checkout"))

COMMANDS = ["up", "down", "status", "logs", "ssh", "fault", "check", "images", "serve"]
FAULTS = ["add", "list", "clear", "release", "calls", "orders", "node"]


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS), *(["fault", name] for name in FAULTS)])
def test_there_is_help_everywhere(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert "usage: python -m sandbox" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["up", "--provision-seconds", "-1"], ["up", "--provision-seconds", "inf"], [], ["upp"]]
)
def test_what_cannot_be_meant_is_a_usage_error(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(words)
    assert ended.value.code == 2


def test_a_remote_command_keeps_its_own_options() -> None:
    options = build_parser().parse_args(["ssh", "db-1", "ls", "-la", "--color=no"])
    assert options.command == ["ls", "-la", "--color=no"]


@pytest.mark.parametrize("name", ["100002", "db-2", "db-2.example.org"])
def test_a_server_is_found_by_id_and_by_both_names(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "servers", lambda docker, layout: [ONE, TWO])
    assert find(FakeDocker(), LAYOUT, name) == TWO


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ([ONE, TWO], "there are db-1, db-2"),
        ([], "nor any other"),
        ([ONE, NAMESAKE], "db-1.example.org, db-1.example.net"),
    ],
)
def test_a_name_that_does_not_fit_one_server_shows_what_would(
    known: list[Server], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "servers", lambda docker, layout: known)
    with pytest.raises(HostError, match=words):
        find(FakeDocker(), LAYOUT, "db-1" if NAMESAKE in known else "db-9")


def test_ssh_trusts_only_the_recorded_host_key() -> None:
    words = access.ssh_command(LAYOUT, TWO, [Path("/keys/a")], ["uname", "-r"])
    assert "StrictHostKeyChecking=yes" in words
    assert "UserKnownHostsFile=/checkout/.sandbox/known_hosts" in words
    assert words[-4:] == ["root@10.141.0.11", "--", "uname", "-r"]


def test_the_recorded_host_key_of_an_address_is_replaced(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    layout.known_hosts.write_text("10.140.0.10 ssh-ed25519 OLD\n10.140.0.1 ssh-ed25519 OTHER\n")
    docker = FakeDocker(answers={"exec": (0, "ssh-ed25519 NEW root@db-1\n", "")})
    access._remember_host_key(docker, layout, ONE)
    assert layout.known_hosts.read_text().splitlines() == [
        "10.140.0.1 ssh-ed25519 OTHER",
        "10.140.0.10 ssh-ed25519 NEW",
    ]


def test_a_pid_file_of_another_process_is_not_ours(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    assert serving.running(layout) is None
    layout.api_pid.write_text(f"{os.getpid()}\n")
    assert serving.running(layout) is None
    assert serving.stop(layout) is False
    assert not layout.api_pid.exists()


class FakeBusyServer(FakeDocker):
    """A server whose processes come too fast for the first two attempts to freeze it."""

    def attempt(
        self, *arguments: str, purpose: str, stdin: bytes | None = None, timeout_seconds: float = 60.0
    ) -> subprocess.CompletedProcess[bytes]:
        done = super().attempt(*arguments, purpose=purpose, stdin=stdin, timeout_seconds=timeout_seconds)
        caught = len(self.said("pause")) > 2
        return self._done(0, "", "") if caught else done


def test_a_busy_server_is_frozen_in_the_end() -> None:
    busy = (1, "", "Error response from daemon: OCI runtime pause failed: unable to freeze: unknown")
    docker = FakeBusyServer(answers={"pause": busy})
    faults.NODE_ACTIONS["freeze"](docker, LAYOUT, 7)
    assert docker.said("pause") == [["pause", LAYOUT.container(7)]] * 3


def test_a_server_that_cannot_be_frozen_is_named() -> None:
    docker = FakeDocker(answers={"pause": (1, "", "Container 7 is not running")})
    with pytest.raises(DockerError, match="Cannot freeze server 7: Container 7 is not running"):
        faults.NODE_ACTIONS["freeze"](docker, LAYOUT, 7)
    assert len(docker.said("pause")) == 1


def test_processes_with_another_provision_time_serve_differently() -> None:
    assert serving.command(0) == serving.command(0.0)
    assert serving.command(0) != serving.command(20)


class FakeControl(http.server.BaseHTTPRequestHandler):
    """Answers as the control plane: one guest, or what `answer` says."""

    answer: tuple[int, Any] = (200, [])

    def do_GET(self) -> None:
        status_code, value = self.answer
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status_code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing is logged."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeControl]]:
    handler = type("Handler", (FakeControl,), {})
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(control, "API_PORT", server.server_address[1])
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_servers_come_from_the_api(api: type[FakeControl]) -> None:
    guest = {
        "id": 100001,
        "hostname": "db-1",
        "domain": "example.org",
        "publicIp": "10.140.0.10",
        "privateIp": "10.141.0.10",
    }
    api.answer = (200, [guest])
    assert directory.servers(FakeDocker(), LAYOUT) == [ONE]


@pytest.mark.parametrize(
    ("answer", "words"),
    [((400, {"error": "no field 'knd'"}), "no field 'knd'"), ((200, b"<html>"), "does not answer as")],
)
def test_a_refusal_is_told_in_the_apis_words(
    api: type[FakeControl], answer: tuple[int, Any], words: str
) -> None:
    api.answer = answer
    with pytest.raises(ControlError, match=words):
        control.control("GET", "faults")


def test_without_an_api_the_command_that_starts_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "API_PORT", 1)
    with pytest.raises(NotRunningError, match="python -m sandbox up"):
        control.control("GET", "health")


def test_without_an_api_the_engine_knows_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "API_PORT", 1)
    name = LAYOUT.container(100002)
    record = {
        "Config": {"Labels": {"galera-swarm.guest": "100002", "galera-swarm.fqdn": "db-2.example.org"}},
        "NetworkSettings": {"Networks": {"galera-swarm-private": {"IPAddress": "10.141.0.11"}}},
        "State": {"Status": "exited"},
    }
    docker = FakeDocker(records={("container", name): record}, answers={"ps": (0, f"{name}\n", "")})
    assert directory.servers(docker, LAYOUT) == [TWO]
    report = status.collect(docker, LAYOUT)
    assert report["api"]["answers"] is False
    assert report["guests"] == [
        {"id": 100002, "hostname": "db-2", "domain": "example.org", "powerState": "EXITED"}
    ]
