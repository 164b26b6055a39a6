"""What can go wrong with an etcd cluster. Each message names the member, the cause and the remedy."""


class EtcdError(Exception):
    """The cluster, or one of its members, is not as it has to be."""
