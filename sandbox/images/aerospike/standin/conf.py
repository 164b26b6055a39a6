"""Reads aerospike.conf, as far as a cluster view needs it; a key that is not known here is an error."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: The keys of each context that may stand in a file. Most of them change nothing here.
KNOWN = {
    "": {"service", "logging", "network", "namespace"},
    "service": {"cluster-name", "node-id", "proto-fd-max", "feature-key-file"},
    "logging": {"console"},
    "console": {"context"},
    "network": {"service", "heartbeat", "fabric", "admin", "info"},
    "network service": {
        "address",
        "port",
        "access-address",
        "access-port",
        "alternate-access-address",
        "alternate-access-port",
    },
    "network heartbeat": {"mode", "address", "port", "mesh-seed-address-port", "interval", "timeout"},
    "network fabric": {"address", "port"},
    "network admin": {"address", "port"},
    "network info": {"address", "port"},
    "namespace": {"replication-factor", "default-ttl", "nsup-period", "storage-engine"},
    "storage-engine": {"file", "filesize", "data-size", "read-page-cache"},
}


class ConfError(Exception):
    """The file is not one that a server would start with."""


@dataclass
class Namespace:
    """A namespace and how many nodes carry each of its partitions."""

    name: str
    replication_factor: int = 2


@dataclass
class Conf:
    """What the file says. `port` of the heartbeat and `seeds` are those of the mesh."""

    cluster_name: str = ""
    node_id: int = 0
    service_address: str = "any"
    service_port: int = 3000
    access_address: str = ""
    alternate: str = ""
    text_port: int = 3003
    heartbeat_address: str = "any"
    heartbeat_port: int = 3002
    seeds: list[tuple[str, int]] = field(default_factory=list)
    interval_seconds: float = 0.15
    timeout_intervals: int = 10
    namespaces: list[Namespace] = field(default_factory=list)


def read(path: Path) -> Conf:
    """The file's configuration. Raises ConfError with the line that is wrong."""
    conf = Conf()
    where: list[list[str]] = []
    for number, words in _lines(path.read_text()):
        if words == ["}"]:
            if not where:
                msg = f"line {number}: nothing is open that could end here"
                raise ConfError(msg)
            where.pop()
            continue
        context, opens = _context(where), words[-1] == "{"
        if words[0] not in KNOWN.get(context, set()):
            msg = f"line {number}: {words[0]} is not known in {context or 'the file'}"
            raise ConfError(msg)
        if opens:
            where.append(words[:-1])
            if words[0] == "namespace":
                conf.namespaces.append(Namespace(name=words[1]))
        elif len(words) < 2:
            msg = f"line {number}: {words[0]} has no value"
            raise ConfError(msg)
        else:
            _take(conf, context, words)
    if where:
        msg = f"{' '.join(where[-1])} is never ended"
        raise ConfError(msg)
    if not conf.cluster_name or not conf.namespaces:
        msg = "service cluster-name and one namespace are required"
        raise ConfError(msg)
    if conf.node_id == 0:
        msg = "this stand-in wants a service node-id"
        raise ConfError(msg)
    return conf


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if words:
            yield number, words


def _context(where: list[list[str]]) -> str:
    names = [words[0] for words in where]
    return " ".join(names) if names[:1] == ["network"] else names[-1] if names else ""


def _take(conf: Conf, context: str, words: list[str]) -> None:
    key, value = f"{context} {words[0]}", words[1]
    if key == "service cluster-name":
        conf.cluster_name = value
    elif key == "service node-id":
        conf.node_id = int(value, 16)
    elif key == "network service address":
        conf.service_address = value
    elif key == "network service port":
        conf.service_port = int(value)
    elif key == "network service access-address":
        conf.access_address = value
    elif key == "network service alternate-access-address":
        conf.alternate = value
    elif key in ("network admin port", "network info port"):
        conf.text_port = int(value)
    elif key == "network heartbeat address":
        conf.heartbeat_address = value
    elif key == "network heartbeat port":
        conf.heartbeat_port = int(value)
    elif key == "network heartbeat mesh-seed-address-port":
        conf.seeds.append((value, int(words[2])))
    elif key == "network heartbeat interval":
        conf.interval_seconds = int(value) / 1000
    elif key == "network heartbeat timeout":
        conf.timeout_intervals = int(value)
    elif key == "namespace replication-factor":
        conf.namespaces[-1].replication_factor = int(value)
