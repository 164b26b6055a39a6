"""What counts as a change, and which change replaces."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.plugins.command.diff import changes
from tools.plugins.command.values import ASSET, SIGNATURE, UNKNOWN, secret

_inputs = st.dictionaries(
    st.sampled_from(["create", "update", "stdin", "environment", "triggers"]),
    st.recursive(
        st.text(max_size=4) | st.booleans(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=6,
    ),
)


def asset(**content: str) -> dict[str, str]:
    return {SIGNATURE: ASSET, **content}


@pytest.mark.parametrize(
    ("olds", "news", "paths"),
    [
        ({"create": "a"}, {"create": "a"}, {}),
        ({"create": "a"}, {"create": "b"}, {"create": "update"}),
        ({"create": "a"}, {"create": "a", "stdin": "x"}, {"stdin": "add"}),
        ({"create": "a", "stdin": "x"}, {"create": "a"}, {"stdin": "delete"}),
        ({"create": "a", "stdout": "o", "stderr": "e"}, {"create": "a"}, {}),
        ({"create": secret("a")}, {"create": "a"}, {}),
        ({"create": "a"}, {"create": secret("b")}, {"create": "update"}),
        (
            {"connection": secret({"host": "a", "port": 22.0})},
            {"connection": secret({"host": "b", "port": 22.0})},
            {"connection.host": "update"},
        ),
        ({"environment": {"A": "1", "B": "2"}}, {"environment": {"A": "1"}}, {"environment.B": "delete"}),
        ({"environment": {"a.b": "1"}}, {"environment": {"a.b": "2"}}, {'environment["a.b"]': "update"}),
        ({"environment": {'a"b': "1"}}, {"environment": {}}, {'environment["a\\"b"]': "delete"}),
        (
            {"triggers": ["a", "b"]},
            {"triggers": ["a", "c", "d"]},
            {"triggers[1]": "update", "triggers[2]": "add"},
        ),
        ({"triggers": ["a"]}, {"triggers": [UNKNOWN]}, {"triggers[0]": "update"}),
        ({"create": UNKNOWN}, {"create": UNKNOWN}, {"create": "update"}),
        ({"source": asset(hash="1", path="/a")}, {"source": asset(hash="1", path="/b")}, {}),
        (
            {"source": asset(hash="1", path="/a")},
            {"source": asset(hash="2", path="/a")},
            {"source": "update"},
        ),
        ({"source": asset(text="x")}, {"source": asset(text="y")}, {"source": "update"}),
        ({"source": asset(text="x")}, {"source": "plain"}, {"source": "update"}),
    ],
)
def test_changes(olds: dict[str, Any], news: dict[str, Any], paths: dict[str, str]) -> None:
    assert {change.path: change.kind for change in changes(olds, news)} == paths


@pytest.mark.parametrize(("name", "replaces"), [("triggers", True), ("create", False), ("connection", False)])
def test_only_triggers_replace(name: str, replaces: bool) -> None:
    (change,) = changes({name: "old"}, {name: "new"})
    assert change.replaces is replaces


@given(_inputs)
def test_equal_inputs_never_differ(inputs: dict[str, Any]) -> None:
    assert changes(inputs, inputs) == []


@given(_inputs, _inputs)
def test_different_inputs_always_differ_both_ways(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert bool(changes(left, right)) == (left != right) == bool(changes(right, left))
