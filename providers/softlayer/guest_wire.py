"""A guest on the API's wire: the template it is ordered with, the mask, and the way back to inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.mark import is_tagged, sign, tag_names, unsign, user_data_of

_COMPONENT = "id,speed,maxSpeed,networkVlan[id]"
GUEST_MASK = ",".join(
    (
        "id,accountId,globalIdentifier,hostname,domain,fullyQualifiedDomainName,createDate,provisionDate",
        "status[keyName],powerState[keyName]",
        "activeTransaction[id,elapsedSeconds,transactionStatus[name,friendlyName]]",
        "startCpus,maxCpu,maxMemory,localDiskFlag,hourlyBillingFlag,privateNetworkOnlyFlag",
        "datacenter[id,name],primaryIpAddress,primaryBackendIpAddress",
        f"primaryNetworkComponent[{_COMPONENT}],primaryBackendNetworkComponent[{_COMPONENT}]",
        "blockDevices[device,diskImage[capacity,units,type[keyName]]]",
        "sshKeys[id],userData[value],notes,tagReferences[tag[name]]",
        "billingItem[id,cancellationDate,hourlyRecurringFee,recurringFee,package[id]",
        "activeChildren[hourlyRecurringFee,recurringFee],orderItem[order[id],preset[keyName]]]",
    )
)
# Device 1 is the swap partition; extra disks begin at device 2.
_DEVICES = ("0", "2", "3", "4", "5")
# A cancellation takes effect within the hour that is paid, or on a later day that somebody chose.
_AT_ONCE = timedelta(hours=1)


def create_template(inputs: GuestInputs) -> dict[str, Any]:
    """The object of Virtual_Guest::generateOrderTemplate (research/softlayer.md section 2, createDict)."""
    template: dict[str, Any] = {
        "hostname": inputs.hostname,
        "domain": inputs.domain,
        "datacenter": {"name": inputs.datacenter},
        "hourlyBillingFlag": inputs.hourly,
        "privateNetworkOnlyFlag": inputs.private_only,
        "networkComponents": [{"maxSpeed": inputs.nic_speed}],
        "blockDevices": [
            {"device": device, "diskImage": {"capacity": size}}
            for device, size in zip(_DEVICES, inputs.disks, strict=False)
        ],
    }
    if inputs.flavor:
        template["supplementalCreateObjectOptions"] = {"flavorKeyName": inputs.flavor}
    else:
        template["startCpus"] = inputs.cpus
        template["maxMemory"] = inputs.memory_mb
        template["localDiskFlag"] = inputs.local_disk
    if inputs.image_id:
        template["blockDeviceTemplateGroup"] = {"globalIdentifier": inputs.image_id}
    else:
        template["operatingSystemReferenceCode"] = inputs.os_code
    if inputs.public_vlan_id is not None:
        template["primaryNetworkComponent"] = {"networkVlan": {"id": inputs.public_vlan_id}}
    if inputs.private_vlan_id is not None:
        template["primaryBackendNetworkComponent"] = {"networkVlan": {"id": inputs.private_vlan_id}}
    if inputs.ssh_key_ids:
        template["sshKeys"] = [{"id": key} for key in inputs.ssh_key_ids]
    if inputs.post_install_uri:
        template["postInstallScriptUri"] = inputs.post_install_uri
    if inputs.dedicated:
        template["dedicatedAccountHostOnlyFlag"] = True
    if inputs.dedicated_host_id is not None:
        template["dedicatedHost"] = {"id": inputs.dedicated_host_id}
    return template


def complete_order(container: Mapping[str, Any], inputs: GuestInputs) -> dict[str, Any]:
    """Add what generateOrderTemplate drops: the signed user data, placement group, dedicated host."""
    order = dict(container)
    guests = [dict(guest) for guest in order.get("virtualGuests") or [{}]]
    guests[0]["userData"] = [{"value": sign(inputs.user_data, inputs.mark)}]
    if inputs.placement_group_id is not None:
        guests[0]["placementGroupId"] = inputs.placement_group_id
    order["virtualGuests"] = guests
    if inputs.dedicated_host_id is not None:
        order["hostId"] = inputs.dedicated_host_id
    return order


def observe(guest: Mapping[str, Any], declared: GuestInputs) -> GuestInputs:
    """The inputs that would declare the guest as it is; what the API tells unreliably stays as declared."""
    preset = _preset(guest)
    text, _ = unsign(user_data_of(guest))
    changes: dict[str, Any] = {
        "hostname": str(guest.get("hostname") or declared.hostname).lower(),
        "domain": str(guest.get("domain") or declared.domain).lower(),
        "datacenter": (guest.get("datacenter") or {}).get("name") or declared.datacenter,
        "hourly": _flag(guest.get("hourlyBillingFlag"), declared.hourly),
        "private_only": _flag(guest.get("privateNetworkOnlyFlag"), declared.private_only),
        "disks": _disks(guest, declared),
        "nic_speed": _nic_speed(guest, declared),
        "tags": _tags(guest, declared),
        "notes": str(guest.get("notes") or ""),
        "user_data": text,
    }
    if declared.flavor is not None:
        changes["flavor"] = preset or declared.flavor
    else:
        changes["cpus"] = int(guest.get("maxCpu") or guest.get("startCpus") or declared.cpus or 0)
        changes["memory_mb"] = int(guest.get("maxMemory") or declared.memory_mb or 0)
        changes["local_disk"] = _flag(guest.get("localDiskFlag"), declared.local_disk)
    for field, component in _VLANS.items():
        real = ((guest.get(component) or {}).get("networkVlan") or {}).get("id")
        if getattr(declared, field) is not None and real is not None:
            changes[field] = int(real)
    return dataclasses.replace(declared, **changes)


_VLANS = {"public_vlan_id": "primaryNetworkComponent", "private_vlan_id": "primaryBackendNetworkComponent"}


def outputs(guest: Mapping[str, Any], mark: str, order_id: int | None) -> dict[str, Any]:
    """What a guest gives to the rest of the program; fees as decimal text, for the billing the guest has.

    `tagged` tells the next diff whether the mark is among the tags, so that a lost one is set again.
    """
    billing = guest.get("billingItem") or {}
    order = ((billing.get("orderItem") or {}).get("order") or {}).get("id") or order_id
    hourly = bool(guest.get("hourlyBillingFlag"))
    return {
        "guest_id": int(guest["id"]),
        "account_id": int(guest["accountId"]) if guest.get("accountId") else None,
        "public_ip": guest.get("primaryIpAddress") or "",
        "private_ip": guest.get("primaryBackendIpAddress") or "",
        "fqdn": guest.get("fullyQualifiedDomainName") or f"{guest.get('hostname')}.{guest.get('domain')}",
        "datacenter_name": (guest.get("datacenter") or {}).get("name") or "",
        "status": str((guest.get("status") or {}).get("keyName") or ""),
        "order_id": int(order) if order else None,
        "hourly_fee": _fee(billing, "hourlyRecurringFee") if hourly else None,
        "monthly_fee": None if hourly else _fee(billing, "recurringFee"),
        "tagged": is_tagged(guest, mark),
    }


def is_cancelled(guest: Mapping[str, Any]) -> bool:
    """Whether a guest that still shows is cancelled, be it for a later day: the name it holds is free again.

    That it shows no billing item says nothing: there are users who may not see any (taken for cancelled, each
    run would buy their guests again).
    """
    return bool(_cancellation(guest)) or _is_reclaimed(guest)


def is_going(guest: Mapping[str, Any], now: datetime) -> bool:
    """Whether a cancelled guest is about to go: one that is cancelled for a later day runs until then."""
    date = _date(_cancellation(guest))
    later = date is not None and date > now + _AT_ONCE
    return _is_reclaimed(guest) or (is_cancelled(guest) and not later)


def _cancellation(guest: Mapping[str, Any]) -> Any:
    return (guest.get("billingItem") or {}).get("cancellationDate")


def _is_reclaimed(guest: Mapping[str, Any]) -> bool:
    transaction = (guest.get("activeTransaction") or {}).get("transactionStatus") or {}
    return "RECLAIM" in str(transaction.get("name") or "").upper()


def created_at(record: Mapping[str, Any]) -> datetime | None:
    """The createDate of a guest or order, or None when the API does not tell it."""
    return _date(record.get("createDate"))


def _date(raw: Any) -> datetime | None:
    if not raw:
        return None
    try:
        parsed = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _preset(guest: Mapping[str, Any]) -> str | None:
    item = (guest.get("billingItem") or {}).get("orderItem") or {}
    return (item.get("preset") or {}).get("keyName") or None


def _flag(raw: Any, declared: bool) -> bool:
    return declared if raw is None else bool(raw)


def _disks(guest: Mapping[str, Any], declared: GuestInputs) -> tuple[int, ...]:
    """The sizes of the real disks in device order, without swap and metadata, as far as they were declared.

    A disk that was grown or attached by hand satisfies the declaration: taken for a change it would ask for a
    new guest, and the old one would go with its data.
    """
    sizes: dict[int, int] = {}
    for block in guest.get("blockDevices") or []:
        image = block.get("diskImage") or {}
        kind = str((image.get("type") or {}).get("keyName") or "").upper()
        device = str(block.get("device") or "")
        if device in _DEVICES and image.get("capacity") and kind not in ("SWAP", "METADATA"):
            sizes[int(device)] = int(image["capacity"])
    if not sizes:
        return declared.disks
    real = (sizes[device] for device in sorted(sizes))
    return tuple(min(has, wanted) for has, wanted in zip(real, declared.disks, strict=False))


def _nic_speed(guest: Mapping[str, Any], declared: GuestInputs) -> int:
    """The speed in force; when one interface alone differs, that one's, so that the difference is seen."""
    parts = ["primaryBackendNetworkComponent"] + (
        [] if declared.private_only else ["primaryNetworkComponent"]
    )
    speeds = [_speed(guest.get(part) or {}) for part in parts]
    return (
        next((speed for speed in speeds if speed not in (None, declared.nic_speed)), None)
        or declared.nic_speed
    )


def _speed(component: Mapping[str, Any]) -> int | None:
    raw = component.get("speed") if component.get("speed") is not None else component.get("maxSpeed")
    return None if raw is None else int(raw)


def _tags(guest: Mapping[str, Any], declared: GuestInputs) -> tuple[str, ...]:
    """The real tags without the mark, in the declared spelling where only the case differs."""
    spelling = {tag.casefold(): tag for tag in declared.tags}
    real = {name.casefold(): name for name in tag_names(guest)}
    real.pop(declared.mark.casefold(), None)
    return tuple(spelling.get(key, real[key]) for key in sorted(real))


def _fee(billing: Mapping[str, Any], key: str) -> str:
    """The sum of the item's own fee and its children's."""
    parts = [billing, *(billing.get("activeChildren") or [])]
    return str(sum((Decimal(str(part.get(key) or 0)) for part in parts), Decimal(0)))
