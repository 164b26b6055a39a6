"""Every service at once, as Pulumi.dev-full.yaml has them: up, clean diffs, one server lost, two replaced.

The tests of this module share one stack and run in order.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cloud import docker, node_container, sandbox
from tests.e2e.cluster import Cluster
from tests.e2e.full_stack import full_stack
from tests.e2e.ledger import Ledger, endpoints_of, synced
from tests.e2e.stack import ROOT, Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(2400)]

#: What `make status` says of a service that does not do all that it should.
_UNWELL = re.compile(
    r"does not answer|silent|not running|no leader|unhealthy|learner|apart|answers [45]\d\d|starting"
    r"|\bnone\b|\b0/[1-9]|NOSPACE|CORRUPT|expired|renewal due|not seen"
)
SECONDS_FOR_EVERYTHING = 720.0
"""Longest first `up` on a busy machine; a quiet one has 360 s (`make bench`)."""
SERVICES = ("etcd", "consul", "loadBalancer", "wordpress", "aerospike")


@pytest.fixture(scope="module")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with full_stack("dev-full-test", tmp_path_factory.mktemp("dev-full")) as made:
        yield made


@pytest.fixture(scope="module")
def outputs(stack: Stack) -> dict[str, Any]:
    """The stack's outputs after its first `up`."""
    begun = time.monotonic()
    stack.up(timeout=1800)
    took = time.monotonic() - begun
    print(f"everything from nothing: {took:.0f} s")
    assert took < SECONDS_FOR_EVERYTHING
    return stack.outputs()


def status(stack: Stack) -> subprocess.CompletedProcess[str]:
    """`make status` of the stack."""
    command = [str(ROOT / "tools" / "run"), "python", "-m", "status", "--stack", stack.name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def is_whole(shown: subprocess.CompletedProcess[str]) -> bool:
    """All members Synced, and nothing unwell in the lines of the other services."""
    return shown.returncode == 0 and not _UNWELL.search(shown.stdout)


def test_everything_is_up_and_on_one_screen(stack: Stack, outputs: dict[str, Any]) -> None:
    assert set(SERVICES) <= set(outputs)
    assert synced(endpoints_of(outputs), outputs["databaseRootPassword"])
    shown = status(stack)
    assert is_whole(shown), shown.stdout + shown.stderr
    assert "3 of 3 members Synced" in shown.stdout
    for heading in ("MEMBER", "ETCD", "CONSUL", "LOAD BALANCER", "WORDPRESS", "AEROSPIKE"):
        assert f"{heading} " in shown.stdout, shown.stdout


def test_a_second_preview_and_one_after_refresh_show_no_change(stack: Stack, outputs: dict[str, Any]) -> None:
    assert stack.changes() == {}
    stack.run("refresh", "--yes", "--skip-preview", timeout=900)
    assert stack.changes() == {}


def test_a_server_killed_with_all_that_runs_on_it_comes_back_to_all_of_it(
    stack: Stack, outputs: dict[str, Any]
) -> None:
    cluster = Cluster.of(outputs)
    endpoints, password = endpoints_of(outputs), outputs["databaseRootPassword"]
    container = node_container(cluster.members[1].hostname)
    with Ledger([endpoints[0], endpoints[2]], password) as ledger:
        docker("kill", container)
        await_condition("a hundred rows without it", lambda: len(ledger.acknowledged) >= 100, timeout=120)
        assert sandbox("up").returncode == 0
        cluster.await_synced(timeout=300)
    for endpoint in endpoints:
        assert ledger.lost_on(endpoint) == set()
    await_condition("every service well", lambda: is_whole(status(stack)), timeout=300, every=2)
    assert stack.changes() == {}


@pytest.mark.parametrize("number", [2, 1])
def test_a_replaced_server_gets_all_that_ran_on_it(
    stack: Stack, outputs: dict[str, Any], number: int
) -> None:
    """The first server is the hardest: the engine speaks to the swarm through it, and uploads lie there."""
    before, password = stack.outputs(), outputs["databaseRootPassword"]
    hostname = before["servers"][number - 1]["hostname"]
    kept = [one for index, one in enumerate(endpoints_of(before)) if index != number - 1]
    stack.set(f"servers.overrides.{hostname}", {"datacenter": "dal13"})
    stack.set("wordpress.uploads.startEmpty", number == 1)
    with Ledger(kept, password, name=f"replaced_{number}") as ledger:
        stack.up(timeout=1800)
    print(f"{hostname} replaced: {ledger.longest_pause_seconds:.1f} s without a write")
    now = stack.outputs()
    ids = [[server["id"] for server in one["servers"]] for one in (before, now)]
    assert [old != new for old, new in zip(*ids, strict=True)] == [at == number - 1 for at in range(3)]
    assert len(ledger.acknowledged) > 100
    for endpoint in endpoints_of(now):
        assert ledger.lost_on(endpoint) == set()
    assert is_whole(status(stack))
    assert stack.changes() == {}
