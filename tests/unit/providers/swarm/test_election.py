"""A swarm that has no leader for a moment ends nothing; one that gets none is waited for with a limit."""

import pytest

from providers.ssh import CommandFailedError
from providers.swarm import SwarmInitProvider, SwarmNodeProvider
from providers.swarm.docker_view import nodes
from tests.unit.providers.swarm.fake_docker import FakeSession, ssh
from tests.unit.providers.swarm.fake_swarm import FakeCloud
from tests.unit.providers.swarm.test_leaving import leave
from tests.unit.providers.swarm.test_swarm_node import props

NO_LEADER = (
    "Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader. It's"
    " possible that too few managers are online. Make sure more than half of the managers are online."
)
LOST = "Error response from daemon: rpc error: code = Unavailable desc = connection error"
HUNG = "Error response from daemon: rpc error: code = DeadlineExceeded desc = context deadline exceeded"


@pytest.mark.parametrize("refusal", [NO_LEADER, LOST, HUNG], ids=["none", "gone", "hung"])
def test_a_node_comes_changes_and_leaves_over_elections(cloud: FakeCloud, refusal: str) -> None:
    swarm, servers = cloud.made(managers=3)
    swarm.refusal = refusal
    new = cloud.server(9)
    provider = SwarmNodeProvider()
    inputs = {**props(new, servers, role="manager"), "join_token": ""}
    made = provider.create(inputs)
    assert swarm.nodes[made.id].role == "manager"
    provider.update(made.id, inputs, {**inputs, "role": "worker", "labels": {"zone": "a"}})
    assert (swarm.nodes[made.id].role, swarm.nodes[made.id].labels["zone"]) == ("worker", "a")
    leave(new, servers)
    assert len(swarm.nodes) == 3


def test_the_tokens_are_asked_for_over_an_election(cloud: FakeCloud) -> None:
    swarm, servers = cloud.made(managers=1)
    swarm.refusal = NO_LEADER
    inputs = {"ssh": ssh(servers[0]), "advertise_address": servers[0].private, "managers": []}
    outs = SwarmInitProvider().create(inputs).outs or {}
    assert outs["worker_token"] == "SWMTKN-worker"


@pytest.mark.parametrize(
    ("refusal", "seconds"), [(NO_LEADER, 30), ("Error response from daemon: permission denied", 0)]
)
def test_what_does_not_pass_is_said_in_dockers_words(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, refusal: str, seconds: int
) -> None:
    _, servers = cloud.made(managers=1)
    manager = FakeSession(servers[0])

    def refused(_self: object, _command: str, *, doing: str, **_: object) -> str:
        message = f"{doing} failed: {refusal}"
        raise CommandFailedError(message)

    monkeypatch.setattr(FakeSession, "must", refused)
    with pytest.raises(CommandFailedError, match=f"listing the swarm's nodes failed: {refusal}"):
        nodes(manager)
    assert seconds <= cloud.now < seconds + 5
