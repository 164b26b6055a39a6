"""Whether the database fits into the memory of its server, and its write cache onto the disk."""

from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.model import buffer_pool_mb, member_count, smallest_memory_mb, smallest_server_memory_mb
from settings.problems import Problem, show

#: What the system, Docker and the SSH session take of a server, in MB.
SYSTEM_MB = 384

_SIZES = ("servers.memoryMb", "servers.flavor", "servers.count", "database.members")


def container(context: Context) -> Iterator[Problem]:
    """The container's limit leaves room for the system."""
    limit = context.config.database.memory_mb
    server = smallest_server_memory_mb(context.config)
    if limit is not None and server is not None and limit > server - SYSTEM_MB:
        most = server - SYSTEM_MB
        text = f"must be {most} or less: the smallest server has {server} MB and the system needs {SYSTEM_MB}"
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
        why = f"database.memoryMb is {limit}, of which {taken} go to {server}"
        yield from _pool(context, limit - taken, why)


def pool_in_server(context: Context) -> Iterator[Problem]:
    """Without a limit, the server itself is the limit."""
    server = smallest_server_memory_mb(context.config)
    if context.config.database.memory_mb is None and server is not None:
        program, own = _server(context)
        taken = SYSTEM_MB + own
        why = f"the smallest server has {server} MB, of which {taken} go to the system and {program}"
        yield from _pool(context, server - taken, why)


def _server(context: Context) -> tuple[str, int]:
    """The database server, and what it takes besides its buffer pool before the first client comes, in MB."""
    flavor = context.config.database.of_flavor
    return flavor.server, flavor.server_mb


def _pool(context: Context, most: int, why: str) -> Iterator[Problem]:
    pool = buffer_pool_mb(context.config)
    if pool > most:
        text = f"must be {most} or less: {why} itself"
        yield Problem(key="database.bufferPoolMb", value=show(pool), text=text)


def write_cache(context: Context) -> Iterator[Problem]:
    """The file of past writes leaves most of the data disk to the data."""
    gcache = context.config.database.gcache_mb
    own_disk = context.config.host.data_disk.filesystem != "none"
    for server in context.config.servers.expanded[: member_count(context.config)]:
        disks = server.disks_gb
        disk = disks[1] if own_disk and len(disks) > 1 else disks[0]
        if gcache is not None and gcache > disk * 1024 // 2:
            text = f"must be {disk * 1024 // 2} or less: half of the disk with the data of {server.name}"
            yield Problem(key="database.gcacheMb", value=show(gcache), text=text)
            return


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
