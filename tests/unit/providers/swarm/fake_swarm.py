"""A model of servers, their swarms and their nodes.

Time is the model's own: whoever sleeps makes it pass, and what was planned for later happens then.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeNode:
    """A node as its swarm records it."""

    node_id: str
    hostname: str
    address: str
    role: str = "worker"
    state: str = "ready"
    availability: str = "active"
    labels: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    reachable: bool = True

    def inspected(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "ID": self.node_id,
            "Spec": {"Role": self.role, "Availability": self.availability, "Labels": self.labels},
            "Description": {"Hostname": self.hostname},
            "Status": {"State": self.state},
        }
        if self.role == "manager":
            document["ManagerStatus"] = {
                "Reachability": "reachable" if self.reachable else "unreachable",
                "Addr": f"{self.address}:2377",
            }
        return document


@dataclass
class FakeService:
    """A service of a Galera cluster; its tasks are those of the nodes that have its name."""

    cluster: str = "galera"
    wanted: int = 1

    def places(self, swarm: "FakeSwarm") -> list[tuple[str, str]]:
        """Slot and node id of each of its tasks that nobody has seen end."""
        names = {name for name, service in swarm.services.items() if service is self}
        return [
            (slot, node.node_id)
            for node in swarm.nodes.values()
            for name, _, slot in (task.rpartition(".") for task in node.tasks)
            if name in names
        ]


@dataclass
class FakeSwarm:
    """One swarm."""

    swarm_id: str
    nodes: dict[str, FakeNode] = field(default_factory=dict)
    token: str = "SWMTKN-worker"
    services: dict[str, "FakeService"] = field(default_factory=dict)
    refusal: str = ""
    """What a manager answers to every other command, which it would take a moment later."""
    refuses: bool = False
    """Whether it refused the latest one."""


@dataclass
class FakeServer:
    """One server; its Docker is in the state that `docker info` would tell."""

    host: str
    cloud: "FakeCloud"
    is_up: bool = True
    has_docker: bool = True
    state: str = "inactive"
    swarm: FakeSwarm | None = None
    node_id: str = ""
    leaderless: bool = False
    refusals: list[str] = field(default_factory=list)
    """What the next joins answer in place of success."""
    blocked: bool = False
    """Whether its joins cannot reach the managers."""

    @property
    def private(self) -> str:
        return self.host.replace("10.140", "10.141")

    @property
    def node(self) -> FakeNode | None:
        return self.swarm.nodes.get(self.node_id) if self.swarm else None

    @property
    def is_manager(self) -> bool:
        is_one = self.node is not None and self.node.role == "manager"
        return self.state == "active" and is_one and not self.leaderless

    def info(self) -> dict[str, Any]:
        managers = [
            node for node in (self.swarm.nodes if self.swarm else {}).values() if node.role == "manager"
        ]
        return {
            "LocalNodeState": self.state,
            "NodeID": self.node_id,
            "ControlAvailable": self.is_manager or self.leaderless,
            "RemoteManagers": [{"NodeID": node.node_id, "Addr": f"{node.address}:2377"} for node in managers],
            "Cluster": {"ID": self.swarm.swarm_id} if self.swarm and self.is_manager else None,
        }

    def leave(self) -> None:
        if self.node is not None:
            self.cloud.later(12.0, _set_down(self.node))
        self.state, self.node_id, self.swarm, self.leaderless = "inactive", "", None, False


def _set_down(node: FakeNode) -> Callable[[], None]:
    def happen() -> None:
        node.state = "down"

    return happen


class FakeCloud:
    """All servers, one clock, and what was said to whom."""

    def __init__(self) -> None:
        self.servers: dict[str, FakeServer] = {}
        self.now = 0.0
        self.planned: list[tuple[float, Callable[[], None]]] = []
        self.log: list[tuple[str, str]] = []
        self.stdin: list[str] = []
        self._ids = itertools.count(1)

    def server(self, number: int, **state: Any) -> FakeServer:
        """A new server at 10.140.0.<number>."""
        host = f"10.140.0.{number}"
        self.servers[host] = FakeServer(host=host, cloud=self, **state)
        return self.servers[host]

    def new_id(self, kind: str) -> str:
        return f"{kind}{next(self._ids)}"

    def member(self, server: FakeServer, swarm: FakeSwarm, role: str, hostname: str) -> FakeNode:
        """Make a server a node of a swarm, as if it had joined long ago."""
        node = FakeNode(self.new_id("node"), hostname, server.private, role=role)
        node.labels["galera-swarm.server"] = hostname
        swarm.nodes[node.node_id] = node
        server.state, server.swarm, server.node_id = "active", swarm, node.node_id
        return node

    def made(self, managers: int, workers: int = 0) -> tuple[FakeSwarm, list[FakeServer]]:
        """A swarm of db1, db2, ... at 10.140.0.1, .2, ..."""
        swarm = FakeSwarm(self.new_id("swarm"))
        servers = [self.server(number) for number in range(1, managers + workers + 1)]
        for number, server in enumerate(servers, start=1):
            self.member(server, swarm, "manager" if number <= managers else "worker", f"db{number}")
        return swarm, servers

    def die(self, server: FakeServer) -> None:
        """Power off without a word; the managers notice later."""
        server.is_up = False
        node = server.node
        if node is not None:
            node.reachable = False
            self.later(15.0, _set_down(node))

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        self.planned.append((self.now + seconds, what))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [entry for entry in self.planned if entry[0] <= self.now]
        self.planned = [entry for entry in self.planned if entry[0] > self.now]
        for _, what in due:
            what()

    def commands(self, word: str) -> list[str]:
        """The commands that contain a word, each as "<last number of the host>: <command>"."""
        return [f"{host.rsplit('.', 1)[1]}: {command}" for host, command in self.log if word in command]
