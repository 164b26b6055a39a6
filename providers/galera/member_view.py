"""What can be seen of a member from outside: its state over SQL, its data, and how many members there are."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.galera.sql import values
from providers.ssh import Session
from providers.swarm.docker_view import CLUSTER_LABEL, READ_SECONDS, nodes, wanted_tasks
from providers.swarm.election import must_when_led

if TYPE_CHECKING:
    from providers.galera.sql import SqlConnection

_STATUS = (
    "wsrep_local_state_comment",
    "wsrep_cluster_status",
    "wsrep_cluster_state_uuid",
    "wsrep_cluster_size",
    "wsrep_ready",
    "wsrep_last_committed",
)


@dataclass(frozen=True, kw_only=True)
class SqlView:
    """A member's own word over SQL."""

    state: str
    component: str
    uuid: str
    size: int
    is_ready: bool
    committed: str
    version: str
    address: str

    @property
    def is_synced(self) -> bool:
        """Synced in a Primary component, and taking queries."""
        return self.state == "Synced" and self.component == "Primary" and self.is_ready


def seat_label(service: str) -> str:
    """The node label that the seats of a service are marked with."""
    return f"galera-swarm.seat.{service}"


def seated_name(service: str, server: str) -> str:
    """Name of a member with a seat: it goes with its server, because its data does."""
    return f"{service}-{server}"


def expected_size(manager: Session, cluster: str, absent: Sequence[str]) -> int:
    """How many members the cluster has by its services, without those named as gone for good.

    A pinned service counts for one: a member that somebody has stopped by hand is still a member. One with
    seats ("max 1 per node") is as many as it has tasks, but no more than it has seats: the server that takes
    another's place has none yet, and is given one only when the members that stay were seen.
    """
    label = shlex.quote(f"label={CLUSTER_LABEL}={cluster}")
    said = must_when_led(
        manager,
        f"docker service ls --filter {label} --format '{{{{.Name}}}} {{{{.Replicas}}}}'",
        doing="counting the members' services",
        timeout_seconds=READ_SECONDS,
    )
    pinned: dict[str, int] = {}
    seated: dict[str, int] = {}
    for service, *words in (line.split() for line in said.splitlines() if line.strip()):
        tasks = wanted_tasks("".join(words[:1]))
        if "(max" in words:
            seated[service] = tasks
        else:
            pinned[service] = max(1, tasks)
    gone = {name for name in absent for service in pinned if f"{name}-".startswith(f"{service}-")}
    return max(1, sum(pinned.values()) - len(gone) + _seated_size(manager, seated, absent))


def _seated_size(manager: Session, services: Mapping[str, int], absent: Sequence[str]) -> int:
    """How many members sit on seats, given the number of tasks of each service."""
    known = nodes(manager) if services else []
    size = 0
    for service, tasks in services.items():
        names = {seated_name(service, node.server) for node in known if seat_label(service) in node.labels}
        size += min(tasks, len(names)) - len(names & {*absent})
    return size


def sql_view(connection: "SqlConnection") -> SqlView:
    """The member's state; works on members that do not take queries yet, too."""
    names = ", ".join(f"'{name}'" for name in _STATUS)
    status = values(connection, f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    variables = values(
        connection, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'wsrep_node_address')"
    )
    return SqlView(
        state=status.get("wsrep_local_state_comment", ""),
        component=status.get("wsrep_cluster_status", ""),
        uuid=status.get("wsrep_cluster_state_uuid", ""),
        size=int(status.get("wsrep_cluster_size") or 0),
        is_ready=status.get("wsrep_ready") == "ON",
        committed=status.get("wsrep_last_committed", ""),
        version=variables.get("version", ""),
        address=variables.get("wsrep_node_address", ""),
    )


def data_kilobytes(server: Session, container: str) -> int:
    """Size of the data volume of a container; 0 if it cannot be told."""
    mount = '{{range .Mounts}}{{if eq .Destination "/var/lib/mysql"}}{{.Source}}{{end}}{{end}}'
    done = server.run(
        f'du -sk "$(docker inspect -f {shlex.quote(mount)} {shlex.quote(container)})" | cut -f 1',
        timeout_seconds=READ_SECONDS,
    )
    return int(done.stdout.strip()) if done.stdout.strip().isdigit() else 0
