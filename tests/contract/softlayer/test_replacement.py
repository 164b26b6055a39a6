"""A server is replaced only for an order that the cloud takes."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.softlayer.errors import CapacityError, CloudError, CredentialsError, RefusedError
from providers.topology import TopologyGuardProvider
from tests.contract.conftest import RunningCloud
from tests.contract.softlayer.harness import configured, guest_props, guests

REFUSALS: list[tuple[dict[str, Any], type[CloudError]]] = [
    ({"kind": "fault", "message": "Price # 454616 does not exist."}, RefusedError),
    ({"kind": "capacity"}, CapacityError),
    ({"kind": "fault", "message": "Access denied."}, CredentialsError),
]


def clean(outs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as the engine keeps them: nothing that is None."""
    return {key: value for key, value in outs.items() if value is not None}


@pytest.mark.parametrize(("fault", "error"), REFUSALS, ids=[str(each[0]) for each in REFUSALS])
def test_a_replacement_whose_order_is_refused_is_not_planned(
    cloud: RunningCloud, fault: dict[str, Any], error: type[CloudError]
) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    cloud.fault(method="verifyOrder", **fault)
    with pytest.raises(error, match=r"guest db-1\.example\.com: .*left as it is"):
        provider.diff(created.id, clean(created.outs), {**props, "datacenter": "tor04"})
    assert cloud.call_count("Virtual_Guest", "deleteObject") == 0
    assert cloud.orders()["orders"] == 1


def test_a_wrong_vlan_is_found_before_anything_is_cancelled(cloud: RunningCloud) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    with pytest.raises(CloudError, match=r"left as it is"):
        provider.diff(created.id, clean(created.outs), {**props, "public_vlan_id": 999999.0})


def test_a_replacement_whose_order_is_taken_is_planned_and_nothing_is_ordered_for_it(
    cloud: RunningCloud,
) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    planned = provider.diff(created.id, clean(created.outs), {**props, "datacenter": "tor04"})
    assert planned.replaces == ["datacenter"]
    assert cloud.orders()["orders"] == 1


@pytest.mark.parametrize(
    "change",
    [{}, {"notes": "other"}, {"flavor": "B1_4X8X25"}, {"datacenter": "tor04", "ssh_key_ids": [UNKNOWN]}],
    ids=["no change", "in place", "an upgrade", "not known yet"],
)
def test_no_other_plan_asks_the_cloud(cloud: RunningCloud, change: dict[str, Any]) -> None:
    provider, props = guests(), guest_props(cloud)
    created = provider.create(props)
    before = cloud.call_count("Product_Order", "verifyOrder")
    provider.diff(created.id, clean(created.outs), {**props, **change})
    assert cloud.call_count("Product_Order", "verifyOrder") == before


def topology(identities: str) -> dict[str, Any]:
    """One server for each letter; another letter is another server."""
    names = [f"db-{number}" for number in range(1, len(identities) + 1)]
    servers = [
        {"name": name, "datacenter": "tor01", "identity": identity}
        for name, identity in zip(names, identities, strict=True)
    ]
    return {"servers": servers, "managers": float(len(names)), "members": names}


def judged(
    cloud: RunningCloud, before: str, after: str, *, settled: str | None = None, **order: Any
) -> list[str]:
    """What the guard says of a change, given each server's order and perhaps an earlier, settled topology."""
    orders = [guest_props(cloud, hostname=f"db-{number}", **order) for number in range(1, len(after) + 1)]
    record = {"topology": topology(settled), "attempt": "earlier"} if settled else None
    olds = {**topology(before), "attempt": "last"}
    news = {**topology(after), "orders": orders, "settled": record}
    checked = configured(TopologyGuardProvider).check(olds, news)
    assert "orders" not in checked.inputs
    return [failure.reason for failure in checked.failures]


def test_the_guard_wants_all_orders_taken_before_the_first_server_is_touched(cloud: RunningCloud) -> None:
    cloud.fault(method="verifyOrder", hostname="db-4*", kind="capacity", times=0)
    (said,) = judged(cloud, "aaaaa", "aaabb")
    assert "guest db-4.example.com" in said
    assert cloud.call_count("Virtual_Guest", "deleteObject") == 0


@pytest.mark.parametrize(
    ("before", "after", "settled", "order"),
    [
        ("aaa", "aaa", None, {}),
        ("aaa", "aaaa", None, {}),
        ("aaaa", "aaa", None, {}),
        ("aaa", "aab", None, {"notes": UNKNOWN}),
        ("aab", "aab", "aaa", {}),
        ("aab", "aaa", "aaa", {}),
    ],
    ids=[
        "no change",
        "growth",
        "shrinking",
        "not known yet",
        "a killed run",
        "one that is taken back",
    ],
)
def test_the_guard_asks_only_about_servers_that_surely_are_replaced(
    cloud: RunningCloud, before: str, after: str, settled: str | None, order: dict[str, Any]
) -> None:
    assert judged(cloud, before, after, settled=settled, **order) == []
    assert cloud.call_count("Product_Order", "verifyOrder") == 0


def test_a_change_that_no_quorum_would_survive_is_refused_without_asking_the_cloud(
    cloud: RunningCloud,
) -> None:
    (said,) = judged(cloud, "aaa", "abb")
    assert "quorum" in said
    assert cloud.call_count("Product_Order", "verifyOrder") == 0
