"""The proof that a service runs, on services that a user might bring: one that runs, one that cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from providers.swarm import RunningServiceProvider, SwarmError
from tests.e2e.cloud import on_node
from tests.e2e.services.conftest import NAME
from tests.e2e.stack import Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

#: The image that every server has.
IMAGE = "mariadb:10.11"


@contextmanager
def service(name: str, script: str) -> Iterator[None]:
    """A service of three containers that run a script, made by hand and taken away at the end."""
    options = f"--detach --name {name} --replicas 3 --restart-delay 100ms --entrypoint sh"
    on_node(f"{NAME}-1", f"docker service create {options} {IMAGE} -c '{script}'")
    try:
        yield
    finally:
        on_node(f"{NAME}-1", f"docker service rm {name}")


def inputs(stack: Stack, name: str) -> dict[str, Any]:
    key = Path(stack.config["cloud"]["sshKeyFile"]).read_text()
    return {
        "service": name,
        "managers": [
            {"host": host["address"], "privateKey": key, "hostKey": host["hostKey"]}
            for host in stack.outputs()["access"]["hosts"]
        ],
        "triggers": [],
        "timeout_seconds": 120.0,
        "restarts": 3.0,
    }


def test_containers_that_run_are_counted(stack: Stack) -> None:
    with service("fine", "exec sleep 600"):
        props = inputs(stack, "fine")
        made = RunningServiceProvider().create(props)
        assert (made.outs or {})["state"] == "running"
        assert (made.outs or {})["running"] == 3
        on_node(f"{NAME}-1", "docker service scale --detach fine=1")
        await_condition("one container", lambda: seen(props) == ("running", 1), timeout=60)
    assert seen(props) == ("gone", 0)


def seen(props: dict[str, Any]) -> tuple[str, int]:
    """What a refresh would find."""
    outs = RunningServiceProvider().read(props["service"], props).outs or {}
    return outs["state"], int(outs["running"])


def test_a_container_that_ends_again_and_again_is_named_with_its_own_words(stack: Stack) -> None:
    with service("broken", "echo no such table; exit 3"), pytest.raises(SwarmError) as refused:
        RunningServiceProvider().create(inputs(stack, "broken"))
    said = str(refused.value)
    assert "crash-loops" in said
    assert "non-zero exit (3)" in said
    assert "no such table" in said
