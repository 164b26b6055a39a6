"""A service's tasks as a manager tells of them: which one is wanted, and whether that one runs."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.ssh import Session
from providers.swarm.docker_view import READ_SECONDS
from providers.swarm.election import must_when_led
from providers.swarm.errors import NoServiceError, SwarmError

#: What makes the swarm replace a running task when it differs; a changed placement alone does not.
_RESTARTING = ("ContainerSpec", "Resources", "Networks", "ForceUpdate", "LogDriver")
#: What a service that leaves it out is shown with, and its tasks are not.
_UNSAID: Mapping[str, Any] = {"StopGracePeriod": 10_000_000_000}


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """The task of a service that should run, and whether it is the wanted one.

    phase: for people, such as "preparing". container: id on the server; empty while there is none.
    is_current: it runs, by the present spec of its service.
    """

    task: str
    container: str
    phase: str
    is_current: bool


def task_view(manager: Session, service: str, node_id: str = "") -> TaskView:
    """The newest task that the swarm wants to run; with a node, there, and by an update that has ended.

    Raises NoServiceError if there is no such service, SwarmError if the manager does not say.
    """
    where = f" --filter node={shlex.quote(node_id)}" if node_id else ""
    states = "".join(f" --filter desired-state={state}" for state in ("running", "accepted", "ready"))
    spec, tasks = service_and_tasks(manager, service, where + states)
    update = str((spec.get("UpdateStatus") or {}).get("State") or "")
    if not tasks:
        return TaskView(task="", container="", phase=f"no task yet{_of(update)}", is_current=False)
    task = tasks[-1]
    status = task.get("Status") or {}
    runs = status.get("State") == "running" and task.get("DesiredState") == "running"
    fits = made_by(spec, task)
    phase = str(status.get("Err") or status.get("State"))
    over = not update.startswith("rollback") and not (node_id and update in ("updating", "paused"))
    if runs and not fits:
        phase = "the task of the former spec still runs"
    return TaskView(
        task=str(task["ID"]),
        container=str((status.get("ContainerStatus") or {}).get("ContainerID") or ""),
        phase=phase + _of(update),
        is_current=runs and fits and len(tasks) == 1 and over,
    )


def service_and_tasks(
    manager: Session, service: str, narrowed: str = ""
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the swarm says of a service, and of its tasks, the oldest first; `narrowed` to some of them.

    Raises NoServiceError if there is no such service, SwarmError if the manager does not say.
    """
    name = shlex.quote(service)
    done = manager.run(
        f"docker service inspect {name} && docker service ps {name} -q --no-trunc{narrowed}"
        " | xargs -r docker inspect --type task",
        timeout_seconds=READ_SECONDS,
    )
    found = _documents(done.stdout)
    if not found or not found[0]:
        reason = done.reason()
        if "no such service" in reason.lower():
            said = f"the swarm does not know the service {service}: {reason}"
            raise NoServiceError(said)
        said = f"{manager.name} does not say what the service {service} is at: {reason}"
        raise SwarmError(said)
    tasks = [task for document in found[1:] for task in document]
    return found[0][0], sorted(tasks, key=lambda task: str(task["CreatedAt"]))


def replicas(manager: Session, service: str) -> int:
    """How many tasks a service wants. Raises CommandFailedError if there is no such service."""
    said = must_when_led(
        manager,
        f"docker service inspect {shlex.quote(service)} --format '{{{{.Spec.Mode.Replicated.Replicas}}}}'",
        doing=f"counting the tasks of {service}",
        timeout_seconds=READ_SECONDS,
    )
    return int(said.strip() or 0)


def spec_digest(manager: Session, service: str) -> str:
    """Digest of the service's whole spec as the swarm has it; empty if it cannot be told."""
    done = manager.run(
        f"docker service inspect --format '{{{{json .Spec}}}}' {shlex.quote(service)}",
        timeout_seconds=READ_SECONDS,
    )
    if not done.ok:
        return ""
    canonical = json.dumps(_filled(json.loads(done.stdout)), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def same_spec(template: Mapping[str, Any], task: Mapping[str, Any]) -> bool:
    """Whether a task was made by this template, as far as a difference would restart it."""
    return all(_filled(template.get(key)) == _filled(task.get(key)) for key in _RESTARTING)


def made_by(service: Mapping[str, Any], task: Mapping[str, Any]) -> bool:
    """Whether a running task was made by the present spec of its service, its ports among it."""
    spec = service["Spec"]
    has_ports = same_ports(spec, task.get("Status") or {}) or _follows_update(service, task)
    return same_spec(spec["TaskTemplate"], task.get("Spec") or {}) and has_ports


def same_ports(spec: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether the host ports of a running task are its service's; its own spec does not show them.

    The task's status names one port for each port of the container, even if there are several.
    """
    wanted, opened = _host_ports(spec.get("EndpointSpec")), _host_ports(status.get("PortStatus"))
    return opened <= wanted and bool(opened) == bool(wanted)


def _host_ports(holder: Mapping[str, Any] | None) -> set[tuple[Any, ...]]:
    return {
        (port.get("TargetPort"), port.get("PublishedPort"), port.get("Protocol"))
        for port in (holder or {}).get("Ports") or ()
        if port.get("PublishMode") == "host"
    }


def _follows_update(service: Mapping[str, Any], task: Mapping[str, Any]) -> bool:
    """Whether a task that tells no ports has those of the service as it is now.

    After a server was frozen or killed and another manager leads, tasks that run on are told of without their
    ports. `UpdatedAt` says nothing about them: a new leader touches services, too.
    """
    if ((task.get("Status") or {}).get("PortStatus") or {}).get("Ports"):
        return False
    before, now = service.get("PreviousSpec"), service["Spec"]
    if before is None or _host_ports(before.get("EndpointSpec")) == _host_ports(now.get("EndpointSpec")):
        return True
    begun = (service.get("UpdateStatus") or {}).get("StartedAt") or service.get("UpdatedAt")
    return bool(begun) and str(task["CreatedAt"]).rstrip("Z") >= str(begun).rstrip("Z")


def _of(update: str) -> str:
    is_news = update in ("updating", "paused") or update.startswith("rollback")
    return f", the update of its service is {update}" if is_news else ""


def _documents(text: str) -> list[list[Any]]:
    """JSON documents that follow each other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        document, at = decoder.raw_decode(text, at)
        found.append(document)
    return found


def _filled(value: Any) -> Any:
    """Without what is empty or the engine's own: an absent field means the same."""
    if isinstance(value, Mapping):
        pruned = {key: _filled(item) for key, item in value.items() if _UNSAID.get(key) != item}
        return {key: item for key, item in pruned.items() if item not in ({}, [], None, "", 0, False)} or None
    if isinstance(value, list):
        return [_filled(item) for item in value] or None
    return value or None
