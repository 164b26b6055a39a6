"""The swarm itself: made on the first server, unless its other managers already have it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.ssh import SshInputs
from providers.swarm.init_provider import SwarmInitProvider


@dataclass(frozen=True, kw_only=True)
class SwarmInitArgs:
    """Where the swarm begins.

    ssh: the first server.
    server_id: its id in the cloud.
    advertise_address: its private address, on which managers and nodes speak to each other.
    data_path_port: UDP port of the overlay traffic; None for Docker's 4789. Fixed for the life of the swarm.
    address_pool, address_pool_mask: CIDR range and prefix length of networks without a subnet of their own;
        None for Docker's 10.0.0.0/8 in pieces of /24. Fixed for the life of the swarm.
    managers: the servers of the other managers. If they have this swarm, the first server joins it: the
        replacement of the first server never makes a second swarm.
    """

    ssh: SshInputs
    server_id: pulumi.Input[str]
    advertise_address: pulumi.Input[str]
    data_path_port: int | None = None
    address_pool: str | None = None
    address_pool_mask: int = 24
    managers: Sequence[SshInputs] = field(default_factory=tuple)


class SwarmInit(Resource, module="swarm", name="SwarmInit"):
    """One swarm, for as long as any of its managers lives."""

    swarm_id: pulumi.Output[str]
    """Id of the swarm (of its cluster object)."""
    node_id: pulumi.Output[str]
    """Id of the first server's node."""
    manager_token: pulumi.Output[str]
    """What a manager joins with; a secret."""
    worker_token: pulumi.Output[str]
    """What a worker joins with; a secret."""

    def __init__(self, name: str, args: SwarmInitArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "ssh": args.ssh,
            "server_id": args.server_id,
            "advertise_address": args.advertise_address,
            "data_path_port": args.data_path_port,
            "address_pool": args.address_pool,
            "address_pool_mask": args.address_pool_mask,
            "managers": list(args.managers),
            "swarm_id": None,
            "node_id": None,
            "manager_token": None,
            "worker_token": None,
        }
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["manager_token", "worker_token"])
        super().__init__(SwarmInitProvider(), name, props, pulumi.ResourceOptions.merge(opts, hidden))
