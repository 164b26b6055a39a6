"""A service seen to run: as many containers as are wanted, by its present spec, healthy, for some seconds."""

import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers.patience import Patience
from providers.ssh import Session, SshError, SshInputs
from providers.stateless import StatelessProvider, whole, without_provider
from providers.swarm.docker_view import READ_SECONDS
from providers.swarm.errors import NoServiceError, SwarmError
from providers.swarm.manager_link import any_manager
from providers.swarm.service_view import ServiceView, service_view

#: Seconds for a manager to answer again after its session broke, and at a refresh.
RECONNECT_SECONDS, REFRESH_PATIENCE_SECONDS = 30.0, 4.0
#: A container that ended by itself this often during one wait is not on its way.
MOST_RESTARTS = 6
#: Seconds that a container without a health check has to run, and each once more for every restart seen.
STEADY_SECONDS = 5.0
_LOG_LINES, _LOG_SECONDS = 8, 15


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How it is seen that a service runs.

    managers: SSH to the swarm's managers, asked in this order. timeout_seconds: how long the wait may take
    without a sign of progress. restarts: how often a container may end by itself meanwhile.
    """

    managers: Sequence[SshInputs]
    timeout_seconds: int = 300
    restarts: int = MOST_RESTARTS


@dataclass(frozen=True, kw_only=True)
class RunningServiceArgs(Proof):
    """service: its name in the swarm. triggers: whatever makes its containers anew, or more of them."""

    service: str
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)


class RunningServiceProvider(StatelessProvider):
    """Makes nothing; it is the proof that others wait for."""

    INPUTS: ClassVar = ("service", "managers", "triggers", "timeout_seconds", "restarts")
    COMPARED: ClassVar = ("service", "managers", "triggers")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait. Raises SwarmError with what was last seen when nothing moves, or containers crash-loop."""
        return CreateResult(str(props["service"]), outs={**without_provider(props), **_await(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again: something that makes the containers anew, or the way to the managers, has changed."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), **_await(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The service now. One that does not run is a state, not an error, and never a change to be made."""
        try:
            with any_manager(props["managers"], patience_seconds=REFRESH_PATIENCE_SECONDS) as (manager, _):
                seen = _outputs(service_view(manager, str(props["service"])))
        except NoServiceError:
            seen = {"state": "gone", "running": 0}
        except (SshError, SwarmError) as exc:
            return self.unseen(id_, props, exc)
        return self.found(id_, {**props, **seen})


class RunningService(Resource, module="swarm", name="RunningService"):
    """One service, seen to run."""

    state: pulumi.Output[str]
    """"running"; "gone", or what was missing, if a refresh found it so."""
    running: pulumi.Output[int]
    """How many containers run by the present spec."""

    def __init__(
        self, name: str, args: RunningServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props = {
            "service": args.service,
            "managers": list(args.managers),
            "triggers": list(args.triggers),
            "timeout_seconds": args.timeout_seconds,
            "restarts": args.restarts,
            "state": None,
            "running": None,
        }
        super().__init__(RunningServiceProvider(), name, props, opts)


class _Restarts:
    """The tasks that ended by themselves during one wait; those of before it do not count."""

    def __init__(self) -> None:
        self._before: set[str] | None = None
        self._ended: defaultdict[str, set[str]] = defaultdict(set)

    def seen(self, view: ServiceView) -> int:
        """How many there are by now in the place of one container."""
        if self._before is None:
            self._before = {one.task for one in view.ended}
        for one in view.ended:
            if one.task not in self._before:
                self._ended[one.place].add(one.task)
        return max(map(len, self._ended.values()), default=0)


class _Wait:
    """One wait for one service."""

    def __init__(self, props: Mapping[str, Any], stack: ExitStack) -> None:
        self._props, self._stack = props, stack
        self._service = str(props["service"])
        self._most = whole(props, "restarts", MOST_RESTARTS)
        self._patience = Patience(float(whole(props, "timeout_seconds", 300)))
        self._restarts, self._since = _Restarts(), dict[str, float]()
        self._manager: Session | None = None
        self._view: ServiceView | None = None
        self._phase = "not seen yet"

    def until_running(self) -> ServiceView:
        for _ in self._patience.pauses():
            try:
                self._view = service_view(self._a_manager(), self._service)
            except NoServiceError as exc:
                said = f"{exc}; a refresh, and the `up` after it, makes it again"
                raise SwarmError(said) from exc
            except (SshError, SwarmError) as exc:
                self._phase, self._manager = str(exc), None
                self._stack.close()
                continue
            self._phase = self._lacking(self._view)
            if not self._phase:
                return self._view
            if self._patience.is_time_to_report():
                self._patience.report(self._service, self._phase)
        said = (
            f"the service {self._service} does not run as it should, and nothing has moved for"
            f" {self._patience.seconds:.0f} s (last seen: {self._phase}); see `docker service ps --no-trunc"
            f" {self._service}` on a manager, or be more patient if all it needs is time"
        )
        raise SwarmError(said + self._evidence())

    def _lacking(self, view: ServiceView) -> str:
        """What is lacking until it runs; empty if nothing is. Raises SwarmError if waiting is in vain."""
        self._patience.saw("tasks", (view.update, [(one.task, one.state) for one in view.tasks]))
        restarts = self._restarts.seen(view)
        if restarts > self._most:
            said = (
                f"the service {self._service} crash-loops: a container of it started {restarts} times, and"
                f" ended each time ({view.ended[-1]}); repair what its log complains of, in its command,"
                " environment or files"
            )
            raise SwarmError(said + self._evidence())
        if view.stopped:
            raise SwarmError(view.stopped + self._evidence())
        return view.missing() or self._unsteady(view, restarts)

    def _unsteady(self, view: ServiceView, restarts: int) -> str:
        """Containers that only began to run, where nothing but time shows that they can."""
        now = self._patience.elapsed
        self._since = {one.task: self._since.get(one.task, now) for one in view.running}
        needed = STEADY_SECONDS * (restarts + (not view.has_health_check))
        if all(now - since >= needed for since in self._since.values()):
            return ""
        self._patience.saw("steady", now)
        return f"{len(view.running)} replicas run, and have to for {needed:.0f} s"

    def _a_manager(self) -> Session:
        if self._manager is None:
            link = any_manager(self._props["managers"], patience_seconds=RECONNECT_SECONDS)
            self._manager = self._stack.enter_context(link)[0]
        return self._manager

    def _evidence(self) -> str:
        """The tasks, and the end of a log, as lines to end a message with."""
        if self._view is None or self._manager is None:
            return ""
        ended = self._view.ended[-1:]
        shown = [*ended, *(one for one in self._view.tasks if one.is_wanted and one not in ended)]
        lines = [f"task {one.place or one.task}: {one}" for one in shown[:_LOG_LINES]]
        if shown:
            lines += _log(self._manager, shown[0].task)
        return "".join(f"\n  {line}" for line in lines)


def _await(props: Mapping[str, Any]) -> dict[str, Any]:
    with ExitStack() as stack:
        return _outputs(_Wait(props, stack).until_running())


def _outputs(view: ServiceView) -> dict[str, Any]:
    return {"state": view.stopped or view.missing() or "running", "running": len(view.running)}


def _log(manager: Session, task: str) -> list[str]:
    """The last lines of a task's log, from whichever server has them."""
    command = f"timeout {_LOG_SECONDS} docker service logs --raw --tail {_LOG_LINES} {shlex.quote(task)} 2>&1"
    try:
        return manager.run(command, timeout_seconds=READ_SECONDS).stdout.splitlines()[-_LOG_LINES:]
    except SshError as exc:
        return [f"its log cannot be read: {exc}"]
