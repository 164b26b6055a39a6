"""Orders: verified without a trace, or placed in one commit.

A placed order makes, in that one commit, the order, its guests with their addresses, and their
transactions. Only then does the answer go out and the driver begin.
"""

import secrets
import string
import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.api.catalogue import Price
from sandbox.api.cloud import GUEST_QUOTA, Cloud
from sandbox.api.errors import refuse, refuse_as
from sandbox.api.fees import fee, show_price
from sandbox.api.places import FIRST_HOST, PRIVATE_NETWORK, PUBLIC_NETWORK
from sandbox.api.records import Guest, Order, PriceLine, SshKey, Transaction, now, stamp
from sandbox.api.requests import GUEST_ORDER, UPGRADE_ORDER, container_prices, from_container, to_container
from sandbox.api.upgrades import plan_upgrade
from sandbox.api.wanted import Wanted, as_dict, as_flag, as_list

_PASSWORD_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True)
class OrderFaults:
    """What a fault script does to the guests of one order."""

    hold: bool = False
    extra_seconds: float = 0
    hide_seconds: float = 0


def containers_of(order: Any) -> list[dict[str, Any]]:
    """The containers of an order, which come bare or inside `orderContainers`."""
    outer = as_dict("orderData", order)
    if outer.get("orderContainers"):
        return [
            as_dict("orderContainers", each) for each in as_list("orderContainers", outer["orderContainers"])
        ]
    return [outer]


def verify(cloud: Cloud, order: Any) -> dict[str, Any]:
    """What the order would cost; raises `ApiError` exactly where placing it would."""
    shown = []
    total = {"hourly": Decimal(0), "monthly": Decimal(0)}
    guests = 0
    for container in containers_of(order):
        prices, wanted, hourly = _read(cloud, container)
        guests += len(wanted)
        count = max(1, len(wanted))
        fees = {
            "hourly": sum((price.hourly for price in prices), Decimal(0)) * count,
            "monthly": sum((price.monthly for price in prices), Decimal(0)) * count,
        }
        for period, amount in fees.items():
            total[period] += amount
        shown.append(
            container | {"prices": [show_price(price) for price in prices]} | _totals(fees, hourly=hourly)
        )
    _check_quota(cloud, guests)
    outer = as_dict("orderData", order)
    if outer.get("orderContainers"):
        return {
            **outer,
            "orderContainers": shown,
            **_totals(total, hourly=as_flag(shown[0]["useHourlyPricing"])),
        }
    return shown[0]


def _totals(fees: dict[str, Decimal], *, hourly: bool) -> dict[str, Any]:
    recurring = fees["hourly" if hourly else "monthly"]
    return {
        "preTaxRecurringHourly": fee(fees["hourly"]) if hourly else "0",
        "preTaxRecurringMonthly": "0" if hourly else fee(fees["monthly"]),
        "preTaxRecurring": fee(recurring),
        "postTaxRecurring": fee(recurring),
        "preTaxSetup": "0",
        "postTaxSetup": "0",
        "proratedInitialCharge": "0" if hourly else fee(fees["monthly"]),
        "proratedOrderTotal": "0" if hourly else fee(fees["monthly"]),
        "totalRecurringTax": "0",
        "totalSetupTax": "0",
        "currencyShortName": "USD",
        "useHourlyPricing": hourly,
        "taxCompletedFlag": True,
    }


def _read(cloud: Cloud, container: dict[str, Any]) -> tuple[list[Price], list[Wanted], bool]:
    """Prices, guests and billing of one container, checked."""
    kind = str(container.get("complexType") or "")
    if kind == UPGRADE_ORDER:
        plan = plan_upgrade(cloud, container)
        return plan.prices, [], plan.guest.hourly
    if kind not in (GUEST_ORDER, "SoftLayer_Container_Product_Order_Virtual_Guest_Vpc"):
        refuse_as("Order", f"Invalid container type specified: {kind or 'none'}.")
    wanted = from_container(container)
    for each in wanted:
        _keys_of(cloud, each)
    return list(container_prices(container).values()), wanted, wanted[0].hourly


def _keys_of(cloud: Cloud, wanted: Wanted) -> list[SshKey]:
    return [cloud.key(key_id) for key_id in wanted.ssh_key_ids]


def _check_quota(cloud: Cloud, more: int) -> None:
    if more and len(cloud.store.guests()) + more > GUEST_QUOTA:
        refuse(f"Could not place order. The account is limited to {GUEST_QUOTA} concurrent virtual guests.")


def place(cloud: Cloud, order: Any, faults: OrderFaults) -> dict[str, Any]:
    """Place an order and return its receipt."""
    containers = containers_of(order)
    begun: list[Transaction] = []
    with cloud.store.write():
        read = [(container, *_read(cloud, container)) for container in containers]
        _check_quota(cloud, sum(len(wanted) for _, _, wanted, _ in read))
        order_id = cloud.store.next_id("order")
        details = []
        placed = Order(
            id=order_id,
            kind="upgrade" if all(not wanted for _, _, wanted, _ in read) else "guest",
            create_date=stamp(),
            status="APPROVED",
            username=cloud.username,
            guest_ids=[],
        )
        for container, prices, wanted, _ in read:
            if wanted:
                guests = [_make_guest(cloud, order_id, each, prices, faults) for each in wanted]
                begun += [_begin_provision(cloud, guest, faults) for guest in guests]
                placed.lines += [line for guest in guests for line in guest.lines]
            else:
                guest, transaction, lines = _apply_upgrade(cloud, container)
                guests = [guest]
                begun.append(transaction)
                placed.lines += lines
            placed.guest_ids += [guest.id for guest in guests]
            details.append(container | _receipt_details(prices, guests))
        cloud.store.put_order(placed)
    for transaction in begun:
        cloud.transactions.begin(transaction)
    outer = as_dict("orderData", order)
    return {
        "orderId": order_id,
        "orderDate": placed.create_date,
        "orderDetails": {**outer, "orderContainers": details} if outer.get("orderContainers") else details[0],
        "placedOrder": {"id": order_id, "status": placed.status, "accountId": 1},
    }


def _receipt_details(prices: list[Price], guests: list[Guest]) -> dict[str, Any]:
    return {
        "prices": [show_price(price) for price in prices],
        "virtualGuests": [
            {
                "id": guest.id,
                "globalIdentifier": guest.global_identifier,
                "hostname": guest.hostname,
                "domain": guest.domain,
                "fullyQualifiedDomainName": guest.fqdn,
            }
            for guest in guests
        ],
    }


def create(cloud: Cloud, wanted: list[Wanted], faults: OrderFaults) -> list[Guest]:
    """Order guests by createObject; the guests of one call are one order."""
    order: dict[str, Any] = {"orderContainers": [to_container(each) for each in wanted]}
    receipt = place(cloud, order, faults)
    ids = [
        guest["id"]
        for container in receipt["orderDetails"]["orderContainers"]
        for guest in container["virtualGuests"]
    ]
    return [guest for guest in map(cloud.store.guest, ids) if guest is not None]


def _price_line(cloud: Cloud, price: Price) -> PriceLine:
    return PriceLine(
        price_id=price.id,
        item_id=price.item.id,
        category=price.category,
        description=price.item.description,
        hourly=fee(price.hourly),
        monthly=fee(price.monthly),
        order_item_id=cloud.store.next_id("order_item"),
        billing_item_id=cloud.store.next_id("billing"),
    )


def _make_guest(
    cloud: Cloud, order_id: int, wanted: Wanted, prices: list[Price], faults: OrderFaults
) -> Guest:
    """Record one guest with its addresses; part of the order's commit."""
    store = cloud.store
    guest_id = store.next_id("guest")
    place = wanted.datacenter
    # The core comes first: its billing item is the guest's own.
    ordered = sorted(prices, key=lambda price: price.category != "guest_core")
    hide = (now() + timedelta(seconds=faults.hide_seconds)).isoformat() if faults.hide_seconds else None
    public_ip = None if wanted.private_only else store.take_address(PUBLIC_NETWORK, FIRST_HOST, guest_id)
    guest = Guest(
        id=guest_id,
        order_id=order_id,
        global_identifier=str(uuid.uuid4()),
        uuid=str(uuid.uuid4()),
        hostname=wanted.hostname,
        domain=wanted.domain,
        create_date=stamp(),
        modify_date=stamp(),
        visible_from=hide,
        datacenter=place.name,
        package_id=ordered[0].package_id,
        flavor=wanted.flavor.name if wanted.flavor else None,
        cpus=wanted.cpus,
        memory_mb=wanted.memory_mb,
        disks_gb=list(wanted.disks_gb),
        os_code=wanted.os_code,
        hourly=wanted.hourly,
        local_disk=wanted.local_disk,
        private_only=wanted.private_only,
        dedicated=wanted.dedicated,
        transient=wanted.transient,
        nic_mbps=wanted.nic_mbps,
        public_speed=0 if wanted.private_only else wanted.nic_mbps,
        private_speed=wanted.nic_mbps,
        public_vlan=None if wanted.private_only else wanted.public_vlan or place.public_vlan,
        private_vlan=wanted.private_vlan or place.private_vlan,
        public_ip=public_ip,
        private_ip=store.take_address(PRIVATE_NETWORK, FIRST_HOST, guest_id),
        ssh_key_ids=list(wanted.ssh_key_ids),
        ssh_keys=[key.key for key in _keys_of(cloud, wanted)],
        user_data=list(wanted.user_data),
        post_install_uri=wanted.post_install_uri,
        boot_mode=wanted.boot_mode,
        root_password=make_password(),
        lines=[_price_line(cloud, price) for price in ordered],
    )
    store.put_guest(guest)
    return guest


def make_password() -> str:
    """A fresh root password."""
    return "".join(secrets.choice(_PASSWORD_LETTERS) for _ in range(12))


def _begin_provision(cloud: Cloud, guest: Guest, faults: OrderFaults) -> Transaction:
    extra, held = faults.extra_seconds, faults.hold
    return cloud.transactions.add(guest, "provision", extra_seconds=extra, held=held)


def _apply_upgrade(cloud: Cloud, container: dict[str, Any]) -> tuple[Guest, Transaction, list[PriceLine]]:
    """Change a guest's sizes and prices; part of the order's commit."""
    plan = plan_upgrade(cloud, container)
    guest = plan.guest
    lines = [_price_line(cloud, price) for price in plan.prices]
    for line in lines:
        same = [index for index, old in enumerate(guest.lines) if old.category == line.category]
        if same:
            line.billing_item_id = guest.lines[same[0]].billing_item_id
            guest.lines[same[0]] = line
        else:
            guest.lines.append(line)
    guest.flavor = plan.flavor.name if plan.flavor else guest.flavor
    guest.cpus, guest.memory_mb, guest.nic_mbps = plan.cpus, plan.memory_mb, plan.nic_mbps
    grown = [index for index in range(len(plan.disks_gb)) if index >= len(guest.disks_gb)]
    guest.disks_gb = list(plan.disks_gb)
    guest.modify_date = stamp()
    cloud.store.put_guest(guest)
    return guest, cloud.transactions.add(guest, "upgrade", add_disks=grown), lines
