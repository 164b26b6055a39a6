"""SSH to the servers: the only way in. Host keys are recorded at first contact and checked ever after."""

from providers.ssh.connection import connect, presented_host_key
from providers.ssh.errors import (
    AccessDeniedError,
    CommandFailedError,
    CommandTimedOutError,
    ConnectionLostError,
    HostKeyChangedError,
    SshError,
    UnreachableError,
)
from providers.ssh.host_key import HostKey, HostKeyArgs, HostKeyProvider
from providers.ssh.session import Completed, Session
from providers.ssh.target import SshInputs, Target

__all__ = [
    "AccessDeniedError",
    "CommandFailedError",
    "CommandTimedOutError",
    "Completed",
    "ConnectionLostError",
    "HostKey",
    "HostKeyArgs",
    "HostKeyChangedError",
    "HostKeyProvider",
    "Session",
    "SshError",
    "SshInputs",
    "Target",
    "UnreachableError",
    "connect",
    "presented_host_key",
]
