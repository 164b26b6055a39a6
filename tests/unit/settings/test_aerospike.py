"""Section `aerospike`: what it refuses, what it warns of, and what follows from it."""

from typing import Any

import pytest

from tests.unit.settings.config import problems_of, sound, spoil

ON: dict[str, Any] = {"aerospike.enabled": True}
SPACE = "aerospike.namespaces[0]"


def space(**keys: Any) -> dict[str, Any]:
    return {"aerospike.namespaces": [{"name": "shop", **keys}]}


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown key", {"aerospike.replica": 2}, "aerospike.replica", "galera-swarm:aerospike.replicas?"),
    ("no nodes", {"aerospike.replicas": 0}, "aerospike.replicas", "from 1 to 100"),
    ("nodes beyond servers", {"aerospike.replicas": 4}, "aerospike.replicas", "3 or less"),
    (
        "nodes beyond Community Edition",
        {"servers.count": 9, "aerospike.replicas": 9},
        "aerospike.replicas",
        "Enterprise Edition",
    ),
    ("image", {"aerospike.image": "Aerospike 8"}, "aerospike.image", "an image reference"),
    ("old image", {"aerospike.image": "aerospike/aerospike-server:6.4.0.1"}, "aerospike.image", "7.0"),
    ("old tag of an edition", {"aerospike.image": "aerospike:ce-6.2.0.2"}, "aerospike.image", "7.0"),
    ("agent's image", {"aerospike.agentImage": "a b"}, "aerospike.agentImage", "an image reference"),
    ("cluster name", {"aerospike.clusterName": "As"}, "aerospike.clusterName", "32 at most"),
    ("Galera's name", {"aerospike.clusterName": "galera"}, "aerospike.clusterName", "database.clusterName"),
    ("database's port", {"aerospike.port": 3306}, "aerospike.port", "database.port"),
    ("swarm's port", {"aerospike.port": 7946}, "aerospike.port", "gossip"),
    ("namespace without a name", {"aerospike.namespaces": [{}]}, f"{SPACE}.name", "is required"),
    ("namespace's name", {"aerospike.namespaces": [{"name": "a b"}]}, f"{SPACE}.name", "31 at most"),
    ("namespace null", {"aerospike.namespaces": [{"name": "null"}]}, f"{SPACE}.name", "not be null"),
    (
        "same namespace",
        {"aerospike.namespaces": [{"name": "a"}, {"name": "a"}]},
        "aerospike.namespaces[1].name",
        "twice",
    ),
    (
        "three namespaces",
        {"aerospike.namespaces": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
        "aerospike.namespaces",
        "Community Edition",
    ),
    ("copies beyond nodes", space(replicationFactor=3), f"{SPACE}.replicationFactor", "2 or less"),
    ("no copies", space(replicationFactor=0), f"{SPACE}.replicationFactor", "from 1 to 8"),
    ("tiny namespace", space(sizeMb=100), f"{SPACE}.sizeMb", "from 512"),
    ("storage", space(storage="disk"), f"{SPACE}.storage", "device or memory"),
    ("memory beyond the server", space(storage="memory", sizeMb=3500), "aerospike.namespaces", "3712 MB"),
    (
        "memory beyond the container",
        {"aerospike.memoryMb": 1024, **space(storage="memory", sizeMb=1024)},
        "aerospike.namespaces",
        "aerospike.memoryMb allows 1024 MB",
    ),
    ("container beyond the server", {"aerospike.memoryMb": 4096}, "aerospike.memoryMb", "3712 or less"),
    ("files beyond the disk", space(sizeMb=30000), "aerospike.namespaces", "of db-1 has 25600 MB"),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_cannot_work_is_refused_under_its_key(changes: dict[str, Any], key: str, words: str) -> None:
    found = [problem for problem in problems_of(spoil(ON | changes)) if problem.severity == "error"]
    assert [problem.key for problem in found if words in problem.text] == [key], [str(one) for one in found]


WARNED: list[tuple[str, dict[str, Any], str, str]] = [
    ("image without a tag", {"aerospike.image": "aerospike/aerospike-server"}, "aerospike.image", "no tag"),
    ("one copy of two nodes", space(replicationFactor=1), f"{SPACE}.replicationFactor", "lost server"),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in WARNED], ids=[case[0] for case in WARNED]
)
def test_what_may_work_is_a_warning(changes: dict[str, Any], key: str, words: str) -> None:
    (warning,) = sound(spoil(ON | changes)).warnings
    assert (warning.key, warning.severity) == (key, "warning")
    assert words in warning.text


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("as it comes", {}),
    ("off, whatever else it says", {"aerospike.enabled": False, "aerospike.replicas": 50}),
    ("one node with the default namespace", {"aerospike.replicas": 1}),
    ("nodes of Enterprise Edition", {"aerospike.image": "aerospike/aerospike-server-enterprise:8.1.2.3"}),
    ("a digest", {"aerospike.image": f"aerospike/aerospike-server@sha256:{'0' * 64}"}),
    ("two namespaces", {"aerospike.namespaces": [{"name": "a"}, {"name": "b", "storage": "memory"}]}),
]


@pytest.mark.parametrize("changes", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_what_works_is_let_through_without_a_word(changes: dict[str, Any]) -> None:
    assert sound(spoil(ON | changes)).warnings == ()


def test_it_is_off_until_asked_for() -> None:
    assert sound().aerospike.enabled is False
    assert len(sound().images) == 1


def test_its_images_are_fetched_while_it_is_on() -> None:
    settings = sound(spoil(ON))
    assert set(settings.images) >= {settings.aerospike.image, settings.aerospike.agent_image}


@pytest.mark.parametrize(("replicas", "copies"), [(1, 1), (2, 2), (3, 2)])
def test_the_default_namespace_has_two_copies_where_there_are_two_nodes(replicas: int, copies: int) -> None:
    (only,) = sound(spoil(ON | {"aerospike.replicas": replicas})).aerospike.effective_namespaces
    assert (only.name, only.replication_factor) == ("test", copies)
