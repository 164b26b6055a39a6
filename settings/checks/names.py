"""Names: of hosts, domains and datacenters."""

import difflib
import re
from collections.abc import Collection
from ipaddress import IPv4Network, ip_address, ip_network

_LABEL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LAST_LABEL = re.compile(r"[a-z]{2,63}")


def label_fault(label: str) -> str | None:
    """Why the cloud refuses a label of a host name; None when it is right."""
    if not label:
        return "must not be empty"
    if label != label.lower():
        return "must be in lower case"
    if not _LABEL.fullmatch(label):
        return "may hold letters a-z, digits and single dashes, with no dash at either end"
    if len(label) > 63:
        return "is longer than 63 characters"
    if label.isdigit():
        return "must not consist of digits only"
    return None


def domain_fault(domain: str) -> str | None:
    """Why the cloud refuses a domain; None when it is right."""
    labels = domain.split(".")
    if len(labels) < 2:
        return "must have two labels or more, such as db.example.com"
    for label in labels[:-1]:
        fault = label_fault(label)
        if fault is not None and not label.isdigit():
            return f"has a label {label!r} that {fault}"
    if not _LAST_LABEL.fullmatch(labels[-1]):
        return f"must end in a label of letters a-z only, not {labels[-1]!r}"
    return None


def is_host(name: str) -> bool:
    """Whether this is an IP address or a host name."""
    return is_address(name) or all(_LABEL.fullmatch(label) for label in name.lower().split("."))


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def ipv4_network(cidr: str) -> IPv4Network | None:
    """The network in CIDR form; None when it is none, or has bits set beyond its prefix."""
    try:
        network = ip_network(cidr)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) and "/" in cidr else None


def nearest(name: str, known: Collection[str]) -> str:
    """A question that offers the known name most like this one; empty when none is."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""
