"""One node's view of its cluster: who is heard, what the principal made of them, which copies are where.

The principal is the node with the highest id that is heard. When those it hears have changed, or it is told
to, it makes a new cluster: a new key and the list of its members. The others take it over. There is one
inventory of partitions for all namespaces, by the largest replication factor among them.
"""

import secrets
from dataclasses import dataclass, field, replace

from . import partitions

#: Intervals for which the same nodes must be heard before the principal makes a cluster of them.
QUANTUM_INTERVALS = 4


@dataclass(frozen=True)
class Made:
    """A cluster as its principal made it.

    members: node id to incarnation. quiesced: those that hand over. existing: partitions of which one of the
    members had a copy at that moment; none at a birth.
    """

    key: int = 0
    members: dict[int, int] = field(default_factory=dict)
    quiesced: frozenset[int] = frozenset()
    existing: int = 0

    @property
    def nodes(self) -> tuple[int, ...]:
        """The succession list: ids from the highest down."""
        return tuple(sorted(self.members, reverse=True))


@dataclass(frozen=True)
class Pulse:
    """What a node says of itself in each heartbeat.

    held: copies it has, as bits of partitions. exchange: the last one that the principal opened, by which it
    knows that it has heard this node since.
    """

    node: int
    incarnation: int
    address: str
    service: str
    is_quiescing: bool
    made: Made
    held: int
    exchange: int = 0


class Cluster:
    """The state of one node. Time is given in seconds by whoever calls."""

    def __init__(self, node: Pulse, *, copies: int, interval: float, timeout: int, rate: float) -> None:
        self.own = node
        self.copies, self.rate = copies, rate
        self.lost = 0
        """Partitions that had a copy somewhere, and of which none was left when a cluster was made."""
        self._silent_after, self._quantum = interval * timeout, interval * QUANTUM_INTERVALS
        self._heard: dict[int, tuple[float, Pulse]] = {}
        self._same_since = 0.0
        self._last_seen: dict[int, int] = {}
        self._budget, self._ticked = 0.0, 0.0
        self._is_asked_to_recluster = False

    @property
    def made(self) -> Made:
        """The cluster that this node is in."""
        return self.own.made

    @property
    def peers(self) -> dict[int, Pulse]:
        """The other nodes that are heard."""
        return {node: pulse for node, (_, pulse) in self._heard.items()}

    @property
    def principal(self) -> int:
        """The highest id that is heard."""
        return max([self.own.node, *self._heard])

    @property
    def has_integrity(self) -> bool:
        """Whether everybody who is heard is in this node's cluster, and nobody else."""
        alive = {self.own.node, *self._heard}
        same = all(pulse.made.key == self.made.key for pulse in self.peers.values())
        return bool(self.made.key) and same and alive == set(self.made.members)

    def hear(self, pulse: Pulse, now: float) -> None:
        """A heartbeat of another node."""
        if pulse.node != self.own.node:
            self._heard[pulse.node] = (now, pulse)
            if pulse.node == self.principal:
                self.own = replace(self.own, exchange=pulse.exchange)

    def tick(self, now: float) -> None:
        """Forget who is silent, make or take over a cluster, move copies."""
        for node, (at, _) in list(self._heard.items()):
            if now - at > self._silent_after:
                del self._heard[node]
        alive = {self.own.node: self.own.incarnation}
        alive |= {node: pulse.incarnation for node, pulse in self.peers.items()}
        if alive != self._last_seen:
            self._last_seen, self._same_since = alive, now
        if self.principal == self.own.node:
            is_changed = alive != self.made.members
            if now - self._same_since >= self._quantum and (is_changed or self._has_exchanged()):
                self._make(alive)
        else:
            offered = self.peers[self.principal].made
            mine = offered.members.get(self.own.node)
            if mine == self.own.incarnation and offered.key != self.made.key:
                self._take(offered)
        self._migrate(now)

    def remaining(self) -> tuple[int, int]:
        """Partitions still to come, and still to be sent."""
        wanted, held = self._wanted(), self._held()
        others = [copies for node, copies in held.items() if node != self.own.node]
        coming = partitions.incoming(wanted.get(self.own.node, 0), self.own.held, others)
        return coming.bit_count(), partitions.outgoing(self.own.node, held, wanted)

    def quiesce(self, is_quiescing: bool) -> None:
        """Takes effect with the next cluster that the principal makes."""
        self.own = replace(self.own, is_quiescing=is_quiescing)

    def recluster(self) -> None:
        """Make another cluster of the same nodes, once each has said anew how it is."""
        self._is_asked_to_recluster = True
        self.own = replace(self.own, exchange=secrets.randbits(44))

    def _has_exchanged(self) -> bool:
        answered = all(pulse.exchange == self.own.exchange for pulse in self.peers.values())
        return self._is_asked_to_recluster and answered

    def _make(self, alive: dict[int, int]) -> None:
        self._is_asked_to_recluster = False
        leaving = {node for node, pulse in self.peers.items() if pulse.is_quiescing}
        if self.own.is_quiescing:
            leaving.add(self.own.node)
        # A cluster in which everybody hands over hands nothing over.
        quiesced = frozenset(leaving) if len(leaving) < len(alive) else frozenset()
        existing = self.own.held
        for pulse in self.peers.values():
            existing |= pulse.held
        key = secrets.randbits(44) | 1 << 44
        self._take(Made(key=key, members=alive, quiesced=quiesced, existing=existing))

    def _take(self, made: Made) -> None:
        self.own = replace(self.own, made=made)
        nobodys = self._wanted().get(self.own.node, 0) & ~made.existing & ~self.own.held
        if made.existing:
            self.lost += nobodys.bit_count()
        # What nobody has begins empty, and is there at once.
        self.own = replace(self.own, held=self.own.held | nobodys)

    def _migrate(self, now: float) -> None:
        """Some of the missing copies arrive; superfluous ones go once nobody misses any."""
        self._budget = min(self._budget + (now - self._ticked) * self.rate, partitions.PARTITIONS)
        self._ticked = now
        wanted, held = self._wanted(), self._held()
        mine = wanted.get(self.own.node, 0)
        others = [copies for node, copies in held.items() if node != self.own.node]
        arriving = partitions.first(partitions.incoming(mine, self.own.held, others), int(self._budget))
        self._budget -= arriving.bit_count()
        kept = self.own.held | arriving
        is_settled = self.has_integrity and all(not wanted[node] & ~held.get(node, 0) for node in wanted)
        if is_settled and self.own.node not in self.made.quiesced:
            kept &= mine
        self.own = replace(self.own, held=kept)

    def _wanted(self) -> dict[int, int]:
        return partitions.assigned(self.made.nodes, self.made.quiesced, self.copies)

    def _held(self) -> dict[int, int]:
        """Copies of the cluster's members; what a member says of another cluster counts too."""
        found = {node: pulse.held for node, pulse in self.peers.items() if node in self.made.members}
        return found | {self.own.node: self.own.held}
