"""A service changed by hand, past the program: the repair walks from member to member."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.stack import Stack
from tests.e2e.witness import witnessed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


class Watch:
    """The most members that were seen away at the same time."""

    most_away = 0


@contextmanager
def watched(cluster: Cluster) -> Iterator[Watch]:
    """Every member is asked again and again meanwhile."""
    watch, ended = Watch(), threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            states = [cluster.status(one).get("wsrep_local_state_comment") for one in cluster.members]
            # A donor serves, and by its own word only.
            away = [state for state in states if state not in {"Synced", "Donor/Desynced"}]
            watch.most_away = max(watch.most_away, len(away))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield watch
    finally:
        ended.set()
        watcher.join()


def test_a_change_by_hand_is_repaired_one_member_after_another(stack: Stack) -> None:
    stack.up()
    cluster = Cluster.of(stack.outputs())
    first = cluster.members[0]
    for member in cluster.members:
        cluster.on(first, f"docker service update --detach --env-add BY_HAND=1 {member.name}")
        cluster.await_fallen()
        cluster.await_synced(timeout=600)
    stack.run("refresh", "--yes", "--skip-preview")
    planned = {urn.split("::")[-1] for urns in stack.changes().values() for urn in urns}
    assert {f"{member.name}-synced" for member in cluster.members} <= planned
    with witnessed(cluster), watched(cluster) as watch:
        stack.up()
    assert watch.most_away <= 1, "the quorum of three can lose one"
    for member in cluster.members:
        inspected = "docker service inspect --format '{{json .Spec.TaskTemplate}}'"
        assert "BY_HAND" not in cluster.on(first, f"{inspected} {member.name}")
    assert stack.changes() == {}
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}
