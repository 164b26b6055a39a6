"""Rules of section `servers`: names, places and systems that the cloud takes."""

import re
from collections.abc import Iterator
from uuid import UUID

from pydantic.alias_generators import to_camel

from settings import catalogue
from settings.checks import names
from settings.checks.check import Check, Context
from settings.model.servers import ServerOverride, Servers
from settings.problems import Problem, join, show

#: Guests that a placement group takes.
PLACEMENT_GROUP_GUESTS = 5

_DATACENTER = re.compile(r"[a-z]{3}\d{2}")
_OS_CODE = re.compile(r"[A-Z0-9]+_[A-Z0-9.\-]+(_[A-Z0-9.\-]+)?")
_TAG = re.compile(r"[A-Za-z0-9_:.\- ]{1,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MARK = re.compile(r"# galera-swarm mark: ")

Group = tuple[str, Servers | ServerOverride]


def declared(servers: Servers) -> Iterator[Group]:
    """The common keys and each server's own, with the key above them."""
    yield "servers", servers
    for name, override in servers.overrides.items():
        yield join(("servers", "overrides", name)), override


def hostnames(context: Context) -> Iterator[Problem]:
    """Host names as the cloud takes them."""
    servers = context.config.servers
    prefix = servers.hostname_prefix
    fault = names.label_fault(prefix)
    if prefix.isdigit():
        fault = None
    if fault is None and len(servers.names[-1]) > 63:
        fault = "makes host names longer than 63 characters"
    if fault is not None:
        yield Problem(key="servers.hostnamePrefix", value=show(prefix), text=fault)


def domain(context: Context) -> Iterator[Problem]:
    """A domain as the cloud takes it."""
    servers = context.config.servers
    if not servers.domain:
        return
    fault = names.domain_fault(servers.domain)
    if fault is None and len(f"{servers.names[-1]}.{servers.domain}") > 253:
        fault = "makes full names longer than 253 characters"
    if fault is not None:
        yield Problem(key="servers.domain", value=show(servers.domain), text=fault)


def place(context: Context) -> Iterator[Problem]:
    """Somewhere to put the servers, said once."""
    servers = context.config.servers
    if servers.datacenter and servers.datacenters:
        text = "cannot stand beside servers.datacenters; keep one of the two"
        yield Problem(key="servers.datacenter", value=show(servers.datacenter), text=text)
    if not servers.datacenter and not servers.datacenters:
        yield Problem(
            key="servers.datacenter", text="is required: a datacenter such as tor01 (or servers.datacenters)"
        )


def datacenters(context: Context) -> Iterator[Problem]:
    """Datacenters that may exist."""
    servers = context.config.servers
    for index, name in enumerate(servers.datacenters):
        yield from _datacenter(f"servers.datacenters[{index}]", name)
    for above, group in declared(servers):
        if group.datacenter is not None and (group.datacenter or above != "servers"):
            yield from _datacenter(f"{above}.datacenter", group.datacenter)


def _datacenter(key: str, name: str) -> Iterator[Problem]:
    near = names.nearest(name.lower(), catalogue.DATACENTERS)
    if name in catalogue.CLOSED_DATACENTERS:
        yield Problem(key=key, value=show(name), text="is closed; choose another datacenter")
    elif not _DATACENTER.fullmatch(name):
        text = f"must be the short name of a datacenter, such as tor01{near}"
        yield Problem(key=key, value=show(name), text=text)
    elif name not in catalogue.DATACENTERS:
        text = f"is no datacenter known here; the cloud will decide{near}"
        yield Problem(key=key, value=show(name), text=text, severity="warning")


def systems(context: Context) -> Iterator[Problem]:
    """An operating system or an image."""
    for above, group in declared(context.config.servers):
        if group.os is not None and group.image is not None:
            text = f"cannot stand beside {above}.image; keep one of the two"
            yield Problem(key=f"{above}.os", value=show(group.os), text=text)
        if group.os is not None:
            yield from _system(f"{above}.os", group.os)
        if group.image is not None and not _is_uuid(group.image):
            text = "must be the global identifier (UUID) of an image: slcli image list"
            yield Problem(key=f"{above}.image", value=show(group.image), text=text)


def _system(key: str, code: str) -> Iterator[Problem]:
    if not _OS_CODE.fullmatch(code):
        yield Problem(
            key=key, value=show(code), text="must have the form PRODUCT_VERSION_BITS, such as DEBIAN_12_64"
        )
    elif code.split("_")[0] not in catalogue.PREPARED_PRODUCTS:
        known = ", ".join(sorted(catalogue.PREPARED_PRODUCTS))
        text = f"is a system that host preparation does not know; it knows {known}"
        yield Problem(key=key, value=show(code), text=text)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def placement_group(context: Context) -> Iterator[Problem]:
    """No more servers in a placement group than it takes."""
    servers = context.config.servers
    groups: dict[int, int] = {}
    for server in servers.expanded:
        if server.placement_group is not None:
            groups[server.placement_group] = groups.get(server.placement_group, 0) + 1
    for group, count in groups.items():
        if count > PLACEMENT_GROUP_GUESTS:
            text = f"would hold {count} servers; a placement group takes {PLACEMENT_GROUP_GUESTS}"
            yield Problem(key="servers.placementGroup", value=show(group), text=text)


def one_place(context: Context) -> Iterator[Problem]:
    """A VLAN and a placement group lie in one datacenter each."""
    servers = context.config.servers
    for key in ("public_vlan", "private_vlan", "placement_group"):
        places: dict[int, set[str]] = {}
        for server in servers.expanded:
            number = getattr(server, key)
            if number is not None:
                places.setdefault(number, set()).add(server.datacenter)
        for number, datacenters_of in places.items():
            if len(datacenters_of) > 1:
                text = (
                    f"is asked for in {', '.join(sorted(datacenters_of))}, but lies in one datacenter; "
                    "give each server its own in servers.overrides"
                )
                yield Problem(key=f"servers.{to_camel(key)}", value=show(number), text=text)


def private_only(context: Context) -> Iterator[Problem]:
    """No public VLAN for servers without a public interface."""
    servers = context.config.servers
    if not servers.private_only:
        return
    for above, group in declared(servers):
        if group.public_vlan is not None:
            text = "cannot be used, since servers.privateOnly leaves out the public interface"
            yield Problem(key=f"{above}.publicVlan", value=show(group.public_vlan), text=text)


def tags(context: Context) -> Iterator[Problem]:
    """Tags that survive the comma-separated form in which the cloud takes them."""
    for above, group in declared(context.config.servers):
        for index, tag in enumerate(group.tags or ()):
            if not _TAG.fullmatch(tag) or tag != tag.strip():
                text = "may hold letters, digits, blanks inside, and any of _ : . - (64 characters at most)"
                yield Problem(key=f"{above}.tags[{index}]", value=show(tag), text=text)


def post_install(context: Context) -> Iterator[Problem]:
    """The cloud runs only scripts from https addresses; others it downloads and leaves."""
    for above, group in declared(context.config.servers):
        uri = group.post_install_uri
        if uri is not None and not re.fullmatch(r"https://[^\s/]+/?\S*", uri):
            text = "must be an https URL; the cloud does not run a script from anywhere else"
            yield Problem(key=f"{above}.postInstallUri", value=show(uri), text=text)


def texts(context: Context) -> Iterator[Problem]:
    """Texts that the API carries, and user data to which the stack's mark can be added as a comment."""
    for above, group in declared(context.config.servers):
        for key, value in (("notes", group.notes), ("userData", group.user_data)):
            if value is not None and _CONTROL.search(value):
                yield Problem(
                    key=f"{above}.{key}", text="holds a control character, which the API cannot carry"
                )
        user_data = group.user_data or ""
        if user_data.lstrip()[:1] in ("{", "["):
            text = (
                "must not be JSON: the stack marks its servers by a comment at the end; use YAML (cloud-init)"
            )
            yield Problem(key=f"{above}.userData", text=text)
        if _MARK.match(user_data.rpartition("\n")[2]):
            text = "must not end in the line of a stack's mark: galera-swarm writes it"
            yield Problem(key=f"{above}.userData", text=text)


def overrides(context: Context) -> Iterator[Problem]:
    """Overrides for servers that there are."""
    servers = context.config.servers
    for name in servers.overrides:
        if name not in servers.names:
            text = f"there is no such server; the servers are {servers.names[0]} to {servers.names[-1]}"
            yield Problem(key=join(("servers", "overrides", name)), text=text)


CHECKS = (
    Check(reads=("servers.hostnamePrefix",), find=hostnames),
    Check(reads=("servers.domain",), find=domain),
    Check(reads=("servers.datacenter", "servers.datacenters"), find=place),
    Check(reads=(), find=datacenters),
    Check(reads=(), find=systems),
    Check(reads=("servers.placementGroup", "servers.count"), find=placement_group),
    Check(reads=("servers.datacenter", "servers.datacenters", "servers.count"), find=one_place),
    Check(reads=("servers.privateOnly",), find=private_only),
    Check(reads=(), find=tags),
    Check(reads=(), find=post_install),
    Check(reads=(), find=texts),
    Check(reads=("servers.count", "servers.hostnamePrefix"), find=overrides),
)
