"""A member's parts in a bash of the host: its own directories, and fakes of what only the image has."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.services.galera.tables import SERVICE

PARTS = (
    *("member", "view", "state", "vote", "exchange", "discovery", "flavor"),
    *("watch", "split", "server", "birth", "evidence", "decide", "writer", "leaving"),
)

_FAKES = {
    "gosu": 'shift; exec "$@"',
    "chown": "exit 0",
    # Connects to the member whose directory is named like the address, as its own socat would serve it.
    "socat": """
for word; do case $word in TCP4:*) address=${word#TCP4:} address=${address%%:*} ;; esac; done
[[ -d $FAKE_PEERS/$address ]] || exit 1
. "$FAKE_PEERS/$address/environment"
exec "$program_dir/answer"
""",
    "getent": 'for dir in "$FAKE_PEERS"/*/; do basename "$dir"; done',
    "hostname": 'basename "$run_dir" | sed "s/^run-//"',
}


@dataclass
class FakePeers:
    """The network: members by address, and the fake programs that reach them."""

    root: Path
    programs: Path = field(init=False)

    def __post_init__(self) -> None:
        (self.root / "peers").mkdir()
        self.programs = self.root / "bin"
        self.programs.mkdir()
        for name, body in _FAKES.items():
            self.program(name, body)

    def program(self, name: str, body: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(0o755)

    def member(self, name: str, address: str) -> "Shell":
        shell = Shell(peers=self, name=name, address=address)
        listening = self.root / "peers" / address
        listening.mkdir()
        text = "".join(f"export {key}='{value}'\n" for key, value in shell.environment().items())
        (listening / "environment").write_text(text)
        return shell

    def cut(self, address: str) -> None:
        (self.root / "peers" / address).rename(self.root / f"gone-{address}")


@dataclass
class Shell:
    """One member: `run` sources every part of the service and then does as it is told."""

    peers: FakePeers
    name: str
    address: str
    flavor: str = "flavor"
    """The file that says what is the flavor's own."""

    def __post_init__(self) -> None:
        for directory in (self.data, self.keep, self.run_dir, self.peers.root / "secrets"):
            directory.mkdir(parents=True, exist_ok=True)
        for lock in ("vote.lock", "notify.lock"):
            (self.run_dir / lock).touch()
        (self.run_dir / "exchange_token").write_text("token\n")
        (self.run_dir / "epoch").write_text(f"{self.name.encode().hex():0<16}\n")
        (self.run_dir / "phase").write_text("parked\n")

    @property
    def data(self) -> Path:
        return self.peers.root / f"data-{self.address}"

    @property
    def keep(self) -> Path:
        return self.data / ".galera-swarm"

    @property
    def run_dir(self) -> Path:
        return self.peers.root / f"run-{self.address}"

    @property
    def log(self) -> Path:
        return self.run_dir / "mariadbd.log"

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.peers.programs}:{os.environ['PATH']}",
            "FAKE_PEERS": str(self.peers.root / "peers"),
            "GALERA_CLUSTER_NAME": "test",
            "GALERA_MEMBER": self.name,
            "GALERA_PEERS": "peers",
            "data_dir": str(self.data),
            "run_dir": str(self.run_dir),
            "log_file": str(self.log),
            "secrets_dir": str(self.peers.root / "secrets"),
            "program_dir": str(SERVICE),
            "ask_limit": "20",  # a busy machine is no reason to fail
        }

    def command(self, script: str) -> list[str]:
        parts = [self.flavor if part == "flavor" else part for part in PARTS]
        sources = "".join(f'. "$program_dir/{part}.sh"\n' for part in parts)
        return ["bash", "-c", f"set -uo pipefail\n{sources}{script}"]

    def run(self, script: str, *, stdin: str = "", **more: str) -> str:
        done = subprocess.run(
            self.command(script),
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment() | more,
            timeout=30,
            check=False,
        )
        assert not done.stderr, done.stderr
        return done.stdout.rstrip("\n")

    def rest(self, *, seqno: int, uuid: str, view: str = "", view_seqno: int = 0) -> None:
        """Parks the member with data at that position, and a last view."""
        epoch = (self.run_dir / "epoch").read_text().strip()
        (self.run_dir / "state").write_text(f"{epoch} position {uuid} {seqno} 0\n")
        if view:
            (self.keep / "view").write_text(f"{uuid} {view_seqno} {view}\n")
