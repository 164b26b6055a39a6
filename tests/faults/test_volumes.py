"""Data that is gone, null or has no room."""

import functools
import time

import pytest

from bench.results import Figure
from tests.e2e.cluster import VOLUME, Cluster, Member
from tests.e2e.stack import await_condition
from tests.e2e.witness import witnessed

#: The first test of a mode waits for its stack, and for images where they have to be built.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(2700)]

#: How long two members without data are watched before they count as refusing.
REFUSAL_SECONDS = 15.0


def test_one_volume_wiped_comes_back_by_sst(cluster: Cluster, measured: list[Figure]) -> None:
    victim = cluster.members[2]
    with witnessed(cluster, [member.endpoint for member in cluster.members[:2]]) as witness:
        cluster.stop(victim)
        cluster.wipe(victim)
        begun = time.monotonic()
        cluster.start(victim)
        cluster.await_synced()
        took = time.monotonic() - begun
    assert cluster.status(victim)["wsrep_cluster_state_uuid"] == cluster.uuid
    note = f"{witness.rows} rows, none lost; no write for {witness.longest_pause_seconds:.1f} s"
    measured.append(Figure(step="one volume wiped", what="back by SST: Synced", value=took, note=note))


def test_two_volumes_wiped_and_the_third_member_away(cluster: Cluster, measured: list[Figure]) -> None:
    *wiped, keeper = cluster.members
    with witnessed(cluster, [keeper.endpoint]) as witness:
        cluster.kill(*cluster.members)
        cluster.stop(*cluster.members)
        for member in wiped:
            cluster.wipe(member)
        cluster.start(*wiped)
        for member in wiped:
            await_condition(
                f"{member.name} parked", functools.partial(_is_parked, cluster, member), timeout=60
            )
        watched = time.monotonic()
        while time.monotonic() - watched < REFUSAL_SECONDS:
            for member in wiped:
                assert cluster.status(member) == {}, f"{member.name} answers SQL: {cluster.evidence(member)}"
                assert not cluster.has_data(member), f"{member.name} made data: {cluster.evidence(member)}"
            time.sleep(0.5)
        for member in wiped:
            said = cluster.evidence(member)
            assert "parked" in said, said
            assert "no data" in said, said
            assert "ends when" in said, said
        begun = time.monotonic()
        cluster.start(keeper)
        cluster.await_synced()
        took = time.monotonic() - begun
    for member in cluster.members:
        assert cluster.status(member)["wsrep_cluster_state_uuid"] == cluster.uuid
    step = "two volumes wiped, the third member away"
    measured += [
        Figure(
            step=step, what="refused for", value=REFUSAL_SECONDS, note="nothing bootstrapped, reason shown"
        ),
        Figure(
            step=step, what="the third is back: Synced", value=took, note=f"{witness.rows} rows, none lost"
        ),
    ]


def _is_parked(cluster: Cluster, member: Member) -> bool:
    return "parked for" in cluster.evidence(member)


_NULL_STATE = (
    "# GALERA saved state\nversion: 2.1\nuuid:    00000000-0000-0000-0000-000000000000\nseqno:   -1\n"
    "safe_to_bootstrap: 1\n"
)


def test_a_null_uuid_with_safe_to_bootstrap_beside_two_with_data(
    cluster: Cluster, measured: list[Figure]
) -> None:
    """The null one is the first by name, as any rule that trusts the flag or the name would have it."""
    null = cluster.members[0]
    with witnessed(cluster, [member.endpoint for member in cluster.members[1:]]) as witness:
        for member in cluster.members:
            cluster.stop(member)
        cluster.on(null, f"printf '{_NULL_STATE}' >{VOLUME}/grastate.dat")
        begun = time.monotonic()
        cluster.start(*cluster.members)
        cluster.await_synced()
        took = time.monotonic() - begun
    for member in cluster.members:
        assert cluster.status(member)["wsrep_cluster_state_uuid"] == cluster.uuid
    assert "decided" in cluster.evidence(null, lines=200)
    assert "to bootstrap" not in cluster.evidence(null, lines=200), cluster.evidence(null, lines=200)
    measured.append(
        Figure(
            step="null UUID with safe_to_bootstrap=1",
            what="right member bootstraps: Synced",
            value=took,
            target=45.0,
            note=f"{witness.rows} rows, none lost",
        )
    )


def test_a_full_disk(cluster: Cluster, measured: list[Figure]) -> None:
    """The other two go on; with room again the member comes back by itself."""
    victim = cluster.members[2]
    filler = f"{VOLUME}/../filler"
    with witnessed(cluster, [member.endpoint for member in cluster.members[:2]]) as witness:
        cluster.on(
            victim,
            f"fallocate -l $(($(df -k --output=avail {VOLUME} | tail -n 1) * 97 / 100))K {filler};"
            f" for size in 64K 4K; do dd if=/dev/urandom of={filler}.$size bs=$size 2>/dev/null; done; true",
        )
        full = time.monotonic()
        while time.monotonic() - full < REFUSAL_SECONDS:
            witness.await_writes()
            time.sleep(0.2)
        begun = time.monotonic()
        cluster.on(victim, f"rm -f {filler} {filler}.*")
        cluster.await_synced()
        took = time.monotonic() - begun
    step = "a full disk on one server"
    measured += [
        Figure(step=step, what="no write acknowledged", value=witness.longest_pause_seconds, target=3.0),
        Figure(step=step, what="room again: all Synced", value=took, note=f"{witness.rows} rows, none lost"),
    ]
