"""A member of etcd is changed only while the others are a majority without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource

from providers.etcd.control import Listed, member_list
from providers.etcd.errors import EtcdError
from providers.etcd.health import health_of_voters
from providers.leeway import SERVER_SECONDS, LeewayProvider, Voters
from providers.ssh import SshError, SshInputs, Target, connect


@dataclass(frozen=True, kw_only=True)
class EtcdLeewayArgs:
    """ssh: the member's server. member: its name. triggers: what restarts it."""

    ssh: SshInputs
    member: str
    triggers: Sequence[pulumi.Input[str]]


class EtcdLeewayProvider(LeewayProvider):
    """Asks the member itself, whose container has the way to all others."""

    INPUTS: ClassVar = ("ssh", "member", "triggers")
    ERROR: ClassVar = EtcdError

    def voters(self, props: Mapping[str, Any]) -> Voters | None:
        """None where the member does not answer, or reaches no majority: then it has no quorum to cost."""
        member = str(props["member"])
        try:
            with connect(Target.from_inputs(props["ssh"]), deadline_seconds=SERVER_SECONDS) as server:
                view = member_list(server, member)
                sick = health_of_voters(server, member).sick if view else {}
        except SshError:
            return None
        if view is None:
            return None
        voting = [one for one in view.members if not one.is_learner]
        return Voters(well={one.name or one.member_id: _is_well(one, sick) for one in voting})


def _is_well(one: Listed, sick: Mapping[str, str]) -> bool:
    """One that has never started has no address, and was not asked."""
    return bool(one.client_urls) and not {*one.client_urls, one.name} & set(sick)


class EtcdLeeway(Resource, module="etcd", name="EtcdLeeway"):
    """Stands between a change of a member and its service."""

    def __init__(self, name: str, args: EtcdLeewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(EtcdLeewayProvider(), name, {**vars(args), "triggers": list(args.triggers)}, opts)
