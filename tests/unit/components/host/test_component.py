"""The resources that host preparation consists of, as the engine would see them."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from components.host import (
    DiskPlan,
    EnginePlan,
    EngineSettings,
    EngineSettingsArgs,
    Host,
    HostArgs,
    HostPlan,
    ImagePrefetch,
    ImagePrefetchArgs,
    Neighbours,
    NeighboursArgs,
    connection_to,
)

PLAN = HostPlan(
    disk=DiskPlan(filesystem="ext4"), engine=EnginePlan(registry_mirrors=("http://10.0.0.2:5000",))
)


class FakeEngine(Mocks):
    """Writes down what is registered; a command answers with one line."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "command:remote:Command":
            self.seen[args.name] = dict(args.inputs)
            return f"{args.name}-id", {**args.inputs, "stdout": "answer-of-the-host\n", "stderr": ""}
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def engine() -> FakeEngine:
    """The engine's mock."""
    fake = FakeEngine()
    # The mocks register on the thread's event loop, which a test before this one may have closed.
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(fake, project="galera-swarm", stack="test")
    return fake


def connection() -> Any:
    """The way to one host."""
    return connection_to(host="203.0.113.11", private_key="the private key", host_key="ssh-ed25519 AAAA")


def host_args(**changed: Any) -> HostArgs:
    """One server."""
    return HostArgs(
        **{
            "connection": connection(),
            "server_id": "4711",
            "hostname": "galera-1",
            "domain": "example.com",
            "private_ip": "10.0.0.11",
            "public_ip": "203.0.113.11",
            "datacenter": "dal13",
            "instance_type": "public_cloud",
            "plan": PLAN,
            **changed,
        }
    )


def declare(make: Callable[[], pulumi.Output[str] | None]) -> str | None:
    """Runs a declaration to its end and gives the output's value."""
    got: list[str] = []

    def program() -> pulumi.Output[None] | None:
        output = make()
        return None if output is None else output.apply(got.append)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    return got[0] if got else None


def test_a_host_is_one_command_and_its_answer_is_the_preparation(engine: FakeEngine) -> None:
    assert declare(lambda: Host("galera-1", host_args()).prepared) == "answer-of-the-host"
    assert list(engine.seen) == ["galera-1-preparation"]
    command = engine.seen["galera-1-preparation"]
    assert command["triggers"] == ["4711"]
    assert command["logging"] == "stderr"
    assert command["addPreviousOutputInEnv"] is False
    assert "environment" not in command
    assert "delete" not in command
    assert "update" not in command


def test_the_command_line_is_short_and_carries_only_the_first_settings(engine: FakeEngine) -> None:
    declare(lambda: Host("galera-1", host_args()).prepared)
    line = engine.seen["galera-1-preparation"]["create"]
    text = line[line.index("{") : line.index("}'") + 1]
    assert json.loads(text)["registry-mirrors"] == ["http://10.0.0.2:5000"]
    assert len(line) < 1500
    assert "main() {" in engine.seen["galera-1-preparation"]["stdin"]


def test_only_the_key_of_a_connection_is_secret(engine: FakeEngine) -> None:
    way = connection()
    inputs: list[Any] = [way.private_key, way.host, way.host_key, way.user]
    secret: list[Any] = [pulumi.Output.from_input(value).is_secret() for value in inputs]
    shown = declare(lambda: pulumi.Output.all(*secret).apply(str))
    assert shown == "[True, False, False, False]"


def test_no_script_holds_the_key(engine: FakeEngine) -> None:
    declare(lambda: Host("galera-1", host_args()).prepared)
    command = engine.seen["galera-1-preparation"]
    assert "the private key" not in command["stdin"] + command["create"]


def test_the_values_of_a_server_reach_its_script(engine: FakeEngine) -> None:
    declare(lambda: Host("galera-1", host_args(hostname=pulumi.Output.from_input("galera-7"))).prepared)
    script = engine.seen["galera-1-preparation"]["stdin"]
    assert "short_name=galera-7\n" in script
    assert "own_line='10.0.0.11 galera-7.example.com galera-7'\n" in script
    assert "public_address=203.0.113.11\n" in script


def test_a_larger_data_disk_makes_the_preparation_run_again_in_place(engine: FakeEngine) -> None:
    declare(lambda: Host("galera-1", host_args(disks_gb=[25, 25])).prepared)
    before = engine.seen["galera-1-preparation"]
    declare(lambda: Host("galera-1", host_args(disks_gb=[25, pulumi.Output.from_input(100)])).prepared)
    after = engine.seen["galera-1-preparation"]
    assert {key for key in before if before[key] != after[key]} == {"stdin"}


def test_a_private_server_has_no_public_side(engine: FakeEngine) -> None:
    declare(lambda: Host("galera-1", host_args(public_ip=None)).prepared)
    assert "public_address='\"'\"''\"'\"'\n" in engine.seen["galera-1-preparation"]["stdin"]


def test_engine_settings_stand_apart_and_show_their_restart_key(engine: FakeEngine) -> None:
    args = EngineSettingsArgs(
        connection=connection(),
        server_id="4711",
        hostname="galera-1",
        datacenter="dal13",
        instance_type="public_cloud",
        plan=PLAN,
    )
    assert declare(lambda: EngineSettings("galera-1", args).restart_key) == "answer-of-the-host"
    assert '"storage-driver":"overlay2"' in engine.seen["galera-1-settings"]["stdin"]


def test_neighbours_are_all_servers_but_the_host_itself(engine: FakeEngine) -> None:
    servers = [
        {"address": f"10.0.0.1{number}", "hostname": f"galera-{number}", "domain": "example.com"}
        for number in (1, 2, 3)
    ]
    args = NeighboursArgs(connection=connection(), server_id="4711", hostname="galera-2", servers=servers)

    def make() -> None:
        Neighbours("galera-2", args)

    declare(make)
    assert (
        "neighbour_lines=('10.0.0.11 galera-1.example.com galera-1' "
        "'10.0.0.13 galera-3.example.com galera-3')\n" in engine.seen["galera-2-neighbours"]["stdin"]
    )


def test_images_are_asked_for_once_each(engine: FakeEngine) -> None:
    args = ImagePrefetchArgs(
        connection=connection(),
        server_id="4711",
        hostname="galera-1",
        images=["mariadb:10.11", "haproxy:2.8", "mariadb:10.11"],
    )

    def make() -> None:
        ImagePrefetch("galera-1", args)

    declare(make)
    assert "images=(mariadb:10.11 haproxy:2.8)\n" in engine.seen["galera-1-images"]["stdin"]
