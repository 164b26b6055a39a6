"""A member seen Synced over SQL: what the next wave of members waits for (design section 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.galera.synced_provider import SyncedMemberProvider
from providers.ssh import SshInputs


@dataclass(frozen=True, kw_only=True)
class SyncedMemberArgs:
    """Which member, and when it counts as there.

    ssh: the server of the member.
    manager_ssh: a swarm manager, or several that are asked in this order.
    member: the member's name. service: its service in the swarm.
    port: where its SQL answers on its own server (127.0.0.1).
    cluster_name: value of the label `galera-swarm.cluster` on the services of all members.
    cluster_uuid: the history UUID given at birth; another one is another cluster, and an error. None before
        the birth.
    password: of root; a secret.
    triggers: whatever makes the member start anew; a change means to wait again.
    absent: members named as gone for good, which the expected size does not count.
    node_id: of the member's swarm node, where its service has other tasks elsewhere; and no update of that
        service may be under way.
    if_there: a member that has no task is nothing to wait for.
    timeout_seconds: how long the member may take without a sign of progress; a state transfer that moves, or
        a recovery that writes, is one.
    """

    ssh: SshInputs
    manager_ssh: SshInputs | Sequence[SshInputs]
    member: str
    service: str
    port: int
    cluster_name: str
    cluster_uuid: pulumi.Input[str] | None
    password: pulumi.Input[str]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    absent: Sequence[str] = field(default_factory=tuple)
    node_id: pulumi.Input[str] | None = None
    if_there: bool = False
    timeout_seconds: int = 600


class SyncedMember(Resource, module="galera", name="SyncedMember"):
    """One member: running by the current spec of its service, Synced, Primary, in the cluster's history."""

    state: pulumi.Output[str]
    """wsrep_local_state_comment; "Unreachable" if a refresh found no SQL."""
    size: pulumi.Output[int]
    """wsrep_cluster_size as last seen; 0 if unreachable."""
    version: pulumi.Output[str]
    """Version of the server."""
    node_address: pulumi.Output[str]
    """Address on the overlay network, as last seen."""
    spec: pulumi.Output[str]
    """Digest of its service's spec when seen; a refresh that finds another one asks for a new proof."""

    def __init__(self, name: str, args: SyncedMemberArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        managers = args.manager_ssh
        props: dict[str, Any] = {
            "ssh": args.ssh,
            "manager_ssh": list(managers) if isinstance(managers, Sequence) else [managers],
            "member": args.member,
            "service": args.service,
            "port": args.port,
            "cluster_name": args.cluster_name,
            "cluster_uuid": args.cluster_uuid,
            "password": pulumi.Output.secret(args.password),
            "triggers": list(args.triggers),
            "absent": list(args.absent),
            "node_id": args.node_id,
            "if_there": args.if_there or None,
            "timeout_seconds": args.timeout_seconds,
            "state": None,
            "size": None,
            "version": None,
            "node_address": None,
            "spec": None,
        }
        super().__init__(SyncedMemberProvider(), name, props, opts)
