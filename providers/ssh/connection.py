"""Opening a session: patient with a server that is still starting, strict about who answers."""

import io
import logging
import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from providers.ssh.errors import AccessDeniedError, HostKeyChangedError, SshError, UnreachableError
from providers.ssh.session import Session
from providers.ssh.target import Target

if TYPE_CHECKING:
    import paramiko

#: Seconds for the TCP connection, the banner, and the authentication of one attempt.
ATTEMPT_SECONDS = 10.0
#: Seconds during which a refused key is tried again: a new server may get its keys after sshd starts.
DENIED_PATIENCE_SECONDS = 20.0
_KEEPALIVE_SECONDS = 15
#: A peer that vanished without a word is given up after this time; the kernel alone would take 15 min.
_SILENT_PEER_SECONDS = 60
#: Paramiko reports every refused channel here; whoever opened it learns it from an exception already.
_LOG = "providers.ssh.paramiko"
_SILENCE = logging.NullHandler()
_PAUSES = (0.2, 0.4, 0.8, 1.5, 2.0)


@contextmanager
def connect(target: Target, *, deadline_seconds: float) -> Iterator[Session]:
    """A session to the target, closed at the end of the block.

    Refused connections, timeouts and broken handshakes are tried again, with jitter, until the deadline.
    Raises HostKeyChangedError at once when another host key answers, AccessDeniedError when the key is not
    taken, UnreachableError when the deadline passes.
    """
    transport = _dial(target, deadline_seconds)
    session = Session(transport, str(target))
    try:
        yield session
    finally:
        session.close()


def presented_host_key(session: Session) -> str:
    """The host key of the server at the other end, as "<type> <base64>"."""
    key = session._transport.get_remote_server_key()
    return f"{key.get_name()} {key.get_base64()}"


def _dial(target: Target, deadline_seconds: float) -> "paramiko.Transport":
    from paramiko import AuthenticationException, SSHException

    private_key = _load_key(target)
    started = time.monotonic()
    attempt = 0
    while True:
        try:
            left = deadline_seconds - (time.monotonic() - started)
            return _attempt(target, private_key, min(ATTEMPT_SECONDS, max(1.0, left)))
        except AuthenticationException as exc:
            patience = min(deadline_seconds, DENIED_PATIENCE_SECONDS)
            failure: SshError = AccessDeniedError(
                f"{target} does not accept the SSH key for user {target.user}: order the server with this"
                " key, or put its public part into authorized_keys"
            )
            cause: Exception = exc
        except (OSError, EOFError, SSHException) as exc:
            patience = deadline_seconds
            failure = UnreachableError(
                f"no SSH session to {target} within {deadline_seconds:.0f} s ({exc or type(exc).__name__}):"
                f" is the server up, and does its firewall let port {target.port} through?"
            )
            cause = exc
        pause = _PAUSES[min(attempt, len(_PAUSES) - 1)] * random.uniform(0.7, 1.3)  # noqa: S311
        attempt += 1
        if time.monotonic() - started + pause > patience:
            raise failure from cause
        time.sleep(pause)


def _attempt(target: Target, private_key: "paramiko.PKey", seconds: float) -> "paramiko.Transport":
    import paramiko

    logging.getLogger(_LOG).addHandler(_SILENCE)
    sock = socket.create_connection((target.host, target.port), timeout=seconds)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_PEER_SECONDS * 1000)
    transport = None
    try:
        transport = paramiko.Transport(sock)
        transport.set_log_channel(_LOG)
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = seconds
        if target.host_key:
            transport.get_security_options().key_types = _signatures(target.host_key.split()[0])
        transport.start_client(timeout=seconds)
        _verify(target, transport)
        transport.auth_publickey(target.user, private_key)
    except BaseException:
        if transport is not None:
            transport.close()
        sock.close()
        raise
    transport.set_keepalive(_KEEPALIVE_SECONDS)
    return transport


def _verify(target: Target, transport: "paramiko.Transport") -> None:
    if target.host_key is None:
        return
    key = transport.get_remote_server_key()
    kind, _, rest = target.host_key.partition(" ")
    if (key.get_name(), key.get_base64()) != (kind, rest.split()[0] if rest else ""):
        raise HostKeyChangedError(_changed(target))


def _changed(target: Target) -> str:
    return (
        f"{target} answers with another SSH host key than the one recorded at first contact: either the"
        " server was reinstalled, or somebody else answers at its address; if it was reinstalled on purpose,"
        " record the new key with `pulumi up --replace <urn of its HostKey>`, otherwise look at the server"
        " from the cloud's console before anything else connects to it"
    )


def _signatures(kind: str) -> tuple[str, ...]:
    """The signature algorithms that go with a type of host key."""
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)


def _load_key(target: Target) -> "paramiko.PKey":
    import paramiko

    classes: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
    for kind in classes:
        try:
            return kind.from_private_key(io.StringIO(target.private_key))
        except paramiko.PasswordRequiredException as exc:
            said = f"the SSH private key for {target} is protected by a passphrase: give one without"
            raise AccessDeniedError(said) from exc
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    said = (
        f"the SSH private key for {target} cannot be read: give an OpenSSH or PEM key (ed25519, ECDSA or RSA)"
    )
    raise AccessDeniedError(said)
