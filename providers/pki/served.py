"""The certificate that a server shows right now, whatever is recorded of it."""

import ssl
from datetime import datetime
from typing import TYPE_CHECKING

from providers.ssh import Session, SshError

if TYPE_CHECKING:
    import paramiko

#: Seconds for one answer within a handshake.
ANSWER_SECONDS = 4.0
_CHUNK = 16384


def served_until(server: Session, host: str, port: int) -> datetime | None:
    """When the certificate ends that an address shows, as seen from the server; None where none is shown.

    Neither the certificate nor its issuer is judged: an expired one is told like any other.
    """
    # Lazy: the package is slow to load, and is needed only where something is shown.
    from providers.pki.x509 import end_of

    try:
        channel = server.open_channel(host, port)
    except SshError:
        return None
    try:
        channel.settimeout(ANSWER_SECONDS)
        return end_of(ssl.DER_cert_to_PEM_cert(_shown(channel)))
    except (OSError, EOFError):
        return None
    finally:
        channel.close()


def _shown(channel: "paramiko.Channel") -> bytes:
    """DER. A channel has no socket that the `ssl` module could use, so the bytes are carried by hand.

    Whoever asks for a certificate of ours shows its own first, and refuses only afterwards (TLS 1.3).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = context.wrap_bio(incoming, outgoing)
    while True:
        try:
            handshake.do_handshake()
        except ssl.SSLWantReadError:
            channel.sendall(outgoing.read())
            received = channel.recv(_CHUNK)
            if not received:
                raise EOFError from None
            incoming.write(received)
            continue
        channel.sendall(outgoing.read())
        return handshake.getpeercert(binary_form=True) or b""
