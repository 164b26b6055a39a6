"""The diff table: what each changed field asks for, and that unknown values never ask for a new guest."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from providers.softlayer import guest_provider
from providers.softlayer.guest_inputs import PARSERS, GuestInputs
from providers.softlayer.guest_provider import VirtualGuestProvider
from tests.unit.providers.softlayer.fakes import declared

PROVIDER = VirtualGuestProvider()


@pytest.fixture(autouse=True)
def verified(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The orders that were verified with a cloud that takes them all."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(guest_provider, "ensure_orderable", lambda _cloud, props: asked.append(dict(props)))
    return asked


PLAIN = declared(disks=(25, 100), tags=("db",), ssh_key_ids=(7,))
FLAVORED = declared(cpus=None, memory_mb=None, flavor="B1_2X8X25")


def state(inputs: GuestInputs, **more: Any) -> dict[str, Any]:
    """Outputs as the engine keeps them: numbers are floats."""
    props = {
        **inputs.to_props(),
        "guest_id": 100,
        "public_ip": "192.0.2.1",
        "tagged": True,
        "__provider": "a",
    }
    return {key: float(value) if type(value) is int else value for key, value in {**props, **more}.items()}


IN_PLACE = [
    (PLAIN, "hostname", "db-2"),
    (PLAIN, "domain", "example.org"),
    (PLAIN, "notes", "hello"),
    (PLAIN, "tags", ["db", "more"]),
    (PLAIN, "tags", []),
    (PLAIN, "user_data", "#!/bin/sh"),
    (PLAIN, "nic_speed", 100),
    (PLAIN, "cpus", 4),
    (PLAIN, "cpus", 1),
    (PLAIN, "memory_mb", 8192),
    (PLAIN, "disks", [25, 250]),
    (PLAIN, "disks", [25, 100, 10]),
    (PLAIN, "mark", "galera-swarm:other"),
    (PLAIN, "endpoint", "https://api.service.softlayer.com/xmlrpc/v3.1"),
    (FLAVORED, "flavor", "B1_4X8X25"),
]
REPLACED = [
    (PLAIN, "datacenter", "ams03"),
    (PLAIN, "os_code", "UBUNTU_24_64"),
    (PLAIN, "hourly", False),
    (PLAIN, "local_disk", True),
    (PLAIN, "private_only", True),
    (PLAIN, "public_vlan_id", 5),
    (PLAIN, "private_vlan_id", 5),
    (PLAIN, "placement_group_id", 5),
    (PLAIN, "post_install_uri", "https://example.com/x"),
    (PLAIN, "dedicated", True),
    (PLAIN, "dedicated_host_id", 5),
    (PLAIN, "disks", [25]),
    (PLAIN, "disks", [25, 50]),
    (FLAVORED, "flavor", "C1_4X8X25"),
    (FLAVORED, "flavor", "B1_2X8X100"),
    (FLAVORED, "flavor", "BL1_2X8X25"),
]
UNTOUCHED = [
    (PLAIN, "provision_timeout_minutes", 5),
    (PLAIN, "tags", ["DB"]),
    (PLAIN, "tags", ["db", "db"]),
    (PLAIN, "ssh_key_ids", [7.0]),
    (PLAIN, "ssh_key_ids", [8]),
    (PLAIN, "ssh_key_ids", []),
    (PLAIN, "ssh_key_ids", [UNKNOWN]),
    (PLAIN, "ssh_key_ids", UNKNOWN),
    (PLAIN, "hostname", "DB-1"),
    (PLAIN, "disks", [25.0, 100.0]),
    (PLAIN, "__provider", "b"),
    (PLAIN, "notes", None),
]


def test_an_unchanged_declaration_changes_nothing() -> None:
    result = PROVIDER.diff("100", state(PLAIN), PLAIN.to_props())
    assert (result.changes, result.replaces) == (False, [])


@pytest.mark.parametrize(("inputs", "field", "value"), IN_PLACE)
def test_in_place(inputs: GuestInputs, field: str, value: Any) -> None:
    result = PROVIDER.diff("100", state(inputs), {**inputs.to_props(), field: value})
    assert (result.changes, result.replaces) == (True, [])


@pytest.mark.parametrize(("inputs", "field", "value"), REPLACED)
def test_replaced_and_the_old_one_goes_first_once_the_order_is_taken(
    inputs: GuestInputs, field: str, value: Any, verified: list[dict[str, Any]]
) -> None:
    news = {**inputs.to_props(), field: value}
    result = PROVIDER.diff("100", state(inputs), news)
    assert (result.changes, result.replaces) == (True, [field])
    assert result.delete_before_replace
    assert verified == [news]


@pytest.mark.parametrize(("inputs", "field", "value"), [*IN_PLACE, *UNTOUCHED])
def test_only_orders_of_replacements_are_verified(
    inputs: GuestInputs, field: str, value: Any, verified: list[dict[str, Any]]
) -> None:
    PROVIDER.diff("100", state(inputs), {**inputs.to_props(), field: value})
    assert verified == []


#: Declared before, found in the cloud by a refresh, declared now, and what that asks for.
DRIFTED = [
    ("public_vlan_id", 5, 7, 5, "nothing"),
    ("public_vlan_id", 5, 7, 7, "update"),
    ("public_vlan_id", 5, 7, 9, "replace"),
    ("private_vlan_id", 5, 7, 5, "nothing"),
    ("private_vlan_id", 5, 7, None, "replace"),
    ("hourly", True, False, True, "nothing"),
    ("hourly", True, False, False, "update"),
    ("flavor", "B1_2X8X25", "C1_4X8X25", "B1_2X8X25", "nothing"),
    ("flavor", "B1_2X8X25", "C1_4X8X25", "C1_4X8X25", "update"),
    ("flavor", "B1_2X8X25", "C1_4X8X25", "C1_8X16X25", "update"),
    ("flavor", "B1_2X8X25", "C1_4X8X25", "B1_4X8X25", "replace"),
    ("flavor", "B1_2X8X25", "C1_4X8X25", "M1_2X8X25", "replace"),
    ("datacenter", "tor01", "tor02", "tor01", "nothing"),
    ("datacenter", "tor01", "tor02", "ams03", "replace"),
    ("local_disk", False, True, False, "nothing"),
    ("private_only", False, True, False, "nothing"),
    ("private_only", False, True, True, "update"),
]


@pytest.mark.parametrize(("field", "was", "found", "now", "asks"), DRIFTED)
def test_what_the_cloud_tells_otherwise_asks_for_nothing_until_the_declaration_changes(
    field: str, was: Any, found: Any, now: Any, asks: str
) -> None:
    before = dataclasses.replace(FLAVORED if field == "flavor" else PLAIN, **{field: was})
    news = {**before.to_props(), field: now}
    result = PROVIDER.diff("100", {**state(before), "drift": {field: found}}, news)
    expected = {"nothing": (False, []), "update": (True, []), "replace": (True, [field])}
    assert (result.changes, result.replaces) == expected[asks]


@pytest.mark.parametrize(
    ("olds", "unjudged", "refused"),
    [
        (PLAIN.to_props(), True, True),
        (PLAIN.to_props(), False, False),
        (PLAIN.to_props(), None, False),
        (PLAIN.to_props(), UNKNOWN, False),
        ({}, True, False),
    ],
    ids=["past the guard", "judged", "not told", "not known yet", "a new server"],
)
def test_a_change_that_the_guard_did_not_judge_is_refused(
    olds: dict[str, Any], unjudged: Any, refused: bool
) -> None:
    result = PROVIDER.check(olds, {**PLAIN.to_props(), "datacenter": "ams03", "unjudged": unjudged})
    assert ["--target" in failure.reason for failure in result.failures] == ([True] if refused else [])
    assert "unjudged" not in result.inputs


@pytest.mark.parametrize(("inputs", "field", "value"), UNTOUCHED)
def test_untouched(inputs: GuestInputs, field: str, value: Any) -> None:
    result = PROVIDER.diff("100", state(inputs), {**inputs.to_props(), field: value})
    assert (result.changes, result.replaces) == (False, [])


def test_to_a_flavor_is_another_guest() -> None:
    result = PROVIDER.diff(
        "100", state(PLAIN), {**FLAVORED.to_props(), "disks": [25, 100], "tags": ["db"], "ssh_key_ids": [7]}
    )
    assert result.replaces == ["flavor"]


def test_a_mark_lost_from_the_tags_is_set_again() -> None:
    result = PROVIDER.diff("100", state(PLAIN, tagged=False), PLAIN.to_props())
    assert (result.changes, result.replaces) == (True, [])


@pytest.mark.parametrize("field", sorted({*PARSERS} - {"ssh_key_ids"}))
def test_one_unknown_value_neither_fails_nor_replaces(field: str) -> None:
    news = {**PLAIN.to_props(), field: UNKNOWN}
    result = PROVIDER.diff("100", state(PLAIN), news)
    assert (result.changes, result.replaces) == (None, [])
    assert field not in [failure.property for failure in PROVIDER.check({}, news).failures]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(sorted(PARSERS))))
def test_any_unknown_values_neither_fail_nor_replace(fields: set[str]) -> None:
    news = {**PLAIN.to_props(), **dict.fromkeys(fields, UNKNOWN)}
    assert PROVIDER.diff("100", state(PLAIN), news).replaces == []
    PROVIDER.check({}, news)


def test_an_unknown_inside_a_list_is_unknown() -> None:
    result = PROVIDER.diff("100", state(PLAIN), {**PLAIN.to_props(), "tags": [UNKNOWN]})
    assert (result.changes, result.replaces) == (None, [])


@pytest.mark.parametrize("unknown", [{"ssh_key_ids": [UNKNOWN]}, {"notes": UNKNOWN}])
def test_a_known_change_of_identity_replaces_beside_an_unknown_one_and_asks_nobody(
    unknown: dict[str, Any], verified: list[dict[str, Any]]
) -> None:
    news = {**PLAIN.to_props(), **unknown, "datacenter": "ams03"}
    assert PROVIDER.diff("100", state(PLAIN), news).replaces == ["datacenter"]
    assert verified == []
