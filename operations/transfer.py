"""Files to and from a server, in pieces over one SSH session: nothing is held in memory as a whole."""

import base64
import hashlib
import shlex
from pathlib import Path

from operations.errors import OperationError
from providers.ssh import Session

PIECE_BYTES = 4 * 1024 * 1024
PIECE_SECONDS = 300.0


def download(session: Session, remote: str, local: Path) -> None:
    """Copy a file of the server; the local one appears whole, readable by its owner only, or not at all."""
    path = shlex.quote(remote)
    size = int(session.must(f"stat -c %s {path}", doing=f"looking at {remote}"))
    part = local.with_name(f".{local.name}.part")
    digest = hashlib.sha256()
    part.touch(mode=0o600)
    with part.open("wb") as target:
        for number in range(-(-size // PIECE_BYTES)):
            piece = f"dd if={path} bs={PIECE_BYTES} skip={number} count=1 2>/dev/null | base64 -w 0"
            said = session.must(piece, doing=f"reading {remote}", timeout_seconds=PIECE_SECONDS)
            content = base64.b64decode(said)
            digest.update(content)
            target.write(content)
    if digest.hexdigest() != _remote_digest(session, path):
        part.unlink()
        message = f"{remote} changed on {session.name} while it was read: run the command again"
        raise OperationError(message)
    part.replace(local)


def upload(session: Session, local: Path, remote: str) -> None:
    """Copy a file to the server, readable by root only."""
    path = shlex.quote(remote)
    digest = hashlib.sha256()
    session.must(f"umask 077 && : >{path}", doing=f"writing {remote}")
    with local.open("rb") as source:
        while content := source.read(PIECE_BYTES):
            digest.update(content)
            session.must(
                f"base64 -d >>{path}",
                doing=f"writing {remote}",
                stdin=base64.b64encode(content).decode(),
                timeout_seconds=PIECE_SECONDS,
            )
    if digest.hexdigest() != _remote_digest(session, path):
        message = f"{local} did not arrive whole at {session.name}: run the command again"
        raise OperationError(message)


def _remote_digest(session: Session, path: str) -> str:
    said = session.must(f"sha256sum {path}", doing=f"reading {path}", timeout_seconds=PIECE_SECONDS)
    return said.split()[0]
