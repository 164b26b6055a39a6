"""Servers come and go under etcd and Consul; then both are switched off."""

import json
from pathlib import Path

import pytest

from components.etcd import VOLUME
from tests.e2e.cloud import on_node
from tests.e2e.cluster import Cluster
from tests.e2e.keys import KeyLedger, Keys
from tests.e2e.services.agents import api, started
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

FIRST = {f"services-{number}": f"consul-{number}" for number in (1, 2, 3)}
"""Each of the servers that stay, and the service of its agent."""


@pytest.fixture(scope="module")
def agents(stack: Stack) -> dict[str, str]:
    """When each agent that stays was started, before anything changed; a key is there."""
    written, _ = api("services-1", "/v1/kv/stays", "-X PUT -d still", token=stack.outputs()["consulToken"])
    assert written == 200
    return _starts()


def test_three_become_five_of_which_two_are_workers(stack: Stack, keys: Keys, agents: dict[str, str]) -> None:
    stack.set("swarm.managers", 3)
    stack.set("database.members", 3)
    stack.set("servers.count", 5)
    stack.set("etcd.members", 5)
    stack.set("consul.servers", 5)
    with KeyLedger(keys, "grown/") as ledger:
        stack.up(timeout=1800)
    print(f"3 to 5: {ledger.longest_pause_seconds:.1f} s without a key written")
    assert keys.voters() == [f"etcd-{number}" for number in range(1, 6)]
    assert ledger.acknowledged
    assert ledger.lost() == set()
    assert stack.outputs()["swarm"]["workers"] == ["services-4", "services-5"]
    assert _voting_agents("services-5") == 5
    assert _starts() == agents


def test_five_become_three(stack: Stack, keys: Keys, agents: dict[str, str]) -> None:
    token = stack.outputs()["consulToken"]
    stack.set("consul.servers", 3)
    stack.up(timeout=1800)
    assert _voting_agents("services-5") == 3
    stack.set("servers.count", 3)
    stack.set("etcd.members", 3)
    with KeyLedger(keys, "shrunk/") as ledger:
        stack.up(timeout=1800)
    print(f"5 to 3: {ledger.longest_pause_seconds:.1f} s without a key written")
    now = Keys(stack.outputs(), Path(stack.config_file).parent)
    assert now.voters() == [f"etcd-{number}" for number in range(1, 4)]
    assert ledger.acknowledged
    assert now.names("shrunk/") >= ledger.acknowledged
    assert _voting_agents("services-1") == 3
    assert _starts() == agents
    assert api("services-2", "/v1/kv/stays?raw", token=token) == (200, "still")
    assert Cluster.of(stack.outputs()).synced()
    assert stack.changes() == {}


def test_switched_off_the_data_of_etcd_is_all_that_is_left(stack: Stack) -> None:
    stack.set("consul", {"enabled": False})
    stack.set("etcd", {"enabled": False})
    stack.up(timeout=1800)
    for hostname in FIRST:
        left = on_node(hostname, "docker ps -a --format '{{.Names}}'; docker volume ls -q").split()
        assert [name for name in left if "consul" in name or "etcd" in name] == [VOLUME]
        assert "consul" not in on_node(hostname, "cat /etc/resolv.conf")
    assert not {"consul", "etcd"} & set(stack.outputs())
    listed = on_node(
        "services-1", "docker service ls --format '{{.Name}}'; docker config ls; docker secret ls"
    )
    assert not [word for word in listed.split() if word.startswith(("consul", "etcd"))]
    assert Cluster.of(stack.outputs()).synced()
    assert stack.changes() == {}


def _voting_agents(hostname: str) -> int:
    """How many servers Consul counts, by the word of one agent."""
    return len(json.loads(api(hostname, "/v1/status/peers")[1]))


def _starts() -> dict[str, str]:
    return {hostname: started(hostname, service) for hostname, service in FIRST.items()}
