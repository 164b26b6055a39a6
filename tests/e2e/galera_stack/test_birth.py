"""A stack is born although `pulumi up` is killed, although the cloud fails: as if nothing had happened."""

import signal
from pathlib import Path

import pytest

from tests.e2e.cloud import faults, guests, ordered
from tests.e2e.ledger import endpoints_of, synced
from tests.e2e.stack import EngineRun, Stack, temporary_stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


def _said(run: EngineRun, *words: str) -> bool:
    return any(all(word in line for word in words) for line in run.lines)


def test_an_up_killed_at_every_stage_is_finished_by_the_next(stack: Stack) -> None:
    before = ordered("spine-")

    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for("an order", lambda: ordered("spine-") != before)
    run.kill(signal.SIGKILL)

    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for("host preparation", lambda: _said(run, "-preparation", "packages"))
    run.kill(signal.SIGINT)

    run = stack.start("up", "--yes", "--skip-preview")
    run.wait_for("the first member", lambda: _said(run, "galera-1-synced", "created"))
    run.kill(signal.SIGKILL)

    stack.up()
    made = {name: count - before.get(name, 0) for name, count in ordered("spine-").items()}
    assert made == {"spine-1": 1, "spine-2": 1, "spine-3": 1}
    assert guests("spine-") == ["spine-1", "spine-2", "spine-3"]
    outputs = stack.outputs()
    assert synced(endpoints_of(outputs), outputs["databaseRootPassword"])
    assert stack.changes() == {}


def test_a_cloud_that_fails_around_the_order_sells_one_server(running_sandbox: None, tmp_path: Path) -> None:
    before = ordered("failing-")
    here = {"hostname": "failing-*"}
    script = {**here, "method": "placeOrder"}
    with temporary_stack(
        "failing",
        tmp_path,
        servers__hostnamePrefix="failing",
        servers__count=1,
        cloud__orderDoubtSeconds=5,
        network__subnet="172.16.101.0/24",
    ) as stack:
        with faults({**script, "kind": "drop", "when": "before"}):
            refused = stack.up(check=False)
        assert refused.returncode != 0
        assert "failing-1.sandbox.test" in refused.stdout
        assert ordered("failing-") == before, "an order that never arrived was counted"

        trouble = (
            {**script, "kind": "drop", "when": "after"},
            {**here, "method": "getObject", "kind": "rate-limit", "times": 2},
            {"method": "getVirtualGuests", "kind": "http", "status": 503, "nth": 2},
            {**here, "method": "setTags", "kind": "fault", "times": 1},
        )
        with faults(*trouble):
            stack.up()
        assert ordered("failing-").get("failing-1", 0) - before.get("failing-1", 0) == 1
        assert guests("failing-") == ["failing-1"]
        assert stack.changes() == {}
    assert guests("failing-") == []
