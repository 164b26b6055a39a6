"""What can go wrong with a swarm. Each message names the server, the cause and the remedy."""


class SwarmError(Exception):
    """The swarm, or a server's place in it, is not as it has to be."""


class NoManagerError(SwarmError):
    """None of the servers that were asked is a manager of the swarm that can do its work."""


class NoServiceError(SwarmError):
    """The swarm has no service by that name."""
