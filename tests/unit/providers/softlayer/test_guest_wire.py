"""The way to the API and back: what is ordered is read back as what was declared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from providers.softlayer.guest_diff import Effect, compare
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.guest_wire import (
    complete_order,
    create_template,
    is_cancelled,
    is_going,
    observe,
    outputs,
)
from providers.softlayer.mark import sign
from tests.unit.providers.softlayer.fakes import START, declared
from tests.unit.providers.softlayer.test_guest_inputs import GUESTS

RECLAIM = {"transactionStatus": {"name": "RECLAIM_WAIT"}}


def live(inputs: GuestInputs) -> dict[str, Any]:
    """The guest that the template orders, as the API shows it."""
    template = create_template(inputs)
    order = complete_order({"virtualGuests": [{"hostname": inputs.hostname}]}, inputs)
    speed = template["networkComponents"][0]["maxSpeed"]
    component = {"speed": speed, "maxSpeed": speed}
    return {
        "id": 100,
        "hostname": template["hostname"],
        "domain": template["domain"],
        "datacenter": template["datacenter"],
        "hourlyBillingFlag": int(template["hourlyBillingFlag"]),
        "privateNetworkOnlyFlag": int(template["privateNetworkOnlyFlag"]),
        "maxCpu": template.get("startCpus"),
        "maxMemory": template.get("maxMemory"),
        "localDiskFlag": template.get("localDiskFlag"),
        "blockDevices": [
            *template["blockDevices"],
            {"device": "1", "diskImage": {"capacity": 2, "type": {"keyName": "SWAP"}}},
        ],
        "primaryNetworkComponent": component
        | {"networkVlan": template.get("primaryNetworkComponent", {}).get("networkVlan")},
        "primaryBackendNetworkComponent": component,
        "userData": order["virtualGuests"][0]["userData"],
        "notes": inputs.notes,
        "tagReferences": [{"tag": {"name": tag}} for tag in (*inputs.tags, inputs.mark)],
    }


@pytest.mark.parametrize(
    ("real", "read"),
    [
        ([25, 100], (25, 100)),
        ([25, 250], (25, 100)),
        ([25, 100, 500], (25, 100)),
        ([100, 250, 500], (25, 100)),
        ([25, 10], (25, 10)),
        ([25], (25,)),
        ([], (25, 100)),
    ],
)
def test_disks_that_were_grown_or_attached_by_hand_are_no_reason_for_another_guest(
    real: list[int], read: tuple[int, ...]
) -> None:
    inputs = declared(disks=(25, 100))
    numbers = ["0", "2", "3"]
    blocks = [
        {"device": number, "diskImage": {"capacity": size}}
        for number, size in zip(numbers, real, strict=False)
    ]
    seen = observe({**live(inputs), "blockDevices": blocks}, inputs)
    assert seen.disks == read
    effects, _ = compare(seen.to_props(), inputs.to_props())
    assert Effect.REPLACE not in effects.values()


@given(GUESTS)
def test_what_was_ordered_reads_back_as_declared(inputs: GuestInputs) -> None:
    assert observe(live(inputs), inputs) == inputs


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"notes": "by hand"}, "notes", "by hand"),
        ({"tagReferences": [{"tag": {"name": "galera-swarm:test"}}, {"tag": {"name": "x"}}]}, "tags", ("x",)),
        ({"primaryNetworkComponent": {"speed": 100, "maxSpeed": 1000}}, "nic_speed", 100),
        ({"primaryBackendNetworkComponent": {"speed": 10}}, "nic_speed", 10),
        ({"userData": [{"value": sign("other", "galera-swarm:test")}]}, "user_data", "other"),
        ({"hostname": "renamed"}, "hostname", "renamed"),
        ({"maxCpu": 8}, "cpus", 8),
        ({"datacenter": {"name": "ams03"}}, "datacenter", "ams03"),
    ],
)
def test_a_hand_on_the_portal_shows(change: dict[str, Any], field: str, value: Any) -> None:
    inputs = declared()
    assert getattr(observe({**live(inputs), **change}, inputs), field) == value


def test_tags_are_read_in_their_declared_spelling() -> None:
    inputs = declared(tags=("DataBase",))
    guest = {**live(inputs), "tagReferences": [{"tag": {"name": "database"}}, {"tag": {"name": inputs.mark}}]}
    assert observe(guest, inputs).tags == ("DataBase",)


def test_a_lost_mark_shows_in_the_outputs() -> None:
    inputs = declared()
    assert outputs(live(inputs), inputs.mark, 5)["tagged"] is True
    assert outputs({**live(inputs), "tagReferences": []}, inputs.mark, 5)["tagged"] is False


def test_fees_are_summed_as_decimals() -> None:
    item = {
        "hourlyRecurringFee": ".02",
        "activeChildren": [{"hourlyRecurringFee": ".1"}, {"hourlyRecurringFee": "0"}],
    }
    shown = outputs({**live(declared()), "billingItem": item}, "galera-swarm:test", None)
    assert (shown["hourly_fee"], shown["monthly_fee"]) == ("0.12", None)


@pytest.mark.parametrize(
    ("guest", "cancelled", "going"),
    [
        ({"billingItem": {"id": 1}, "provisionDate": "x"}, False, False),
        ({"billingItem": None}, False, False),
        ({"billingItem": None, "provisionDate": "x"}, False, False),
        ({"billingItem": {"id": 1, "cancellationDate": "x"}}, True, True),
        ({"billingItem": {"id": 1, "cancellationDate": "2026-11-21"}}, True, True),
        ({"billingItem": {"id": 1, "cancellationDate": "2026-11-21T11:59:00+00:00"}}, True, True),
        ({"billingItem": {"id": 1, "cancellationDate": "2026-11-21T07:30:00-05:00"}}, True, True),
        ({"billingItem": {"id": 1, "cancellationDate": "2026-12-01T00:00:00+00:00"}}, True, False),
        ({"billingItem": {"id": 1}, "activeTransaction": RECLAIM}, True, True),
        ({"billingItem": None, "activeTransaction": RECLAIM}, True, True),
        (
            {"billingItem": {"id": 1, "cancellationDate": "2026-12-01T00:00:00+00:00"}}
            | {"activeTransaction": RECLAIM},
            True,
            True,
        ),
    ],
)
def test_which_guests_are_cancelled_and_which_are_about_to_go(
    guest: dict[str, Any], cancelled: bool, going: bool
) -> None:
    assert is_cancelled(guest) is cancelled
    assert is_going(guest, START) is going


def test_a_template_names_its_devices_around_the_swap_partition() -> None:
    devices = create_template(declared(disks=(25, 100, 10)))["blockDevices"]
    assert [entry["device"] for entry in devices] == ["0", "2", "3"]


def test_a_flavor_leaves_the_size_to_the_cloud() -> None:
    template = create_template(declared(flavor="B1_2X8X25", cpus=None, memory_mb=None))
    assert {"startCpus", "maxMemory", "localDiskFlag"}.isdisjoint(template)
