"""Processes and servers that die."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from bench.results import Figure
from tests.e2e.cloud import ROOT
from tests.e2e.cluster import Cluster, Member
from tests.e2e.stack import await_condition
from tests.e2e.witness import witnessed

#: The first test of a mode waits for its stack, and for images where they have to be built.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(2700)]


def test_one_member_killed(cluster: Cluster, measured: list[Figure]) -> None:
    with witnessed(cluster) as witness:
        begun = time.monotonic()
        cluster.kill(cluster.members[0])
        cluster.await_fallen()
        cluster.await_synced()
        took = time.monotonic() - begun
    step = "one member kill -9"
    measured += [
        Figure(step=step, what="no write acknowledged", value=witness.longest_pause_seconds, target=3.0),
        Figure(step=step, what="all Synced", value=took, target=8.0, note=f"{witness.rows} rows, none lost"),
    ]


def test_all_members_killed(cluster: Cluster, measured: list[Figure]) -> None:
    with witnessed(cluster) as witness:
        begun = time.monotonic()
        cluster.kill(*cluster.members)
        cluster.await_fallen()
        cluster.await_synced()
        took = time.monotonic() - begun
    _same_history(cluster)
    step = "all members kill -9"
    measured += [
        Figure(step=step, what="no write acknowledged", value=witness.longest_pause_seconds, target=45.0),
        Figure(step=step, what="all Synced", value=took, target=45.0, note=f"{witness.rows} rows, none lost"),
    ]


def test_all_members_stopped_in_order_and_started_again(cluster: Cluster, measured: list[Figure]) -> None:
    with witnessed(cluster) as witness:
        for member in reversed(cluster.members):
            cluster.stop(member)
        begun = time.monotonic()
        cluster.start(*cluster.members)
        cluster.await_synced()
        took = time.monotonic() - begun
    _same_history(cluster)
    note = f"{witness.rows} rows, none lost"
    measured.append(
        Figure(step="all stopped in order", what="started again: Synced", value=took, target=45.0, note=note)
    )


#: What shows that a transfer is under way, on either side. `[m]` keeps a pattern from finding itself.
_SIGNS = {"donor": "[m]aria(db-)?backup .*--backup", "joiner": "[m]bstream"}
_PID_FILE = "/run/galera-swarm-test-watcher"


def _watcher(sign: str) -> str:
    """Kills the database as soon as the sign shows, or ends after a minute."""
    return (
        f"echo $$ >{_PID_FILE}; for turn in $(seq 1200); do"
        f" if pgrep -f '{sign}' >/dev/null; then kill -9 $(pidof mariadbd); echo killed; exit; fi;"
        " sleep 0.05; done"
    )


@pytest.mark.usefixtures("ballast")
@pytest.mark.parametrize("victim", ["donor", "joiner"])
def test_a_side_of_an_sst_killed(cluster: Cluster, measured: list[Figure], victim: str) -> None:
    joiner, others = cluster.members[2], cluster.members[:2]
    cluster.stop(joiner)
    cluster.wipe(joiner)
    watched = others if victim == "donor" else [joiner]
    with witnessed(cluster, [member.endpoint for member in others]) as witness:
        with _watchers(cluster, watched, _SIGNS[victim]) as watchers:
            begun = time.monotonic()
            cluster.start(joiner)
            await_condition(
                f"the death of the {victim}",
                lambda: any(watcher.poll() is not None for watcher in watchers),
                timeout=60,
                every=0.05,
            )
        cluster.await_fallen()
        cluster.await_synced()
        took = time.monotonic() - begun
    assert [watcher.communicate()[0].strip() for watcher in watchers].count("killed") == 1
    _same_history(cluster)
    step = f"{victim} kill -9 during an SST"
    pause = witness.longest_pause_seconds
    measured += [
        Figure(step=step, what="no write acknowledged", value=pause),
        Figure(step=step, what="all Synced", value=took, note=f"{witness.rows} rows, none lost"),
    ]


def test_a_server_powered_off_and_on(cluster: Cluster, measured: list[Figure]) -> None:
    """The first server: it carries a manager, and the member that the client writes to."""
    victim, manager = cluster.members[0], cluster.members[1]
    doors = [member.endpoint for member in cluster.members]
    with witnessed(cluster, doors) as witness:
        _sandbox("fault", "node", victim.hostname, "crash")
        witness.await_writes()
        assert cluster.status(manager)["wsrep_cluster_size"] == "2"
        begun = time.monotonic()
        _sandbox("fault", "node", victim.hostname, "boot")
        cluster.await_synced()
        took = time.monotonic() - begun
    _same_history(cluster)
    step = "a whole server off and on"
    pause = witness.longest_pause_seconds
    measured += [
        Figure(step=step, what="no write acknowledged", value=pause, note="with the client's timeout of 3 s"),
        Figure(step=step, what="power on: all Synced", value=took, note=f"{witness.rows} rows, none lost"),
    ]


def test_all_servers_powered_off_and_on(cluster: Cluster, measured: list[Figure]) -> None:
    """A power cut of the whole site: no manager keeps the swarm, no member the Primary."""
    with witnessed(cluster) as witness:
        for member in cluster.members:
            _sandbox("fault", "node", member.hostname, "crash")
        begun = time.monotonic()
        for member in cluster.members:
            _sandbox("fault", "node", member.hostname, "boot")
        came_up = time.monotonic()
        took = cluster.await_recovered(timeout=300) + came_up - begun
    _same_history(cluster)
    step = "all servers off and on"
    pause = witness.longest_pause_seconds
    measured += [
        Figure(step=step, what="no write acknowledged", value=pause, note="crash and boot one after another"),
        Figure(step=step, what="power on: all Synced", value=took, note=f"{witness.rows} rows, none lost"),
    ]


def _same_history(cluster: Cluster) -> None:
    for member in cluster.members:
        assert cluster.status(member)["wsrep_cluster_state_uuid"] == cluster.uuid


@contextmanager
def _watchers(
    cluster: Cluster, members: Sequence[Member], sign: str
) -> Iterator[list["subprocess.Popen[str]"]]:
    """A watcher on each server, beside the test. They all end with the context, so that the next transfer,
    which begins at once, is left alone.
    """
    started = [
        subprocess.Popen(
            ["docker", "exec", member.container, "sh", "-c", _watcher(sign)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for member in members
    ]
    try:
        yield started
    finally:
        for member in members:
            cluster.on(member, f"kill $(cat {_PID_FILE}) 2>/dev/null || true")


def _sandbox(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "sandbox", *words], cwd=ROOT, check=True, timeout=120)
