"""A service changed by hand, past the program: the repair walks from member to member."""

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.stack import Stack
from tests.e2e.witness import watched, witnessed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


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
    with witnessed(cluster) as witness, watched(witness.ledger) as watch:
        stack.up()
    assert watch.most_away <= 1, "the quorum of three can lose one"
    for member in cluster.members:
        inspected = "docker service inspect --format '{{json .Spec.TaskTemplate}}'"
        assert "BY_HAND" not in cluster.on(first, f"{inspected} {member.name}")
    assert stack.changes() == {}
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}
