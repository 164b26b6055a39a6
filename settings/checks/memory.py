"""Whether the database fits into the memory of its server, and its write cache onto the disk."""

from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.model import Seat, StackConfig, buffer_pool_mb, seats, smallest_memory_mb
from settings.problems import Problem, show

#: What the system, Docker and the SSH session take of a server, in MB.
SYSTEM_MB = 384

_SIZES = (
    *("servers.memoryMb", "servers.flavor", "servers.count"),
    *("database.mode", "database.members", "database.groups"),
)


def _tightest(config: StackConfig) -> tuple[int, str] | None:
    """Where a member has the least memory: how much, the system's taken off, and the server in words.

    None when no server's memory is known.
    """
    found = [
        ((memory - SYSTEM_MB) // seat.members, f"{seat.server.name} has {memory} MB{_for(seat)}")
        for seat in seats(config)
        if (memory := seat.server.known_memory_mb) is not None
    ]
    return min(found, key=lambda one: one[0], default=None)


def _for(seat: Seat) -> str:
    return f" for {seat.members} members" if seat.members > 1 else ""


def container(context: Context) -> Iterator[Problem]:
    """The container's limit leaves room for the system."""
    limit = context.config.database.memory_mb
    tightest = _tightest(context.config)
    if limit is not None and tightest is not None and limit > tightest[0]:
        most, where = tightest
        text = f"must be {most} or less: {where} and the system needs {SYSTEM_MB}"
        yield Problem(key="database.memoryMb", value=show(limit), text=text)


def other_containers(context: Context) -> Iterator[Problem]:
    """Limits of what runs beside the database leave room for the system, too."""
    config = context.config
    carrying = config.servers.expanded
    for key, limit, servers in (
        (
            "etcd.memoryMb",
            config.etcd.memory_mb,
            carrying[: config.etcd.members] if config.etcd.enabled else (),
        ),
        ("wordpress.memoryMb", config.wordpress.memory_mb, carrying if config.wordpress.enabled else ()),
    ):
        most = smallest_memory_mb(servers)
        if limit is not None and most is not None and limit > most - SYSTEM_MB:
            text = (
                f"must be {most - SYSTEM_MB} or less: the smallest server has {most} MB and the system needs"
                f" {SYSTEM_MB}"
            )
            yield Problem(key=key, value=show(limit), text=text)


def pool_in_container(context: Context) -> Iterator[Problem]:
    """The buffer pool leaves room for the rest of the database server."""
    limit = context.config.database.memory_mb
    if limit is not None:
        server, taken = _server(context)
        why = f"database.memoryMb is {limit}, of which {taken} go to {server} itself"
        yield from _pool(context, limit - taken, why)


def pool_in_server(context: Context) -> Iterator[Problem]:
    """Without a limit, the server itself is the limit."""
    tightest = _tightest(context.config)
    if context.config.database.memory_mb is None and tightest is not None:
        room, where = tightest
        program, own = _server(context)
        why = f"{where}, the system needs {SYSTEM_MB} and {program} itself {own} in each member"
        yield from _pool(context, room - own, why)


def _server(context: Context) -> tuple[str, int]:
    """The database server, and what it takes besides its buffer pool before the first client comes, in MB."""
    flavor = context.config.database.of_flavor
    return flavor.server, flavor.server_mb


def _pool(context: Context, most: int, why: str) -> Iterator[Problem]:
    pool = buffer_pool_mb(context.config)
    if pool > most:
        text = f"must be {most} or less: {why}"
        yield Problem(key="database.bufferPoolMb", value=show(pool), text=text)


def write_cache(context: Context) -> Iterator[Problem]:
    """The file of past writes leaves most of the data disk to the data."""
    gcache = context.config.database.gcache_mb
    own_disk = context.config.host.data_disk.filesystem != "none"
    found: list[tuple[int, str]] = []
    for seat in seats(context.config):
        disks = seat.server.disks_gb
        disk = disks[1] if own_disk and len(disks) > 1 else disks[0]
        found.append((disk * 1024 // 2 // seat.members, f"{seat.server.name}{_for(seat)}"))
    most, where = min(found, key=lambda one: one[0])
    if gcache is not None and gcache > most:
        text = f"must be {most} or less: half of the disk with the data of {where}"
        yield Problem(key="database.gcacheMb", value=show(gcache), text=text)


CHECKS = (
    Check(reads=("database.memoryMb", *_SIZES), find=container),
    Check(reads=("etcd", "wordpress.enabled", "wordpress.memoryMb", *_SIZES), find=other_containers),
    Check(reads=("database.memoryMb", "database.bufferPoolMb", "database.flavor"), find=pool_in_container),
    Check(
        reads=("database.memoryMb", "database.bufferPoolMb", "database.flavor", *_SIZES), find=pool_in_server
    ),
    Check(
        reads=("database.gcacheMb", "servers.disks", "host.dataDisk.filesystem", *_SIZES), find=write_cache
    ),
)
