"""How orders and billing items look."""

from decimal import Decimal
from typing import Any

from sandbox.api.catalogue import FLAVORS_BY_NAME, ITEMS, PACKAGES
from sandbox.api.cloud import ACCOUNT_ID, USER_ID, Cloud
from sandbox.api.fees import fee
from sandbox.api.places import BY_NAME
from sandbox.api.records import Guest, Order, PriceLine
from sandbox.api.views.catalogue import category, item, location, package_view, preset


def user(cloud: Cloud) -> dict[str, Any]:
    """SoftLayer_User_Customer: the account's only user."""
    return {
        "id": USER_ID,
        "accountId": ACCOUNT_ID,
        "username": cloud.username,
        "displayName": cloud.username,
        "email": f"{cloud.username}@sandbox.invalid",
        "firstName": "Sandbox",
        "lastName": "User",
        "userStatus": {"id": 1001, "keyName": "ACTIVE", "name": "Active"},
    }


def _amount(guest: Guest, line: PriceLine) -> Decimal:
    return Decimal(line.hourly if guest.hourly else line.monthly)


def guest_billing_item(cloud: Cloud, guest: Guest) -> dict[str, Any]:
    """SoftLayer_Billing_Item of a guest: its first line, with all others as children."""
    first = guest.lines[0]
    shown = billing_item(cloud, guest, first)
    children = [line for line in guest.lines if line is not first]
    total = sum((_amount(guest, line) for line in guest.lines), Decimal(0))
    shown["nextInvoiceTotalRecurringAmount"] = fee(total)
    for name in ("children", "nextInvoiceChildren", "activeChildren"):
        shown[name] = lambda: [billing_item(cloud, guest, line) for line in children]
    return shown


def billing_item(cloud: Cloud, guest: Guest, line: PriceLine) -> dict[str, Any]:
    """SoftLayer_Billing_Item of one line."""
    package = PACKAGES[guest.package_id]
    return {
        "id": line.billing_item_id,
        "createDate": guest.create_date,
        "modifyDate": guest.modify_date,
        "cancellationDate": guest.cancel_date,
        "cycleStartDate": guest.create_date,
        "categoryCode": line.category,
        "description": line.description,
        "hostName": guest.hostname,
        "domainName": guest.domain,
        "orderItemId": line.order_item_id,
        "resourceTableId": guest.id,
        "hourlyRecurringFee": line.hourly,
        "recurringFee": fee(_amount(guest, line)),
        "setupFee": "0",
        "oneTimeFee": "0",
        "laborFee": "0",
        "nextInvoiceTotalRecurringAmount": fee(_amount(guest, line)),
        "nextInvoiceTotalOneTimeAmount": "0",
        "hourlyFlag": guest.hourly,
        "activeFlag": guest.cancel_date is None,
        "location": lambda: location(BY_NAME[guest.datacenter]),
        "package": lambda: package_view(package),
        "category": lambda: category(line.category),
        "item": lambda: item(ITEMS[line.item_id], package),
        "orderItem": lambda: _order_item_of(cloud, guest, line),
    }


def _order_item_of(cloud: Cloud, guest: Guest, line: PriceLine) -> dict[str, Any] | None:
    for order in cloud.store.orders():
        if guest.id in order.guest_ids:
            for known in order.lines:
                if known.order_item_id == line.order_item_id:
                    return _order_item(cloud, order, guest, known)
    return None


def _order_item(cloud: Cloud, order: Order, guest: Guest, line: PriceLine) -> dict[str, Any]:
    flavor = FLAVORS_BY_NAME.get(guest.flavor or "")
    billed = next((each for each in guest.lines if each.billing_item_id == line.billing_item_id), None)
    shown: dict[str, Any] = {
        "id": line.order_item_id,
        "billingOrderId": order.id,
        "categoryCode": line.category,
        "description": line.description,
        "hostName": guest.hostname,
        "domainName": guest.domain,
        "itemId": line.item_id,
        "itemPriceId": line.price_id,
        "quantity": 1,
        "hourlyRecurringFee": line.hourly,
        "recurringFee": line.monthly,
        "setupFee": "0",
        "oneTimeFee": "0",
        "laborFee": "0",
        "order": lambda: billing_order(cloud, order),
        "package": lambda: package_view(PACKAGES[guest.package_id]),
        "location": lambda: location(BY_NAME[guest.datacenter]),
        "category": lambda: category(line.category),
    }
    if flavor:
        shown["presetId"] = flavor.id
        shown["preset"] = lambda: preset(flavor)
    if billed:
        shown["billingItem"] = lambda: _billing_item_of(cloud, guest, billed)
    return shown


def _billing_item_of(cloud: Cloud, guest: Guest, line: PriceLine) -> dict[str, Any]:
    if line is guest.lines[0]:
        return guest_billing_item(cloud, guest)
    return billing_item(cloud, guest, line)


def billing_order(cloud: Cloud, order: Order) -> dict[str, Any]:
    """SoftLayer_Billing_Order."""

    def items() -> list[dict[str, Any]]:
        found = []
        for guest_id in order.guest_ids:
            guest = cloud.store.guest(guest_id)
            if guest is None:
                continue
            own = {line.billing_item_id for line in guest.lines}
            mine = [line for line in order.lines if line.billing_item_id in own]
            found += [_order_item(cloud, order, guest, line) for line in mine]
        return found

    return {
        "id": order.id,
        "accountId": ACCOUNT_ID,
        "createDate": order.create_date,
        "modifyDate": order.create_date,
        "status": order.status,
        "userRecordId": USER_ID,
        "orderApprovalDate": order.create_date,
        "orderTotalAmount": fee(sum((Decimal(line.monthly) for line in order.lines), Decimal(0))),
        "userRecord": lambda: user(cloud),
        "items": items,
        "orderTopLevelItems": lambda: [each for each in items() if each["categoryCode"] == "guest_core"],
        "initialInvoice": {},
    }


def all_billing_items(cloud: Cloud) -> list[dict[str, Any]]:
    """The billing items of all guests that are not gone, children included."""
    return [_billing_item_of(cloud, guest, line) for guest in cloud.visible_guests() for line in guest.lines]


def find_billing_item(cloud: Cloud, number: object) -> tuple[Guest, dict[str, Any]] | None:
    """A billing item by its id, with its guest."""
    for guest in cloud.visible_guests():
        for line in guest.lines:
            if str(line.billing_item_id) == str(number):
                return guest, _billing_item_of(cloud, guest, line)
    return None
