"""Section `aerospike`: an Aerospike cluster of its own, one node on each of the first servers."""

from typing import Annotated, Literal

from pydantic import Field

from settings.model.section import Section

#: The namespace of a configuration that names none.
DEFAULT_NAMESPACE = "test"

#: What the server takes for a namespace at least, in MB: 512 in memory.
SMALLEST_NAMESPACE_MB = 512


class AerospikeNamespace(Section):
    """A namespace: a database of its own inside the cluster."""

    name: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """Name of the namespace."""

    storage: Literal["device", "memory"] = "device"
    """`device`: records lie in a file on the node's volume and survive a restart. `memory`: they live in
    memory only."""

    size_mb: Annotated[int, Field(ge=SMALLEST_NAMESPACE_MB, le=2097152)] = 1024
    """Space for records on each node in MB."""

    replication_factor: Annotated[int, Field(ge=1, le=8)] = 2
    """Copies of each record, on as many nodes."""

    default_ttl_seconds: Annotated[int, Field(ge=0, le=315360000)] = 0
    """Seconds after which records expire; 0 keeps them."""


class Aerospike(Section):
    """An Aerospike cluster."""

    enabled: bool = False
    """Run Aerospike."""

    image: str = "aerospike/aerospike-server:8.1.2.3"
    """Container image of the nodes, 7.0 or newer, Community or Enterprise Edition."""

    agent_image: str = "python:3.11-slim"
    """Container image of the discovery agent: any with Python 3.11 or newer as `python3`."""

    cluster_name: str = "aerospike"
    """Name of the cluster; the nodes are called by it: `aerospike-1`, `aerospike-2`, …"""

    replicas: Annotated[int, Field(ge=1, le=100)] = 2
    """Number of nodes, each on a server of its own, the first servers first."""

    port: Annotated[int, Field(ge=1024, le=65535)] = 3000
    """TCP port on which each server answers Aerospike clients."""

    memory_mb: Annotated[int, Field(ge=512, le=2097152)] | None = None
    """Memory limit of each node's container in MB. Without it there is none."""

    discovery_seconds: Annotated[int, Field(ge=1, le=300)] = 5
    """Seconds between two rounds of the discovery agent."""

    timeout_seconds: Annotated[int, Field(ge=30, le=86400)] = 900
    """Seconds that a wait for a node, or for migrations, may take without a sign of progress."""

    namespaces: tuple[AerospikeNamespace, ...] = ()
    """Namespaces of the cluster. Without any there is one called `test`."""

    @property
    def effective_namespaces(self) -> tuple[AerospikeNamespace, ...]:
        """The namespaces, chosen or the default one."""
        default = AerospikeNamespace(name=DEFAULT_NAMESPACE)
        copies = min(default.replication_factor, self.replicas)
        return self.namespaces or (default.model_copy(update={"replication_factor": copies}),)
