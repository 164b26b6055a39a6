"""Rules of mode `homogeneous`: what its members need, and the groups that they may be in."""

import re
from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.model import member_count, member_names
from settings.problems import Problem, show

#: Names of members may be as long as those of hosts.
MOST_MEMBER_NAME = 63

_GROUP_NAME = re.compile(r"[a-z]([a-z0-9\-]{0,14}[a-z0-9])?")


def homogeneous(context: Context) -> Iterator[Problem]:
    """Equal members find each other through etcd; one that stands alone has nobody to find."""
    database = context.config.database
    if database.mode != "homogeneous":
        for key, value, plain in (
            ("database.groups", len(database.groups), not database.groups),
            ("database.storage", database.storage, database.storage == "persistent"),
        ):
            if not plain:
                text = "needs database.mode homogeneous"
                yield Problem(key=key, value=show(value), text=text)
        return
    if not context.config.etcd.enabled and (member_count(context.config) > 1 or database.groups):
        text = (
            "needs etcd, by which its members find each other: set etcd.enabled, or have one member"
            " (database.members)"
        )
        yield Problem(key="database.mode", value=show(database.mode), text=text)
    longest = max(map(len, member_names(context.config)), default=0)
    if longest > MOST_MEMBER_NAME:
        most = MOST_MEMBER_NAME
        text = f"makes names of members with {longest} characters (cluster and server), of {most} at most"
        yield Problem(key="database.clusterName", value=show(database.cluster_name), text=text)


def groups(context: Context) -> Iterator[Problem]:
    """Each group is a service of its own, on servers that there are."""
    database = context.config.database
    servers = {server.name for server in context.config.servers.expanded}
    names: set[str] = set()
    for index, group in enumerate(database.groups):
        key = f"database.groups[{index}]"
        if not _GROUP_NAME.fullmatch(group.name):
            text = "must begin with a letter and hold a-z, 0-9 and dashes inside, 16 at most"
            yield Problem(key=f"{key}.name", value=show(group.name), text=text)
        elif group.name in names or group.name == "members":
            yield Problem(key=f"{key}.name", value=show(group.name), text="is taken; choose another one")
        names.add(group.name)
        for place, name in enumerate(group.servers):
            if name not in servers:
                text = "is no server of this stack"
                yield Problem(key=f"{key}.servers[{place}]", value=show(name), text=text)
            elif name in group.servers[:place]:
                yield Problem(key=f"{key}.servers[{place}]", value=show(name), text="is named twice")


_SEATS = ("database.mode", "database.groups", "database.members", "servers")

CHECKS = (
    Check(
        reads=("database.storage", "database.clusterName", "etcd.enabled", *_SEATS),
        find=homogeneous,
    ),
    Check(reads=_SEATS, find=groups),
)
