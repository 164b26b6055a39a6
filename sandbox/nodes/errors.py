"""What can go wrong while servers are made of containers."""

from sandbox.api.driver import NodeError


class HostError(NodeError):
    """The machine that carries the sandbox cannot do what was asked; one sentence with cause and remedy."""


class DockerError(HostError):
    """A docker command failed; the message holds what it was for and the engine's own words."""
