"""Changes of a node that a manager makes: labels, role, availability, removal."""

import shlex
import time
from collections.abc import Mapping

from providers.ssh import CommandFailedError, Session
from providers.swarm.docker_view import Node
from providers.swarm.election import must_when_led

#: Seconds for a manager to step down once it is demoted.
DEMOTION_SECONDS = 60.0
#: The managers refuse a change that was based on an older version of the node; it is then made again.
_OUT_OF_SEQUENCE = "out of sequence"
_ATTEMPTS = 6


def update_node(
    manager: Session,
    node: Node,
    *,
    labels: Mapping[str, str] | None = None,
    drop_labels: frozenset[str] = frozenset(),
    role: str | None = None,
    availability: str | None = None,
) -> bool:
    """Make the node what is asked for; says whether anything had to be changed. Raises CommandFailedError."""
    options: list[str] = []
    for key, value in sorted((labels or {}).items()):
        if node.labels.get(key) != value:
            options += ["--label-add", f"{key}={value}"]
    for key in sorted(drop_labels & set(node.labels)):
        options += ["--label-rm", key]
    if role and node.role != role:
        options += ["--role", role]
    if availability and node.availability != availability:
        options += ["--availability", availability]
    if options:
        _insist(
            manager, f"docker node update {shlex.join(options)} {node.node_id}", f"changing {node.server}"
        )
    return bool(options)


def remove_node(manager: Session, node: Node) -> None:
    """Take a dead node out of the swarm, and out of the managers first. One that is gone already is fine."""
    update_node(manager, node, role="worker")
    try:
        _insist(manager, f"docker node rm --force {node.node_id}", f"removing {node.server}")
    except CommandFailedError as exc:
        if "not found" not in str(exc):
            raise


def _insist(manager: Session, command: str, doing: str) -> None:
    """Some refusals pass by themselves: a stale version, a demotion that is still under way."""
    for attempt in range(_ATTEMPTS):
        try:
            must_when_led(manager, command, doing=doing)
        except CommandFailedError as exc:
            passing = _OUT_OF_SEQUENCE in str(exc) or "is a cluster manager" in str(exc)
            if not passing or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.3 * 2**attempt)
        else:
            return
