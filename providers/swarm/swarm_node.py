"""One server as a node of the swarm: joined, in its role, labelled, and taken out again in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
from pulumi.dynamic import Resource

from providers.ssh import SshInputs
from providers.swarm.node_provider import SwarmNodeProvider


@dataclass(frozen=True, kw_only=True)
class SwarmNodeArgs:
    """Which server, and what it is in the swarm.

    ssh: the server.
    server_id: its id in the cloud: pass the `id` of the guest resource, which is unknown only while the guest
        is being replaced. Then this node leaves the swarm before its server is cancelled.
    hostname: name of the server, and value of the label `galera-swarm.server` that services are pinned by.
    managers: servers of the swarm's managers, with or without this one, asked in this order.
    role: "manager" or "worker".
    join_address: "address:2377" of the manager to join through, if it is still one.
    join_token: `SwarmInit.worker_token`, also for managers, which join as workers and are promoted then; a
        secret. A rotated token is asked for anew at a manager.
    swarm_id: `SwarmInit.swarm_id`; managers of another swarm are not listened to.
    advertise_address: the server's private address.
    labels: further labels of the node.
    drain_timeout_seconds: how long running tasks may take to end before the node leaves all the same.
    """

    ssh: SshInputs
    server_id: pulumi.Input[str]
    hostname: pulumi.Input[str]
    managers: Sequence[SshInputs]
    role: Literal["manager", "worker"]
    join_address: pulumi.Input[str]
    join_token: pulumi.Input[str]
    swarm_id: pulumi.Input[str]
    advertise_address: pulumi.Input[str]
    labels: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    drain_timeout_seconds: int = 120


class SwarmNode(Resource, module="swarm", name="SwarmNode"):
    """One node, Ready."""

    node_id: pulumi.Output[str]
    """Id of the node in the swarm."""

    def __init__(self, name: str, args: SwarmNodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "ssh": args.ssh,
            "server_id": args.server_id,
            "hostname": args.hostname,
            "managers": list(args.managers),
            "role": args.role,
            "join_address": args.join_address,
            "join_token": pulumi.Output.secret(args.join_token),
            "swarm_id": args.swarm_id,
            "advertise_address": args.advertise_address,
            "labels": dict(args.labels),
            "drain_timeout_seconds": args.drain_timeout_seconds,
            "node_id": None,
        }
        super().__init__(SwarmNodeProvider(), name, props, opts)
