"""What an interrupted run left in a state, and what becomes of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from tools import deployment
from tools.docker_objects import IMMUTABLE

NETWORK, SERVICE = "docker:index/network:Network", "docker:index/service:Service"
CONFIG, SECRET = sorted(IMMUTABLE, reverse=True)


def resource(name: str, kind: str = NETWORK, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::galera-swarm::{kind}::{name}", "type": kind, **more}


def file(name: str, kind: str = CONFIG, **more: Any) -> dict[str, Any]:
    """The one config of the stack, with a content of which it has its name."""
    return resource("cnf", kind, inputs={"name": name}, **more)


def made(name: str, kind: str = CONFIG) -> dict[str, Any]:
    """As it stands in the state once it was adopted."""
    return file(name, kind, id=f"id of {name}", outputs={"name": name, "id": f"id of {name}"})


def creating(*resources: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "creating", "resource": dict(one)} for one in resources]


USER = resource("user", SERVICE, id="u", dependencies=[file("")["urn"]])

INTERRUPTED: list[tuple[str, list[Any], list[Any], set[str], list[Any]]] = [
    ("the first one was made", [], creating(file("a")), {"a"}, [made("a")]),
    ("the first one was not made", [], creating(file("a")), set(), []),
    (
        "another content was made: the old one goes when nothing uses it any more",
        [file("a", id="id of a"), USER],
        creating(file("b")),
        {"a", "b"},
        [made("b"), file("a", id="id of a", delete=True), USER],
    ),
    (
        "another content was not made",
        [file("a", id="id of a"), USER],
        creating(file("b")),
        {"a"},
        [file("a", id="id of a"), USER],
    ),
    (
        "a secret of another content was made",
        [file("a", SECRET, id="id of a")],
        creating(file("b", SECRET)),
        {"a", "b"},
        [made("b", SECRET), file("a", SECRET, id="id of a", delete=True)],
    ),
    (
        "a third content was made while the first still waits for its deletion",
        [file("b", id="id of b"), file("a", id="id of a", delete=True)],
        creating(file("c")),
        {"a", "b", "c"},
        [made("c"), file("b", id="id of b", delete=True), file("a", id="id of a", delete=True)],
    ),
    (
        "what is in the state is not taken in twice",
        [file("b", id="id of b"), file("a", id="id of a", delete=True)],
        creating(file("b")),
        {"a", "b"},
        [file("b", id="id of b"), file("a", id="id of a", delete=True)],
    ),
    (
        "the one before was deleted first",
        [file("db", SERVICE, id="old", pendingReplacement=True), USER],
        creating(file("db", SERVICE)),
        {"db"},
        [made("db", SERVICE), USER],
    ),
    (
        "an update is run again",
        [file("a", id="id of a")],
        [{"type": "updating", "resource": file("a", id="id of a")}],
        {"a"},
        [file("a", id="id of a")],
    ),
]


@pytest.mark.parametrize(
    ("resources", "pending", "exist", "after"),
    [case[1:] for case in INTERRUPTED],
    ids=[c[0] for c in INTERRUPTED],
)
def test_what_was_made_is_adopted_and_the_rest_is_dropped(
    resources: list[Any], pending: list[Any], exist: set[str], after: list[Any]
) -> None:
    def find(candidate: Mapping[str, Any], _provider: Mapping[str, Any]) -> str | None:
        name = candidate["inputs"]["name"]
        return f"id of {name}" if name in exist else None

    before = [dict(one) for one in resources]
    state: dict[str, Any] = {"resources": resources, "pending_operations": pending}
    adopted = deployment.adopt(state, find)
    assert state == {"resources": after}
    assert adopted == ([pending[0]["resource"]["urn"]] if after != before else [])


def test_it_is_looked_up_where_its_provider_made_it() -> None:
    provider = resource("first", "pulumi:providers:docker", id="p1", inputs={"host": "ssh://root@10.0.0.1"})
    pending = [file("a", provider=f"{provider['urn']}::p1"), resource("other", inputs={"name": "x"})]
    asked: list[tuple[str, Any]] = []

    def find(candidate: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
        asked.append((candidate["inputs"]["name"], inputs.get("host")))

    deployment.adopt({"resources": [provider], "pending_operations": creating(*pending)}, find)
    assert asked == [("a", "ssh://root@10.0.0.1"), ("x", None)]


def test_nothing_pending_leaves_the_state_as_it_is() -> None:
    state: dict[str, Any] = {"resources": [resource("a", id="1")]}
    assert deployment.adopt(state, lambda _resource, _provider: "never") == []
    assert deployment.deleted_already(state, lambda _resource, _provider: True) == []
    assert state == {"resources": [resource("a", id="1")]}


@pytest.mark.parametrize(("is_gone", "refreshed"), [(True, [file("a")["urn"]]), (False, [])])
def test_only_a_delete_that_was_done_is_refreshed_away(is_gone: bool, refreshed: list[str]) -> None:
    old = file("a", id="id of a", delete=True)
    state = {
        "resources": [file("b", id="id of b"), old],
        "pending_operations": [{"type": "deleting", "resource": old}, *creating(resource("other"))],
    }
    assert deployment.deleted_already(state, lambda _resource, _provider: is_gone) == refreshed


TAKEN_BACK: list[tuple[str, str | None, list[Any], list[Any]]] = [
    (
        "goes on",
        "b",
        [file("b", id="2"), USER, file("a", id="1", delete=True)],
        [file("b", id="2"), USER, file("a", id="1", delete=True)],
    ),
    (
        "is taken back",
        "a",
        [file("b", id="2"), USER, file("a", id="1", delete=True)],
        [file("a", id="1"), USER, file("b", id="2", delete=True)],
    ),
    (
        "is taken back over two",
        "a",
        [file("c", id="3"), file("b", id="2", delete=True), file("a", id="1", delete=True)],
        [file("a", id="1"), file("b", id="2", delete=True), file("c", id="3", delete=True)],
    ),
    (
        "becomes a third one",
        "c",
        [file("b", id="2"), file("a", id="1", delete=True)],
        [file("b", id="2"), file("a", id="1", delete=True)],
    ),
    (
        "is not known yet",
        None,
        [file("b", id="2"), file("a", id="1", delete=True)],
        [file("b", id="2"), file("a", id="1", delete=True)],
    ),
    ("is not wanted at all", "a", [file("a", id="1", delete=True)], [file("a", id="1", delete=True)]),
    (
        "is of a kind that is changed in place",
        "a",
        [file("b", SERVICE, id="2"), file("a", SERVICE, id="1", delete=True)],
        [file("b", SERVICE, id="2"), file("a", SERVICE, id="1", delete=True)],
    ),
]


@pytest.mark.parametrize(
    ("wanted", "before", "after"), [case[1:] for case in TAKEN_BACK], ids=[case[0] for case in TAKEN_BACK]
)
def test_an_unfinished_change(wanted: str | None, before: list[Any], after: list[Any]) -> None:
    changes = before != after
    state = {"resources": before}
    restored = deployment.restore(state, {one["urn"]: wanted for one in before})
    assert state["resources"] == after
    assert bool(restored) is changes


def test_a_preview_tells_the_names_of_what_would_be_there() -> None:
    steps = [
        {"op": "replace", "urn": "u1", "newState": {"inputs": {"name": "a"}}},
        {"op": "delete-replaced", "urn": "u1", "oldState": {"inputs": {"name": "b"}}},
        {"op": "create", "urn": "u2", "newState": {}},
    ]
    assert deployment.wanted_names({"steps": steps}) == {"u1": "a"}
    assert deployment.wanted_names({}) == {}


@pytest.mark.parametrize(
    ("checkpoint", "number"),
    [
        ({"checkpoint": {"latest": {"pending_operations": [{}, {}]}}}, 2),
        ({"checkpoint": {"latest": {"resources": []}}}, 0),
        ({"checkpoint": {"latest": None}}, 0),
        ({}, 0),
    ],
)
def test_pending_operations_are_counted(checkpoint: dict[str, Any], number: int) -> None:
    assert len(deployment.pending_operations(checkpoint)) == number
