"""The swarm's name for the servers' own network, for services that work on it without a network of their own.

Every engine has a network called `host` with an id of its own; a service has to be given the swarm's. Given
anything else, its spec reads back differently and shows as a change for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, Resource, UpdateResult

from providers.ssh import SshInputs
from providers.stateless import StatelessProvider, without_provider
from providers.swarm.engine_api import get
from providers.swarm.manager_link import any_manager

#: Seconds for a manager to answer.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class HostNetworkArgs:
    """swarm_id: another swarm has another network. managers: SSH to the managers, asked in this order."""

    swarm_id: pulumi.Input[str]
    managers: Sequence[SshInputs]


class HostNetworkProvider(StatelessProvider):
    """Looks once for each swarm."""

    INPUTS: ClassVar = ("swarm_id", "managers")
    COMPARED: ClassVar = ("swarm_id",)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raises SshError if no manager answers."""
        return CreateResult("host", outs={**without_provider(props), "network_id": _network_id(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Another swarm."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), "network_id": _network_id(_news)})


class HostNetwork(Resource, module="swarm", name="HostNetwork"):
    """The network that is the servers' own."""

    network_id: pulumi.Output[str]
    """What a service is given as the id of its network."""

    def __init__(self, name: str, args: HostNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"swarm_id": args.swarm_id, "managers": list(args.managers), "network_id": None}
        super().__init__(HostNetworkProvider(), name, props, opts)


def _network_id(props: Mapping[str, Any]) -> str:
    with any_manager(props["managers"], patience_seconds=PATIENCE_SECONDS) as (manager, _):
        return str(get(manager, "/networks/host?scope=swarm", timeout_seconds=PATIENCE_SECONDS)["Id"])
