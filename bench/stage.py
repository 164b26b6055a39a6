"""Where the figures are taken: a stack of its own on the sandbox, which is destroyed whatever happens."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bench.event_log import Span
from bench.phases import Link, Phase
from bench.results import Figure
from tests.e2e.cluster import Cluster
from tests.e2e.stack import ROOT, Stack, temporary_stack

NAME = "bench"
SUBNET = "172.16.103.0/24"
#: In the checkout and not in a temporary place: after a killed run the next one can still destroy the stack.
DIRECTORY = ROOT / ".secrets" / NAME
_CHECKPOINT = ROOT / ".pulumi-state" / ".pulumi" / "stacks" / "galera-swarm" / f"{NAME}.json"


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
    DIRECTORY.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear()
    with temporary_stack(NAME, DIRECTORY, servers__hostnamePrefix=NAME, network__subnet=SUBNET) as stack:
        yield Stage(stack)
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def _clear() -> None:
    """What a killed run left behind goes first."""
    file = DIRECTORY / f"Pulumi.{NAME}.yaml"
    if _CHECKPOINT.exists() and file.exists():
        left = Stack(name=NAME, config_file=file)
        left.run("cancel", "--yes", check=False)
        left.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates", check=False)
        left.run("destroy", "--yes", "--skip-preview")
        left.run("rm", "--yes", "--force")
    file.unlink(missing_ok=True)


def timed(action: Callable[[], object]) -> float:
    """The seconds that an action takes."""
    begun = time.monotonic()
    action()
    return time.monotonic() - begun
