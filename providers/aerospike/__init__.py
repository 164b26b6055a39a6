"""Aerospike clusters on the swarm: nodes seen joined, and a cluster that nodes leave safely."""

from providers.aerospike.errors import AerospikeError
from providers.aerospike.joined_node import JoinedNode, JoinedNodeArgs, JoinedNodeProvider
from providers.aerospike.nodes import NodeInputs
from providers.aerospike.stable_cluster import StableCluster, StableClusterArgs, StableClusterProvider

__all__ = [
    "AerospikeError",
    "JoinedNode",
    "JoinedNodeArgs",
    "JoinedNodeProvider",
    "NodeInputs",
    "StableCluster",
    "StableClusterArgs",
    "StableClusterProvider",
]
