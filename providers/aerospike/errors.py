"""What can go wrong with an Aerospike cluster. Each message names the node, the cause and the remedy."""


class AerospikeError(Exception):
    """The cluster, or one of its nodes, is not as it has to be."""
