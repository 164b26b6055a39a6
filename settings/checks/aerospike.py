"""Rules of section `aerospike`: nodes, copies of the records, and what fits on the servers."""

import re
from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.checks.images import IMAGE, reference
from settings.checks.memory import SYSTEM_MB
from settings.model import aerospike_memory_mb
from settings.model.aerospike import Aerospike
from settings.problems import Problem, show

#: What Community Edition allows.
COMMUNITY_NODES = 8
COMMUNITY_NAMESPACES = 2
#: What the server takes besides the records that live in memory, in MB.
SERVER_MB = 256
#: Oldest server whose configuration file is written the way it is here.
OLDEST_SERVER = (7, 0)

_CLUSTER_NAME = re.compile(r"[a-z]([a-z0-9\-]{0,30}[a-z0-9])?")
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,30}")


def _section(context: Context) -> Aerospike | None:
    """The section while it is on."""
    section = context.config.aerospike
    return section if section.enabled else None


def images(context: Context) -> Iterator[Problem]:
    """Image references, of a server that is new enough where its tag tells."""
    section = _section(context)
    if section is None:
        return
    for key, given in (("image", section.image), ("agentImage", section.agent_image)):
        yield from reference(f"aerospike.{key}", given, "aerospike/aerospike-server:8.1.2.3")
    match = IMAGE.fullmatch(section.image)
    if match is not None and _is_too_old(match["tag"] or ""):
        yield Problem(key="aerospike.image", value=show(section.image), text="must be Aerospike 7.0 or newer")


def _is_too_old(tag: str) -> bool:
    version = re.search(r"(\d+)\.(\d+)", tag)
    return version is not None and (int(version[1]), int(version[2])) < OLDEST_SERVER


def cluster_name(context: Context) -> Iterator[Problem]:
    """A name from which names of services can be made."""
    section = _section(context)
    if section is None:
        return
    given = section.cluster_name
    if not _CLUSTER_NAME.fullmatch(given):
        text = "must begin with a letter and hold a-z, 0-9 and dashes inside, 32 at most"
        yield Problem(key="aerospike.clusterName", value=show(given), text=text)


def replicas(context: Context) -> Iterator[Problem]:
    """A server for each node, and no more nodes than the edition allows."""
    section = _section(context)
    if section is None:
        return
    count = context.config.servers.count
    if section.replicas > count:
        text = f"must be {count} or less, the number of servers (servers.count): each node has its own"
        yield Problem(key="aerospike.replicas", value=show(section.replicas), text=text)
    elif section.replicas > COMMUNITY_NODES and _is_community(section):
        text = f"must be {COMMUNITY_NODES} or less in Community Edition; Enterprise Edition takes more"
        yield Problem(key="aerospike.replicas", value=show(section.replicas), text=text)


def _is_community(section: Aerospike) -> bool:
    return not re.search(r"enterprise|federal|(?<![a-z])ee-", section.image)


def namespaces(context: Context) -> Iterator[Problem]:
    """Names the server takes, each once, and no more than the edition allows."""
    section = _section(context)
    if section is None:
        return
    seen: set[str] = set()
    for index, namespace in enumerate(section.namespaces):
        key, name = f"aerospike.namespaces[{index}].name", namespace.name
        if not name:
            continue
        if not _NAMESPACE.fullmatch(name) or name == "null":
            text = "must begin with a letter and hold letters, digits, _ and - (31 at most), and not be null"
            yield Problem(key=key, value=show(name), text=text)
        elif name in seen:
            yield Problem(key=key, value=show(name), text="is named twice")
        seen.add(name)
    if len(section.namespaces) > COMMUNITY_NAMESPACES and _is_community(section):
        text = f"must be {COMMUNITY_NAMESPACES} or fewer in Community Edition, not {len(section.namespaces)}"
        yield Problem(key="aerospike.namespaces", text=text)


def copies(context: Context) -> Iterator[Problem]:
    """No more copies than nodes; one copy among several nodes is worth a word."""
    section = _section(context)
    if section is None:
        return
    for index, namespace in enumerate(section.namespaces):
        key, factor = f"aerospike.namespaces[{index}].replicationFactor", namespace.replication_factor
        if factor > section.replicas:
            text = f"must be {section.replicas} or less, the number of nodes (aerospike.replicas)"
            yield Problem(key=key, value=show(factor), text=text)
        elif factor == 1 and section.replicas > 1:
            text = "keeps one copy of each record: with a lost server its records are lost"
            yield Problem(key=key, value=show(factor), text=text, severity="warning")


def memory(context: Context) -> Iterator[Problem]:
    """Records that live in memory fit into the container, and the container into its server."""
    section = _section(context)
    if section is None:
        return
    server, limit = aerospike_memory_mb(context.config), section.memory_mb
    if limit is not None and server is not None and limit > server - SYSTEM_MB:
        text = f"must be {server - SYSTEM_MB} or less: the smallest server has {server} MB"
        yield Problem(key="aerospike.memoryMb", value=show(limit), text=f"{text}, {SYSTEM_MB} for the system")
        return
    room = limit if limit is not None else server - SYSTEM_MB if server is not None else None
    wanted = sum(one.size_mb for one in section.effective_namespaces if one.storage == "memory")
    if room is not None and wanted and wanted + SERVER_MB > room:
        whose = "aerospike.memoryMb allows" if limit is not None else "the smallest server leaves"
        text = f"take {wanted} MB of memory and the server {SERVER_MB}, but {whose} {room} MB"
        yield Problem(key="aerospike.namespaces", text=text)


def disk(context: Context) -> Iterator[Problem]:
    """Files of records fit on the disk that carries the volumes."""
    section = _section(context)
    if section is None:
        return
    wanted = sum(one.size_mb for one in section.effective_namespaces if one.storage == "device")
    carrying = context.config.servers.expanded[: section.replicas]
    for server in carrying:
        # With host.dataDisk.filesystem none Docker lies on the first disk, else on the second.
        first = context.config.host.data_disk.filesystem == "none" or len(server.disks_gb) < 2
        room = server.disks_gb[0 if first else 1] * 1024
        if wanted > room:
            text = f"take {wanted} MB on each node, but the disk for volumes of {server.name} has {room} MB"
            yield Problem(key="aerospike.namespaces", text=text)
            return


_ON = "aerospike.enabled"
_SPACES = "aerospike.namespaces"
_SERVERS = ("servers.memoryMb", "servers.flavor", "servers.count", "servers.overrides")

CHECKS = (
    Check(reads=(_ON,), find=images),
    Check(reads=(_ON, "aerospike.clusterName"), find=cluster_name),
    Check(reads=(_ON, "aerospike.replicas", "aerospike.image", "servers.count"), find=replicas),
    Check(reads=(_ON, _SPACES, "aerospike.image"), find=namespaces),
    Check(reads=(_ON, _SPACES, "aerospike.replicas"), find=copies),
    Check(reads=(_ON, _SPACES, "aerospike.memoryMb", "aerospike.replicas", *_SERVERS), find=memory),
    Check(reads=(_ON, _SPACES, "aerospike.replicas", "servers.disks", *_SERVERS), find=disk),
)
