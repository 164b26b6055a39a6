"""A member's place in its cluster, taken before its container first starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.etcd.peers import EtcdPeer
from providers.etcd.seat_provider import EtcdSeatProvider
from providers.ssh import SshInputs


@dataclass(frozen=True, kw_only=True)
class EtcdSeatArgs:
    """Who takes it, and where.

    server_id: another server is another seat. peer_url: where the other members reach this one.
    peers: all members of the cluster, this one among them, the first one first; only the first may begin it.
    volume: its data. token: tells this cluster from others.
    settings: the rest of etcd's configuration, JSON.
    """

    server_id: pulumi.Input[str]
    ssh: SshInputs
    name: str
    peer_url: pulumi.Input[str]
    peers: Sequence[EtcdPeer]
    volume: str
    token: str
    settings: pulumi.Input[str]


class EtcdSeat(Resource, module="etcd", name="EtcdSeat"):
    """The program decides how a member starts, so nobody chooses an `initial-cluster-state`."""

    initial: pulumi.Output[dict[str, Any]]
    """What was decided: `initial-cluster` and `initial-cluster-state`."""

    def __init__(self, name: str, args: EtcdSeatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {**vars(args), "peers": list(args.peers), "initial": None}
        super().__init__(EtcdSeatProvider(), name, props, opts)
