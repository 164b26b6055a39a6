"""Property values: secrets, unknowns and assets keep their tags on the way through the plugin."""

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from tools.plugins.command.values import (
    ARCHIVE,
    ASSET,
    OUTPUT,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    decode,
    encode,
    has_secret,
    has_unknown,
    is_asset,
    reveal,
    secret,
    secret_texts,
)

_leaves = st.one_of(st.booleans(), st.text(max_size=8), st.integers(-1000, 1000).map(float))
_trees = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
        | inner.map(secret)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=6), _trees, max_size=4))
def test_the_wire_keeps_every_value(tree: dict[str, Any]) -> None:
    assert decode(encode(tree)) == tree


@given(_trees)
def test_revealed_values_hold_no_tag_and_no_secret(tree: Any) -> None:
    plain = reveal(tree)
    assert SIGNATURE not in repr(plain)
    assert not has_secret(plain)


@given(_trees)
def test_a_secret_is_tagged_once_however_often_it_is_marked(tree: Any) -> None:
    assert secret(secret(tree)) == secret(tree)


def test_null_properties_are_absent_ones() -> None:
    struct = struct_pb2.Struct()
    struct.update({"stdin": None, "create": "true"})
    assert decode(struct) == {"create": "true"}
    assert decode(encode({"stdin": None, "create": "true"})) == {"create": "true"}


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        (UNKNOWN, True),
        ("text", False),
        ({"host": UNKNOWN}, True),
        ([1.0, {"a": [UNKNOWN]}], True),
        (secret(UNKNOWN), True),
        ({SIGNATURE: OUTPUT, "secret": True}, True),
        ({SIGNATURE: OUTPUT, "value": "known", "secret": False}, False),
    ],
)
def test_unknown_values_are_seen_at_any_depth(value: Any, unknown: bool) -> None:
    assert has_unknown(value) is unknown


@pytest.mark.parametrize(
    ("value", "holds_one"),
    [
        ("x", False),
        (secret("x"), True),
        ({"a": [secret("x")]}, True),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": True}, True),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": False}, False),
    ],
)
def test_secrets_are_seen_at_any_depth(value: Any, holds_one: bool) -> None:
    assert has_secret(value) is holds_one


def test_secret_texts_are_whole_texts_and_their_lines() -> None:
    tree = {"env": {"A": "shown"}, "key": secret({"text": "first line\nsecond line"}), "tag": secret("alone")}
    assert set(secret_texts(tree)) == {"first line\nsecond line", "first line", "second line", "alone"}


@pytest.mark.parametrize(
    ("value", "asset"),
    [
        ({SIGNATURE: ASSET, "text": "x"}, True),
        ({SIGNATURE: ARCHIVE, "path": "/x"}, True),
        ({SIGNATURE: SECRET, "value": "x"}, False),
        ("text", False),
    ],
)
def test_assets_and_archives_are_known_by_their_tag(value: Any, asset: bool) -> None:
    assert is_asset(value) is asset
