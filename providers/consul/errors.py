"""What can go wrong with Consul. Each message names the server, the cause and the remedy."""


class ConsulError(Exception):
    """Base of everything that this package raises."""


class NoAnswerError(ConsulError):
    """An agent's API does not answer, at least not now."""
