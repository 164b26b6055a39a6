"""Each rule of Consul: what it refuses, under which key, what it offers instead."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import assert_refused, sound, spoil

ON = {"consul.enabled": True}

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("even servers", {"consul.servers": 4}, "consul.servers", "3 or 5"),
    ("more servers than there are", {**ON, "consul.servers": 5}, "consul.servers", "servers.count is 3"),
    ("one server", {**ON, "servers.count": 1}, "consul.servers", "servers.count is 1"),
    ("image", {**ON, "consul.image": "Consul 1"}, "consul.image", "image reference"),
    ("datacenter", {"consul.datacenter": "Toronto 1"}, "consul.datacenter", "letters a-z"),
    ("domain", {"consul.domain": "-"}, "consul.domain", "in lower case"),
    ("the servers' domain", {**ON, "consul.domain": "example.com"}, "consul.domain", "hide the servers'"),
    ("recursor by name", {"consul.recursors": ["dns.example.com"]}, "consul.recursors[0]", "IP address"),
    ("resolver elsewhere", {"consul.ports": {"dns": 8600}}, "consul.ports.dns", "consul.resolver to false"),
    ("port of SQL", {**ON, "consul.ports": {"https": 3306}}, "consul.ports.https", "database.port"),
    ("port of the swarm", {**ON, "consul.ports": {"rpc": 2377}}, "consul.ports.rpc", "the swarm's managers"),
    ("one port twice", {**ON, "consul.ports": {"gossip": 8300}}, "consul.ports.gossip", "consul.ports.rpc"),
    ("port of the API", {"consul.ports": {"http": 80}}, "consul.ports.http", "from 1024 to 65535"),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_mistake_is_refused_under_its_key_with_what_is_allowed(
    tmp_path: Path, changes: dict[str, Any], key: str, words: str
) -> None:
    assert_refused(changes, key, words, tmp_path)


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("on", ON),
    ("off on one server", {"servers.count": 1}),
    ("five of seven", {**ON, "consul.servers": 5, "servers.count": 7}),
    ("DNS elsewhere", {**ON, "consul.resolver": False, "consul.ports": {"dns": 8600}}),
    ("a domain of two labels", {**ON, "consul.domain": "sd.internal", "consul.recursors": ["10.0.80.11"]}),
]


@pytest.mark.parametrize("changes", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_what_works_is_let_through_without_a_word(changes: dict[str, Any]) -> None:
    assert sound(spoil(changes)).warnings == ()


def test_its_image_is_fetched_and_its_servers_vote_only_while_it_is_on() -> None:
    off, on = sound(spoil({})), sound(spoil({**ON, "servers.count": 5}))
    assert off.images == (off.database.effective_image,)
    assert off.voters == {}
    assert on.images == (on.database.effective_image, "hashicorp/consul:1.19.2")
    assert on.voters == {"consul": ["db-1", "db-2", "db-3"]}
