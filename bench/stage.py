"""Where the figures are taken: a stack of its own on the sandbox, which is destroyed whatever happens."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.event_log import Span
from bench.phases import Link, Phase
from bench.results import Figure
from tests.e2e.cluster import Cluster
from tests.e2e.full_stack import full_stack
from tests.e2e.stack import ROOT, Stack, temporary_stack

NAME = "bench"
FULL_NAME = "bench-full"
SUBNET = "172.16.103.0/24"
#: In the checkout and not in a temporary place: after a killed run the next one can still destroy the stack.
DIRECTORY = ROOT / ".secrets" / NAME


@dataclass
class Stage:
    """The stack under measurement, and what was found so far."""

    stack: Stack
    figures: list[Figure] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    critical_path: list[Link] = field(default_factory=list)

    @cached_property
    def cluster(self) -> Cluster:
        """The three members that the first `up` made."""
        return Cluster.of(self.stack.outputs())

    def note(self, step: str, what: str, value: float, **more: Any) -> None:
        """Keep a figure."""
        self.figures.append(Figure(step=step, what=what, value=value, **more))


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage whose stack is empty yet, and gone at the end."""
    settings = {"servers__hostnamePrefix": NAME, "network__subnet": SUBNET}
    with _place(NAME) as place, temporary_stack(NAME, place, **settings) as stack:
        yield Stage(stack)


@contextmanager
def full_stage() -> Iterator[Stage]:
    """As `stage`, with the stack of `Pulumi.dev-full.yaml`."""
    with _place(FULL_NAME) as place, full_stack(FULL_NAME, place) as stack:
        yield Stage(stack)


@contextmanager
def _place(name: str) -> Iterator[Path]:
    DIRECTORY.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear(name)
    yield DIRECTORY
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def _clear(name: str) -> None:
    """What a killed run left behind goes first."""
    file = DIRECTORY / f"Pulumi.{name}.yaml"
    checkpoint = ROOT / ".pulumi-state" / ".pulumi" / "stacks" / "galera-swarm" / f"{name}.json"
    if checkpoint.exists() and file.exists():
        Stack(name=name, config_file=file).take_away()
    file.unlink(missing_ok=True)


def timed(action: Callable[[], object]) -> float:
    """The seconds that an action takes."""
    begun = time.monotonic()
    action()
    return time.monotonic() - begun
