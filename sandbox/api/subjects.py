"""Which guests a call speaks of, for fault scripts and the call log."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.api.cloud import Cloud
from sandbox.api.dispatch import Call


def hostnames(cloud: Cloud, call: Call) -> set[str]:
    """The host names that a call speaks of: in its arguments, its filter, or by a guest's id."""
    names = set(_named(call.args)) | set(_named(call.filter))
    ids = set(_guest_ids(call.args))
    if call.service == "Virtual_Guest" and call.object_id is not None:
        ids.add(str(call.object_id))
    for number in ids:
        guest = cloud.store.guest(int(number)) if number.isdigit() else None
        if guest is not None:
            names.add(guest.hostname)
    return names


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            if name == "hostname" and isinstance(below, str):
                yield below
            elif name == "hostname" and isinstance(below, Mapping):
                yield str(below.get("operation", "")).rpartition(" ")[2]
            else:
                yield from _named(below)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _named(each)


def _guest_ids(value: Any) -> Iterator[str]:
    """The ids under `virtualGuests`, as upgrade orders give them."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            if name == "virtualGuests" and isinstance(below, list):
                yield from (str(each["id"]) for each in below if isinstance(each, Mapping) and "id" in each)
            else:
                yield from _guest_ids(below)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _guest_ids(each)
