"""The subnet has an address for everything that a stack puts on its overlay network."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.wordpress import replicas_of
from settings import stack_file
from settings.checks.overlay import tenants
from tests.unit.settings.config import assert_refused, problems_of, sound, spoil

FULL = stack_file.read(Path(__file__).resolve().parents[3] / "Pulumi.dev-full.yaml")
EQUAL = {"database.mode": "homogeneous", "etcd.enabled": True}
GROUP = {"name": "scale", "servers": ["db-4", "db-5"]}

# What is changed in the sound configuration, and what the sentence has to say.
CROWDED: list[tuple[str, dict[str, Any], str]] = [
    ("members", {"network.subnet": "172.16.100.0/29"}, "of the 10 that are needed: 3 for database"),
    (
        "etcd",
        {"network.subnet": "172.16.100.0/28", "servers.count": 6, "etcd.enabled": True},
        "the 20 that are needed: 6 for database, 3 for etcd, 2 for a replacement in each, 6 for servers",
    ),
    (
        "members of groups",
        {**EQUAL, "network.subnet": "172.16.100.0/28", "servers.count": 6, "database.members": 3}
        | {"database.groups": [GROUP]},
        "5 for database, 3 for etcd",
    ),
    (
        "load balancers",
        {"network.subnet": "172.16.100.0/28", "servers.count": 5, "loadBalancer.enabled": True},
        "5 for loadBalancer",
    ),
    (
        "nodes and agent",
        {"network.subnet": "172.16.100.0/28", "aerospike.enabled": True, "servers.count": 5}
        | {"aerospike.replicas": 3},
        "4 for aerospike",
    ),
    (
        "replicas",
        {"network.subnet": "172.16.100.0/27", "loadBalancer.enabled": True, "wordpress.enabled": True}
        | {"wordpress.adminEmail": "a@example.com", "wordpress.uploads.kind": "volume"}
        | {"wordpress.replicas": 21},
        "21 for wordpress",
    ),
]


@pytest.mark.parametrize(
    ("changes", "words"), [case[1:] for case in CROWDED], ids=[case[0] for case in CROWDED]
)
def test_a_subnet_without_room_is_refused_with_what_needs_it(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    assert_refused(changes, "network.subnet", words, tmp_path)


def test_everything_at_once_on_a_small_subnet_is_one_problem_with_the_whole_sum(tmp_path: Path) -> None:
    words = (
        "holds 16 addresses of the 25 that are needed: 3 for database, 3 for etcd, 3 for loadBalancer, "
        "2 for wordpress, 3 for aerospike, 5 for a replacement in each, 3 for servers, "
        "3 for network, gateway and broadcast; it must be a /27 or larger"
    )
    found = problems_of(spoil({"network.subnet": "172.16.100.0/28"}, FULL), tmp_path)
    assert [(one.key, one.value, one.text) for one in found] == [
        ("network.subnet", '"172.16.100.0/28"', words)
    ]


@pytest.mark.parametrize(("servers", "severity"), [(5, "warning"), (6, "error")])
def test_room_for_all_but_their_replacements_is_a_warning(
    servers: int, severity: str, tmp_path: Path
) -> None:
    changes = {"network.subnet": "172.16.100.0/28", "servers.count": servers, "etcd.enabled": True}
    if severity == "error":
        assert_refused(changes, "network.subnet", "must be a /27", tmp_path)
    else:
        told = [one for one in sound(spoil(changes)).warnings if one.key == "network.subnet"]
        assert [one.severity for one in told] == ["warning"]
        assert "should be a /27" in told[0].text


@pytest.mark.parametrize("prefix", [24, 27])
def test_everything_at_once_fits_where_there_is_room(prefix: int) -> None:
    sound(spoil({"network.subnet": f"172.16.100.0/{prefix}"}, FULL))


@given(count=st.integers(min_value=1, max_value=100), prefix=st.integers(min_value=20, max_value=29))
def test_the_prefix_that_is_offered_is_taken(count: int, prefix: int) -> None:
    given_subnet = {"servers.count": count, "network.subnet": f"192.168.0.0/{prefix}"}
    for problem in problems_of(spoil(given_subnet)):
        if problem.severity == "error":
            (offered,) = re.findall(r"must be a /(\d+) or larger", problem.text)
            sound(spoil({**given_subnet, "network.subnet": f"192.168.0.0/{offered}"}))
            assert int(offered) < prefix


@pytest.mark.parametrize("kind", ["volume", "nfs"])
def test_replicas_are_counted_as_they_are_made(kind: str) -> None:
    settings = sound(spoil({"wordpress.uploads": {"kind": kind, "nfsServer": "nfs", "nfsPath": "/x"}}, FULL))
    assert tenants(settings.config)["wordpress"] == sum(replicas_of(settings.wordpress).values())


def test_what_is_off_needs_no_address() -> None:
    off = {"etcd.members": 5, "wordpress.replicas": 50, "aerospike.replicas": 3}
    assert tenants(sound(spoil(off)).config) == {"database": 3}
