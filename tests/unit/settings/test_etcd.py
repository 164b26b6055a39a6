"""Rules of section `etcd`, and what follows from it."""

from typing import Any

import pytest

from tests.unit.settings.config import problems_of, sound, spoil

ON = {"servers.count": 5, "etcd.enabled": True}


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"etcd.members": 4}, "etcd.members", "3 or 5"),
        ({"etcd.members": 7}, "etcd.members", "3 to 5"),
        ({"servers.count": 3, "etcd.members": 5}, "etcd.members", "3 or less, the number of servers"),
        ({"servers.count": 1}, "etcd.members", "1 or less"),
        ({"etcd.clientPort": 2377}, "etcd.clientPort", "the swarm's managers"),
        ({"etcd.peerPort": 3306}, "etcd.peerPort", "database.port"),
        ({"etcd.peerPort": 2379}, "etcd.peerPort", "etcd.clientPort"),
        ({"etcd.image": "quay.io/coreos/etcd:v3.5.24"}, "etcd.image", "3.6 or newer"),
        ({"etcd.image": " "}, "etcd.image", "image reference"),
        ({"etcd.quotaMb": 1}, "etcd.quotaMb", "64 to 8192"),
        ({"etcd.initialClusterState": "new"}, "etcd.initialClusterState", "no such key"),
    ],
)
def test_a_mistake_is_refused_under_its_key(changes: dict[str, Any], key: str, words: str) -> None:
    found = [problem for problem in problems_of(spoil({**ON, **changes})) if problem.severity == "error"]
    assert [problem.key for problem in found] == [key]
    assert words in str(found[0])


@pytest.mark.parametrize("changes", [{}, {"etcd.members": 5}, {"etcd.image": "registry:5000/etcd:v3.7.1"}])
def test_what_works_is_let_through(changes: dict[str, Any]) -> None:
    assert problems_of(spoil({**ON, **changes})) == []


def test_ports_and_servers_matter_only_while_it_is_on() -> None:
    assert problems_of(spoil({"servers.count": 1, "etcd.peerPort": 2379})) == []


def test_who_carries_a_member_and_which_images_are_needed() -> None:
    off, three, five = (sound(spoil(changes)) for changes in ({}, {**ON}, {**ON, "etcd.members": 5}))
    assert (off.etcd_servers, off.images) == ((), ("mariadb:10.11",))
    assert [server.name for server in three.etcd_servers] == ["db-1", "db-2", "db-3"]
    assert len(five.etcd_servers) == 5
    assert three.images == ("mariadb:10.11", "quay.io/coreos/etcd:v3.6.6")
