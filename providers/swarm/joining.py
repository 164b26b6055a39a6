"""A server becomes a node: adopted if it is one already, cleared of what an earlier one left, joined."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from providers.ssh import Session, SshError
from providers.swarm.docker_view import (
    SERVER_LABEL,
    LocalSwarm,
    Node,
    docker_swarm,
    node_by_id,
    nodes,
)
from providers.swarm.election import must_when_led
from providers.swarm.engine_api import post
from providers.swarm.errors import SwarmError
from providers.swarm.manager_link import any_manager, reach, same_server
from providers.swarm.node_changes import remove_node, update_node

Role = Literal["manager", "worker"]

#: Seconds for a server's SSH to answer; it was seen up before.
SERVER_PATIENCE_SECONDS = 60.0
#: Seconds for a manager to answer when there has to be one.
MANAGER_PATIENCE_SECONDS = 60.0
#: Seconds for a join to succeed, over all its attempts.
JOIN_SECONDS = 120.0
#: Docker gives a single attempt 20 s.
ATTEMPT_SECONDS = 40.0
#: Seconds after which a node that died is seen as down by the managers, generously.
NOTICED_SECONDS = 60.0
#: Seconds for a joined node to become ready.
READY_SECONDS = 60.0
_MANAGEMENT_PORT = 2377


@dataclass(frozen=True, kw_only=True)
class Joiner:
    """What a server needs to join.

    managers: the other managers' `ssh`. token: a worker's, as given at first; empty to ask a manager for it.
    join_address: preferred, if it is a manager's; empty for none. swarm_id: if it is known.
    """

    ssh: Mapping[str, Any]
    hostname: str
    role: Role
    advertise_address: str
    managers: Sequence[Mapping[str, Any]]
    join_address: str = ""
    token: str = field(default="", repr=False)
    swarm_id: str | None = None

    @property
    def doors(self) -> list[Mapping[str, Any]]:
        """All servers that may be managers, this one last."""
        others = [ssh for ssh in self.managers if not same_server(ssh, self.ssh)]
        return [*others, self.ssh] if self.role == "manager" else others


@contextmanager
def joined(joiner: Joiner) -> Iterator[tuple[Session, str]]:
    """A manager's session, and the node id of the server, which is a Ready node by then.

    Several servers may join at the same time, all as workers first. A manager is promoted afterwards: one
    that the leader turned away while it joined as a manager left a nameless node behind (seen with Docker
    20.10 when two joined at once), while a promotion that has to wait for its turn keeps its node.
    Raises SwarmError if the server is in another swarm, if a living node has its name, or if it cannot join.
    """
    with (
        reach(joiner.ssh, SERVER_PATIENCE_SECONDS) as server,
        any_manager(
            joiner.doors,
            patience_seconds=MANAGER_PATIENCE_SECONDS,
            swarm_id=joiner.swarm_id,
            expected=True,
        ) as (manager, view),
    ):
        node_id = _adopt(server, manager, view)
        _clear(manager, joiner.hostname, keep=node_id)
        if node_id is None:
            node_id = _join(server, manager, view, joiner)
            _promote(manager, node_id, joiner)
        yield manager, node_id


def _promote(manager: Session, node_id: str, joiner: Joiner) -> None:
    wait_ready(manager, node_id, joiner.hostname, "worker")
    node = node_by_id(manager, node_id)
    if joiner.role == "manager" and node is not None:
        update_node(manager, node, role="manager")
        wait_ready(manager, node_id, joiner.hostname, "manager")


def wait_ready(manager: Session, node_id: str, hostname: str, role: Role) -> None:
    """Until the managers see the node Ready, and reachable if it is one of them. Raises SwarmError."""

    def is_ready() -> bool:
        node = node_by_id(manager, node_id)
        return node is not None and node.state == "ready" and (role == "worker" or node.reachable)

    if not await_(is_ready, READY_SECONDS):
        said = (
            f"{hostname} joined the swarm but did not become ready within {READY_SECONDS:.0f} s: TCP 2377,"
            " and TCP and UDP 7946, must be open between the servers' private addresses"
        )
        raise SwarmError(said)


def await_(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll, quickly at first, until the condition holds; False if it does not in time."""
    deadline = time.monotonic() + seconds
    pause = 0.2
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(1.0, pause * 1.3)
    return True


def _adopt(server: Session, manager: Session, view: LocalSwarm) -> str | None:
    """The node id if the server is in this swarm; None if it is in none, or was left over from this one."""
    local = docker_swarm(server)
    if local.state == "inactive":
        return None
    if local.state == "locked":
        said = f"the swarm on {server.name} is locked: run `docker swarm unlock` there"
        raise SwarmError(said)
    known = node_by_id(manager, local.node_id)
    if local.state == "pending" and known is not None:
        await_(lambda: docker_swarm(server).state != "pending", ATTEMPT_SECONDS)
        local = docker_swarm(server)
    if known is not None and local.state == "active":
        return local.node_id
    ours = local.swarm_id == view.swarm_id or bool(set(local.managers) & {view.node_id, *view.managers})
    if local.state == "active" and not ours:
        said = (
            f"{server.name} is in another swarm ({local.swarm_id or 'as node ' + local.node_id}): if"
            " nothing of it is needed, run `docker swarm leave --force` there, then `pulumi up` again"
        )
        raise SwarmError(said)
    server.must("docker swarm leave --force", doing="leaving a swarm that has removed it", timeout_seconds=60)
    if known is not None:
        remove_node(manager, known)
    return None


def _clear(manager: Session, hostname: str, keep: str | None) -> None:
    """Take the dead node of an earlier server of this name out; the swarm may need a while to see it dead.

    keep: id of the server's own node, if it is one.
    """

    def namesakes() -> list[Node]:
        return [node for node in nodes(manager) if node.server == hostname and node.node_id != keep]

    if not await_(lambda: all(node.state == "down" for node in namesakes()), NOTICED_SECONDS):
        alive = ", ".join(f"{node.node_id} at {node.address or 'a worker'}" for node in namesakes())
        said = (
            f"the swarm already has a living node named {hostname} ({alive}): take it out with"
            " `docker node rm --force` if its server is gone, or give the server another name"
        )
        raise SwarmError(said)
    for node in namesakes():
        remove_node(manager, node)


def _join(server: Session, manager: Session, view: LocalSwarm, joiner: Joiner) -> str:
    """Attempts until the deadline: a manager may be busy with another change of its own membership."""
    address = _address(manager, view, joiner)
    token = joiner.token or _ask_token(manager)
    deadline = time.monotonic() + JOIN_SECONDS
    while True:
        body = {
            "ListenAddr": f"0.0.0.0:{_MANAGEMENT_PORT}",
            "AdvertiseAddr": joiner.advertise_address,
            "RemoteAddrs": [address],
            "JoinToken": token,
            "Availability": "active",
        }
        status, message = post(server, "/swarm/join", body, timeout_seconds=ATTEMPT_SECONDS)
        local = docker_swarm(server)
        if local.state == "pending":
            await_(lambda: docker_swarm(server).state != "pending", ATTEMPT_SECONDS)
            local = docker_swarm(server)
        if local.state == "active" and local.node_id:
            return local.node_id
        if time.monotonic() > deadline:
            raise SwarmError(_why(server, joiner, address, local.error or message or f"status {status}"))
        if local.state != "inactive":
            server.run("docker swarm leave --force", timeout_seconds=60)
        if "token" in message.lower():
            token = _ask_token(manager)
        time.sleep(1.0)


def _address(manager: Session, view: LocalSwarm, joiner: Joiner) -> str:
    """The declared address if it is another manager's than the joiner itself, else that of who answers."""
    addresses = view.managers
    own = f"{joiner.advertise_address}:"
    if joiner.join_address in addresses.values() and not joiner.join_address.startswith(own):
        return joiner.join_address
    address = addresses.get(view.node_id)
    if address is None:
        said = f"{manager.name} does not tell its address in the swarm: see `docker info` there"
        raise SwarmError(said)
    return address


def _ask_token(manager: Session) -> str:
    return must_when_led(
        manager, "docker swarm join-token -q worker", doing="asking for the join token"
    ).strip()


def _why(server: Session, joiner: Joiner, address: str, reason: str) -> str:
    """The engine's words, with the one cause that they never name: a closed port."""
    host, _, port = address.rpartition(":")
    probe = f"timeout 3 bash -c '</dev/tcp/{host}/{port}'"
    try:
        is_open = server.run(probe, timeout_seconds=10.0).ok
    except SshError:
        is_open = True
    if not is_open:
        return (
            f"{joiner.hostname} cannot reach the manager at {address}: open TCP 2377 and 7946, and UDP 7946"
            " and"
            f" 4789, between the servers' private addresses ({reason})"
        )
    return f"{joiner.hostname} could not join the swarm through {address} in {JOIN_SECONDS:.0f} s: {reason}"


def label_of(hostname: str, labels: Mapping[str, str]) -> dict[str, str]:
    """All labels that a node gets: its server's name, and what was declared."""
    return {**{str(key): str(value) for key, value in labels.items()}, SERVER_LABEL: hostname}
