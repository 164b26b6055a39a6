"""A quorum lost for real, and what the operator does about it: `make promote`."""

import functools
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.e2e.cloud import sandbox
from tests.e2e.cluster import VOLUME, Cluster, Member
from tests.e2e.ledger import Ledger
from tests.e2e.stack import ROOT, Stack, await_condition

#: Seconds for a busy machine to bring all members back after their servers were thawed.
PATIENCE = 300.0


def promoted_while_two_are_frozen(stack: Stack, cluster: Cluster) -> float:
    """Freeze two of three servers, promote the third's member, thaw: no acknowledged row is lost anywhere.

    Leaves all Synced. Returns the seconds that the command took, until rows were acknowledged again.
    """
    survivor, *others = cluster.members
    refused = _make_promote(stack)
    assert refused.returncode != 0
    assert "the quorum is not lost" in refused.stderr, refused.stdout + refused.stderr
    with Ledger([survivor.endpoint], cluster.password) as ledger:
        await_condition("the first rows", lambda: len(ledger.acknowledged) >= 50, timeout=60)
        with frozen(others):
            lost = functools.partial(_is, cluster, survivor, "non-Primary")
            await_condition("the loss of the quorum", lost, timeout=60)
            before = len(ledger.acknowledged)
            silent = _make_promote(stack, f"MEMBER={others[0].name}", "YES=1")
            assert silent.returncode != 0
            assert f"{others[0].name} cannot be promoted: it is silent" in silent.stderr
            assert len(ledger.acknowledged) == before
            begun = time.monotonic()
            done = _make_promote(stack, "YES=1")
            assert done.returncode == 0, done.stdout + done.stderr
            for words in (
                f"{survivor.name} would become Primary at {cluster.uuid}:",
                f"{others[0].name} is silent (its server does not answer",
                f"{survivor.name} is Primary.",
            ):
                assert words in done.stdout, done.stdout
            await_condition("rows again", lambda: len(ledger.acknowledged) >= before + 10, timeout=30)
            took = time.monotonic() - begun
    cluster.await_synced(PATIENCE, functools.partial(_allow_discard, cluster, others, set()))
    cluster.await_recovered(PATIENCE)
    assert {cluster.status(one)["wsrep_cluster_state_uuid"] for one in cluster.members} == {cluster.uuid}
    assert len(ledger.acknowledged) > before
    for endpoint in cluster.endpoints:
        assert ledger.lost_on(endpoint) == set()
    return took


def _allow_discard(cluster: Cluster, thawed: Sequence[Member], allowed: set[str]) -> None:
    """The operator's word for those of the thawed members that park with what only they hold.

    Two that thaw at the same moment may find each other before the third. Then they are Primary once more,
    until they hear of the promotion, with what was on its way when they froze.
    """
    for member in thawed:
        said = cluster.evidence(member)
        if member.name in allowed or "but the Primary went on without them" not in said:
            continue
        operator = f"{VOLUME}/.galera-swarm/operator"
        cluster.on(member, f"mkdir -p {operator} && echo {cluster.uuid} >{operator}/discard")
        allowed.add(member.name)
        print(f"{member.name} was left behind:\n{said}")


def _is(cluster: Cluster, member: Member, component: str) -> bool:
    return cluster.status(member).get("wsrep_cluster_status") == component


@contextmanager
def frozen(members: Sequence[Member]) -> Iterator[None]:
    """Every process of these servers stands still."""
    held: list[Member] = []
    try:
        for member in members:
            done = sandbox("fault", "node", member.hostname, "freeze")
            assert done.returncode == 0, done.stderr
            held.append(member)
        yield
    finally:
        for member in held:
            done = sandbox("fault", "node", member.hostname, "thaw")
            assert done.returncode == 0, done.stderr


def _make_promote(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "promote", f"STACK={stack.name}", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
