"""Each rule of the load balancer, what is let through, and what is only warned of."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import assert_refused, problems_of, sound, spoil

BALANCER = {"loadBalancer.enabled": True}

# What is changed in the sound configuration, the key that is named, and words that must be in the sentence.
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "same port twice",
        {**BALANCER, "loadBalancer.readerPort": 6446},
        "loadBalancer.readerPort",
        "is the port of loadBalancer.writerPort",
    ),
    (
        "the database's port",
        {**BALANCER, "loadBalancer.writerPort": 3306},
        "loadBalancer.writerPort",
        "is the port of the database (database.port)",
    ),
    ("a port of the swarm", {**BALANCER, "loadBalancer.statsPort": 7946}, "loadBalancer.statsPort", "gossip"),
    ("privileged port", {**BALANCER, "loadBalancer.statsPort": 80}, "loadBalancer.statsPort", "from 1024"),
    ("old HAProxy", {**BALANCER, "loadBalancer.image": "haproxy:1.8"}, "loadBalancer.image", "2.4 or newer"),
    (
        "no such door",
        {**BALANCER, "loadBalancer.public": ["sql"]},
        "loadBalancer.public[0]",
        "one of writer, reader, stats",
    ),
    (
        "door named twice",
        {**BALANCER, "loadBalancer.public": ["reader", "reader"]},
        "loadBalancer.public[1]",
        "twice",
    ),
    (
        "password of two words",
        {**BALANCER, "loadBalancer.statsPassword": "geheim geheim"},
        "loadBalancer.statsPassword",
        "without spaces",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refuses(changes: dict[str, Any], key: str, words: str, tmp_path: Path) -> None:
    assert_refused(changes, key, words, tmp_path)


def test_ports_of_what_is_off_are_nobodys() -> None:
    assert sound(spoil({"loadBalancer.writerPort": 3306})).load_balancer.public_ports == ()


def test_a_door_to_the_world_is_worth_a_word() -> None:
    (warning,) = problems_of(spoil({**BALANCER, "loadBalancer.public": ["reader"]}))
    assert (warning.severity, warning.key) == ("warning", "loadBalancer.public[0]")
    assert "whole internet" in warning.text


def test_its_image_is_brought_to_the_servers_where_it_is_on() -> None:
    assert sound(spoil(BALANCER)).images[1:] == ("haproxy:2.6",)
    assert "haproxy:2.6" not in sound().images
