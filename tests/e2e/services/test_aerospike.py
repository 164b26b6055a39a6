"""Aerospike on a real swarm: two nodes, four of another edition, a lost server, two again, and away.

The tests share one stack and run in order. The server is the stand-in of `sandbox/images/aerospike`, unless a
registry gives the real image: what these tests ask is the same of both.
"""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from providers.aerospike.info_protocol import InfoError, ask, checked, number, pairs, seeds
from tests.e2e.cloud import docker, node_container, on_node, sandbox
from tests.e2e.stack import Stack, await_condition, temporary_stack

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1500)]

FIRST = "aerospike/aerospike-server:8.1.2.3"
#: What the nodes change to. Where Enterprise Edition has no licence it forms no cluster: name another image.
SECOND = os.environ.get("GALERA_SWARM_AEROSPIKE_SECOND", "aerospike/aerospike-server-enterprise:8.1.2.3")
AGENT = "python:3.11-slim"
NAME = "as"
CONFIG = "get-config:context=network"


@pytest.fixture(scope="module")
def stack(running_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Four servers, one of them with a database, and an Aerospike cluster of two nodes."""
    images = [word for name in (FIRST, SECOND, AGENT) for word in ("--image", name)]
    ready = sandbox("up", *images)
    assert ready.returncode == 0, ready.stderr
    changes: dict[str, Any] = {
        "servers__hostnamePrefix": NAME,
        "servers__count": 4,
        "database__members": 1,
        "database__users": [],
        "database__databases": [],
        "aerospike__enabled": True,
        "aerospike__replicas": 2,
        "aerospike__discoverySeconds": 2,
        "aerospike__timeoutSeconds": 300,
    }
    with temporary_stack("aerospike", tmp_path_factory.mktemp("aerospike"), **changes) as made:
        yield made


def info(host: str, *commands: str) -> dict[str, str]:
    """Answers of the node at an address, as any client on the private network gets them."""
    with socket.create_connection((host, 3000), timeout=5) as stream:
        return {key: checked(key, value) for key, value in ask(stream, *commands).items()}


def facts(host: str) -> dict[str, str]:
    """Statistics; none while the node does not answer."""
    try:
        return pairs(info(host, "statistics")["statistics"])
    except (OSError, InfoError):
        return {}


def is_one(hosts: list[str]) -> bool:
    """Whether exactly these nodes are one cluster with nothing left to move."""
    seen = [facts(host) for host in hosts]
    return (
        len({one.get("cluster_key") for one in seen}) == 1
        and all(number(one, "cluster_size") == len(hosts) for one in seen)
        and not any(number(one, "migrate_partitions_remaining", 1) for one in seen)
    )


def hosts_of(outputs: dict[str, Any]) -> list[str]:
    return [str(one["host"]) for one in outputs["aerospike"]["endpoints"]]


def lost(hosts: list[str]) -> int:
    """Partitions whose last copy went away, which the stand-in counts and the real server cannot tell."""
    return max(number(facts(host), "stand_in_partitions_lost") for host in hosts)


def inside(hostname: str, service: str, command: str) -> str:
    """Output of a command in the container of a service on a server."""
    label = f"label=com.docker.swarm.service.name={service}"
    return on_node(hostname, f"docker exec $(docker ps -q --filter {label}) {command}")


def told(host: str) -> list[str]:
    """The addresses among a node's seeds: what the agent told it."""
    known = seeds(info(host, CONFIG)[CONFIG])
    return [name for name, _ in known if name[0].isdigit()]


def agent_server() -> str:
    """The server that the swarm has the agent run on."""
    running = "docker service ps aerospike-discovery -f desired-state=running --format '{{.Node}}'"
    return on_node(f"{NAME}-1", running)


def test_up_ends_with_two_nodes_in_one_cluster(stack: Stack) -> None:
    stack.up()
    outputs = stack.outputs()
    found = outputs["aerospike"]
    assert [node["node"] for node in found["nodes"]] == ["aerospike-1", "aerospike-2"]
    assert [node["server"] for node in found["nodes"]] == [f"{NAME}-1", f"{NAME}-2"]
    assert [node["id"] for node in found["nodes"]] == ["A01", "A02"]
    assert (found["size"], found["edition"]) == (2, "Community")
    hosts = hosts_of(outputs)
    assert is_one(hosts)
    assert facts(hosts[0])["cluster_key"] == found["clusterKey"]
    assert info(hosts[1], "service-clear-alt")["service-clear-alt"].startswith(hosts[1])
    assert info(hosts[0], "cluster-stable:size=2;ignore-migrations=false")
    assert outputs["database"]["state"] == "Synced"


def test_a_second_preview_and_one_after_refresh_show_no_change(stack: Stack) -> None:
    assert stack.changes() == {}
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}


def test_the_files_lie_as_secrets_with_their_modes(stack: Stack) -> None:
    listed = inside(f"{NAME}-1", "aerospike-1", "stat -c '%a %U %n' /run/secrets/aerospike.conf")
    assert listed == "440 root /run/secrets/aerospike.conf"
    where = agent_server()
    modes = inside(where, "aerospike-discovery", "stat -c '%a %n' /run/secrets/discovery")
    assert modes == "755 /run/secrets/discovery"
    health = inside(where, "aerospike-discovery", "/run/secrets/discovery --health")
    assert "of 2: A01@" in health


def test_a_container_on_the_overlay_network_finds_every_node_by_one_name(stack: Stack) -> None:
    found = on_node(
        f"{NAME}-1",
        f"docker run --rm --network galera {AGENT} python3 -c "
        "'import socket; print(len({a[4][0] for a in socket.getaddrinfo(\"aerospike\", 3000)}))'",
    )
    assert found == "2"


def test_two_become_four_while_another_image_rolls_through_them(stack: Stack) -> None:
    before = stack.outputs()["aerospike"]["nodes"]
    stack.set("aerospike.replicas", 4)
    stack.set("aerospike.image", SECOND)
    stack.up()
    outputs = stack.outputs()
    hosts = hosts_of(outputs)
    assert outputs["aerospike"]["size"] == 4
    assert outputs["aerospike"]["edition"] == ("Enterprise" if "enterprise" in SECOND else "Community")
    assert [node["id"] for node in outputs["aerospike"]["nodes"][:2]] == [node["id"] for node in before]
    assert is_one(hosts)
    # The second to be changed saw no copy vanish: it waited until the first one had its own.
    assert lost(hosts) == 0
    await_condition(
        "every node to be told of the three others",
        lambda: all(len(told(one)) == 3 for one in hosts),
        timeout=60,
    )
    label = "label=com.docker.swarm.service.name=aerospike-discovery"
    assert "told " in on_node(agent_server(), f"docker logs $(docker ps -q --filter {label}) 2>&1")


def test_the_loss_of_a_server_is_survived_and_it_comes_back_as_the_same_node(stack: Stack) -> None:
    hosts = hosts_of(stack.outputs())
    (departed,) = set.intersection(*(set(told(one)) for one in hosts[:3]))
    assert sandbox("fault", "node", f"{NAME}-4", "crash").returncode == 0
    took = await_condition("a cluster of the other three", lambda: is_one(hosts[:3]), timeout=60)
    assert lost(hosts[:3]) == 0
    print(f"server lost: one cluster of three with all copies after {took:.1f} s")
    await_condition(
        "the agent to clear the departed address",
        lambda: not any(departed in told(one) for one in hosts[:3]),
        timeout=90,
    )
    assert sandbox("fault", "node", f"{NAME}-4", "boot").returncode == 0
    took = await_condition("a cluster of four again", lambda: is_one(hosts), timeout=180)
    print(f"server back: one cluster of four after {took:.1f} s")
    assert lost(hosts[:3]) == 0
    assert info(hosts[3], "node")["node"] == "A04"


def test_four_become_two_and_no_copy_is_lost(stack: Stack) -> None:
    before = hosts_of(stack.outputs())
    stack.set("aerospike.replicas", 2)
    stack.up()
    outputs = stack.outputs()
    hosts = hosts_of(outputs)
    assert hosts == before[:2]
    assert outputs["aerospike"]["size"] == 2
    assert facts(hosts[0])["cluster_key"] == outputs["aerospike"]["clusterKey"]
    assert is_one(hosts)
    assert lost(hosts) == 0
    services = on_node(f"{NAME}-1", "docker service ls --format '{{.Name}}'").split()
    assert sorted(name for name in services if name.startswith("aerospike")) == [
        "aerospike-1",
        "aerospike-2",
        "aerospike-discovery",
    ]
    assert [len(told(host)) for host in hosts] == [1, 1], "only the other one that stayed"
    assert stack.changes() == {}


def test_switched_off_and_on_again_it_finds_its_volumes(stack: Stack) -> None:
    stack.set("aerospike.enabled", False)
    planned = stack.changes()
    assert "aerospike-stable" in {urn.split("::")[-1] for urn in planned["delete"]}
    assert set(planned) <= {"delete", "update"}
    assert all(urn.split("::")[-1].startswith("aerospike") for urn in planned["delete"])
    stack.up()
    assert "aerospike" not in stack.outputs()
    for what in ("service ls", "config ls", "secret ls"):
        assert "aerospike" not in on_node(f"{NAME}-1", f"docker {what} --format '{{{{.Name}}}}'")
    assert "aerospike-data" in on_node(f"{NAME}-2", "docker volume ls -q").split()
    assert stack.changes() == {}
    stack.set("aerospike.enabled", True)
    stack.up()
    assert is_one(hosts_of(stack.outputs()))


def test_destroy_ends_quickly_and_takes_everything_along(stack: Stack) -> None:
    container = node_container(f"{NAME}-1")
    stack.run("destroy", "--yes", "--skip-preview", timeout=300)
    assert container not in docker("ps", "-aq", "--no-trunc")
