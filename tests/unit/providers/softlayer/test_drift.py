"""What a refresh finds otherwise than declared: kept apart from the state where it would cost the server."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from providers.softlayer.drift import apart, noted, warnings
from providers.softlayer.guest_wire import observe
from tests.unit.providers.softlayer.fakes import declared
from tests.unit.providers.softlayer.test_guest_wire import live

PLAIN = declared(public_vlan_id=5, private_vlan_id=6, disks=(25, 100))
FLAVORED = declared(cpus=None, memory_mb=None, flavor="B1_2X8X25")


def preset(name: str) -> dict[str, Any]:
    return {"billingItem": {"id": 1, "orderItem": {"preset": {"keyName": name}}}}


@pytest.mark.parametrize(
    ("inputs", "shown", "drift"),
    [
        (PLAIN, {"primaryNetworkComponent": {"networkVlan": {"id": 7}}}, {"public_vlan_id": 7}),
        (PLAIN, {"primaryBackendNetworkComponent": {"networkVlan": {"id": 7}}}, {"private_vlan_id": 7}),
        (PLAIN, {"hourlyBillingFlag": False}, {"hourly": False}),
        (PLAIN, {"localDiskFlag": True}, {"local_disk": True}),
        (PLAIN, {"privateNetworkOnlyFlag": True}, {"private_only": True}),
        (PLAIN, {"datacenter": {"name": "tor04"}}, {"datacenter": "tor04"}),
        (FLAVORED, preset("C1_4X8X25"), {"flavor": "C1_4X8X25"}),
        (FLAVORED, preset("B1_2X8X100"), {"flavor": "B1_2X8X100"}),
        (FLAVORED, preset("B1_4X8X25"), {"flavor": "B1_4X8X25"}),
        (PLAIN, {"maxCpu": 8}, {"cpus": 8}),
        (PLAIN, {"maxMemory": 65536}, {"memory_mb": 65536}),
    ],
)
def test_what_only_another_guest_or_a_restart_would_bring_stays_as_declared_and_is_shown(
    inputs: Any, shown: dict[str, Any], drift: dict[str, Any]
) -> None:
    kept, found = apart(observe({**live(inputs), **shown}, inputs), inputs)
    assert kept == inputs
    assert found == drift
    (field, value), (said,) = next(iter(drift.items())), warnings(inputs, found)
    for part in (inputs.fqdn, field, str(value), str(getattr(inputs, field)), "left as it is"):
        assert part in said


@pytest.mark.parametrize(
    ("inputs", "shown", "change"),
    [
        (PLAIN, {}, {}),
        (PLAIN, {"notes": "by hand"}, {"notes": "by hand"}),
        (PLAIN, {"hostname": "renamed"}, {"hostname": "renamed"}),
        (PLAIN, {"blockDevices": [{"device": "0", "diskImage": {"capacity": 25}}]}, {"disks": (25,)}),
    ],
)
def test_what_can_be_set_right_in_place_goes_into_the_state(
    inputs: Any, shown: dict[str, Any], change: dict[str, Any]
) -> None:
    kept, found = apart(observe({**live(inputs), **shown}, inputs), inputs)
    assert kept == dataclasses.replace(inputs, **change)
    assert (found, noted(found), warnings(inputs, found)) == ({}, {}, [])


def test_each_drifted_property_has_its_own_warning() -> None:
    shown = {"hourlyBillingFlag": False, "datacenter": {"name": "tor04"}, "notes": "by hand"}
    kept, found = apart(observe({**live(PLAIN), **shown}, PLAIN), PLAIN)
    assert kept == dataclasses.replace(PLAIN, notes="by hand")
    assert len(warnings(PLAIN, found)) == 2
