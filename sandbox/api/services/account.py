"""SoftLayer_Account, its users and its bills."""

from typing import Any

from sandbox.api.cloud import ACCOUNT_ID, Cloud
from sandbox.api.dispatch import Call, finder, method, object_id
from sandbox.api.errors import refuse_missing
from sandbox.api.places import VLANS
from sandbox.api.services.guests import cancel
from sandbox.api.views.billing import (
    all_billing_items,
    billing_order,
    find_billing_item,
    guest_billing_item,
    user,
)
from sandbox.api.views.catalogue import guests_of, routers, subnet, vlan
from sandbox.api.views.guests import guest_view, ssh_key


@finder("Account")
def account(cloud: Cloud, _call: Call | None = None) -> dict[str, Any]:
    """The only account; its relations are the lists that clients read."""

    def guests(hourly: bool | None = None) -> list[dict[str, Any]]:
        chosen = [each for each in cloud.visible_guests() if hourly in (None, each.hourly)]
        return [guest_view(cloud, each) for each in chosen]

    return {
        "id": ACCOUNT_ID,
        "accountStatusId": 1001,
        "brandId": 2,
        "companyName": "galera-swarm sandbox",
        "createDate": "2026-01-01T00:00:00+00:00",
        "email": f"{cloud.username}@sandbox.invalid",
        "firstName": "Sandbox",
        "lastName": "User",
        "isReseller": 0,
        "virtualGuests": guests,
        "hourlyVirtualGuests": lambda: guests(hourly=True),
        "monthlyVirtualGuests": lambda: guests(hourly=False),
        "sshKeys": lambda: [ssh_key(each) for each in cloud.store.ssh_keys()],
        "networkVlans": lambda: [vlan(cloud, each) for each in VLANS.values()],
        "subnets": lambda: [subnet(cloud, each) for each in VLANS.values() if guests_of(cloud, each)],
        "publicSubnets": lambda: [
            subnet(cloud, each) for each in VLANS.values() if each.public and guests_of(cloud, each)
        ],
        "privateSubnets": lambda: [
            subnet(cloud, each) for each in VLANS.values() if not each.public and guests_of(cloud, each)
        ],
        "orders": lambda: [billing_order(cloud, each) for each in cloud.store.orders()],
        "allTopLevelBillingItems": lambda: [
            guest_billing_item(cloud, each) for each in cloud.visible_guests()
        ],
        "allBillingItems": lambda: all_billing_items(cloud),
        "users": lambda: [user(cloud)],
        "routers": routers,
        "tags": lambda: [{"id": number, "name": name} for number, name in cloud.store.tags()],
        "nextInvoiceTotalAmount": "0",
        "pendingInvoice": {"invoiceTotalAmount": "0"},
    }


@method("Account", "getCurrentUser", returns="User_Customer")
def _current_user(cloud: Cloud, _call: Call) -> dict[str, Any]:
    return user(cloud)


@finder("User_Customer")
def _user(cloud: Cloud, call: Call) -> dict[str, Any]:
    shown = user(cloud)
    if str(object_id(call)) != str(shown["id"]):
        refuse_missing(call.object_id)
    return shown


@finder("Billing_Order")
def _order(cloud: Cloud, call: Call) -> dict[str, Any]:
    text = str(object_id(call))
    known = cloud.store.order(int(text)) if text.isdigit() else None
    if known is None:
        refuse_missing(call.object_id)
    return billing_order(cloud, known)


@method("Billing_Order", "getAllObjects", returns="Billing_Order[]")
def _orders(cloud: Cloud, _call: Call) -> list[dict[str, Any]]:
    return [billing_order(cloud, each) for each in cloud.store.orders()]


@finder("Billing_Item")
def _billing_item(cloud: Cloud, call: Call) -> dict[str, Any]:
    found = find_billing_item(cloud, object_id(call))
    if found is None:
        refuse_missing(call.object_id)
    return found[1]


@method("Billing_Item", "cancelItem", "cancelService")
def _cancel_item(cloud: Cloud, call: Call) -> bool:
    found = find_billing_item(cloud, object_id(call))
    if found is None or found[0].lines[0].billing_item_id != found[1]["id"]:
        refuse_missing(call.object_id)
    with cloud.store.write():
        guest = cloud.idle_guest(found[0].id, "cancel")
        cancel(cloud, guest)
        transaction = cloud.transactions.add(guest, "reclaim")
    cloud.transactions.begin(transaction)
    return True
