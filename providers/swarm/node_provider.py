"""What happens to a `SwarmNode`: joined or adopted, changed in place, taken out in order."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.ssh import Session, SshError
from providers.stateless import StatelessProvider, gone, whole, without_provider
from providers.swarm.docker_view import SERVER_LABEL, LocalSwarm, Node, docker_swarm, node_by_id
from providers.swarm.errors import SwarmError
from providers.swarm.joining import (
    MANAGER_PATIENCE_SECONDS,
    SERVER_PATIENCE_SECONDS,
    Joiner,
    Role,
    await_,
    joined,
    label_of,
    wait_ready,
)
from providers.swarm.leaving import Leaver, leave
from providers.swarm.manager_link import any_manager, membership_lock, reach, same_server
from providers.swarm.node_changes import DEMOTION_SECONDS, update_node
from providers.swarm.quorum import drop_dead_votes, refuse_demotion


class SwarmNodeProvider(StatelessProvider):
    """A node goes with its server: while the server is being replaced, the node leaves before it."""

    INPUTS: ClassVar = (
        "ssh",
        "server_id",
        "hostname",
        "managers",
        "role",
        "join_address",
        "join_token",
        "swarm_id",
        "advertise_address",
        "labels",
        "drain_timeout_seconds",
    )
    IDENTITY: ClassVar = ("server_id", "advertise_address")
    GOES_WITH: ClassVar = ("server_id",)
    COMPARED: ClassVar = ("ssh", "hostname", "managers", "role", "labels", "swarm_id")
    DELETE_FIRST: ClassVar = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Join (or adopt) and label. Raises SwarmError with the cause when the server cannot be a node."""
        with joined(_joiner(props)) as (manager, node_id):
            node = _known(node_by_id(manager, node_id), props)
            update_node(
                manager,
                node,
                labels=label_of(str(props["hostname"]), props.get("labels") or {}),
                role=_role(props),
                availability="active",
            )
            wait_ready(manager, node_id, str(props["hostname"]), _role(props))
        return CreateResult(node_id, outs={**without_provider(props), "node_id": node_id})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Labels and role in place; a demotion waits for its turn and for the quorum."""
        wanted = label_of(str(_news["hostname"]), _news.get("labels") or {})
        dropped = frozenset(_olds.get("labels") or {}) - set(wanted)
        with _manager(_news) as (manager, _):
            node = _known(node_by_id(manager, _id), _news)
            update_node(manager, node, labels=wanted, drop_labels=dropped)
        if node.role != _role(_news):
            _change_role(_id, _news)
        return UpdateResult(outs={**self.taken_over(_olds, _news), "node_id": _id})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Role and declared labels as they are; gone if the managers do not know the node."""
        try:
            with _manager(props, 1.0) as (manager, _):
                node = node_by_id(manager, id_)
        except (SwarmError, SshError) as exc:
            return self._read_alone(id_, props, exc)
        if node is None:
            return gone()
        labels = {key: node.labels[key] for key in props.get("labels") or {} if key in node.labels}
        seen = {"role": node.role, "labels": labels, "hostname": node.labels.get(SERVER_LABEL, "")}
        return self.found(id_, {**props, **seen})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """In the order of design section 7. Raises SwarmError if a quorum would be lost by it."""
        leave(
            Leaver(
                ssh=_props["ssh"],
                node_id=_id,
                hostname=str(_props["hostname"]),
                managers=_props.get("managers") or (),
                drain_seconds=float(whole(_props, "drain_timeout_seconds", 120)),
            )
        )

    def _read_alone(self, id_: str, props: dict[str, Any], exc: Exception) -> ReadResult:
        """No manager answers: the server's own word, if it gives one, else what was recorded."""
        try:
            with reach(props["ssh"], 3.0) as server:
                if docker_swarm(server).node_id != id_:
                    return gone()
        except (SwarmError, SshError) as own:
            print(f"warning: {own}", file=sys.stderr)
        print(f"warning: {exc}", file=sys.stderr)
        return self.found(id_, props)


def _change_role(node_id: str, props: Mapping[str, Any]) -> None:
    doors, role = _doors(props), _role(props)
    others = [ssh for ssh in doors if not same_server(ssh, props["ssh"])]
    with (
        membership_lock([*others, props["ssh"]]),
        any_manager(others or doors, patience_seconds=MANAGER_PATIENCE_SECONDS) as (manager, _),
    ):
        node = _known(node_by_id(manager, node_id), props)
        if role == "worker":
            drop_dead_votes(manager, node, others)
            refuse_demotion(manager, node)
        update_node(manager, node, role=role)
        if role == "manager":
            wait_ready(manager, node_id, str(props["hostname"]), role)
            return
        with reach(props["ssh"], SERVER_PATIENCE_SECONDS) as server:
            await_(lambda: not docker_swarm(server).is_manager, DEMOTION_SECONDS)


def _joiner(props: Mapping[str, Any]) -> Joiner:
    role = _role(props)
    return Joiner(
        ssh=props["ssh"],
        hostname=str(props["hostname"]),
        role=role,
        advertise_address=str(props["advertise_address"]),
        managers=props.get("managers") or (),
        join_address=str(props.get("join_address") or ""),
        token=str(props.get("join_token") or ""),
        swarm_id=props.get("swarm_id") or None,
    )


def _manager(
    props: Mapping[str, Any], patience_seconds: float = MANAGER_PATIENCE_SECONDS
) -> AbstractContextManager[tuple[Session, LocalSwarm]]:
    swarm_id = props.get("swarm_id") or None
    return any_manager(_doors(props), patience_seconds=patience_seconds, swarm_id=swarm_id)


def _doors(props: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return _joiner(props).doors


def _role(props: Mapping[str, Any]) -> Role:
    return "manager" if props["role"] == "manager" else "worker"


def _known(node: Node | None, props: Mapping[str, Any]) -> Node:
    if node is None:
        said = f"{props['hostname']} is no longer in the swarm: run `pulumi refresh`, then `pulumi up`"
        raise SwarmError(said)
    return node
