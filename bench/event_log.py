"""The engine's events of one run, each with the moment it came, and the spans of work they tell of."""

import json
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: An event and the seconds since the start of the run at which it came.
Stamped = tuple[float, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Span:
    """One resource being worked on, in seconds since the start of the run."""

    urn: str
    kind: str
    name: str
    operation: str
    started: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.started


@dataclass(frozen=True)
class Run:
    """A finished engine command: its exit status, how long it took, its events, and what else it printed."""

    status: int
    seconds: float
    events: Sequence[Stamped]
    other_lines: Sequence[str]


def record(command: Sequence[str], directory: Path) -> Run:
    """Run an engine command that prints its events as JSON lines. The events' own stamps are whole seconds,
    so each is stamped anew when it comes."""
    begun = time.monotonic()
    events: list[Stamped] = []
    others: list[str] = []
    with subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            came = time.monotonic() - begun
            event = _event(line)
            if event is None:
                others.append(line.rstrip())
            else:
                events.append((came, event))
        status = process.wait()
    return Run(status, time.monotonic() - begun, events, others)


def _event(line: str) -> Mapping[str, Any] | None:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and "sequence" in event else None


def spans(events: Iterable[Stamped]) -> list[Span]:
    """The work of a run in the order of its end: custom resources that were not left as they were."""
    started: dict[str, float] = {}
    done: list[Span] = []
    for came, event in events:
        if "resourcePreEvent" in event:
            started.setdefault(event["resourcePreEvent"]["metadata"]["urn"], came)
        elif "resOutputsEvent" in event:
            facts = event["resOutputsEvent"]["metadata"]
            urn = facts["urn"]
            begun = started.pop(urn, came)
            if facts["op"] != "same" and is_custom(facts):
                name = urn.rsplit("::", 1)[-1]
                done.append(
                    Span(
                        urn=urn,
                        kind=facts["type"],
                        name=name,
                        operation=facts["op"],
                        started=begun,
                        ended=came,
                    )
                )
    return done


def is_custom(facts: Mapping[str, Any]) -> bool:
    """Whether something is really made: components only group."""
    state = facts.get("new") or facts.get("old") or {}
    return bool(state.get("custom"))


def failures(events: Iterable[Stamped]) -> list[str]:
    """What the engine reported as errors."""
    said = [event["diagnosticEvent"] for _, event in events if "diagnosticEvent" in event]
    return [str(one["message"]).strip() for one in said if one.get("severity") == "error"]


def dependencies(deployment: Mapping[str, Any]) -> dict[str, set[str]]:
    """What each resource of an exported state had to wait for: also its provider, and its parent, whose own
    dependencies hold its children back.
    """
    found: dict[str, set[str]] = {}
    for resource in deployment.get("resources") or []:
        needs = set(resource.get("dependencies") or [])
        for urns in (resource.get("propertyDependencies") or {}).values():
            needs.update(urns or [])
        if resource.get("provider"):
            needs.add(str(resource["provider"]).rsplit("::", 1)[0])
        if resource.get("parent"):
            needs.add(resource["parent"])
        found[resource["urn"]] = needs
    return found
