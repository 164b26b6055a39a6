"""A node leaves in order (design section 7): drained, demoted, left, seen down, removed."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.ssh import CommandFailedError, Session, SshError
from providers.swarm.docker_view import (
    LocalSwarm,
    Node,
    local_swarm,
    node_by_id,
    nodes,
    running_tasks,
)
from providers.swarm.errors import NoManagerError, SwarmError
from providers.swarm.joining import await_
from providers.swarm.manager_link import (
    PATIENCE_SECONDS,
    any_manager,
    membership_lock,
    reach,
    same_server,
)
from providers.swarm.node_changes import DEMOTION_SECONDS, remove_node, update_node
from providers.swarm.quorum import refuse_loss
from providers.swarm.silence import await_answer, silent_are_gone

#: Seconds for the managers to see that a node has left or died.
NOTICED_SECONDS = 45.0
#: Seconds for `docker swarm leave`, which stops what still runs.
LEAVE_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Leaver:
    """Who leaves. managers: `ssh` of the other managers. drain_seconds: how long tasks may take to end."""

    ssh: Mapping[str, Any]
    node_id: str
    hostname: str
    managers: Sequence[Mapping[str, Any]]
    drain_seconds: float

    @property
    def others(self) -> list[Mapping[str, Any]]:
        """The managers without the leaver itself."""
        return [ssh for ssh in self.managers if not same_server(ssh, self.ssh)]


def leave(leaver: Leaver) -> None:
    """Take the node out of the swarm; a server that is dead is taken out from the managers' side alone.

    Raises SwarmError if the swarm, or the Galera cluster on it, would lose its quorum by this, or if neither
    the server nor any manager answers: what runs there may be alive behind a broken way.
    """
    await_answer(
        leaver.hostname,
        "cannot leave the swarm in order: neither it nor any manager answers",
        # Asked before the managers: a way that comes back after they were asked would make it seem alone.
        lambda: _silence(leaver, alone=silent_are_gone() or _answers(leaver)),
    )


def dissolve(ssh: Mapping[str, Any], swarm_id: str) -> None:
    """Take the first server out, the last of this swarm. Raises SwarmError if it does not answer."""
    await_answer(
        str(ssh["host"]),
        "cannot leave the swarm as its last server: it does not answer",
        lambda: _leave_as_last(ssh, swarm_id),
    )


def _leave_as_last(ssh: Mapping[str, Any], swarm_id: str) -> str | None:
    """Why it cannot be asked; None if it is out."""
    try:
        with reach(ssh, PATIENCE_SECONDS) as server:
            local = local_swarm(server)
            if local is None:
                return f"{server.name}: Docker does not answer"
            if local.state != "inactive" and local.swarm_id in (None, swarm_id):
                server.must(
                    "docker swarm leave --force", doing="dissolving the swarm", timeout_seconds=LEAVE_SECONDS
                )
    except SshError as exc:
        return str(exc)
    return None


def _answers(leaver: Leaver) -> bool:
    try:
        with reach(leaver.ssh, PATIENCE_SECONDS) as server:
            return local_swarm(server) is not None
    except SshError:
        return False


def _silence(leaver: Leaver, *, alone: bool) -> str | None:
    """Why nobody could be asked; None if the node has left. alone: also where no other manager answers."""
    try:
        with membership_lock([*leaver.others, leaver.ssh]):
            return _leave_locked(leaver, alone=alone)
    except NoManagerError as exc:
        return _leave_alone(leaver) if alone else str(exc)


def _leave_locked(leaver: Leaver, *, alone: bool) -> str | None:
    try:
        with any_manager(leaver.others, patience_seconds=PATIENCE_SECONDS) as (manager, _):
            _leave_through(manager, leaver)
    except NoManagerError as exc:
        return _leave_alone(leaver) if alone else str(exc)
    return None


def _leave_through(manager: Session, leaver: Leaver) -> None:
    node = node_by_id(manager, leaver.node_id)
    if node is not None:
        refuse_loss(manager, node)
        _drain(manager, node, leaver.drain_seconds)
        update_node(manager, node, role="worker")
    has_left = _leave_on_server(leaver)
    if node is None:
        return
    if not has_left and not await_(lambda: _is_down(manager, leaver.node_id), NOTICED_SECONDS):
        print(f"warning: {leaver.hostname} is removed although the swarm still sees it", file=sys.stderr)
    remove_node(manager, node_by_id(manager, leaver.node_id) or node)


def _drain(manager: Session, node: Node, seconds: float) -> None:
    update_node(manager, node, availability="drain")
    if node.state != "ready":
        return
    if not await_(lambda: not running_tasks(manager, node.node_id), seconds):
        left = ", ".join(running_tasks(manager, node.node_id))
        print(f"warning: {left} did not end on {node.server} within {seconds:.0f} s", file=sys.stderr)


def _leave_on_server(leaver: Leaver) -> bool:
    """On the server itself, if it still answers as the one that is known; whether it is out now.

    The managers see a node that has left as ready for up to 20 s more, which nobody has to wait for.
    """
    try:
        with reach(leaver.ssh, PATIENCE_SECONDS) as server:
            local = local_swarm(server)
            if local is None:
                return False
            if local.state == "inactive" or local.node_id != leaver.node_id:
                return True
            await_(lambda: not _is_manager(server), DEMOTION_SECONDS)
            server.must(
                "docker swarm leave || docker swarm leave --force",
                doing="leaving the swarm",
                timeout_seconds=LEAVE_SECONDS,
            )
    except SshError as exc:
        print(f"warning: {leaver.hostname} is taken out without its help: {exc}", file=sys.stderr)
        return False
    return True


def _leave_alone(leaver: Leaver) -> str | None:
    """No other manager answers: the last one dissolves the swarm; anybody else would strand the living.

    Why the server cannot be asked either; None if it is out.
    """
    try:
        with reach(leaver.ssh, PATIENCE_SECONDS) as server:
            local = local_swarm(server)
            if local is None:
                return f"{server.name}: Docker does not answer"
            if local.state == "inactive" or local.node_id != leaver.node_id:
                return None
            _refuse_stranding(server, local, leaver)
            server.must(
                "docker swarm leave --force", doing="leaving the swarm", timeout_seconds=LEAVE_SECONDS
            )
    except SshError as exc:
        return str(exc)
    return None


def _refuse_stranding(server: Session, local: LocalSwarm, leaver: Leaver) -> None:
    if not local.is_manager:
        return
    try:
        others = [node for node in nodes(server) if node.node_id != leaver.node_id]
    except CommandFailedError:
        return  # Without a leader there is no swarm left to strand.
    living = [node.server for node in others if node.role == "manager" and node.reachable]
    if living:
        said = (
            f"{leaver.hostname} cannot leave the swarm in order: {', '.join(living)} is a manager too but"
            " does not"
            " answer over SSH; make it reachable first"
        )
        raise SwarmError(said)


def _is_manager(server: Session) -> bool:
    local = local_swarm(server)
    return local is not None and local.is_manager


def _is_down(manager: Session, node_id: str) -> bool:
    node = node_by_id(manager, node_id)
    return node is None or node.state == "down"
