"""Nodes of the Aerospike stand-in as processes of this machine, each on a loopback address of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from providers.aerospike.info_protocol import InfoError, ask, checked, number, pairs

HOME = Path(__file__).resolve().parents[3] / "sandbox" / "images" / "aerospike"
COMMUNITY, ENTERPRISE = "aerospike/aerospike-server", "aerospike/aerospike-server-enterprise"
#: Quick enough for a unit test, and still slower than an eye: 4096 partitions take half a second.
RATE = "8000"

_CONF = """
service {{
  cluster-name unit
  node-id {identity}
}}
network {{
  service {{
    address {address}
    port 3000
    alternate-access-address 10.0.0.{number}
  }}
  heartbeat {{
    mode mesh
    address {address}
    port 3002
{seeds}
    interval 50
    timeout 40
  }}
  fabric {{
    address {address}
    port 3001
  }}
}}
namespace test {{
  replication-factor {copies}
  storage-engine memory {{
    data-size 1G
  }}
}}
"""


@dataclass
class Node:
    """One node that can be started, stopped and killed."""

    number: int
    net: str
    conf: Path
    edition: str
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def address(self) -> str:
        return f"{self.net}.{self.number}"

    @property
    def identity(self) -> str:
        return f"A{self.number:02X}"

    def start(self) -> None:
        command = [sys.executable, "-m", "standin", "--config-file", str(self.conf)]
        settings = {**os.environ, "STANDIN_IMAGE": self.edition, "STANDIN_PARTITIONS_PER_SECOND": RATE}
        self.process = subprocess.Popen(command, cwd=HOME, env=settings, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
            self.process = None

    def ask(self, command: str) -> str:
        """The value of one command. Raises OSError or InfoError."""

        with socket.create_connection((self.address, 3000), timeout=20) as stream:
            return checked(command, ask(stream, command)[command])

    def facts(self) -> dict[str, str]:
        """The statistics; none while the node does not answer."""
        try:
            return pairs(self.ask("statistics"))
        except (OSError, InfoError):
            return {}


@contextmanager
def cluster(
    directory: Path,
    net: str,
    count: int,
    *,
    copies: int = 2,
    edition: str = COMMUNITY,
    seeds: Sequence[int] = (1,),
    start: bool = True,
) -> Iterator[list[Node]]:
    """Nodes 1 to `count`; all of them know the seeds. `net` is theirs alone: 127.x.y."""
    listed = "\n".join(f"    mesh-seed-address-port {net}.{seed} 3002" for seed in seeds)
    nodes = []
    for one in range(1, count + 1):
        node = Node(one, net, directory / f"{net}.{one}.conf", edition)
        node.conf.write_text(
            _CONF.format(
                identity=node.identity, address=node.address, seeds=listed, copies=copies, number=one
            )
        )
        nodes.append(node)
    try:
        if start:
            for node in nodes:
                node.start()
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def is_one(nodes: Sequence[Node], *, settled: bool = True) -> bool:
    """Whether exactly these nodes are one cluster, with nothing left to move."""
    seen = [node.facts() for node in nodes]
    return (
        len({facts.get("cluster_key", "") for facts in seen}) == 1
        and all(number(facts, "cluster_size") == len(nodes) for facts in seen)
        and all(facts.get("cluster_integrity") == "true" for facts in seen)
        and (not settled or not any(number(facts, "migrate_partitions_remaining") for facts in seen))
    )


def lost(nodes: Sequence[Node]) -> int:
    """Partitions whose last copy went away."""
    return max(number(node.facts(), "stand_in_partitions_lost") for node in nodes)


def eventually(what: str, holds: Callable[[], bool], seconds: float = 120.0) -> None:
    """Poll until something holds; AssertionError names what did not come."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.05)
