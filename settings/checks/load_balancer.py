"""Rules of section `loadBalancer`."""

import re
from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.problems import Problem, show

#: Oldest HAProxy that knows everything its configuration uses.
OLDEST_HAPROXY = (2, 6)

_IMAGE = re.compile(r"(?:[^\s@]*/)?haproxy:(?P<tag>[\w.-]+)(?:@\S+)?")
_VERSION = re.compile(r"(\d+)\.(\d+)")


def image(context: Context) -> Iterator[Problem]:
    """A HAProxy that is new enough, and in a variant with bash, where its tag tells."""
    balancer = context.config.load_balancer
    match = _IMAGE.fullmatch(balancer.image)
    if not balancer.enabled or not match:
        return
    version = _VERSION.match(match["tag"])
    if version and (int(version[1]), int(version[2])) < OLDEST_HAPROXY:
        oldest = ".".join(map(str, OLDEST_HAPROXY))
        yield Problem(
            key="loadBalancer.image", value=show(balancer.image), text=f"must be HAProxy {oldest} or newer"
        )
    elif any(part.startswith("alpine") for part in match["tag"].split("-")):
        text = "has no bash, which the load balancer's scripts need; name a variant on Debian: haproxy:2.6"
        yield Problem(key="loadBalancer.image", value=show(balancer.image), text=text)


def public(context: Context) -> Iterator[Problem]:
    """Doors to the world are worth a word; the statistics page speaks plain HTTP."""
    balancer = context.config.load_balancer
    for index, door in enumerate(balancer.public if balancer.enabled else ()):
        key = f"loadBalancer.public[{index}]"
        if door in balancer.public[:index]:
            yield Problem(key=key, value=show(door), text="is named twice")
        elif context.config.servers.private_only:
            text = "has no effect: the servers have no public interface (servers.privateOnly)"
            yield Problem(key=key, value=show(door), text=text, severity="warning")
        else:
            text = "opens that port to the whole internet, and what goes over it is not encrypted"
            yield Problem(key=key, value=show(door), text=text, severity="warning")


def password(context: Context) -> Iterator[Problem]:
    """A password that is one word of HAProxy's configuration."""
    given = context.config.load_balancer.stats_password
    if given is not None and not re.fullmatch(r"[A-Za-z0-9._~!@%^*+=:,/-]{8,}", given.get_secret_value()):
        text = "must be 8 or more letters, digits and . _ ~ ! @ % ^ * + = : , / - (the value is not shown)"
        yield Problem(key="loadBalancer.statsPassword", text=text)


CHECKS = (
    Check(reads=("loadBalancer.enabled", "loadBalancer.image"), find=image),
    Check(reads=("loadBalancer.enabled", "loadBalancer.public"), find=public),
    Check(reads=(), find=password),
)
