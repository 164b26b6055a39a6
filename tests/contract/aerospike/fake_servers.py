"""Servers whose Aerospike nodes are those of the stand-in, as processes; their docker knows just these."""

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from providers.aerospike import departure, joined_node
from providers.aerospike import nodes as nodes_module
from providers.ssh import AccessDeniedError, Completed, Session, Target, UnreachableError
from providers.swarm.docker_view import LocalSwarm
from providers.swarm.errors import NoServiceError
from providers.swarm.task_view import TaskView
from tests.contract.aerospike.nodes import Node

_SCALE = re.compile(r"docker service scale --detach (\S+)=0")
_LABEL = re.compile(r"service\.name=([a-z0-9-]+)")


class FakeServer(Session):
    """The server of one node; `is_up` false: it does not answer."""

    def __init__(self, world: "FakeServers", node: Node) -> None:
        self.name, self.node, self.world, self.is_up = node.address, node, world, True

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        return Completed(exit_status=0, stdout=self._output(command), stderr="")

    def open_channel(self, host: str, port: int) -> Any:
        assert (host, port) == ("127.0.0.1", 3000)
        try:
            return socket.create_connection((self.node.address, port), timeout=20)
        except OSError as exc:
            said = f"no channel from {self.name}"
            raise UnreachableError(said) from exc

    def close(self) -> None:
        """Nothing is held open."""

    def _output(self, command: str) -> str:
        scaled = _SCALE.search(command)
        if scaled:
            self.world.stop(scaled[1])
            return ""
        if command.startswith("docker service ls"):
            return "".join(f"{name} 1/1\n" for name in self.world.services)
        if "docker inspect" in command:
            return f"{self.node.address}\n"
        if command.startswith("docker ps -q"):
            label = _LABEL.search(command)
            assert label is not None
            return "c0ffee\n" if self.world.node(label[1]).process is not None else ""
        return "the last words\n" if "docker logs" in command else ""


class FakeServers:
    """All servers, in place of SSH and the swarm's managers."""

    def __init__(self, nodes: Sequence[Node], monkeypatch: pytest.MonkeyPatch) -> None:
        self.servers = {node.address: FakeServer(self, node) for node in nodes}
        self._nodes = {f"aerospike-{node.number}": node for node in nodes}
        self.services = list(self._nodes)
        self.stopped: list[str] = []
        self.key = "p"
        """The one key that opens the servers."""
        self.tasks: Callable[[str], TaskView] = lambda _name: running("task")
        self.before_stop: Callable[[str], None] = lambda _name: None
        monkeypatch.setattr(nodes_module, "connect", self._connect)
        monkeypatch.setattr(departure, "any_manager", self._any_manager)
        monkeypatch.setattr(joined_node, "any_manager", self._any_manager)
        monkeypatch.setattr(joined_node, "task_view", self._task_view)

    def inputs(self, *names: str) -> list[dict[str, Any]]:
        """The nodes as resources are given them."""
        return [
            {"node": name, "ssh": {"host": self._nodes[name].address, "port": 22.0, "privateKey": self.key}}
            for name in names or self._nodes
        ]

    def node(self, name: str) -> Node:
        return self._nodes[name]

    def stop(self, name: str) -> None:
        """What `docker service scale` to 0 comes to."""
        self.before_stop(name)
        self.stopped.append(name)
        self._nodes[name].stop()

    def lose(self, name: str) -> None:
        """The whole server is gone."""
        self.servers[self._nodes[name].address].is_up = False
        self._nodes[name].kill()

    @contextmanager
    def _connect(self, target: Target, *, deadline_seconds: float) -> Iterator[Session]:
        server = self.servers[target.host]
        if not server.is_up:
            said = f"no SSH session to {target}"
            raise UnreachableError(said)
        if target.private_key != self.key:
            said = f"{target} takes another key"
            raise AccessDeniedError(said)
        yield server

    @contextmanager
    def _any_manager(self, *_args: Any, **_options: Any) -> Iterator[tuple[Session, LocalSwarm]]:
        yield next(server for server in self.servers.values() if server.is_up), LocalSwarm(state="active")

    def _task_view(self, _manager: Session, name: str) -> TaskView:
        if name not in self.services:
            said = f"the swarm does not know the service {name}"
            raise NoServiceError(said)
        return self.tasks(name)


def running(task: str) -> TaskView:
    return TaskView(task=task, container="c", phase="running", is_current=True)
