"""How many tasks a service has, for a service whose tasks are counted by somebody else than its spec.

The engine gives a provider the whole spec at each change, with the number of tasks in it. Where that number
is changed past the engine, the one it knows is old: a line of configuration would take members away. So it
is looked at whenever the spec changes, right before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from providers.ssh import SshInputs
from providers.stateless import StatelessProvider, changed, without_provider
from providers.swarm.docker_view import wanted_tasks
from providers.swarm.election import must_when_led
from providers.swarm.manager_link import any_manager

#: Seconds for a manager to answer.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class TaskCountArgs:
    """service: its name in the swarm. managers: SSH to the managers, asked in this order.

    spec: changes whenever the service is changed for another reason than its number of tasks.
    """

    service: str
    managers: Sequence[SshInputs]
    spec: pulumi.Input[str]


class TaskCountProvider(StatelessProvider):
    """Looks once for each spec, and at a refresh, when the engine learns the number as well."""

    INPUTS: ClassVar = ("service", "managers", "spec")
    IDENTITY: ClassVar = ("service",)
    COMPARED: ClassVar = ("spec",)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Also where a recorded manager is reached otherwise now: a refresh has nothing but the record."""
        found = super().diff(_id, _olds, _news)
        before, after = _olds.get("managers"), _news.get("managers")
        # Unknown as a whole while one of the managers is being replaced.
        if found.changes or not (isinstance(before, Sequence) and isinstance(after, Sequence)):
            return found
        pairs = zip(before, after, strict=False)
        return DiffResult(changes=True, replaces=[]) if any(changed(*pair) for pair in pairs) else found

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raises SshError if no manager answers."""
        return CreateResult(f"{props['service']}-tasks", outs=_counted(without_provider(props)))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Count, if another spec is about to be rolled."""
        outs = self.taken_over(_olds, _news)
        return UpdateResult(outs=_counted(outs) if changed(_olds.get("spec"), _news.get("spec")) else outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The number as it is now. Raises SwarmError or SshError: one that is not the refreshed service's own
        would be given to it at the next change.
        """
        return self.found(id_, _counted(without_provider(props)))


class TaskCount(Resource, module="swarm", name="TaskCount"):
    """The number of tasks that a service has as it is about to be changed; 1 before there is one."""

    tasks: pulumi.Output[int]

    def __init__(self, name: str, args: TaskCountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "service": args.service,
            "managers": list(args.managers),
            "spec": args.spec,
            "tasks": None,
        }
        super().__init__(TaskCountProvider(), name, props, opts)


def _counted(props: dict[str, Any]) -> dict[str, Any]:
    with any_manager(props["managers"], patience_seconds=PATIENCE_SECONDS) as (manager, _):
        said = must_when_led(
            manager,
            "docker service ls --format '{{.Name}} {{.Replicas}}'",
            doing=f"counting the tasks of {props['service']}",
            timeout_seconds=PATIENCE_SECONDS,
        )
    return {**props, "tasks": tasks_of(said, str(props["service"]))}


def tasks_of(listing: str, service: str) -> int:
    """Of a line `galera 2/3 (max 1 per node)` the 3; 1 for a service that is not listed."""
    counts: Mapping[str, str] = dict(line.split()[:2] for line in listing.splitlines() if line.strip())
    return max(1, wanted_tasks(counts.get(service, "")))
