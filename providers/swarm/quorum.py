"""Whether the swarm, and the Galera clusters on it, can do without a node, by what is alive now.

The topology guard has judged what was planned.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from providers.ssh import Session, SshError
from providers.swarm.docker_view import Node, local_swarm, nodes, running_tasks, services_of_cluster
from providers.swarm.errors import SwarmError
from providers.swarm.joining import NOTICED_SECONDS, await_
from providers.swarm.manager_link import PATIENCE_SECONDS, reach
from providers.swarm.node_changes import DEMOTION_SECONDS, update_node


def refuse_loss(manager: Session, node: Node) -> None:
    """Raise SwarmError if taking this node out leaves a swarm or a Galera cluster without a quorum."""
    everyone = _known_nodes(manager)
    if node.role == "manager":
        _refuse_vote_loss(node, everyone, "leave the swarm")
    _refuse_member_loss(manager, node, everyone)


def refuse_demotion(manager: Session, node: Node) -> None:
    """Raise SwarmError if the other managers are no quorum without this one's vote; its tasks run on."""
    _refuse_vote_loss(node, _known_nodes(manager), "become a worker")


def drop_dead_votes(manager: Session, node: Node, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Take their votes from managers that are down and not wanted any more, before another one is demoted.

    wanted: `ssh` of all servers that are to be managers. A node is known not to be wanted once each of them
    has told which node it is; while one is silent, or the living are no majority, nothing is changed.
    """
    voters = [other for other in _known_nodes(manager) if other.is_raft_member]
    dead = [other for other in voters if other.state == "down" and not other.reachable]
    living = sum(other.reachable for other in voters)
    if not dead or not wanted or living <= len(voters) // 2:
        return
    kept = [_own_id(ssh) for ssh in wanted]
    if None in kept:
        return
    dropped = {other.node_id: other for other in dead if other.node_id not in {node.node_id, *kept}}
    for other in dropped.values():
        print(
            f"warning: {other.server} is down, and is to be no manager any more: its vote is taken",
            file=sys.stderr,
        )
        update_node(manager, other, role="worker")
    if dropped:
        await_(lambda: not any(_has_vote(other, dropped) for other in nodes(manager)), DEMOTION_SECONDS)


def _has_vote(node: Node, among: Mapping[str, Node]) -> bool:
    return node.node_id in among and node.is_raft_member


def _own_id(ssh: Mapping[str, Any]) -> str | None:
    """The node that a server is by its own word; None where it does not tell."""
    try:
        with reach(ssh, PATIENCE_SECONDS) as server:
            local = local_swarm(server)
    except SshError:
        return None
    return local.node_id or None if local else None


def _known_nodes(manager: Session) -> list[Node]:
    """All nodes, once it is known of each whether it is alive: a new leader knows it of none at first."""
    seen = nodes(manager)
    if any(node.state == "unknown" for node in seen):
        await_(lambda: all(node.state != "unknown" for node in nodes(manager)), NOTICED_SECONDS)
        seen = nodes(manager)
    return seen


def _refuse_vote_loss(node: Node, everyone: Sequence[Node], deed: str) -> None:
    others = [other for other in everyone if other.is_raft_member and other.node_id != node.node_id]
    missing = [other.server for other in others if not other.reachable]
    if others and len(missing) > (len(others) - 1) // 2:
        said = (
            f"{node.server} cannot {deed}: without its vote the managers {', '.join(missing)}, which do"
            " not answer, would take the quorum away; bring them back first"
        )
        raise SwarmError(said)


def _refuse_member_loss(manager: Session, node: Node, everyone: Sequence[Node]) -> None:
    """A member counts where its node is ready; what was on a node that is down is lost already."""
    if any(other.node_id == node.node_id and other.state == "down" for other in everyone):
        return
    here = [task.rpartition(".")[0] for task in running_tasks(manager, node.node_id)]
    ready = {other.node_id for other in everyone if other.state == "ready"} - {node.node_id}
    for cluster, services in services_of_cluster(manager).items():
        carried = [name for name in here if any(service.name == name for service in services)]
        away = {
            service: service.wanted
            - sum(place in ready for place in service.nodes)
            - carried.count(service.name)
            for service in services
        }
        missing = {service: tasks for service, tasks in away.items() if tasks > 0}
        members = sum(max(1, service.wanted) for service in services)
        if carried and missing and sum(missing.values()) + len(carried) > (members - 1) // 2:
            named = ", ".join(
                f"{tasks} of {service.wanted} {service.name}" for service, tasks in missing.items()
            )
            said = (
                f"{node.server} cannot leave the swarm: it carries {carried[0]}, and with {named} away"
                f" already, Galera cluster {cluster} would lose its quorum; bring those members back first"
            )
            raise SwarmError(said)
