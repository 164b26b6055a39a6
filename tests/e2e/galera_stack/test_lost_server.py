"""The first server is lost for good: cancelled past the program, with everything on it.

It is the hardest one to lose, since the engine speaks to the swarm through it. The way back is that of
docs/operations.md.
"""

import os
import subprocess

import pytest

from tests.e2e.cloud import guests, on_node, ordered
from tests.e2e.cluster import Cluster
from tests.e2e.stack import ROOT, Stack, await_condition
from tests.e2e.witness import witnessed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

LOST = "spine-1"


def test_the_first_server_is_lost_for_good_and_another_takes_its_place(stack: Stack) -> None:
    stack.up()
    before, orders = stack.outputs(), ordered("spine-")
    cluster = Cluster.of(before)
    staying = Cluster(members=cluster.members[1:], password=cluster.password, uuid=cluster.uuid)
    since = {member.name: _started(member.hostname) for member in staying.members}
    with witnessed(staying) as witness:
        _cancel_by_hand(before["servers"][0]["id"])
        await_condition("the end of the server", lambda: LOST not in guests("spine-"), timeout=120)
        witness.await_writes()
        stack.run("refresh", "--yes", "--skip-preview", "--target", f"**VirtualGuest::{LOST}")
        stack.up(timeout=1200)
    print(f"first server lost: {witness.longest_pause_seconds:.1f} s without a write")
    now = Cluster.of(stack.outputs())
    assert now.synced()
    assert now.uuid == cluster.uuid
    for member in now.members:
        assert witness.ledger.lost_on(member.endpoint) == set()
    assert {member.name: _started(member.hostname) for member in staying.members} == since
    assert guests("spine-") == ["spine-1", "spine-2", "spine-3"]
    assert ordered("spine-") == {**orders, LOST: orders[LOST] + 1}
    nodes = on_node("spine-2", "docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'")
    assert sorted(line.split()[:2] for line in nodes.splitlines()) == [
        [f"spine-{number}", "Ready"] for number in (1, 2, 3)
    ]
    assert stack.changes() == {}


def _cancel_by_hand(guest: object) -> None:
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "slcli"), "-y", "vs", "cancel", str(guest)],
        env={**os.environ, "SLCLI_CONFIG": str(ROOT / ".sandbox" / "slcli.conf")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _started(hostname: str) -> str:
    """When the member's container on a server was started."""
    return on_node(
        hostname,
        "docker inspect --format '{{.State.StartedAt}}' $(docker ps -q --filter name=galera-)",
    )
