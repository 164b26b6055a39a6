"""The last resource of a deployment: says that the topology it was given has really been reached."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, Resource

from providers.stateless import StatelessProvider, without_provider
from providers.topology.guard import TopologyArgs


@dataclass(frozen=True, kw_only=True)
class TopologySettledArgs:
    """topology: what was reached. attempt: `TopologyGuard.attempt`."""

    topology: TopologyArgs
    attempt: pulumi.Input[str]


class TopologySettledProvider(StatelessProvider):
    """Records what it is given."""

    INPUTS: ClassVar = ("record",)
    COMPARED: ClassVar = ("record",)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Everything it depends on has been done."""
        return CreateResult("settled", outs=without_provider(props))


class TopologySettled(Resource, module="topology", name="TopologySettled"):
    """Depends on everything whose quorum counts, and so exists in its new form only after all of it.

    Its `record` goes out as a stack output; the next deployment reads it from there, by a stack reference to
    itself, and gives it to `TopologyGuardArgs.settled`.
    """

    record: pulumi.Output[dict[str, Any]]
    """`{topology, attempt}`."""

    def __init__(
        self, name: str, args: TopologySettledArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        record = {"topology": args.topology.props(), "attempt": args.attempt}
        super().__init__(TopologySettledProvider(), name, {"record": record}, opts)
