"""Changes in place: bring a live guest to its declaration, one idempotent step at a time.

Every step compares with the guest as it is, not with the state: whatever an interrupted update or a hand on
the portal left, the same steps lead from there to the declaration.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from providers.softlayer.client import Api
from providers.softlayer.errors import MismatchError, NotFoundError, OwnershipError
from providers.softlayer.guest_diff import Effect, compare, fields_with
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.guest_wire import observe
from providers.softlayer.lookup import holders
from providers.softlayer.mark import sign, tag_names, user_data_of
from providers.softlayer.ordering import read_guest
from providers.softlayer.readiness import wait_until_idle
from providers.softlayer.upgrade import needed, upgrade

_INTERFACES = {
    "primaryNetworkComponent": "setPublicNetworkInterfaceSpeed",
    "primaryBackendNetworkComponent": "setPrivateNetworkInterfaceSpeed",
}


def tag(api: Api, guest: Mapping[str, Any], wanted: GuestInputs) -> None:
    """Set the declared tags and the mark among them."""
    tags = (*wanted.tags, wanted.mark)
    if {name.casefold() for name in tag_names(guest)} != {name.casefold() for name in tags}:
        api.call("tagging it", "Virtual_Guest", "setTags", ",".join(tags), id=int(guest["id"]))


def label(api: Api, guest: Mapping[str, Any], wanted: GuestInputs) -> None:
    """Set tags (the mark among them) and notes."""
    guest_id = int(guest["id"])
    tag(api, guest, wanted)
    if str(guest.get("notes") or "") != wanted.notes:
        api.call("setting its notes", "Virtual_Guest", "editObject", {"notes": wanted.notes}, id=guest_id)


def refuse_mismatch(guest: Mapping[str, Any], wanted: GuestInputs) -> None:
    """Stop before adopting a guest that differs in what only a new guest could have. Raises MismatchError."""
    real = observe(guest, wanted)
    effects, _ = compare(real.to_props(), wanted.to_props())
    different = [
        f"{field} {getattr(real, field)} instead of {getattr(wanted, field)}"
        for field in fields_with(effects, Effect.REPLACE)
    ]
    keys = tuple(sorted(int(key["id"]) for key in guest.get("sshKeys") or [] if key.get("id")))
    if keys and keys != wanted.ssh_key_ids:
        different.append(f"SSH keys {keys} instead of {wanted.ssh_key_ids}")
    if different:
        detail = ", ".join(different)
        message = (
            f"{wanted.subject}: an earlier run of this stack ordered it as id {guest['id']} with {detail}: "
            f"declare what it has, or cancel it with `slcli vs cancel {guest['id']}` if nothing on it is "
            "needed, and run again"
        )
        raise MismatchError(message)


def apply(api: Api, guest_id: int, wanted: GuestInputs, fields: Collection[str]) -> None:
    """Bring the guest to its declaration; sizes, which cost money, only where `fields` names them.

    Raises NotFoundError when it is gone, OwnershipError when the new name is taken, MismatchError when the
    declaration asks for what only a new guest can have, and the CloudErrors of a failing API.
    """
    guest = read_guest(api, guest_id)
    if guest is None:
        message = (
            f"{api.subject}: id {guest_id} does not exist any more: run `pulumi refresh`, then `pulumi up`"
        )
        raise NotFoundError(message)
    _rename(api, guest, wanted)
    label(api, guest, wanted)
    signed = sign(wanted.user_data, wanted.mark)
    if user_data_of(guest) != signed:
        api.call("setting its user data", "Virtual_Guest", "setUserMetadata", [signed], id=guest_id)
    if needed(guest, wanted, fields):
        guest = wait_until_idle(api, guest_id, timeout_minutes=wanted.provision_timeout_minutes) or guest
    if needed(guest, wanted, fields):
        upgrade(api, guest, wanted, fields)
        guest = read_guest(api, guest_id) or guest
    _set_speed(api, guest, wanted)


def _rename(api: Api, guest: Mapping[str, Any], wanted: GuestInputs) -> None:
    """Give the guest its declared name in the cloud's books; its own system's name is host prep's affair."""
    name = {
        field: value
        for field, value in (("hostname", wanted.hostname), ("domain", wanted.domain))
        if str(guest.get(field) or "").lower() != value
    }
    if not name:
        return
    held = holders(api, wanted)
    taken = [
        str(other.get("id"))
        for other in (*held.ours, *held.unsigned, *held.foreign)
        if int(other.get("id") or 0) != int(guest["id"])
    ]
    if taken:
        message = (
            f"{wanted.subject}: the name is taken by guest {', '.join(taken)}: cancel that one or choose "
            "another name"
        )
        raise OwnershipError(message)
    api.call("renaming it", "Virtual_Guest", "editObject", name, id=int(guest["id"]))


def _set_speed(api: Api, guest: Mapping[str, Any], wanted: GuestInputs) -> None:
    """Set each interface that is slower or faster than declared."""
    for component, method in _INTERFACES.items():
        if component == "primaryNetworkComponent" and wanted.private_only:
            continue
        real = (guest.get(component) or {}).get("speed")
        if real is not None and int(real) != wanted.nic_speed:
            wait_until_idle(api, int(guest["id"]), timeout_minutes=wanted.provision_timeout_minutes)
            api.call("setting its speed", "Virtual_Guest", method, wanted.nic_speed, id=int(guest["id"]))
