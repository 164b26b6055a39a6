"""A stack of one server whose cloud fails around the order, and which vanishes while `up` works on it.

The tests share the stack and run in order; only the last one brings it up.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.cloud import faults, guests, ordered, sandbox
from tests.e2e.ledger import endpoints_of, synced
from tests.e2e.stack import Stack, temporary_stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

NAME = "trouble"
SERVER = "trouble-1"
MOMENT_SECONDS = 8.0
"""Shorter than what SSH and the engine wait for a silent server."""
_HERE = {"hostname": "trouble-*"}
_ORDER = {**_HERE, "method": "placeOrder", "kind": "drop"}


@pytest.fixture(scope="module")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with temporary_stack(
        NAME,
        tmp_path_factory.mktemp(NAME),
        servers__hostnamePrefix=NAME,
        servers__count=1,
        cloud__orderDoubtSeconds=5,
        network__subnet="172.16.101.0/24",
    ) as made:
        yield made
    assert guests("trouble-") == []


@pytest.fixture(scope="module")
def before(stack: Stack) -> int:
    """How often the server was ordered in the sandbox's life until now."""
    return ordered("trouble-").get(SERVER, 0)


@contextmanager
def _hidden() -> Iterator[None]:
    """The server runs on, and nothing outside reaches it."""
    assert sandbox("fault", "node", SERVER, "hide").returncode == 0
    try:
        yield
    finally:
        assert sandbox("fault", "node", SERVER, "unhide").returncode == 0


def test_an_order_that_never_arrives_is_told_and_not_counted(stack: Stack, before: int) -> None:
    with faults({**_ORDER, "when": "before"}):
        refused = stack.up(check=False)
    assert refused.returncode != 0
    assert "trouble-1.sandbox.test" in refused.stdout
    assert ordered("trouble-").get(SERVER, 0) == before


def test_a_cloud_that_fails_sells_one_server_and_one_that_vanishes_is_named(
    stack: Stack, before: int
) -> None:
    trouble = (
        {**_ORDER, "when": "after"},
        {**_HERE, "method": "getObject", "kind": "rate-limit", "times": 2},
        {"method": "getVirtualGuests", "kind": "http", "status": 503, "nth": 2},
        {**_HERE, "method": "setTags", "kind": "fault", "times": 1},
    )
    with faults(*trouble):
        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for("host preparation", lambda: run.said("-preparation", "packages"))
        assert ordered("trouble-").get(SERVER, 0) - before == 1
        with _hidden():
            assert run.process.wait(timeout=400) != 0, "an up without its server counts as done"
    lost = [line for line in run.lines if "on 10.140.0." in line and "connection was lost" in line]
    assert lost, "\n".join(run.lines)


def test_a_server_that_vanishes_for_a_moment_is_waited_for(stack: Stack, before: int) -> None:
    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for("host preparation", lambda: run.said("-preparation", "packages"))
    with _hidden():
        time.sleep(MOMENT_SECONDS)
    assert run.process.wait(timeout=600) == 0, "\n".join(run.lines)

    assert guests("trouble-") == [SERVER]
    assert ordered("trouble-").get(SERVER, 0) - before == 1
    outputs = stack.outputs()
    assert synced(endpoints_of(outputs), outputs["databaseRootPassword"])
    assert stack.changes() == {}
