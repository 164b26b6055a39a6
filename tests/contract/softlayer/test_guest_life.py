"""A guest's life against the sandbox: created, read, changed in place, cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import SoftLayer

from providers.softlayer.errors import AccountError, CredentialsError, OwnershipError, TransactionTimeoutError
from providers.softlayer.guest_inputs import GuestInputs
from tests.contract.conftest import RunningCloud
from tests.contract.softlayer.harness import (
    FQDN,
    MARK,
    assert_one_order_one_guest,
    guest_props,
    guests,
    hurried_guests,
)


def clean(outs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as the engine keeps them: nothing that is None."""
    return {key: value for key, value in outs.items() if value is not None}


def test_created_read_and_cancelled(cloud: RunningCloud, client: SoftLayer.API.BaseClient) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)

    assert created.outs["guest_id"] == int(created.id)
    assert created.outs["fqdn"] == FQDN
    assert created.outs["datacenter_name"] == "tor01"
    assert created.outs["public_ip"]
    assert created.outs["private_ip"]
    assert created.outs["order_id"]
    assert float(created.outs["hourly_fee"]) > 0
    assert provider.diff(created.id, clean(created.outs), props).changes is False
    assert_one_order_one_guest(cloud)

    read = provider.read(created.id, clean(created.outs))
    assert read.id == created.id
    assert provider.diff(created.id, clean(read.outs), props).changes is False
    assert clean(read.outs) == clean(created.outs)
    assert GuestInputs.from_props(read.inputs) == GuestInputs.from_props(props)

    started = time.monotonic()
    provider.delete(created.id, clean(created.outs))
    assert time.monotonic() - started < 2
    assert provider.read(created.id, clean(created.outs)).id == ""
    provider.delete(created.id, clean(created.outs))
    assert cloud.orders()["guests"] == 0


def test_the_same_name_can_be_ordered_again_at_once(cloud: RunningCloud) -> None:
    provider, props = guests(), guest_props(cloud)
    first = provider.create(props)
    provider.delete(first.id, first.outs)
    second = provider.create(props)
    assert second.id != first.id
    assert cloud.orders()["orderedByName"] == {FQDN: 2}


@pytest.mark.parametrize(
    "size",
    [
        {"flavor": None, "cpus": 2.0, "memory_mb": 4096.0},
        {"flavor": "BL2_1X2X100", "disks": [100.0], "local_disk": True},
        {"private_only": True},
        {"hourly": False},
        {"user_data": "#cloud-config\nruncmd: []\n"},
        {"nic_speed": 100.0},
    ],
)
def test_every_kind_reads_back_as_declared(cloud: RunningCloud, size: dict[str, Any]) -> None:
    provider = guests()
    props = {key: value for key, value in guest_props(cloud, **size).items() if value is not None}
    assert provider.check({}, props).failures == []
    created = provider.create(props)
    read = provider.read(created.id, created.outs)
    assert provider.diff(created.id, clean(read.outs), props).changes is False


CHANGES: list[dict[str, Any]] = [
    {"tags": ["db", "more"]},
    {"tags": []},
    {"notes": "other"},
    {"notes": ""},
    {"hostname": "db-2"},
    {"domain": "example.org"},
    {"user_data": "#!/bin/sh\ntrue"},
    {"nic_speed": 100.0},
    {"mark": "galera-swarm:renamed"},
    {"flavor": "B1_4X8X25"},
    {"disks": [25.0, 100.0]},
    {"disks": [25.0, 25.0, 25.0]},
]


@pytest.mark.parametrize("change", CHANGES, ids=[" ".join(map(str, change.items())) for change in CHANGES])
def test_changed_in_place(cloud: RunningCloud, change: dict[str, Any]) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    news = {**props, **change}
    assert provider.diff(created.id, created.outs, news).changes is True
    assert provider.diff(created.id, created.outs, news).replaces == []

    updated = provider.update(created.id, created.outs, news)

    assert set(updated.outs) >= set(created.outs)
    read = provider.read(created.id, updated.outs)
    assert read.id == created.id
    assert provider.diff(created.id, clean(read.outs), news).changes is False
    assert cloud.orders()["guests"] == 1


def test_cpus_and_memory_change_in_place(cloud: RunningCloud) -> None:
    provider = guests()
    props = guest_props(cloud, cpus=2.0, memory_mb=4096.0)
    del props["flavor"]
    created = provider.create(props)
    news = {**props, "cpus": 4.0, "memory_mb": 8192.0}
    provider.update(created.id, created.outs, news)
    read = provider.read(created.id, {**created.outs, **news})
    assert (read.outs["cpus"], read.outs["memory_mb"]) == (4, 8192)


def test_an_update_cut_short_is_finished_by_the_next(cloud: RunningCloud) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    news = {**props, "notes": "new", "tags": ["x"], "nic_speed": 100.0}
    cloud.fault(method="setPrivateNetworkInterfaceSpeed", kind="fault", message="Not now.")
    with pytest.raises(Exception, match="Not now"):
        provider.update(created.id, created.outs, news)
    updated = provider.update(created.id, created.outs, news)
    read = provider.read(created.id, updated.outs)
    assert provider.diff(created.id, clean(read.outs), news).changes is False


def test_an_upgrade_whose_answer_is_lost_is_ordered_once(cloud: RunningCloud) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    cloud.fault(method="placeOrder", kind="drop", when="after")
    news = {**props, "flavor": "B1_4X8X25"}
    provider.update(created.id, created.outs, news)
    assert cloud.orders()["orders"] == 2
    assert provider.read(created.id, {**created.outs, **news}).outs["flavor"] == "B1_4X8X25"


@pytest.mark.parametrize(
    ("method", "argument", "field", "value"),
    [
        ("setTags", f"by-hand,{MARK}", "tags", ["by-hand"]),
        ("editObject", {"notes": "by hand"}, "notes", "by hand"),
        ("setPublicNetworkInterfaceSpeed", 10, "nic_speed", 10),
        ("setUserMetadata", ["by hand"], "user_data", "by hand"),
    ],
)
def test_a_hand_on_the_portal_shows_and_is_set_right(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient, method: str, argument: Any, field: str, value: Any
) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    client.call("Virtual_Guest", method, argument, id=int(created.id))

    read = provider.read(created.id, created.outs)
    assert read.inputs[field] == value
    assert provider.diff(created.id, clean(read.outs), props).changes is True

    updated = provider.update(created.id, read.outs, props)
    read = provider.read(created.id, updated.outs)
    assert provider.diff(created.id, clean(read.outs), props).changes is False


def test_a_lost_mark_shows_and_is_set_again(cloud: RunningCloud, client: SoftLayer.API.BaseClient) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    client.call("Virtual_Guest", "setTags", "db", id=int(created.id))
    read = provider.read(created.id, created.outs)
    assert provider.diff(created.id, clean(read.outs), props).changes is True
    updated = provider.update(created.id, read.outs, props)
    assert updated.outs["tagged"] is True


def test_a_guest_without_the_mark_is_not_cancelled(
    cloud: RunningCloud, client: SoftLayer.API.BaseClient
) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    client.call("Virtual_Guest", "setTags", "", id=int(created.id))
    client.call("Virtual_Guest", "setUserMetadata", [""], id=int(created.id))
    with pytest.raises(OwnershipError, match="not cancelled"):
        provider.delete(created.id, created.outs)
    assert cloud.orders()["guests"] == 1


def test_a_name_that_is_taken_is_refused(cloud: RunningCloud) -> None:
    guests().create(guest_props(cloud, mark="galera-swarm:other"))
    with pytest.raises(OwnershipError, match="without this stack's mark"):
        guests().create(guest_props(cloud))
    assert_one_order_one_guest(cloud)


def test_a_rename_to_a_taken_name_is_refused(cloud: RunningCloud) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    provider.create({**props, "hostname": "db-2"})
    with pytest.raises(OwnershipError, match="taken"):
        provider.update(created.id, created.outs, {**props, "hostname": "db-2"})


def test_wrong_credentials_are_named(cloud: RunningCloud) -> None:
    with pytest.raises(CredentialsError, match=r"guest db-1\.example\.com.*username and apiKey"):
        guests(apiKey="wrong").create(guest_props(cloud))
    with pytest.raises(CredentialsError, match="set apiKey"):
        guests(apiKey="").create(guest_props(cloud))


def test_progress_is_shown_while_it_takes_time(
    start_cloud: Callable[..., RunningCloud], capsys: pytest.CaptureFixture[str]
) -> None:
    hurried_guests().create(guest_props(start_cloud(provision_seconds=1.2)))
    assert "guest db-1.example.com: being provisioned, waiting for '" in capsys.readouterr().err


def test_a_stuck_transaction_is_named_and_the_guest_is_kept(
    cloud: RunningCloud,
) -> None:
    cloud.fault(method="placeOrder", kind="provision-hold")
    props = guest_props(cloud)
    with pytest.raises(TransactionTimeoutError, match=r"waits for '.*transaction \d+.*pulumi up"):
        hurried_guests().create({**props, "provision_timeout_minutes": 1})
    cloud.control("POST", "release")
    created = guests().create(props)
    assert_one_order_one_guest(cloud)
    assert created.outs["tagged"] is True


def test_a_guest_can_be_cancelled_while_it_is_being_provisioned(
    start_cloud: Callable[..., RunningCloud],
) -> None:
    cloud = start_cloud(provision_seconds=1)
    provider, props = guests(), guest_props(cloud)
    with pytest.raises(TransactionTimeoutError):
        hurried_guests().create({**props, "provision_timeout_minutes": 1})
    guest_id = str(cloud.control("GET", "guests")[0]["id"])
    provider.delete(guest_id, props)
    assert cloud.orders()["guests"] == 0


def test_an_update_orders_only_what_it_announced(cloud: RunningCloud) -> None:
    """A size that differs without a changed declaration (changed by hand, say) is not bought."""
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    grown = {**props, "flavor": "B1_4X8X25"}
    provider.update(created.id, created.outs, {**grown, "notes": "other"})
    orders = cloud.orders()["orders"]
    provider.update(created.id, created.outs, {**props, "notes": "third"})
    assert cloud.orders()["orders"] == orders


def test_a_guest_is_not_forgotten_on_the_word_of_another_account(cloud: RunningCloud) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    assert created.outs["account_id"] == 1
    elsewhere = clean(created.outs) | {"account_id": 2}
    assert provider.read(created.id, elsewhere).id == created.id

    for judge in (provider.read, provider.delete):
        with pytest.raises(
            AccountError, match=r"belongs to account 2, .* in account 1, .* kept in the state"
        ):
            judge("999999", elsewhere)
    assert provider.read("999999", clean(created.outs)).id == ""
    assert provider.read("999999", {**clean(created.outs), "account_id": None}).id == ""
