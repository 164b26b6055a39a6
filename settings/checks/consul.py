"""Rules of section `consul`."""

import re
from collections.abc import Iterator

from settings.checks import names
from settings.checks.check import Check, Context
from settings.model.consul import DNS_PORT
from settings.problems import Problem, show

_DATACENTER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def server_count(context: Context) -> Iterator[Problem]:
    """A server for each Consul server."""
    consul, count = context.config.consul, context.config.servers.count
    if consul.enabled and consul.servers > count:
        text = f"needs {consul.servers} servers, and servers.count is {count}"
        yield Problem(key="consul.servers", value=show(consul.servers), text=text)


def naming(context: Context) -> Iterator[Problem]:
    """Names that Consul takes, in a domain that nobody else has."""
    consul = context.config.consul
    if not _DATACENTER.fullmatch(consul.datacenter):
        text = "may hold letters a-z, digits and dashes inside, 63 at most"
        yield Problem(key="consul.datacenter", value=show(consul.datacenter), text=text)
    if not _DOMAIN.fullmatch(consul.domain):
        text = "must be a domain in lower case, such as consul"
        yield Problem(key="consul.domain", value=show(consul.domain), text=text)


def domain_of_its_own(context: Context) -> Iterator[Problem]:
    """Consul answers for its whole domain: names of others in it would be gone."""
    consul, servers = context.config.consul, context.config.servers
    if consul.enabled and f".{servers.domain}".endswith(f".{consul.domain}"):
        text = f"would hide the servers' own names ({servers.domain}); choose another domain, such as consul"
        yield Problem(key="consul.domain", value=show(consul.domain), text=text)


def recursors(context: Context) -> Iterator[Problem]:
    """DNS servers by address."""
    for index, address in enumerate(context.config.consul.recursors):
        if not names.is_address(address):
            text = "must be an IP address"
            yield Problem(key=f"consul.recursors[{index}]", value=show(address), text=text)


def resolver(context: Context) -> Iterator[Problem]:
    """A server's resolver asks at port 53 and nowhere else."""
    consul = context.config.consul
    if consul.resolver and consul.ports.dns != DNS_PORT:
        text = f"must be {DNS_PORT} for the servers' own resolver, or set consul.resolver to false"
        yield Problem(key="consul.ports.dns", value=show(consul.ports.dns), text=text)


CHECKS = (
    Check(reads=("consul.enabled", "consul.servers", "servers.count"), find=server_count),
    Check(reads=("consul.datacenter", "consul.domain"), find=naming),
    Check(reads=("consul.enabled", "consul.domain", "servers.domain"), find=domain_of_its_own),
    Check(reads=(), find=recursors),
    Check(reads=("consul.resolver", "consul.ports.dns"), find=resolver),
)
