"""Another SSH key for a stack's servers while they run: at no moment is there a server that nobody can open.

The new key goes onto every server with the old one's help and has to open it, before it takes the old one's
place in the checkout. The old one stays on the servers until the stack's state knows the new one, because
what the engine deletes it still reaches with the key that the state recorded. Whenever this is killed, the
next run goes on: what lies beside the key file tells how far it came.
"""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tools.errors import ToolError
from tools.progress import say

_SECONDS = 20

# Both read the public key from stdin and replace the file whole; the body of a key identifies it.
ADMIT = r"""
set -eu
umask 077
read -r line
file=$HOME/.ssh/authorized_keys
mkdir -p "$HOME/.ssh"
touch "$file"
body=$(printf '%s' "$line" | cut -d ' ' -f 2)
if ! grep -qF -- "$body" "$file"; then
    { grep . "$file" || :; printf '%s\n' "$line"; } >"$file.galera-swarm"
    mv -f "$file.galera-swarm" "$file"
fi
"""
RETIRE = r"""
set -eu
umask 077
read -r line
file=$HOME/.ssh/authorized_keys
body=$(printf '%s' "$line" | cut -d ' ' -f 2)
if grep -qF -- "$body" "$file"; then
    { grep -vF -- "$body" "$file" || :; } >"$file.galera-swarm"
    mv -f "$file.galera-swarm" "$file"
fi
"""


@dataclass(frozen=True, kw_only=True)
class Door:
    """A server's SSH: where it answers, and by which host key it is known."""

    hostname: str
    address: str
    host_key: str


class Reach(Protocol):
    """Runs a shell script on a server, with one private key and nothing else. Raises ToolError."""

    def __call__(self, door: Door, key: Path, script: str, stdin: str) -> None: ...


@dataclass(frozen=True)
class KeyFiles:
    """The stack's private key; beside it the one that is to come, and the one that has to go."""

    current: Path

    @property
    def coming(self) -> Path:
        return self.current.with_name(f"{self.current.name}.next")

    @property
    def going(self) -> Path:
        return self.current.with_name(f"{self.current.name}.previous")


def rotate(
    files: KeyFiles, doors: Sequence[Door], *, comment: str, settle: Callable[[], None], reach: Reach
) -> None:
    """Exchange the key, or go on where a killed run stopped.

    settle: brings the stack up with the key that is in `files.current`. Raises ToolError.
    """
    if not files.going.exists():
        _make(files.coming, comment)
        newcomer = public_half(files.coming)
        for door in doors:
            say(f"  {door.hostname}: the new key is put beside the old one")
            reach(door, files.current, ADMIT, newcomer)
            reach(door, files.coming, "exit 0", "")
        os.link(files.current, files.going)
    if files.coming.exists():
        files.coming.replace(files.current)
    settle()
    leaver = public_half(files.going)
    for door in doors:
        say(f"  {door.hostname}: the old key is taken away")
        reach(door, files.current, RETIRE, leaver)
    files.going.unlink()


def doors_of(access: Mapping[str, Any]) -> list[Door]:
    """The servers in the stack's output `access`."""
    return [
        Door(hostname=host["hostname"], address=host["address"], host_key=host["hostKey"])
        for host in access["hosts"]
    ]


def public_half(private: Path) -> str:
    """The public line of a private key. Raises ToolError."""
    done = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(private)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        message = f"{private} is no private SSH key that can be used: {done.stderr.strip()}"
        raise ToolError(message)
    return done.stdout.strip()


def by_ssh(door: Door, key: Path, script: str, stdin: str) -> None:
    """`Reach` by the machine's SSH client: this key, the recorded host key, nothing of the user's own."""
    with tempfile.NamedTemporaryFile("w", prefix="galera-swarm-known-") as known:
        known.write(f"{door.address} {door.host_key}\n")
        known.flush()
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": str(_SECONDS),
            "GlobalKnownHostsFile": "/dev/null",
            "HostKeyAlgorithms": _algorithms(door.host_key),
            "IdentitiesOnly": "yes",
            "PreferredAuthentications": "publickey",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": known.name,
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        command = ["ssh", "-F", "/dev/null", *words, "-i", str(key), f"root@{door.address}"]
        try:
            done = subprocess.run(
                [*command, f"sh -c {shlex.quote(script)}"],
                input=stdin + "\n",
                capture_output=True,
                text=True,
                timeout=4 * _SECONDS,
                env={**os.environ, "SSH_AUTH_SOCK": ""},
                check=False,
            )
        except subprocess.TimeoutExpired as exc:
            raise ToolError(_silent(door, f"no answer within {4 * _SECONDS} s")) from exc
    if done.returncode != 0:
        raise ToolError(_silent(door, done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]))


def _silent(door: Door, why: Sequence[str] | str) -> str:
    said = why if isinstance(why, str) else " ".join(why)
    return (
        f"{door.hostname} ({door.address}): {said}; every server has to answer while its key is exchanged,"
        " and each can be opened with the key in the checkout meanwhile: bring it back, or take it out of the"
        " stack"
    )


def _algorithms(host_key: str) -> str:
    kind = host_key.split()[0]
    return "rsa-sha2-512,rsa-sha2-256" if kind == "ssh-rsa" else kind


def _make(path: Path, comment: str) -> None:
    """A new key appears whole or not at all; one that a killed run made is used."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    public = draft.with_name(f"{draft.name}.pub")
    done = subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(draft)],
        capture_output=True,
        text=True,
        check=False,
    )
    public.unlink(missing_ok=True)
    if done.returncode != 0:
        message = f"no new SSH key can be made at {path}: {done.stderr.strip() or done.stdout.strip()}"
        raise ToolError(message)
    draft.replace(path)
