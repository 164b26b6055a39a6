"""Each rule of mode `homogeneous`, and the members that follow from it."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import assert_refused, problems_of, sound, spoil

EQUAL: dict[str, Any] = {"database.mode": "homogeneous", "etcd.enabled": True}
GROUP = {"name": "scale", "servers": ["db-2", "db-3"]}
FRONT: dict[str, Any] = {
    "loadBalancer.enabled": True,
    "wordpress.enabled": True,
    "wordpress.adminEmail": "admin@sandbox.test",
    "wordpress.uploads.kind": "volume",
}


# What is changed in the sound configuration, the key that is named, and words that must be in the sentence.
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("nobody to ask", {"database.mode": "homogeneous"}, "database.mode", "needs etcd"),
    (
        "a group of one without etcd",
        {"database.mode": "homogeneous", "database.members": 1, "database.groups": [GROUP]},
        "database.mode",
        "needs etcd",
    ),
    ("group of pinned members", {"database.groups": [GROUP]}, "database.groups", "mode homogeneous"),
    ("pinned and ephemeral", {"database.storage": "ephemeral"}, "database.storage", "mode homogeneous"),
    (
        "group without a name",
        {**EQUAL, "database.groups": [{**GROUP, "name": "Scale_1"}]},
        "database.groups[0].name",
        "a-z",
    ),
    (
        "two groups of one name",
        {**EQUAL, "database.groups": [GROUP, {**GROUP, "port": 3308}]},
        "database.groups[1].name",
        "is taken",
    ),
    (
        "the port of the others",
        {**EQUAL, "database.groups": [{**GROUP, "port": 3306}]},
        "database.groups[0].port",
        "the port of database.port",
    ),
    (
        "two groups on one port",
        {**EQUAL, "database.groups": [GROUP, {**GROUP, "name": "more"}]},
        "database.groups[1].port",
        "database.groups[0].port",
    ),
    (
        "a port of the swarm",
        {**EQUAL, "database.groups": [{**GROUP, "port": 7946}]},
        "database.groups[0].port",
        "gossip",
    ),
    (
        "no such server",
        {**EQUAL, "database.groups": [{**GROUP, "servers": ["db-2", "db-9"]}]},
        "database.groups[0].servers[1]",
        "no server",
    ),
    (
        "two members of a group on one server",
        {**EQUAL, "database.groups": [{**GROUP, "servers": ["db-2", "db-2"]}]},
        "database.groups[0].servers[1]",
        "twice",
    ),
    (
        "a group without members",
        {**EQUAL, "database.groups": [{**GROUP, "servers": []}]},
        "database.groups[0].servers",
        "at least 1 item",
    ),
    (
        "absent by its name in the other mode",
        {**EQUAL, "database.absent": ["galera-1"]},
        "database.absent[0]",
        "galera-db-1",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refuses(changes: dict[str, Any], key: str, words: str, tmp_path: Path) -> None:
    assert_refused(changes, key, words, tmp_path)


def test_load_balancers_and_a_site_lead_to_equal_members_too() -> None:
    sound(spoil({**EQUAL, **FRONT, "database.groups": [GROUP]}))


@pytest.mark.parametrize(
    ("on", "key"),
    [
        (FRONT, "loadBalancer.readerPort"),
        (FRONT, "wordpress.port"),
        ({}, "etcd.clientPort"),
        ({"consul.enabled": True, "database.members": 1}, "consul.ports.http"),
        ({"aerospike.enabled": True}, "aerospike.port"),
    ],
)
def test_a_groups_port_is_no_other_services(on: dict[str, Any], key: str, tmp_path: Path) -> None:
    changes = {**EQUAL, **on, "database.groups": [{**GROUP, "port": 13307}], key: 13307}
    assert_refused(changes, key, "database.groups[0].port", tmp_path)


def test_members_are_called_by_their_servers() -> None:
    settings = sound(spoil({**EQUAL, "database.groups": [GROUP]}))
    assert [(one.name, one.server.name, one.service, one.port) for one in settings.members] == [
        ("galera-db-1", "db-1", "galera", 3306),
        ("galera-db-2", "db-2", "galera", 3306),
        ("galera-db-3", "db-3", "galera", 3306),
        ("galera-scale-db-2", "db-2", "galera-scale", 3307),
        ("galera-scale-db-3", "db-3", "galera-scale", 3307),
    ]


def test_one_member_stands_alone_without_etcd() -> None:
    changes = {"database.mode": "homogeneous", "database.members": 1}
    assert [one for one in problems_of(spoil(changes)) if one.severity == "error"] == []


def test_names_that_get_too_long() -> None:
    changes = {**EQUAL, "database.clusterName": "c" * 32, "servers.hostnamePrefix": "h" * 32}
    found = [one.key for one in problems_of(spoil(changes)) if one.severity == "error"]
    assert "database.clusterName" in found


SMALL = {"servers.count": 4, "database.members": 3, "servers.overrides.db-4.memoryMb": 2048}
APART = {**EQUAL, **SMALL, "database.groups": [{"name": "more", "servers": ["db-4"]}]}
TOGETHER = {**EQUAL, "database.groups": [{"name": "more", "servers": ["db-2"]}]}

# What is given beside a group on a smaller server, or on one that carries a member already.
UNFIT: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "pool",
        {**APART, "database.bufferPoolMb": 2048},
        "database.bufferPoolMb",
        "1536 or less: db-4 has 2048",
    ),
    ("container", {**APART, "database.memoryMb": 2048}, "database.memoryMb", "1664 or less: db-4 has 2048"),
    (
        "gcache",
        {**APART, "servers.overrides.db-4.disks": [25, 10], "database.gcacheMb": 20000},
        "database.gcacheMb",
        "5120 or less: half of the disk with the data of db-4",
    ),
    (
        "two pools of half the memory",
        {**TOGETHER, "database.bufferPoolMb": 2048},
        "database.bufferPoolMb",
        "1728 or less: db-2 has 4096 MB for 2 members",
    ),
    (
        "two containers of half the memory",
        {**TOGETHER, "database.memoryMb": 2048},
        "database.memoryMb",
        "1856 or less: db-2 has 4096 MB for 2 members",
    ),
    (
        "two files of past writes",
        {**TOGETHER, "database.gcacheMb": 10000},
        "database.gcacheMb",
        "6400 or less: half of the disk with the data of db-2 for 2 members",
    ),
    (
        "two members on a server that is too small for them",
        {**TOGETHER, "servers.memoryMb": 1024},
        "database.bufferPoolMb",
        "192 or less",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in UNFIT], ids=[case[0] for case in UNFIT]
)
def test_members_of_groups_need_their_room_too(
    changes: dict[str, Any], key: str, words: str, tmp_path: Path
) -> None:
    assert_refused(changes, key, words, tmp_path)


@pytest.mark.parametrize("changes", [APART, TOGETHER], ids=["apart", "together"])
def test_the_default_pool_leaves_members_of_groups_their_room(changes: dict[str, Any]) -> None:
    assert sound(spoil(changes)).buffer_pool_mb == 1024


@pytest.mark.parametrize(
    ("members", "servers", "is_even"),
    [(3, ["db-4"], True), (2, ["db-4"], False), (3, ["db-3", "db-4"], False), (1, ["db-1"], True)],
)
def test_every_member_has_a_vote(members: int, servers: list[str], is_even: bool) -> None:
    group = {"name": "more", "servers": servers}
    changes = {**EQUAL, "servers.count": 4, "database.members": members, "database.groups": [group]}
    warnings = sound(spoil(changes)).warnings
    assert [one.key for one in warnings] == (["database.groups"] if is_even else [])
    assert all("quorum" in one.text for one in warnings)
