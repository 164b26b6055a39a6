"""Whether the swarm, and the Galera clusters on it, can do without a node, by what is alive now.

The topology guard has judged what was planned.
"""

from collections.abc import Sequence

from providers.ssh import Session
from providers.swarm.docker_view import Node, nodes, running_tasks, services_of_cluster
from providers.swarm.errors import SwarmError
from providers.swarm.joining import NOTICED_SECONDS, await_


def refuse_loss(manager: Session, node: Node) -> None:
    """Raise SwarmError if taking this node out leaves a swarm or a Galera cluster without a quorum."""
    everyone = _known_nodes(manager)
    if node.role == "manager":
        _refuse_vote_loss(node, everyone)
    _refuse_member_loss(manager, node, everyone)


def _known_nodes(manager: Session) -> list[Node]:
    """All nodes, once it is known of each whether it is alive: a new leader knows it of none at first."""
    seen = nodes(manager)
    if any(node.state == "unknown" for node in seen):
        await_(lambda: all(node.state != "unknown" for node in nodes(manager)), NOTICED_SECONDS)
        seen = nodes(manager)
    return seen


def _refuse_vote_loss(node: Node, everyone: Sequence[Node]) -> None:
    others = [other for other in everyone if other.is_raft_member and other.node_id != node.node_id]
    missing = [other.server for other in others if not other.reachable]
    if others and len(missing) > (len(others) - 1) // 2:
        said = (
            f"{node.server} cannot leave the swarm: without it the managers {', '.join(missing)}, which do"
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
