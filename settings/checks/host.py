"""Rules of section `host`."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from settings.checks import names
from settings.checks.check import Check, Context
from settings.problems import Problem, join, show

_DEVICE = re.compile(r"/dev/[A-Za-z0-9][A-Za-z0-9/_.-]*")
_SIZE = re.compile(r"[1-9]\d*[kmg]")
_LABEL_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?")

#: Engine labels that host preparation sets itself.
OWN_LABELS = frozenset({"dc", "instance_type"})


def data_disk(context: Context) -> Iterator[Problem]:
    """A device by path, and a disk to put there."""
    disk = context.config.host.data_disk
    if disk.device != "auto" and not _DEVICE.fullmatch(disk.device):
        text = "must be auto or the path of a device, such as /dev/xvdc"
        yield Problem(key="host.dataDisk.device", value=show(disk.device), text=text)


def second_disk(context: Context) -> Iterator[Problem]:
    """Docker's own disk needs a second disk in the order."""
    servers = context.config.servers
    if context.config.host.data_disk.filesystem == "none":
        return
    told: set[str] = set()
    for server in servers.expanded:
        own = servers.overrides.get(server.name)
        above = ("servers", "overrides", server.name) if own and own.disks else ("servers",)
        key = join((*above, "disks"))
        if len(server.disks_gb) < 2 and key not in told:
            told.add(key)
            text = (
                f"leaves {server.name} no disk for Docker's data; add one, such as [25, 25], "
                "or set host.dataDisk.filesystem to none"
            )
            yield Problem(key=key, value=show(server.disks_gb), text=text)


def addresses(context: Context) -> Iterator[Problem]:
    """DNS servers by address, search domains and time servers by name."""
    host = context.config.host
    for index, server in enumerate(host.dns):
        if not names.is_address(server):
            yield Problem(key=f"host.dns[{index}]", value=show(server), text="must be an IP address")
    for index, domain in enumerate(host.search_domains):
        if names.is_address(domain) or not names.is_host(domain):
            yield Problem(key=f"host.searchDomains[{index}]", value=show(domain), text="must be a domain")
    for index, server in enumerate(host.ntp_servers):
        if not names.is_host(server):
            text = "must be a host name or an IP address"
            yield Problem(key=f"host.ntpServers[{index}]", value=show(server), text=text)


def registry_mirrors(context: Context) -> Iterator[Problem]:
    """Mirrors as Docker takes them: scheme, host and port."""
    for index, mirror in enumerate(context.config.host.registry_mirrors):
        if not _is_mirror(mirror):
            text = "must be a URL of scheme, host and port only, such as https://mirror.example.com"
            yield Problem(key=f"host.registryMirrors[{index}]", value=show(mirror), text=text)


def _is_mirror(mirror: str) -> bool:
    try:
        url = urlsplit(mirror)
        _ = url.port
    except ValueError:
        return False
    plain = not (url.username or url.password or url.query or url.fragment) and url.path in ("", "/")
    return (
        url.scheme in ("http", "https") and bool(url.hostname) and plain and names.is_host(url.hostname or "")
    )


def log_size(context: Context) -> Iterator[Problem]:
    """A size in Docker's form."""
    size = context.config.host.log_max_size
    if not _SIZE.fullmatch(size):
        text = "must be a number and k, m or g, such as 10m"
        yield Problem(key="host.logMaxSize", value=show(size), text=text)


def labels(context: Context) -> Iterator[Problem]:
    """Engine labels that Docker takes and that are not set already."""
    for name, value in context.config.host.labels.items():
        key = join(("host", "labels", name))
        if name in OWN_LABELS:
            yield Problem(key=key, text="is set by galera-swarm itself")
        elif not _LABEL_KEY.fullmatch(name):
            text = "is no label: letters, digits and _ . / - inside"
            yield Problem(key=key, text=text)
        elif not value.isprintable():
            yield Problem(key=key, text="must be one line of text")


def firewall(context: Context) -> Iterator[Problem]:
    """Without the firewall the database stands open to the public network."""
    config = context.config
    if not config.host.firewall and not config.servers.private_only:
        text = (
            f"leaves every port of the servers open on the public network, {config.database.port} of the"
            " database too; keep it on, or let a firewall of the cloud stand in front"
        )
        yield Problem(key="host.firewall", value="false", text=text, severity="warning")


def trusted_subnets(context: Context) -> Iterator[Problem]:
    """Networks by CIDR, and a firewall that lets them in."""
    host = context.config.host
    for index, subnet in enumerate(host.trusted_subnets):
        if names.ipv4_network(subnet) is None:
            text = "must be an IPv4 network in CIDR form without host bits, such as 10.141.0.0/26"
            yield Problem(key=f"host.trustedSubnets[{index}]", value=show(subnet), text=text)
    if host.trusted_subnets and not host.firewall:
        text = "needs host.firewall: without it everybody is let in"
        yield Problem(key="host.trustedSubnets", value=show(host.trusted_subnets), text=text)


CHECKS = (
    Check(reads=("host.dataDisk.device",), find=data_disk),
    Check(reads=("host.dataDisk.filesystem", "servers.disks"), find=second_disk),
    Check(reads=(), find=addresses),
    Check(reads=(), find=registry_mirrors),
    Check(reads=("host.logMaxSize",), find=log_size),
    Check(reads=(), find=labels),
    Check(reads=("host.firewall", "servers.privateOnly"), find=firewall),
    Check(reads=("host.firewall",), find=trusted_subnets),
)
