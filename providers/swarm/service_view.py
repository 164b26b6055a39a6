"""A service as a whole: whether as many tasks as are wanted run by its present spec.

A task whose container has a health check counts as running for the swarm once it is healthy, and ends when it
is no longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.ssh import Session
from providers.swarm.task_view import made_by, same_spec, service_and_tasks

_UNDER_WAY = ("updating", "rollback_started")
_ENDED = ("complete", "failed", "rejected")
_LET_GO = ("shutdown", "remove")


@dataclass(frozen=True, kw_only=True)
class ServiceTask:
    """One task of a service, as it is or was.

    place: what it shares with the tasks that it took over from. is_wanted: the swarm has not let go of it.
    is_current: made by the present spec. runs: so that clients can use it. has_ended: by itself.
    """

    task: str
    place: str
    state: str
    error: str
    is_wanted: bool
    is_current: bool
    runs: bool
    has_ended: bool

    def __str__(self) -> str:
        return f"{self.state}: {self.error}" if self.error else self.state


@dataclass(frozen=True, kw_only=True)
class ServiceView:
    """wanted: how many tasks. update: how far its last one is, if any; reason: in the swarm's own words.

    has_health_check: in its spec; an image may bring one that does not show. tasks: the oldest first.
    """

    service: str
    wanted: int
    update: str
    reason: str
    has_health_check: bool
    tasks: tuple[ServiceTask, ...]

    @property
    def running(self) -> list[ServiceTask]:
        """The tasks that run by the present spec."""
        return [one for one in self.tasks if one.runs and one.is_current]

    @property
    def ended(self) -> list[ServiceTask]:
        """The tasks of the present spec that ended by themselves, as far back as the swarm remembers."""
        return [one for one in self.tasks if one.has_ended and one.is_current]

    @property
    def stopped(self) -> str:
        """Why the swarm goes no further with the present spec; empty if it does, or is done."""
        if self.update in ("", "completed", *_UNDER_WAY):
            return ""
        if self.update == "paused" and all(one.is_current for one in self.tasks if one.is_wanted):
            return ""
        where = f"see `docker service ps {self.service}` on a manager"
        return f"{self.service}: its update is {self.update} ({self.reason}); {where}"

    def missing(self, wanted: int | None = None) -> str:
        """What is still missing until so many tasks run, by default as many as the spec says; else empty."""
        number, running = self.wanted if wanted is None else wanted, len(self.running)
        if self.update in _UNDER_WAY:
            return f"its update is under way, {running} of {number} replicas are new{self._errors()}"
        return f"{running} of {number} replicas run{self._errors()}" if running < number else ""

    def _errors(self) -> str:
        """Of the tasks that are to run, or else how the last one ended."""
        waiting = {one.error for one in self.tasks if one.is_wanted and one not in self.running} - {""}
        errors = sorted(waiting) or [one.error for one in self.ended[-1:] if one.error]
        return f" ({'; '.join(errors)})" if errors else ""


def service_view(manager: Session, service: str) -> ServiceView:
    """Raises NoServiceError if there is no such service, SwarmError if the manager does not say."""
    found, tasks = service_and_tasks(manager, service)
    spec, status = found["Spec"], found.get("UpdateStatus") or {}
    seen = tuple(_task(found, task) for task in tasks)
    replicated = (spec.get("Mode") or {}).get("Replicated")
    check = ((spec["TaskTemplate"].get("ContainerSpec") or {}).get("Healthcheck") or {}).get("Test") or []
    return ServiceView(
        service=service,
        # Of a service that runs on every node, the swarm makes a task for each of them at once.
        wanted=sum(one.is_wanted for one in seen)
        if replicated is None
        else int(replicated.get("Replicas") or 0),
        update=str(status.get("State") or ""),
        reason=str(status.get("Message") or ""),
        has_health_check=bool(check) and check != ["NONE"],
        tasks=seen,
    )


def _task(service: Mapping[str, Any], task: Mapping[str, Any]) -> ServiceTask:
    status = task.get("Status") or {}
    state, desired = str(status.get("State") or "new"), str(task.get("DesiredState") or "")
    # Only a container that runs tells its ports.
    is_current = (
        made_by(service, task)
        if state == "running"
        else same_spec(service["Spec"]["TaskTemplate"], task.get("Spec") or {})
    )
    return ServiceTask(
        task=str(task["ID"]),
        place=str(task.get("Slot") or task.get("NodeID") or ""),
        state=state,
        error=str(status.get("Err") or ""),
        is_wanted=desired not in _LET_GO,
        is_current=is_current,
        runs=state == "running" and desired == "running",
        has_ended=state in _ENDED,
    )
