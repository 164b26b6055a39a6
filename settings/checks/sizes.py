"""Rules of section `servers`: cores, memory and disks in the sizes that the cloud offers."""

from collections.abc import Iterator, Sequence

from settings import catalogue
from settings.checks.check import Check, Context
from settings.checks.servers import declared
from settings.model.servers import Server, ServerOverride
from settings.problems import Problem, join, show

#: Disks of a server with local storage.
MOST_LOCAL_DISKS = 2


def sizes(context: Context) -> Iterator[Problem]:
    """Cores and memory, or a flavor."""
    for above, group in declared(context.config.servers):
        for key, value, offered in (
            ("cpus", group.cpus, catalogue.CORES),
            ("memoryMb", group.memory_mb, catalogue.MEMORY_MB),
        ):
            if value is None:
                continue
            if group.flavor is not None:
                text = f"cannot stand beside {above}.flavor, which says it already"
                yield Problem(key=f"{above}.{key}", value=show(value), text=text)
            elif key == "memoryMb" and value % 1024:
                text = f"must be a multiple of 1024; {_nearest(value, offered)}"
                yield Problem(key=f"{above}.{key}", value=show(value), text=text)
            elif value not in offered:
                text = f"is no size known here, the cloud will decide; {_nearest(value, offered)}"
                yield Problem(key=f"{above}.{key}", value=show(value), text=text, severity="warning")
        if group.flavor is not None:
            yield from _flavor(f"{above}.flavor", group.flavor)


def _nearest(size: int, offered: Sequence[int]) -> str:
    nearest = [*[one for one in offered if one < size][-1:], *[one for one in offered if one > size][:1]]
    return f"the nearest: {' or '.join(map(str, nearest))}"


def _flavor(key: str, name: str) -> Iterator[Problem]:
    flavor = catalogue.flavor(name)
    if flavor is None:
        upper = name.upper() if catalogue.flavor(name.upper()) else "B1_4X16X100"
        yield Problem(
            key=key,
            value=show(name),
            text=f"has not the form of a flavor known here, such as {upper}; the cloud will decide",
            severity="warning",
        )
    elif not flavor.listed:
        text = "is no flavor known here; the cloud will decide"
        yield Problem(key=key, value=show(name), text=text, severity="warning")


def disks(context: Context) -> Iterator[Problem]:
    """Disks that the cloud takes, for each server as it comes out."""
    servers = context.config.servers
    for server in servers.expanded:
        own = servers.overrides.get(server.name, ServerOverride())
        above = "servers" if own.disks is None else join(("servers", "overrides", server.name))
        yield from _disks(f"{above}.disks", server)


def _disks(key: str, server: Server) -> Iterator[Problem]:
    value = show(server.disks_gb)
    flavor = catalogue.flavor(server.flavor) if server.flavor else None
    boot, *further = server.disks_gb
    if flavor is not None and boot != flavor.boot_gb:
        text = f"must begin with {flavor.boot_gb}, the disk of flavor {server.flavor}"
        yield Problem(key=key, value=value, text=text)
    elif boot not in catalogue.BOOT_DISKS_GB:
        text = "must begin with 25 or 100 GB, the sizes of a system disk"
        yield Problem(key=key, value=value, text=text)
    for index, size in enumerate(further, start=1):
        if size not in catalogue.FURTHER_DISKS_GB:
            text = f"is no size that the cloud offers; {_nearest(size, catalogue.FURTHER_DISKS_GB)}"
            yield Problem(key=f"{key}[{index}]", value=show(size), text=text)
    most = flavor.most_disks if flavor else MOST_LOCAL_DISKS if server.local_disk else 5
    if len(server.disks_gb) > most:
        what = f"flavor {server.flavor}" if flavor else "a server with local disks"
        text = f"must be a list of at most {most} disks for {what}"
        yield Problem(key=key, value=value, text=text)


CHECKS = (
    Check(reads=(), find=sizes),
    Check(reads=("servers.disks", "servers.flavor", "servers.localDisk"), find=disks),
)
