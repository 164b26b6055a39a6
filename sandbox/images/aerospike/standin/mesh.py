"""The heartbeat mesh: pulses in a form of this stand-in's own, as datagrams to seeds and to everybody heard.

Seeds behave as the real server's do: one given by name is resolved again while nobody answers there (soon
while the name is unknown, each minute once it was known), a tip is a seed, and a seed that turns out to be
the node itself is dropped. A seed is tried for ever; whoever is no seed is forgotten once silent.
"""

import asyncio
import json
import socket
import time
from typing import Any

from .cluster import Cluster, Made, Pulse

UNKNOWN_AGAIN_SECONDS = 1.5
KNOWN_AGAIN_SECONDS = 60.0
_MAGIC = "aerospike stand-in 1"


class Seed:
    """One entry of the seed list."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.address: str | None = None
        self.resolved_at = -KNOWN_AGAIN_SECONDS


class Mesh(asyncio.DatagramProtocol):
    """Sends this node's pulses and hands the others' to the cluster."""

    def __init__(self, cluster: Cluster, name: str, seeds: list[tuple[str, int]], interval: float) -> None:
        self.cluster, self.name, self.interval = cluster, name, interval
        self.seeds = [Seed(host, port) for host, port in seeds]
        self._transport: asyncio.DatagramTransport | None = None
        self._resolving: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """A pulse; anything else is dropped."""
        try:
            said = json.loads(data)
            if said.get("magic") != _MAGIC or said["name"] != self.name:
                return
            pulse = _decoded(said)
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if pulse.node == self.cluster.own.node:
            own = [seed for seed in self.seeds if seed.address == addr[0] and seed.port == addr[1]]
            self.seeds = [seed for seed in self.seeds if seed not in own]
            return
        self.cluster.hear(pulse, time.monotonic())
        for address in said["heard"]:
            self._send(address)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            self.cluster.tick(time.monotonic())
            self._beat()
            await asyncio.sleep(self.interval)

    def tip(self, host: str, port: int) -> bool:
        """Add a seed; False if it is one already."""
        if any((seed.host, seed.port) == (host, port) for seed in self.seeds):
            return False
        self.seeds.append(Seed(host, port))
        return True

    def tip_clear(self, host: str, port: int) -> bool:
        """Drop a seed; False if it is none."""
        kept = [seed for seed in self.seeds if (seed.host, seed.port) != (host, port)]
        found, self.seeds = len(kept) < len(self.seeds), kept
        return found

    def _beat(self) -> None:
        now = time.monotonic()
        targets = {pulse.address for pulse in self.cluster.peers.values()}
        for seed in self.seeds:
            active = seed.address is not None and f"{seed.address}:{seed.port}" in targets
            again = UNKNOWN_AGAIN_SECONDS if seed.address is None else KNOWN_AGAIN_SECONDS
            if not active and now - seed.resolved_at > again:
                seed.resolved_at = now
                task = asyncio.get_running_loop().create_task(self._resolve(seed))
                self._resolving.add(task)
                task.add_done_callback(self._resolving.discard)
        targets |= {f"{seed.address}:{seed.port}" for seed in self.seeds if seed.address}
        for target in targets:
            self._send(target)

    async def _resolve(self, seed: Seed) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(seed.host, seed.port, family=socket.AF_INET)
        except OSError:
            return
        seed.address = str(found[0][4][0])

    def _send(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        if self._transport is not None and host:
            self._transport.sendto(_encoded(self.cluster, self.name), (host, int(port)))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there, which is what silence means."""


def _encoded(cluster: Cluster, name: str) -> bytes:
    own, made = cluster.own, cluster.made
    return json.dumps(
        {
            "magic": _MAGIC,
            "name": name,
            "node": own.node,
            "incarnation": own.incarnation,
            "address": own.address,
            "service": own.service,
            "quiescing": own.is_quiescing,
            "key": made.key,
            "members": [[node, made.members[node]] for node in made.nodes],
            "quiesced": sorted(made.quiesced),
            "existing": f"{made.existing:x}",
            "held": f"{own.held:x}",
            "exchange": own.exchange,
            "heard": sorted(pulse.address for pulse in cluster.peers.values()),
        }
    ).encode()


def _decoded(said: dict[str, Any]) -> Pulse:
    made = Made(
        key=int(said["key"]),
        members={int(node): int(incarnation) for node, incarnation in said["members"]},
        quiesced=frozenset(int(node) for node in said["quiesced"]),
        existing=int(said["existing"], 16),
    )
    return Pulse(
        node=int(said["node"]),
        incarnation=int(said["incarnation"]),
        address=str(said["address"]),
        service=str(said["service"]),
        is_quiescing=bool(said["quiescing"]),
        made=made,
        held=int(said["held"], 16),
        exchange=int(said["exchange"]),
    )
