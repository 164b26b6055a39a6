"""Each port and each name has one owner, whichever systems a stack has on."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import assert_refused, problems_of, sound, spoil

BALANCER = {"loadBalancer.enabled": True}
SITE = {
    **BALANCER,
    "wordpress.enabled": True,
    "wordpress.adminEmail": "a@example.com",
    "wordpress.uploads.kind": "volume",
}
ETCD, CONSUL, AEROSPIKE = {"etcd.enabled": True}, {"consul.enabled": True}, {"aerospike.enabled": True}
EVERYTHING = {**SITE, **ETCD, **CONSUL, **AEROSPIKE, "consul.resolver": False}
EQUAL = {**ETCD, "database.mode": "homogeneous"}
GROUP = {"name": "scale", "servers": ["db-4", "db-5"]}

# Each port by its key, and what has to be on for it; in the order in which they keep a port.
PORTS: list[tuple[str, dict[str, Any]]] = [
    ("database.port", {}),
    ("loadBalancer.writerPort", BALANCER),
    ("loadBalancer.readerPort", BALANCER),
    ("loadBalancer.statsPort", BALANCER),
    ("etcd.clientPort", ETCD),
    ("etcd.peerPort", ETCD),
    ("consul.ports.dns", {**CONSUL, "consul.resolver": False}),
    ("consul.ports.http", CONSUL),
    ("consul.ports.https", CONSUL),
    ("consul.ports.rpc", CONSUL),
    ("consul.ports.gossip", CONSUL),
    ("wordpress.port", SITE),
    ("aerospike.port", AEROSPIKE),
]


@pytest.mark.parametrize(
    ("one", "other"),
    [*itertools.pairwise(PORTS), *((PORTS[0], port) for port in PORTS[2:])],
    ids=lambda port: port[0].replace(".", "-"),
)
def test_no_two_have_one_port(
    one: tuple[str, dict[str, Any]], other: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    changes = {**one[1], **other[1], one[0]: 15000, other[0]: 15000}
    assert_refused(changes, other[0], f"is the port of {one[0]}", tmp_path)


@pytest.mark.parametrize("key", [port[0] for port in PORTS])
def test_what_is_always_there_keeps_its_ports(key: str, tmp_path: Path) -> None:
    assert_refused({**dict(PORTS)[key], key: 9200}, key, "the members' health answer", tmp_path)


def test_the_overlay_networks_keep_theirs(tmp_path: Path) -> None:
    assert_refused(
        {**ETCD, "swarm.dataPathPort": 5000, "etcd.peerPort": 5000}, "etcd.peerPort", "overlay", tmp_path
    )


def test_what_is_off_has_no_port() -> None:
    sound(spoil({key: 15000 for key, _ in PORTS if key != "consul.ports.dns"}))


def test_everything_at_once_has_ports_and_names_of_its_own() -> None:
    sound(spoil(EVERYTHING))


def test_a_wrong_port_hides_no_clash_before_it() -> None:
    raw = spoil({**EVERYTHING, "etcd.clientPort": 3306, "consul.ports.rpc": "many", "wordpress.port": 3306})
    found = {problem.key: problem.text for problem in problems_of(raw)}
    assert set(found) == {"etcd.clientPort", "consul.ports.rpc"}


@pytest.mark.parametrize(
    ("changes", "key", "whose"),
    [
        ({**ETCD, "database.clusterName": "etcd"}, "database.clusterName", "etcd.enabled"),
        ({**CONSUL, "database.clusterName": "consul"}, "database.clusterName", "consul.enabled"),
        (
            {**BALANCER, "database.clusterName": "load-balancer"},
            "database.clusterName",
            "loadBalancer.enabled",
        ),
        ({**SITE, "database.clusterName": "wordpress"}, "database.clusterName", "wordpress.enabled"),
        (
            {
                **EQUAL,
                **BALANCER,
                "servers.count": 5,
                "database.members": 3,
                "database.clusterName": "load",
                "database.groups": [{**GROUP, "name": "balancer"}],
            },
            "database.groups[0].name",
            "loadBalancer.enabled",
        ),
        ({**AEROSPIKE, "aerospike.clusterName": "galera"}, "aerospike.clusterName", "database.clusterName"),
        ({**AEROSPIKE, **ETCD, "aerospike.clusterName": "etcd"}, "aerospike.clusterName", "etcd.enabled"),
    ],
)
def test_no_two_have_one_name(changes: dict[str, Any], key: str, whose: str, tmp_path: Path) -> None:
    assert_refused(changes, key, whose, tmp_path)


@pytest.mark.parametrize(
    ("section", "on"),
    [("etcd", ETCD), ("consul", CONSUL), ("loadBalancer", BALANCER), ("wordpress", SITE)],
)
def test_an_image_is_a_reference_with_a_version(section: str, on: dict[str, Any], tmp_path: Path) -> None:
    key = f"{section}.image"
    assert_refused({**on, key: "an image!"}, key, "must be an image reference, such as", tmp_path)
    (warning,) = sound(spoil({**on, key: "registry.example.com/own"})).warnings
    assert (warning.key, warning.severity) == (key, "warning")
    assert "has no tag" in warning.text
    if section != "loadBalancer":
        sound(spoil({key: "an image!"}))


@pytest.mark.parametrize(("section", "on"), [("etcd", ETCD), ("wordpress", SITE)])
def test_no_container_takes_the_systems_memory(section: str, on: dict[str, Any], tmp_path: Path) -> None:
    key = f"{section}.memoryMb"
    given = {**on, "servers.memoryMb": 4096}
    sound(spoil({**given, key: 3712}))
    assert_refused({**given, key: 3713}, key, "must be 3712 or less", tmp_path)


def test_clients_networks_are_not_the_containers(tmp_path: Path) -> None:
    trusted = {"network.subnet": "192.168.64.0/18", "host.trustedSubnets": ["192.168.65.0/24"]}
    assert_refused(trusted, "network.subnet", "host.trustedSubnets[0]", tmp_path)
    (warning,) = sound(spoil({**trusted, "host.trustedSubnets": ["192.168.0.0/16"]})).warnings
    assert (warning.key, "no answer" in warning.text) == ("network.subnet", True)


def test_a_name_is_free_while_its_owner_is_off() -> None:
    sound(spoil({"database.clusterName": "etcd"}))


def test_consul_asks_one_member_on_each_server(tmp_path: Path) -> None:
    apart = {**EQUAL, **CONSUL, "servers.count": 5, "database.members": 3, "database.groups": [GROUP]}
    sound(spoil(apart))
    together = {**apart, "database.groups": [{**GROUP, "servers": ["db-3", "db-4"]}]}
    assert_refused(together, "database.groups[0].servers[0]", "carries a member already", tmp_path)
    sound(spoil({**together, "consul.enabled": False}))
