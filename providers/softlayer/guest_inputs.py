"""What is declared of a guest: its fields, their canonical form, and what is refused before any call.

The rules for names, memory and disks are the cloud's (research/softlayer.md section 2); rules that only the
catalogue knows (flavors, OS codes, datacenters) are left to the API, which answers before anything is
bought.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from providers.softlayer import values
from providers.softlayer.client import LOOPBACK_HOSTS
from providers.softlayer.errors import InputError
from providers.softlayer.mark import MARK, is_signed
from providers.stateless import holds_unknown

DEFAULT_PROVISION_TIMEOUT_MINUTES = 90
LARGEST_DISK_COUNT = 5
NIC_SPEEDS = (10, 100, 1000)
FLAVOR = re.compile(r"(?P<family>[A-Z]+[0-9]*)_(?P<cpus>[0-9]+)X(?P<memory>[0-9]+)X(?P<disk>[0-9]+)")
_HOST_LABEL = re.compile(r"(?!-)(?!.*--)(?=.*[A-Za-z-])[A-Za-z0-9-]{1,63}(?<!-)")
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, kw_only=True)
class GuestInputs:
    """A declared guest. Memory in MB, disks in GB (boot disk first), speed in Mbps, timeout in minutes."""

    endpoint: str
    hostname: str
    domain: str
    datacenter: str
    mark: str
    cpus: int | None = None
    memory_mb: int | None = None
    flavor: str | None = None
    os_code: str | None = None
    image_id: str | None = None
    hourly: bool = True
    local_disk: bool = False
    disks: tuple[int, ...] = (25,)
    nic_speed: int = 1000
    private_only: bool = False
    public_vlan_id: int | None = None
    private_vlan_id: int | None = None
    ssh_key_ids: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    notes: str = ""
    user_data: str = ""
    placement_group_id: int | None = None
    post_install_uri: str | None = None
    dedicated: bool = False
    dedicated_host_id: int | None = None
    provision_timeout_minutes: int = DEFAULT_PROVISION_TIMEOUT_MINUTES

    @property
    def fqdn(self) -> str:
        """The name that may exist once in the account."""
        return f"{self.hostname}.{self.domain}"

    @property
    def subject(self) -> str:
        """How messages call this guest."""
        return f"guest {self.fqdn}"

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> GuestInputs:
        """Read properties from the engine; none of them may be unknown. Raises InputError."""
        parsed: dict[str, Any] = {}
        for field, parse in PARSERS.items():
            try:
                value = parse(props.get(field))
            except (TypeError, ValueError) as exc:
                message = f"guest {props.get('hostname')}: {field} {exc}, it is {props.get(field)!r}"
                raise InputError(message) from exc
            if props.get(field) is not None:
                parsed[field] = value
        try:
            return cls(**parsed)
        except TypeError as exc:
            message = f"guest {props.get('hostname')}: an input is missing ({exc})"
            raise InputError(message) from exc

    def to_props(self) -> dict[str, Any]:
        """The same as properties for the engine; what is not set is left out, as the engine does."""
        return {
            field: list(value) if isinstance(value, tuple) else value
            for field, value in dataclasses.asdict(self).items()
            if value is not None
        }


# One parser for each field; whatever they make equal, the diff calls unchanged.
PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "endpoint": values.text,
    "hostname": lambda value: values.text(value).strip().lower(),
    "domain": lambda value: values.text(value).strip().lower(),
    "datacenter": lambda value: values.text(value).strip().lower(),
    "mark": values.text,
    "cpus": values.integer,
    "memory_mb": values.integer,
    "flavor": values.name,
    "os_code": values.name,
    "image_id": values.name,
    "hourly": values.flag,
    "local_disk": values.flag,
    "disks": values.integers,
    "nic_speed": values.integer,
    "private_only": values.flag,
    "public_vlan_id": values.integer,
    "private_vlan_id": values.integer,
    "ssh_key_ids": values.integer_set,
    "tags": values.label_set,
    "notes": values.text,
    "user_data": values.text,
    "placement_group_id": values.integer,
    "post_install_uri": values.name,
    "dedicated": values.flag,
    "dedicated_host_id": values.integer,
    "provision_timeout_minutes": values.integer,
}


def problems(props: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every refused declaration as (field, sentence); unknown values are left for later."""
    found: list[tuple[str, str]] = []
    known: dict[str, Any] = {}
    for field, parse in PARSERS.items():
        raw = props.get(field)
        if raw is None or holds_unknown(raw):
            continue
        try:
            known[field] = parse(raw)
        except (TypeError, ValueError) as exc:
            found.append((field, f"{exc}, it is {raw!r}"))
    for field, rule in _RULES.items():
        if field in known and (sentence := rule(known[field])):
            found.append((field, sentence))
    found += [
        (field, "is required")
        for field in ("endpoint", "hostname", "domain", "datacenter", "mark")
        if props.get(field) in (None, "")
    ]
    return found + _conflicts(props, known)


def _conflicts(props: Mapping[str, Any], known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong about two fields together."""
    given = {field for field, value in props.items() if value not in (None, "")}
    found: list[tuple[str, str]] = []
    if {"os_code", "image_id"} <= given or not {"os_code", "image_id"} & given:
        found.append(("os_code", "exactly one of os_code and image_id has to be given"))
    if "flavor" in given:
        found += [
            (field, "does not go with flavor, which sets it")
            for field in ("cpus", "memory_mb")
            if field in given
        ]
        if known.get("dedicated") or "dedicated_host_id" in given:
            found.append(
                ("flavor", "does not go with dedicated or dedicated_host_id: use cpus and memory_mb")
            )
        shape = FLAVOR.fullmatch(known.get("flavor") or "")
        disks = known.get("disks") or ()
        if shape and disks and disks[0] != int(shape["disk"]):
            found.append(
                ("disks", f"the first disk of {known['flavor']} has {shape['disk']} GB, not {disks[0]}")
            )
    elif not {"cpus", "memory_mb"} <= given:
        found.append(("flavor", "either flavor, or cpus and memory_mb have to be given"))
    if known.get("private_only") and "public_vlan_id" in given:
        found.append(("public_vlan_id", "does not go with private_only"))
    return found


def endpoint_problem(value: str) -> str | None:
    """Why an endpoint cannot be used, or None; the API key must not travel in clear over a network."""
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname:
        return f"has to be a URL such as https://api.softlayer.com/xmlrpc/v3.1, it is {value!r}"
    if "/rest" in url.path:
        return "has to be the XML-RPC endpoint: the REST one loses the API's fault codes"
    if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
        return f"has to begin with https://, or the API key travels to {url.hostname} in clear"
    return None


def text_problem(value: str) -> str | None:
    """Why a text cannot travel over the API, or None."""
    return (
        "holds control characters, which the API cannot carry"
        if values.has_control_characters(value)
        else None
    )


def _user_data_problem(value: str) -> str | None:
    if value.lstrip()[:1] in ("{", "["):
        return "must not be JSON: this stack's mark is a comment line at its end"
    if is_signed(value):
        return "must not end in a mark's line: that line belongs to the provider"
    return text_problem(value)


def _hostname_problem(value: str) -> str | None:
    if all(_HOST_LABEL.fullmatch(label) for label in value.split(".")):
        return None
    return f"{value!r} has to be letters, digits and single dashes, not digits alone, no dash at an end"


def _disks_problem(value: tuple[int, ...]) -> str | None:
    if not 1 <= len(value) <= LARGEST_DISK_COUNT:
        return f"has to name 1 to {LARGEST_DISK_COUNT} disks, it names {len(value)}"
    return None if all(size > 0 for size in value) else "has to give sizes in GB above 0"


def _tags_problem(value: tuple[str, ...]) -> str | None:
    bad = [tag for tag in value if "," in tag or values.has_control_characters(tag)]
    return f"{bad[0]!r} must hold no comma and no control character" if bad else None


def _memory_problem(value: int) -> str | None:
    return None if value > 0 and value % 1024 == 0 else f"has to be a multiple of 1024 MB, it is {value}"


_RULES: Mapping[str, Callable[[Any], str | None]] = {
    "endpoint": endpoint_problem,
    "hostname": _hostname_problem,
    "domain": lambda v: (
        None if _DOMAIN.fullmatch(v) else f"{v!r} has to have two labels or more, the last of letters"
    ),
    "mark": lambda v: None if MARK.fullmatch(v) else f"{v!r} has to be 3 to 80 letters, digits and . _ : -",
    "cpus": lambda v: None if v > 0 else f"has to be 1 or more, it is {v}",
    "memory_mb": _memory_problem,
    "disks": _disks_problem,
    "nic_speed": lambda v: None if v in NIC_SPEEDS else f"has to be one of {NIC_SPEEDS} Mbps, it is {v}",
    "tags": _tags_problem,
    "notes": text_problem,
    "user_data": _user_data_problem,
    "post_install_uri": lambda v: (
        None
        if v.startswith("https://")
        else "has to begin with https://, or the script is downloaded and never run"
    ),
    "provision_timeout_minutes": lambda v: None if v > 0 else f"has to be 1 minute or more, it is {v}",
}
