"""A member that works: the proof on which the next one waits, and its orderly leave."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi.dynamic import Resource

from providers.etcd.member_provider import EtcdMemberProvider
from providers.etcd.peers import EtcdPeer
from providers.ssh import SshInputs


@dataclass(frozen=True, kw_only=True)
class EtcdMemberArgs:
    """Whom to wait for.

    name: of the member and of its service. peers: all members of the cluster, this one among them.
    triggers: ids of everything that restarts the member; order alone re-runs nothing.
    timeout_seconds: how long nothing may move.
    """

    server_id: pulumi.Input[str]
    ssh: SshInputs
    name: str
    peer_url: pulumi.Input[str]
    peers: Sequence[EtcdPeer]
    triggers: Sequence[pulumi.Input[str]] = ()
    timeout_seconds: int = 300


class EtcdMember(Resource, module="etcd", name="EtcdMember"):
    """Exists when the member votes and every voter of the cluster is healthy."""

    state: pulumi.Output[str]
    """"Voter"; after a refresh also "Learner", "Leaderless" or "Unreachable"."""
    cluster_id: pulumi.Output[str]
    member_id: pulumi.Output[str]
    version: pulumi.Output[str]

    def __init__(self, name: str, args: EtcdMemberArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        found = {"state": None, "cluster_id": None, "member_id": None, "version": None}
        props = {**vars(args), "peers": list(args.peers), "triggers": list(args.triggers), **found}
        super().__init__(EtcdMemberProvider(), name, props, opts)
