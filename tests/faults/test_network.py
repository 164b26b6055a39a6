"""A network that falls apart, one server here and two there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql
import pytest

from bench.results import Figure
from tests.e2e.cluster import Cluster, Member
from tests.e2e.ledger import connect
from tests.e2e.stack import await_condition
from tests.e2e.witness import witnessed

#: The first test of a mode waits for its stack, and for images where they have to be built.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(2700)]


@contextmanager
def _apart(cluster: Cluster, lonely: Member) -> Iterator[None]:
    """Nothing passes between one server and the others; this machine still reaches all."""
    others = [member for member in cluster.members if member is not lonely]
    rules = [
        f"{chain} {side} {m.endpoint.host} -j DROP"
        for m in others
        for chain, side in (("INPUT", "-s"), ("OUTPUT", "-d"))
    ]
    cluster.on(lonely, " && ".join(f"iptables -w -I {rule}" for rule in rules))
    try:
        yield
    finally:
        cluster.on(lonely, "; ".join(f"iptables -w -D {rule}" for rule in rules))


@pytest.mark.parametrize("seconds", [8, 30])
def test_one_server_apart_from_two(cluster: Cluster, measured: list[Figure], seconds: int) -> None:
    """The one apart refuses writes, the two go on, and together again all heal.

    The longer one is longer than the swarm's patience with a silent node: it orders the task anew.
    """
    lonely, *others = cluster.members
    with witnessed(cluster) as witness:
        with _apart(cluster, lonely):
            begun = time.monotonic()
            await_condition(
                "two go on without the third", lambda: _size(cluster, others[0]) == 2, 30, every=0.1
            )
            witness.await_writes()
            while time.monotonic() - begun < seconds:
                assert not _takes_writes(cluster, lonely), f"{lonely.name} took a write alone"
                time.sleep(0.5)
        healed = time.monotonic()
        cluster.await_synced()
        took = time.monotonic() - healed
    for member in cluster.members:
        assert cluster.status(member)["wsrep_cluster_state_uuid"] == cluster.uuid
    step = f"network 1|2 for {seconds} s"
    pause = witness.longest_pause_seconds
    measured += [
        Figure(step=step, what="no write acknowledged", value=pause, note="with the client's timeout of 3 s"),
        Figure(
            step=step, what="together again: all Synced", value=took, note=f"{witness.rows} rows, none lost"
        ),
    ]


def _size(cluster: Cluster, member: Member) -> int:
    return int(cluster.status(member).get("wsrep_cluster_size", "0"))


def _takes_writes(cluster: Cluster, member: Member) -> bool:
    try:
        connection = connect(member.endpoint, cluster.password, "ledger")
    except (pymysql.err.MySQLError, OSError):
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO entries VALUES (-1)")
    except (pymysql.err.MySQLError, OSError):
        return False
    finally:
        connection.close()
    return True
