"""The birth of a Galera cluster: an act of the program, once in the life of a stack (design section 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi.dynamic import Resource

from providers.galera.birth_provider import ClusterBirthProvider
from providers.ssh import SshInputs


class MemberVolume(TypedDict):
    """Where a member keeps its data: a named volume on its server.

    service: the member's service, where it is not called like the member. With an empty `volume` the data
        goes with the container of that service.
    """

    member: str
    ssh: SshInputs
    volume: str
    service: NotRequired[str]


@dataclass(frozen=True, kw_only=True)
class ClusterBirthArgs:
    """Who is born, and where nothing may lie yet.

    ssh_of_members: all members of the first deployment; members added later change nothing.
    first: name of the member that bootstraps.
    init_scripts: file name to base64 text of what runs once, in the order of the names.
    timeout_seconds: how long the first member may take without a sign of progress.
    """

    ssh_of_members: Sequence[MemberVolume]
    first: str
    cluster_name: str
    init_scripts: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int = 900


class ClusterBirth(Resource, module="galera", name="ClusterBirth"):
    """The fact that the cluster was born, and its history UUID. Never runs again."""

    cluster_uuid: pulumi.Output[str]

    def __init__(self, name: str, args: ClusterBirthArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "ssh_of_members": [dict(member) for member in args.ssh_of_members],
            "first": args.first,
            "cluster_name": args.cluster_name,
            "init_scripts": dict(args.init_scripts),
            "timeout_seconds": args.timeout_seconds,
            "cluster_uuid": None,
        }
        super().__init__(ClusterBirthProvider(), name, props, opts)
