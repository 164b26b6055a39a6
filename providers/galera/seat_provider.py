"""What happens at a `MemberSeat`: a label on a node and a number of tasks, changed by one at a time.

A scheduler that is told "two fewer" stops two members of its own choice at once. Here the seat that goes is
chosen by its label, its member leaves in order, and the rest is seen Synced before the next seat goes.
"""

import shlex
from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.galera.errors import GaleraError
from providers.galera.member_view import SqlView, expected_size, sql_view
from providers.galera.sql import sql
from providers.patience import Patience
from providers.ssh import CommandFailedError, Session, SshError, Target, connect
from providers.stateless import StatelessProvider, gone, whole, without_provider
from providers.swarm.docker_view import nodes
from providers.swarm.election import must_when_led
from providers.swarm.errors import SwarmError
from providers.swarm.manager_link import any_manager
from providers.swarm.node_changes import update_node
from providers.swarm.task_view import replicas

#: Seconds for a manager to answer.
MANAGER_SECONDS = 60.0
#: Seconds that a changing docker command may take.
CHANGE_SECONDS = 60.0
#: Seconds for the server of a member to answer while another one could be asked.
MEMBER_SECONDS = 8.0


class MemberSeatProvider(StatelessProvider):
    """The seats of a service are a chain, so that one is taken or given up at a time."""

    INPUTS: ClassVar = (
        "managers",
        "service",
        "label",
        "node_id",
        "hostname",
        "rank",
        "cluster_name",
        "port",
        "password",
        "survivors",
        "absent",
        "timeout_seconds",
    )
    COMPARED: ClassVar = (
        "managers",
        "service",
        "label",
        "node_id",
        "port",
        "password",
        "survivors",
        "absent",
    )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Seat the member. Repeated, it finds everything done."""
        _seat(props, is_first=whole(props, "rank") == 1)
        return CreateResult(f"{props['service']}-on-{props['hostname']}", outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Another node under the same name, or another way to it."""
        _seat(_news, is_first=False)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone if the node does not carry the label any more."""
        try:
            with any_manager(props["managers"], patience_seconds=1.0) as (manager, _):
                seated = {node.node_id for node in nodes(manager) if str(props["label"]) in node.labels}
        except (SwarmError, SshError) as exc:
            return self.unseen(id_, props, exc)
        return self.found(id_, props) if props["node_id"] in seated else gone()

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Unseat the member, and see the others Synced without it.

        Raises GaleraError, and leaves the member where it is, if the others are not Primary.
        """
        patience = Patience(float(whole(_props, "timeout_seconds", 900)))
        survivors = bool(_props.get("survivors"))
        if survivors:
            _await_rest(_props, patience, leaving=1)
        with any_manager(_props["managers"], patience_seconds=MANAGER_SECONDS) as (manager, _):
            _unseat(manager, _props, patience)
        if survivors:
            _await_rest(_props, patience, leaving=0)


def _seat(props: Mapping[str, Any], *, is_first: bool) -> None:
    service, label = str(props["service"]), str(props["label"])
    with any_manager(props["managers"], patience_seconds=MANAGER_SECONDS) as (manager, _):
        for node in nodes(manager):
            if node.node_id == props["node_id"]:
                update_node(manager, node, labels={label: "yes"})
            elif is_first and replicas(manager, service) <= 1:
                # A service that is new begins here, whatever an earlier one of its name left behind.
                update_node(manager, node, drop_labels=frozenset({label}))
        if replicas(manager, service) < whole(props, "rank"):
            _scale(manager, service, whole(props, "rank"))


def _unseat(manager: Session, props: Mapping[str, Any], patience: Patience) -> None:
    """First the label, so that it is this member that goes; then the task that finds no seat any more."""
    service, label = str(props["service"]), str(props["label"])
    for node in nodes(manager):
        if node.node_id == props["node_id"]:
            update_node(manager, node, drop_labels=frozenset({label}))
    try:
        for _ in patience.pauses():
            if not _runs_on(manager, service, str(props["node_id"])):
                break
            if patience.is_time_to_report():
                patience.report(service, f"leaves {props['hostname']}")
        seats = sum(label in node.labels for node in nodes(manager))
        if replicas(manager, service) > seats:
            _scale(manager, service, seats)
    except CommandFailedError as exc:
        if "no such service" not in str(exc).lower():
            raise


def _runs_on(manager: Session, service: str, node_id: str) -> bool:
    """Whether a task of the service is, or is still to be, on that node."""
    said = must_when_led(
        manager,
        f"docker service ps {shlex.quote(service)} --filter node={shlex.quote(node_id)}"
        " --format '{{.DesiredState}} {{.CurrentState}}'",
        doing=f"looking where {service} runs",
    )
    return any("Running" in line.split(" ")[:2] for line in said.splitlines())


def _scale(manager: Session, service: str, number: int) -> None:
    must_when_led(
        manager,
        f"docker service scale --detach {shlex.quote(service)}={number}",
        doing=f"giving {service} {number} tasks",
        timeout_seconds=CHANGE_SECONDS,
    )


def _await_rest(props: Mapping[str, Any], patience: Patience, *, leaving: int) -> None:
    """Wait for a survivor that is Synced in a Primary as large as the rest, with or without who leaves."""
    seen = "none of them answers"
    for _ in patience.pauses():
        view = _any_survivor(props)
        if view is not None:
            seen = f"{view.state}, {view.component}, {view.size} members"
            patience.saw("rest", seen)
            with any_manager(props["managers"], patience_seconds=MANAGER_SECONDS) as (manager, _):
                expected = expected_size(manager, str(props["cluster_name"]), props.get("absent") or ())
            if view.is_synced and view.size >= expected - leaving and (leaving or view.size <= expected):
                return
        if patience.is_time_to_report():
            patience.report(f"{props['service']} on {props['hostname']}", f"waits for the others: {seen}")
    said = (
        f"the member on {props['hostname']} does not leave: the others are not Synced in one Primary without"
        f" it ({seen}): bring them back first, or name members that are gone for good in database.absent"
    )
    raise GaleraError(said)


def _any_survivor(props: Mapping[str, Any]) -> SqlView | None:
    for ssh in props["survivors"]:
        try:
            with (
                connect(Target.from_inputs(ssh), deadline_seconds=MEMBER_SECONDS) as server,
                sql(server, whole(props, "port"), str(props["password"])) as connection,
            ):
                view = sql_view(connection)
        except (SshError, GaleraError):
            continue
        if view.component == "Primary":
            return view
    return None
