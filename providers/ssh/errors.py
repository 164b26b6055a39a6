"""What can go wrong on the way to a server. Each message names the server, the cause and the remedy."""


class SshError(Exception):
    """Base of everything that this package raises."""


class UnreachableError(SshError):
    """No SSH session came about before the deadline."""


class HostKeyChangedError(SshError):
    """The server answers with another host key than the one recorded at first contact."""


class AccessDeniedError(SshError):
    """The server answers, but does not take the key, or the key cannot be read."""


class ConnectionLostError(SshError):
    """The session broke off in the middle of a command."""


class CommandFailedError(SshError):
    """A command that had to succeed did not."""


class CommandTimedOutError(SshError):
    """A command ran longer than it was given."""
