"""The diff of every dynamic provider: unknown values, replacement, update, and what read gives back."""

import base64
import importlib
import pkgutil
from typing import Any, ClassVar

import dill
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

import providers
from providers.stateless import StatelessProvider, changed, gone, holds_unknown, whole, without_provider


def _every_provider() -> list[type[StatelessProvider]]:
    """All that the program has, wherever below `providers` they are."""
    for module in pkgutil.walk_packages(providers.__path__, "providers."):
        importlib.import_module(module.name)
    found, bases = [], [StatelessProvider]
    while bases:
        below = bases.pop().__subclasses__()
        bases += below
        found += [one for one in below if one.__module__.startswith("providers.")]
    # A base of some says nothing of inputs; those of the cloud have their own rules, and tests beside them.
    return sorted((one for one in found if one.INPUTS), key=lambda one: one.__name__)


EVERY_PROVIDER = _every_provider()


class FakeProvider(StatelessProvider):
    """One property of each kind."""

    INPUTS: ClassVar = ("server", "name", "size", "timeout")
    IDENTITY: ClassVar = ("server", "name")
    GOES_WITH: ClassVar = ("server",)
    COMPARED: ClassVar = ("size",)
    DELETE_FIRST: ClassVar = True


OLD = {"server": "1", "name": "a", "size": {"gb": 25.0, "tags": ["x"]}, "timeout": 10.0, "__provider": "old"}


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({}, False, []),
        ({"timeout": 20.0}, False, []),
        ({"__provider": "new"}, False, []),
        ({"size": {"gb": 25, "tags": ["x"]}}, False, []),
        ({"size": {"gb": 25, "tags": ["x"], "none": None}}, False, []),
        ({"size": {"gb": 100.0, "tags": ["x"]}}, True, []),
        ({"size": {"gb": 25.0, "tags": ["x", "y"]}}, True, []),
        ({"size": UNKNOWN}, None, []),
        ({"size": {"gb": UNKNOWN, "tags": ["x"]}}, None, []),
        ({"size": {"gb": UNKNOWN, "tags": []}}, True, []),
        ({"name": "b"}, True, ["name"]),
        ({"name": UNKNOWN}, None, []),
        ({"name": "b", "size": UNKNOWN}, True, ["name"]),
        ({"server": "2"}, True, ["server"]),
        ({"server": UNKNOWN}, True, ["server"]),
    ],
)
def test_diff(news: dict[str, Any], changes: bool | None, replaces: list[str]) -> None:
    result = FakeProvider().diff("id", OLD, {**OLD, **news})
    assert (result.changes, result.replaces) == (changes, replaces)
    assert bool(result.delete_before_replace) is bool(replaces)


def test_update_drops_an_input_that_was_taken_away_and_keeps_what_was_found_out() -> None:
    outs = FakeProvider().update("id", {**OLD, "found": 1}, {"server": "1", "name": "a"}).outs
    assert outs == {"server": "1", "name": "a", "found": 1}


def test_read_gives_inputs_back_so_that_refresh_is_clean() -> None:
    seen = FakeProvider().read("id", {**OLD, "found": 1})
    assert seen.inputs == {key: OLD[key] for key in FakeProvider.INPUTS}
    assert seen.outs is not None
    assert "__provider" not in seen.outs
    assert FakeProvider().diff("id", seen.outs, OLD).changes is False


def test_gone_is_an_empty_id_with_outputs_that_the_plugin_can_write_into() -> None:
    assert (gone().id, gone().outs) == ("", {})


def test_without_provider_is_a_fresh_copy() -> None:
    props = {"a": 1, "__provider": "x"}
    without_provider(props)["b"] = 2
    assert props == {"a": 1, "__provider": "x"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert not changed(value, value)


@given(VALUES, VALUES)
def test_a_difference_has_no_direction(one: Any, other: Any) -> None:
    assert changed(one, other) == changed(other, one)


@given(VALUES)
def test_an_unknown_is_found_wherever_it_is(value: Any) -> None:
    assert holds_unknown({"deep": [value, {"er": UNKNOWN}]})
    assert holds_unknown(value) == (UNKNOWN in repr(value))


@pytest.mark.parametrize(("props", "number"), [({"n": 3.0}, 3), ({"n": 3}, 3), ({}, 7), ({"n": None}, 7)])
def test_numbers_arrive_as_floats_or_not_at_all(props: dict[str, Any], number: int) -> None:
    assert whole(props, "n", 7) == number


def test_a_number_without_default_is_required() -> None:
    with pytest.raises(KeyError):
        whole({}, "n")


@pytest.mark.parametrize("provider", EVERY_PROVIDER)
def test_a_provider_is_pickled_by_name_and_holds_nothing(provider: type[StatelessProvider]) -> None:
    data = dill.dumps(provider(), recurse=True)
    assert len(base64.b64encode(data)) < 300
    assert dill.loads(data).__dict__ == {}  # noqa: S301
    assert provider.serialize_as_secret_always is False


@pytest.mark.parametrize("provider", EVERY_PROVIDER)
def test_every_watched_property_is_an_input(provider: type[StatelessProvider]) -> None:
    assert {*provider.IDENTITY, *provider.COMPARED, *provider.GOES_WITH} <= set(provider.INPUTS)
    assert set(provider.GOES_WITH) <= set(provider.IDENTITY)


@pytest.mark.parametrize("unknown", [Unknown(), UNKNOWN], ids=["object", "text"])
@pytest.mark.parametrize("provider", EVERY_PROVIDER)
def test_what_is_not_known_yet_is_no_error(provider: type[StatelessProvider], unknown: Any) -> None:
    """Whole inputs are unknown to whoever depends on a server that is being replaced."""
    news = dict.fromkeys(provider.INPUTS, unknown)
    assert set(provider().diff("id", {}, news).replaces or ()) <= set(provider.GOES_WITH)
    assert provider().check({}, news).failures == []
