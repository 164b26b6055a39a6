"""aerospike.conf of one node, for server 7.0 and newer."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Ports inside the containers, as every client and tool expects them.
SERVICE_PORT, FABRIC_PORT, MESH_PORT = 3000, 3001, 3002
DATA = "/opt/aerospike/data"
#: Seconds between two looks for expired records, where records can expire.
EXPIRY_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class NamespaceConf:
    """A namespace. storage: "device" (a file in the data volume) or "memory"."""

    name: str
    replication_factor: int
    storage: str
    size_mb: int
    default_ttl_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class NodeConf:
    """One node.

    node: its name, which its container has as host name: listening at that name keeps it off the bridge that
    Docker gives each container beside the overlay network, and whose addresses are the same on every server.
    number: from 1; fixes the node's id, so that a container made anew is the same node.
    seeds: names of other nodes that are tried for ever. private_ip, port: where clients outside the overlay
    network reach it, which they learn as its alternate address.
    """

    cluster_name: str
    node: str
    number: int
    seeds: Sequence[str]
    private_ip: str
    port: int
    namespaces: Sequence[NamespaceConf]


def aerospike_conf(conf: NodeConf) -> str:
    """The file's text."""
    lines = [
        "service {",
        f"  cluster-name {conf.cluster_name}",
        f"  node-id A{conf.number:02X}",
        "}",
        "logging {",
        "  console {",
        "    context any info",
        "  }",
        "}",
        "network {",
        "  service {",
        "    address any",
        f"    port {SERVICE_PORT}",
        f"    access-address {conf.node}",
        f"    alternate-access-address {conf.private_ip}",
        f"    alternate-access-port {conf.port}",
        "  }",
        "  heartbeat {",
        "    mode mesh",
        f"    address {conf.node}",
        f"    port {MESH_PORT}",
        *(f"    mesh-seed-address-port {seed} {MESH_PORT}" for seed in conf.seeds),
        "    interval 150",
        "    timeout 10",
        "  }",
        "  fabric {",
        f"    address {conf.node}",
        f"    port {FABRIC_PORT}",
        "  }",
        "}",
    ]
    for namespace in conf.namespaces:
        lines += _namespace(namespace)
    return "\n".join(lines) + "\n"


def _namespace(namespace: NamespaceConf) -> list[str]:
    storage = (
        [f"    data-size {namespace.size_mb}M"]
        if namespace.storage == "memory"
        else [f"    file {DATA}/{namespace.name}.dat", f"    filesize {namespace.size_mb}M"]
    )
    expiry = (
        [f"  default-ttl {namespace.default_ttl_seconds}", f"  nsup-period {EXPIRY_SECONDS}"]
        if namespace.default_ttl_seconds
        else []
    )
    return [
        f"namespace {namespace.name} {{",
        f"  replication-factor {namespace.replication_factor}",
        *expiry,
        f"  storage-engine {namespace.storage} {{",
        *storage,
        "  }",
        "}",
    ]
