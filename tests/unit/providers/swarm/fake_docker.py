"""SSH to the servers of the model: the commands that the providers use, answered as Docker would."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from providers import patience
from providers.ssh import Completed, Session, Target, UnreachableError
from providers.swarm import CLUSTER_LABEL, joining, manager_link, node_changes
from tests.unit.providers.swarm.fake_swarm import FakeCloud, FakeNode, FakeServer, FakeSwarm


def installed(monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """A cloud that every connection of providers/swarm leads to, with its clock."""
    cloud = FakeCloud()
    clock = SimpleNamespace(monotonic=lambda: cloud.now, sleep=cloud.sleep)

    @contextmanager
    def connect(target: Target, *, deadline_seconds: float) -> Iterator[FakeSession]:
        server = cloud.servers.get(target.host)
        if server is None or not server.is_up:
            cloud.sleep(deadline_seconds)
            said = f"no SSH session to {target}"
            raise UnreachableError(said)
        yield FakeSession(server)

    monkeypatch.setattr(manager_link, "connect", connect)
    for module in (manager_link, joining, node_changes, patience):
        monkeypatch.setattr(module, "time", clock)
    return cloud


def ssh(server: FakeServer) -> dict[str, Any]:
    """The `ssh` input that leads to a server."""
    return {"host": server.host, "port": 22.0, "user": "root", "hostKey": "k k", "privateKey": "p"}


class FakeSession(Session):
    """Answers the commands of providers/swarm from the model."""

    def __init__(self, server: FakeServer) -> None:
        self._server = server
        self.name = server.host

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        cloud = self._server.cloud
        cloud.log.append((self._server.host, command))
        if stdin is not None:
            cloud.stdin.append(stdin)
        if not self._server.has_docker and command.startswith("docker"):
            return Completed(exit_status=127, stdout="", stderr="docker: command not found")
        for pattern, answer in _ANSWERS:
            if found := re.fullmatch(pattern, command, re.DOTALL):
                try:
                    return Completed(
                        exit_status=0, stdout=answer(self._server, found, stdin or ""), stderr=""
                    )
                except FakeRefusalError as exc:
                    return Completed(exit_status=1, stdout="", stderr=str(exc))
        pytest.fail(f"no answer for: {command}")

    @contextmanager
    def holding(self, command: str, *, ready: str, timeout_seconds: float) -> Iterator[None]:
        assert command.startswith("flock ")
        self._server.cloud.log.append((self._server.host, "lock"))
        yield
        self._server.cloud.log.append((self._server.host, "unlock"))


class FakeRefusalError(Exception):
    """The command ends with status 1 and these words."""


def _swarm(server: FakeServer) -> FakeSwarm:
    if not server.is_manager or server.swarm is None:
        said = "Error response from daemon: This node is not a swarm manager."
        raise FakeRefusalError(said)
    swarm = server.swarm
    swarm.refuses = bool(swarm.refusal) and not swarm.refuses
    if swarm.refuses:
        raise FakeRefusalError(swarm.refusal)
    return swarm


def _init(server: FakeServer, found: re.Match[str], _stdin: str) -> str:
    swarm = FakeSwarm(server.cloud.new_id("swarm"))
    node = FakeNode(
        server.cloud.new_id("node"), f"db{server.host.rsplit('.', 1)[1]}", found[1], role="manager"
    )
    swarm.nodes[node.node_id] = node
    server.state, server.swarm, server.node_id = "active", swarm, node.node_id
    return ""


def _join(server: FakeServer, _found: re.Match[str], stdin: str) -> str:
    body = json.loads(stdin.split("\r\n\r\n", 1)[1])
    swarm = next(
        (
            other.swarm
            for other in server.cloud.servers.values()
            if other.is_manager and f"{other.private}:2377" in body["RemoteAddrs"]
        ),
        None,
    )
    if server.refusals:
        return _http(503, server.refusals.pop(0))
    if swarm is None or server.blocked:
        server.cloud.sleep(20.0)
        return _http(503, "Timeout was reached before node joined")
    if body["JoinToken"] != swarm.token:
        return _http(400, "invalid join token")
    node = FakeNode(server.cloud.new_id("node"), f"db{server.host.rsplit('.', 1)[1]}", body["AdvertiseAddr"])
    swarm.nodes[node.node_id] = node
    server.state, server.swarm, server.node_id = "active", swarm, node.node_id
    return _http(200, "")


def _http(status: int, message: str) -> str:
    body = json.dumps({"message": message}) + "\n" if message else ""
    return f"HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\n\r\n{body}"


def _leave(server: FakeServer, found: re.Match[str], _stdin: str) -> str:
    if server.is_manager and "--force" not in found[0]:
        said = "You are attempting to leave the swarm on a node that is participating as a manager."
        raise FakeRefusalError(said)
    server.leave()
    return ""


def _update(server: FakeServer, found: re.Match[str], _stdin: str) -> str:
    swarm = _swarm(server)
    words = shlex.split(found[1])
    node = swarm.nodes[words.pop()]
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option == "--label-add":
            key, _, text = value.partition("=")
            node.labels[key] = text
        elif option == "--label-rm":
            del node.labels[value]
        elif option == "--role":
            node.role = value
        else:
            assert option == "--availability"
            node.availability = value
            if value == "drain":
                node.tasks = {name: after for name, after in node.tasks.items() if after == "Stuck"}
    return ""


def _remove(server: FakeServer, found: re.Match[str], _stdin: str) -> str:
    swarm = _swarm(server)
    if found[1] not in swarm.nodes:
        said = f"Error: No such node: {found[1]} not found"
        raise FakeRefusalError(said)
    if swarm.nodes[found[1]].role == "manager":
        said = f"node {found[1]} is a cluster manager and is a member of the raft cluster"
        raise FakeRefusalError(said)
    del swarm.nodes[found[1]]
    return ""


def _services(server: FakeServer, found: re.Match[str], _stdin: str) -> str:
    """As 20.10 does, a task that nobody has seen end counts as running, whatever its node's state."""
    swarm = _swarm(server)
    told = []
    for part in found[0].split(" && "):
        template = part.partition("--format '")[2].rstrip("'")
        for name, service in swarm.services.items():
            places = service.places(swarm)
            waiting = [("9", "")] * (service.wanted - len(places))
            tasks = [*places, *waiting] if "docker service ps" in part else [("", "")]
            for slot, node in tasks:
                row = {
                    "ID": f"id-of-{name}",
                    "Spec.Name": name,
                    f'index .Spec.Labels "{CLUSTER_LABEL}"': service.cluster,
                    "Name": f"id-of-{name}.{slot}" if slot else name,
                    "Replicas": f"{len(places)}/{service.wanted} (max 1 per node)",
                    "CurrentState": f"{'Running' if node else 'Pending'} 3 minutes ago",
                    "Node": node,
                }
                told.append(re.sub(r"{{\.?(.*?)}}", lambda field, row=row: row[field[1]], template))
    return "\n".join(told)


def _tasks(server: FakeServer, found: re.Match[str], _stdin: str) -> str:
    tasks: Mapping[str, str] = _swarm(server).nodes[found[1]].tasks
    return "\n".join(f"{name} Running 3 minutes ago" for name in tasks)


def _holds_swarm(server: FakeServer, _found: re.Match[str], _stdin: str) -> str:
    if server.swarm is None:
        raise FakeRefusalError
    return ""


def _open(server: FakeServer, _found: re.Match[str], _stdin: str) -> str:
    if server.blocked:
        raise FakeRefusalError
    return ""


_ANSWERS: list[tuple[str, Callable[[FakeServer, re.Match[str], str], str]]] = [
    (r"docker info --format .*", lambda server, _f, _s: json.dumps(server.info())),
    (r"docker swarm init --advertise-addr (\S+).*", _init),
    (
        r"docker swarm join-token -q manager && docker swarm join-token -q worker",
        lambda server, _f, _s: f"SWMTKN-manager\n{_swarm(server).token}\n",
    ),
    (r"docker swarm join-token -q worker", lambda server, _f, _s: _swarm(server).token + "\n"),
    (r"docker system dial-stdio", _join),
    (r"docker swarm leave --force", _leave),
    (
        r"docker swarm leave \|\| docker swarm leave --force",
        _leave,
    ),
    (
        r"nodes=\$\(docker node ls -q\) && docker node inspect \$nodes",
        lambda server, _f, _s: json.dumps([node.inspected() for node in _swarm(server).nodes.values()]),
    ),
    (r"docker node update (.*)", _update),
    (r"docker node rm --force (\S+)", _remove),
    (r"docker node ps (\S+) .*", _tasks),
    (r"docker service ls .*", _services),
    (r"test -s /var/lib/docker/swarm/docker-state.json", _holds_swarm),
    (r"hostname -s", lambda server, _f, _s: f"db{server.host.rsplit('.', 1)[1]}\n"),
    (r"timeout 3 bash -c .*", _open),
]
