"""What Docker on a server says about the swarm, read over SSH."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.ssh import Session
from providers.swarm.election import must_when_led
from providers.swarm.errors import SwarmError

#: The node label that services are pinned by; its value is the server's hostname.
SERVER_LABEL = "galera-swarm.server"
#: The service label that names the Galera cluster a member belongs to.
CLUSTER_LABEL = "galera-swarm.cluster"
#: Seconds that a reading docker command may take.
READ_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class LocalSwarm:
    """A server's own view.

    state: "inactive", "pending", "active", "locked" or "error".
    swarm_id: known to managers only, and only while they have a leader.
    is_manager: a manager that can do its work; is_leaderless: one that cannot, for want of a leader.
    managers: node id to "address:port" of the managers it knows.
    """

    state: str
    node_id: str = ""
    swarm_id: str | None = None
    is_manager: bool = False
    is_leaderless: bool = False
    managers: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node as the managers see it. state: "ready", "down", "unknown" or "disconnected"."""

    node_id: str
    hostname: str
    role: str
    state: str
    availability: str
    labels: Mapping[str, str]
    reachable: bool
    address: str

    @property
    def server(self) -> str:
        """Name of the server it is, by its label or else its hostname."""
        return self.labels.get(SERVER_LABEL) or self.hostname

    @property
    def is_raft_member(self) -> bool:
        """Whether it has a vote among the managers.

        A manager that never finished joining has none, and one that is demoted keeps it for some seconds.
        """
        return bool(self.address)


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service, how many tasks it should have, and where they run.

    nodes: a node id for each task that is to run and was last seen running, the dead nodes among them.
    """

    name: str
    wanted: int
    nodes: tuple[str, ...]


def local_swarm(session: Session) -> LocalSwarm | None:
    """The server's own view of the swarm; None where no Docker answers."""
    done = session.run("docker info --format '{{json .Swarm}}'", timeout_seconds=READ_SECONDS)
    if not done.ok or not done.stdout.strip().startswith("{"):
        return None
    said = json.loads(done.stdout)
    swarm_id = (said.get("Cluster") or {}).get("ID") or None
    return LocalSwarm(
        state=str(said.get("LocalNodeState") or "inactive"),
        node_id=str(said.get("NodeID") or ""),
        swarm_id=swarm_id,
        is_manager=bool(said.get("ControlAvailable")) and swarm_id is not None,
        is_leaderless=bool(said.get("ControlAvailable")) and swarm_id is None,
        managers={peer["NodeID"]: peer["Addr"] for peer in said.get("RemoteManagers") or ()},
        error=str(said.get("Error") or ""),
    )


def docker_swarm(session: Session) -> LocalSwarm:
    """As `local_swarm`. Raises SwarmError where no Docker answers."""
    local = local_swarm(session)
    if local is None:
        said = f"Docker does not answer on {session.name}: see `systemctl status docker` there"
        raise SwarmError(said)
    return local


def nodes(manager: Session) -> list[Node]:
    """All nodes of the swarm."""
    said = must_when_led(
        manager,
        "nodes=$(docker node ls -q) && docker node inspect $nodes",
        doing="listing the swarm's nodes",
        timeout_seconds=READ_SECONDS,
    )
    return [_node(item) for item in json.loads(said)]


def node_by_id(manager: Session, node_id: str) -> Node | None:
    """One node, or None if the swarm does not know it."""
    return next((node for node in nodes(manager) if node.node_id == node_id), None)


def running_tasks(manager: Session, node_id: str) -> list[str]:
    """Names of the tasks that have not ended on a node."""
    said = must_when_led(
        manager,
        f"docker node ps {node_id} --format '{{{{.Name}}}} {{{{.CurrentState}}}}'",
        doing="listing a node's tasks",
        timeout_seconds=READ_SECONDS,
    )
    lines = [line.split() for line in said.splitlines() if line.strip()]
    return [words[0] for words in lines if len(words) > 1 and words[1] in _LIVE]


def services_of_cluster(manager: Session) -> dict[str, list[Service]]:
    """The services of all Galera members, by the name of their cluster."""
    listed = f"docker service ls --filter label={CLUSTER_LABEL}"
    # `service ls` counts a task as running for as long as nobody has seen it end, on a dead node for ever.
    said = must_when_led(
        manager,
        f"{listed} -q | xargs -r docker service inspect"
        f" --format 'service {{{{.ID}}}} {{{{index .Spec.Labels \"{CLUSTER_LABEL}\"}}}} {{{{.Spec.Name}}}}'"
        f" && {listed} --format 'count {{{{.Name}}}} {{{{.Replicas}}}}'"
        f" && {listed} -q | xargs -r docker service ps --no-resolve --filter desired-state=running"
        " --format 'task {{.Name}} {{.CurrentState}} on {{.Node}}'",
        doing="listing the members' services",
        timeout_seconds=READ_SECONDS,
    )
    lines = [line.split() for line in said.splitlines() if line.strip()]
    wanted = {words[1]: wanted_tasks(words[2]) for words in lines if words[0] == "count"}
    running: dict[str, list[str]] = {}
    for words in lines:
        if words[0] == "task" and words[2] == "Running":
            running.setdefault(words[1].partition(".")[0], []).append(words[-1])
    found: dict[str, list[Service]] = {}
    for kind, *words in lines:
        if kind == "service" and words[2] in wanted:
            id_, cluster, name = words
            service = Service(name=name, wanted=wanted[name], nodes=tuple(running.get(id_, ())))
            found.setdefault(cluster, []).append(service)
    return found


_LIVE = frozenset({"New", "Pending", "Assigned", "Accepted", "Preparing", "Ready", "Starting", "Running"})


def _node(item: Mapping[str, Any]) -> Node:
    spec, status, manager = item["Spec"], item.get("Status") or {}, item.get("ManagerStatus") or {}
    return Node(
        node_id=str(item["ID"]),
        hostname=str((item.get("Description") or {}).get("Hostname") or ""),
        role=str(spec.get("Role")),
        state=str(status.get("State")),
        availability=str(spec.get("Availability")),
        labels=dict(spec.get("Labels") or {}),
        reachable=manager.get("Reachability") == "reachable",
        address=str(manager.get("Addr") or ""),
    )


def wanted_tasks(replicas: str) -> int:
    """Of `2/3`, as Docker counts a service's tasks, the 3; 0 where it says nothing."""
    return int(replicas.partition("/")[2] or 0)
