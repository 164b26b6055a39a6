"""Changing the size of a running guest: cpus, memory, flavor, disks, and the upper limit of its interfaces.

An upgrade is an order too, with the same hazard: it is sent once, after a look at what the guest already is,
and its outcome is read from the guest. It reboots the guest. Memory is counted in GB here, in MB everywhere
else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from providers.softlayer.client import PATIENCE, Api
from providers.softlayer.clock import growing, jittered
from providers.softlayer.errors import OrderDoubtError, RefusedError
from providers.softlayer.faults import Fault, Kind
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.guest_wire import observe
from providers.softlayer.ordering import read_guest
from providers.softlayer.progress import Progress
from providers.softlayer.readiness import transaction_of, wait_until_idle

_PRICE_MASK = "id,locationGroupId,categories[name,id,categoryCode],item[description,capacity,units]"
_DEDICATED_UNITS = ("PRIVATE_CORE", "DEDICATED_CORE")
# How long an accepted upgrade may take until its transaction shows (research/softlayer.md section 2, Ready).
APPEAR_SECONDS = 600.0


def needed(guest: Mapping[str, Any], wanted: GuestInputs, fields: Collection[str]) -> dict[str, Any]:
    """What to order to get from the real size to the wanted one: option to value, in catalogue units.

    Only `fields` are looked at: money is spent on what the plan announced, not on what merely reads
    otherwise.
    """
    real = observe(guest, wanted)
    options: dict[str, Any] = {}
    if "flavor" in fields and wanted.flavor != real.flavor:
        options["flavor"] = wanted.flavor
    if "cpus" in fields and wanted.cpus is not None and wanted.cpus != real.cpus:
        options["guest_core"] = wanted.cpus
    if "memory_mb" in fields and wanted.memory_mb is not None and wanted.memory_mb != real.memory_mb:
        options["ram"] = wanted.memory_mb // 1024
    if "disks" in fields:
        for position, size in enumerate(wanted.disks):
            if position >= len(real.disks) or real.disks[position] != size:
                options[f"guest_disk{position}"] = size
    limit = _max_speed(guest)
    if "nic_speed" in fields and limit is not None and wanted.nic_speed > limit:
        options["port_speed"] = wanted.nic_speed
    return options


def upgrade(api: Api, guest: Mapping[str, Any], wanted: GuestInputs, fields: Collection[str]) -> None:
    """Order what `fields` lack and wait until the guest has it.

    Raises RefusedError when the catalogue has no such size, OrderDoubtError when the outcome stays unknown.
    """
    options = needed(guest, wanted, fields)
    order = _order(api, guest, options, wanted)
    begun = api.clock.monotonic()
    for pause in growing(1.0, 2.0, 30.0):
        _, fault = api.once("Product_Order", "placeOrder", order)
        if fault is None or fault.kind is Kind.BROKEN:
            break
        wait = jittered(pause)
        if api.clock.monotonic() - begun + wait > PATIENCE.get(fault.kind, 0.0):
            raise fault.error(api.subject, f"ordering {_words(options)}", api.endpoint) from fault.cause
        api.clock.sleep(wait)
    _await_upgrade(api, int(guest["id"]), wanted, fields, fault)


def _await_upgrade(
    api: Api, guest_id: int, wanted: GuestInputs, fields: Collection[str], fault: Fault | None
) -> None:
    """Wait for the upgrade's transaction to come and go, then look at the guest."""
    progress = Progress(api.clock, api.subject)
    patience = APPEAR_SECONDS if fault is None else api.doubt_seconds
    for pause in growing(0.3, 1.3, 10.0):
        guest = read_guest(api, guest_id)
        if guest is None:
            return
        if guest.get("activeTransaction"):
            progress.say(f"waiting for {transaction_of(guest)} to end")
            wait_until_idle(api, guest_id, timeout_minutes=wanted.provision_timeout_minutes)
            continue
        options = needed(guest, wanted, fields)
        if not options:
            return
        if progress.elapsed_seconds + pause > patience:
            cause = "was accepted" if fault is None else f"was cut off ({fault.text})"
            message = (
                f"{api.subject}: the order of {_words(options)} {cause}, and after {patience:.0f} s the "
                "guest neither has it nor works on it: check `slcli account orders`, then run again, which "
                "orders only what is still missing"
            )
            raise OrderDoubtError(message)
        progress.say(f"waiting for the upgrade to {_words(options)}")
        api.clock.sleep(pause)


def _max_speed(guest: Mapping[str, Any]) -> int | None:
    """The upper limit of the guest's interfaces in Mbps, where the API tells it."""
    component = guest.get("primaryNetworkComponent") or guest.get("primaryBackendNetworkComponent") or {}
    return int(component["maxSpeed"]) if component.get("maxSpeed") else None


def _order(
    api: Api, guest: Mapping[str, Any], options: Mapping[str, Any], wanted: GuestInputs
) -> dict[str, Any]:
    """The upgrade's order container (research/softlayer.md section 2, Upgrade)."""
    order: dict[str, Any] = {
        "complexType": "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade",
        "properties": [
            {"name": "MAINTENANCE_WINDOW", "value": api.clock.utc_now().strftime("%Y-%m-%d %H:%M:%S%z")}
        ],
        "virtualGuests": [{"id": int(guest["id"])}],
    }
    single = {option: value for option, value in options.items() if option != "flavor"}
    if single:
        offers = api.call(
            "reading upgrade prices",
            "Virtual_Guest",
            "getUpgradeItemPrices",
            True,
            id=int(guest["id"]),
            mask=_PRICE_MASK,
        )
        order["prices"] = [
            _price(api, offers or [], option, value, wanted) for option, value in single.items()
        ]
    if "flavor" in options:
        order["presetId"] = _preset_id(api, guest, str(options["flavor"]))
    return order


def _price(
    api: Api, offers: list[dict[str, Any]], option: str, value: Any, wanted: GuestInputs
) -> dict[str, Any]:
    """The offer for one option; a disk's price also says which disk it is for."""
    for offer in offers:
        item = offer.get("item") or {}
        categories = [entry for entry in offer.get("categories") or [] if entry.get("categoryCode") == option]
        if not categories or str(item.get("capacity")) != str(value):
            continue
        dedicated = item.get("units") in _DEDICATED_UNITS
        if option == "guest_core" and dedicated != (wanted.dedicated or wanted.dedicated_host_id is not None):
            continue
        if option == "port_speed" and ("Public" in str(item.get("description"))) == wanted.private_only:
            continue
        price: dict[str, Any] = {"id": offer["id"]}
        if option.startswith("guest_disk"):
            price["categories"] = [{"id": categories[0].get("id"), "categoryCode": option}]
        return price
    message = (
        f"{api.subject}: the cloud offers no upgrade to {option} {value}: choose a size that `slcli vs "
        "create-options` lists, or replace the server"
    )
    raise RefusedError(message)


def _preset_id(api: Api, guest: Mapping[str, Any], flavor: str) -> int:
    """The id of a flavor in the guest's package."""
    package = (((guest.get("billingItem") or {}).get("package")) or {}).get("id")
    for method in ("getActivePresets", "getAccountRestrictedActivePresets"):
        for preset in (
            api.call("reading flavors", "Product_Package", method, id=package, mask="id,keyName") or []
        ):
            if preset.get("keyName") == flavor:
                return int(preset["id"])
    message = (
        f"{api.subject}: the cloud offers no flavor {flavor}: choose one that `slcli vs create-options` lists"
    )
    raise RefusedError(message)


def _words(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{option} {value}" for option, value in options.items())
