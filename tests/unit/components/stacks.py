"""The stack of the checkout, and changes to it, deployed to a fake engine."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.stack import deploy
from settings import Settings, parse
from settings.stack_file import read
from tests.unit.components.fake_engine import FakeEngine, Registration, run
from tests.unit.components.fake_world import World
from tests.unit.settings.config import spoil

ROOT = Path(__file__).resolve().parents[3]

GUEST = "pulumi-python:dynamic/softlayer:VirtualGuest"
HOST_KEY = "pulumi-python:dynamic/ssh:HostKey"
INIT = "pulumi-python:dynamic/swarm:SwarmInit"
NODE = "pulumi-python:dynamic/swarm:SwarmNode"
IMAGE = "pulumi-python:dynamic/swarm:PinnedImage"
GUARD = "pulumi-python:dynamic/topology:TopologyGuard"
SETTLED = "pulumi-python:dynamic/topology:TopologySettled"
RUNNING = "pulumi-python:dynamic/swarm:RunningService"
BIRTH = "pulumi-python:dynamic/galera:ClusterBirth"
ABSENT = "pulumi-python:dynamic/galera:AbsentMembers"
SYNCED = "pulumi-python:dynamic/galera:SyncedMember"
DATABASE = "pulumi-python:dynamic/galera:Database"
USER = "pulumi-python:dynamic/galera:DatabaseUser"
ROOT_ACCOUNT = "pulumi-python:dynamic/galera:RootAccount"
PASSWORD = "pulumi-python:dynamic/secrets:RandomPassword"
COMMAND = "command:remote:Command"
SERVICE = "docker:index/service:Service"
CONFIG = "docker:index/serviceConfig:ServiceConfig"
SECRET = "docker:index/secret:Secret"
NETWORK = "docker:index/network:Network"

#: Numbers of servers that a rule is looked at with.
COUNTS = (1, 3, 5, 7)


class Stacks:
    """Deployments of the checkout's dev stack. A deployment that was made once is not made again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._made: dict[tuple[Any, ...], FakeEngine] = {}

    def settings(self, changes: Mapping[str, Any] | None = None) -> Settings:
        """The dev stack's settings, with other values at some paths (`servers.count`)."""
        parsed = parse(spoil(changes or {}, read(ROOT / "Pulumi.dev.yaml")), "dev", self.root)
        assert isinstance(parsed, Settings), parsed
        return parsed

    def first(self, count: int = 3) -> FakeEngine:
        """The first deployment of so many servers."""
        return self.deployed({"servers.count": count})

    def deployed(
        self,
        changes: Mapping[str, Any] | None = None,
        *,
        previous: FakeEngine | None = None,
        preview: bool = False,
        world: World | None = None,
        targets: frozenset[str] | None = None,
    ) -> FakeEngine:
        """A deployment of the changed stack. Raises what the program raises."""
        # The dev stack has three servers; said or not, it is the same deployment.
        told = {"servers.count": 3, **(changes or {})}
        key = (json.dumps(told, sort_keys=True), previous, preview, world, targets)
        if key not in self._made:
            settings = self.settings(told)
            self._made[key] = run(
                lambda: deploy(settings), previous=previous, preview=preview, world=world, targets=targets
            )
        return self._made[key]


def numbered(engine: FakeEngine, type_: str, names: str) -> list[Registration]:
    """The resources `names` with 1, 2, 3, … in the place of the `#`, as many as there are."""
    there = {one.name for one in engine.of_type(type_)}
    found = []
    while (name := names.replace("#", str(len(found) + 1))) in there:
        found.append(engine[type_, name])
    return found


def shown(*ones: Registration) -> set[str]:
    """Names of resources as they appear in the operations."""
    return {f"{one.type} {one.name}" for one in ones}


def touched(engine: FakeEngine) -> dict[str, str]:
    """Everything that a deployment does not leave as it is."""
    return {what: how for what, how in engine.operations.items() if how != "same"}
