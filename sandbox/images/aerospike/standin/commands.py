"""The info commands, answered in the words of the real server (8.1)."""

import time
from collections.abc import Callable

from .cluster import Cluster
from .conf import Conf, Namespace
from .mesh import Mesh

PARAMETER, CLUSTER_KEY_MISMATCH, NAMESPACE, ENTERPRISE_ONLY = 4, 7, 20, 25


class Commands:
    """What one node answers."""

    def __init__(self, conf: Conf, cluster: Cluster, mesh: Mesh, *, build: str, edition: str) -> None:
        self._conf, self._cluster, self._mesh = conf, cluster, mesh
        self._build, self._edition = build, edition
        self._began = time.monotonic()
        self._alumni: dict[int, str] = {}
        simple: dict[str, Callable[[], str]] = {
            "status": lambda: "ok",
            "node": lambda: f"{cluster.own.node:X}",
            "build": lambda: build,
            "edition": lambda: f"Aerospike {edition} Edition",
            "version": lambda: f"Aerospike {edition} Edition build {build}",
            "release": lambda: f"edition=Aerospike {edition} Edition;version={build};os=stand-in",
            "cluster-name": lambda: conf.cluster_name,
            "namespaces": lambda: ";".join(one.name for one in conf.namespaces),
            "service-clear-std": lambda: cluster.own.service,
            "service-clear-alt": lambda: conf.alternate,
            "peers-clear-std": self._peers,
            "alumni-clear-std": self._known,
            "services-alumni-reset": self._forget,
            "statistics": self._statistics,
            "recluster": self._recluster,
            "quiesce": lambda: self._quiesce(is_quiescing=True),
            "quiesce-undo": lambda: self._quiesce(is_quiescing=False),
        }
        taking: dict[str, Callable[[str], str]] = {
            "namespace": self._namespace,
            "get-config": self._config,
            "config-get": self._config,
            "cluster-stable": self._stable,
            "tip": self._tip,
            "tip-clear": self._tip_clear,
        }
        self._simple, self._taking = simple, taking

    def answer(self, line: str) -> str:
        """The value for one command."""
        cut = min((line.index(mark) for mark in "/:;" if mark in line), default=len(line))
        name, rest = line[:cut], line[cut + 1 :]
        for node, pulse in self._cluster.peers.items():
            self._alumni[node] = pulse.service
        if name in self._simple:
            return self._simple[name]()
        if name in self._taking:
            return self._taking[name](rest)
        return _error(PARAMETER, "unrecognized command")

    def _peers(self) -> str:
        return self._listed({node: pulse.service for node, pulse in self._cluster.peers.items()})

    def _known(self) -> str:
        return self._listed(self._alumni)

    def _listed(self, nodes: dict[int, str]) -> str:
        listed = ",".join(f"[{node:X},,[{nodes[node]}]]" for node in sorted(nodes, reverse=True))
        return f"1,{self._conf.service_port},[{listed}]"

    def _forget(self) -> str:
        self._alumni.clear()
        return "ok"

    def _statistics(self) -> str:
        cluster = self._cluster
        coming, going = cluster.remaining()
        facts = {
            "cluster_size": len(cluster.made.members),
            "cluster_key": f"{cluster.made.key:X}",
            "cluster_principal": f"{max(cluster.made.members, default=0):X}",
            "cluster_integrity": _flag(cluster.has_integrity),
            "cluster_is_member": _flag(cluster.own.node in cluster.made.members),
            "uptime": int(time.monotonic() - self._began),
            "paxos_principal": f"{cluster.principal:X}",
            "migrate_allowed": _flag(self._is_allowed()),
            "migrate_partitions_remaining": coming + going,
            "stand_in_partitions_held": cluster.own.held.bit_count(),
            "stand_in_partitions_lost": cluster.lost,
        }
        return ";".join(f"{key}={value}" for key, value in facts.items())

    def _is_allowed(self) -> bool:
        """As in the real server: not between the loss of a node and the cluster made without it."""
        return self._cluster.has_integrity

    def _find(self, name: str) -> Namespace | None:
        return next((one for one in self._conf.namespaces if one.name == name), None)

    def _namespace(self, name: str) -> str:
        found, made = self._find(name), self._cluster.made
        if found is None:
            return _error(NAMESPACE, "namespace not found on node")
        coming, going = self._cluster.remaining()
        active = len(made.members) - len(made.quiesced)
        facts = {
            "ns_cluster_size": len(made.members),
            "effective_replication_factor": min(found.replication_factor, max(active, 1)),
            "replication-factor": found.replication_factor,
            "migrate_rx_partitions_remaining": coming,
            "migrate_tx_partitions_remaining": going,
            "dead_partitions": 0,
            "unavailable_partitions": 0,
            "objects": 0,
            "pending_quiesce": _flag(self._cluster.own.is_quiescing),
            "effective_is_quiesced": _flag(self._cluster.own.node in made.quiesced),
            "nodes_quiesced": len(made.quiesced),
        }
        return ";".join(f"{key}={value}" for key, value in facts.items())

    def _config(self, parameters: str) -> str:
        if _parameter(parameters, "context") != "network":
            return _error(PARAMETER, "this stand-in knows context=network only")
        conf = self._conf
        lines = [
            f"service.port={conf.service_port}",
            f"service.access-address={conf.access_address}",
            f"service.alternate-access-address={conf.alternate}",
            "heartbeat.mode=mesh",
            f"heartbeat.address={conf.heartbeat_address}",
            f"heartbeat.port={conf.heartbeat_port}",
            *(f"heartbeat.mesh-seed-address-port={seed.host}:{seed.port}" for seed in self._mesh.seeds),
            f"heartbeat.interval={int(conf.interval_seconds * 1000)}",
            f"heartbeat.timeout={conf.timeout_intervals}",
        ]
        return ";".join(lines)

    def _stable(self, parameters: str) -> str:
        cluster = self._cluster
        if not self._is_allowed():
            return _error(CLUSTER_KEY_MISMATCH, "unstable cluster")
        size = _parameter(parameters, "size")
        if size and not size.isdecimal():
            return _error(PARAMETER, "bad size")
        if size and int(size) != len(cluster.made.members):
            return _error(CLUSTER_KEY_MISMATCH, "cluster not specified size")
        if _parameter(parameters, "ignore-migrations") != "true" and any(cluster.remaining()):
            return _error(CLUSTER_KEY_MISMATCH, "unstable cluster")
        return f"{cluster.made.key:X}"

    def _recluster(self) -> str:
        if self._cluster.principal != self._cluster.own.node:
            return "ignored-by-non-principal"
        self._cluster.recluster()
        return "ok"

    def _quiesce(self, *, is_quiescing: bool) -> str:
        if self._edition == "Community":
            return _error(ENTERPRISE_ONLY, "enterprise only")
        self._cluster.quiesce(is_quiescing)
        return "ok"

    def _tip(self, parameters: str) -> str:
        host, port = _parameter(parameters, "host"), _parameter(parameters, "port")
        if not host:
            return _error(PARAMETER, "missing 'host'")
        if not port.isdecimal():
            return _error(PARAMETER, "'port' must be an integer" if port else "missing 'port'")
        return "ok" if self._mesh.tip(host, int(port)) else "ERROR::unknown"

    def _tip_clear(self, parameters: str) -> str:
        cleared = missing = 0
        for item in _parameter(parameters, "host-port-list").split(","):
            host, _, port = item.rpartition(":")
            if not host or not port.isdecimal():
                missing += 1
            elif self._mesh.tip_clear(host, int(port)):
                cleared += 1
            else:
                missing += 1
        return f"ERROR::{cleared} cleared, {missing} not found" if missing else "ok"


def _parameter(parameters: str, name: str) -> str:
    for part in parameters.split(";"):
        key, _, value = part.partition("=")
        if key == name:
            return value
    return ""


def _error(code: int, reason: str) -> str:
    return f"ERROR:{code}:{reason}"


def _flag(value: bool) -> str:
    return "true" if value else "false"
