"""Rules of section `etcd`."""

import re
from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.problems import Problem, show

#: The line whose configuration file, learners and commands the program relies on.
OLDEST = (3, 6)

_TAG = re.compile(r":v?(\d+)\.(\d+)[^/]*$")


def members(context: Context) -> Iterator[Problem]:
    """An odd number, and a server for each."""
    etcd = context.config.etcd
    count = context.config.servers.count
    if etcd.members % 2 == 0:
        text = "must be 3 or 5: an even number of members can lose no more than one less"
        yield Problem(key="etcd.members", value=show(etcd.members), text=text)
    elif etcd.enabled and etcd.members > count:
        text = f"must be {count} or less, the number of servers (servers.count)"
        yield Problem(key="etcd.members", value=show(etcd.members), text=text)


def image(context: Context) -> Iterator[Problem]:
    """An image that is new enough where its tag tells."""
    given = context.config.etcd.image
    version = _TAG.search(given)
    if version and (int(version[1]), int(version[2])) < OLDEST:
        yield Problem(key="etcd.image", value=show(given), text="must be etcd 3.6 or newer")


CHECKS = (
    Check(reads=("etcd.members", "etcd.enabled", "servers.count"), find=members),
    Check(reads=("etcd.image",), find=image),
)
