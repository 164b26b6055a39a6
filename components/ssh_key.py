"""The SSH key with which the program opens its servers: a file beside the checkout, its public half in
the cloud.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, kw_only=True)
class SshKeyPair:
    """Both halves as text in OpenSSH's form; `path` is where the private one lies."""

    path: Path
    public: str
    private: str


class SshKeyFileError(Exception):
    """The key file is there but cannot be used."""


def key_pair(path: Path, comment: str) -> SshKeyPair:
    """Read the key pair, making it first where there is none (mode 0600).

    Raises SshKeyFileError when the file is not a private key in OpenSSH's form without a passphrase.
    """
    if not path.exists():
        _make(path)
    text = path.read_text()
    try:
        private = serialization.load_ssh_private_key(text.encode(), password=None)
    except (ValueError, TypeError) as fault:
        message = (
            f"SSH key {path}: not a private key in OpenSSH form without a passphrase ({fault}); "
            "name another file in cloud.sshKeyFile, or remove this one to have a new key made"
        )
        raise SshKeyFileError(message) from fault
    public = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return SshKeyPair(path=path, public=f"{public.decode()} {comment}", private=text)


def _make(path: Path) -> None:
    """Two programs that start at once must end with one key: the file appears whole, and the first one
    wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
