"""What can go wrong with a Galera cluster. Each message names the member, the cause and the remedy."""


class GaleraError(Exception):
    """The cluster, or one of its members, is not as it has to be."""
