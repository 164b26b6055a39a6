"""Which node carries which of the 4096 partitions, and which copies are where: sets of partitions as bits."""

import hashlib
from collections.abc import Collection, Mapping
from functools import lru_cache

PARTITIONS = 4096
ALL = (1 << PARTITIONS) - 1


@lru_cache(maxsize=32)
def assigned(nodes: tuple[int, ...], quiesced: frozenset[int], copies: int) -> dict[int, int]:
    """The partitions of each node: for each partition the first `copies` of the nodes in an order of its own.

    Quiesced nodes come last in every order, as in the real server.
    """
    carried: dict[int, list[int]] = {node: [] for node in nodes}
    last = 1 << 64
    columns = [[weight + last * (node in quiesced) for weight in _weights(node)] for node in nodes]
    for partition, weights in enumerate(zip(*columns, strict=True)):
        for _, node in sorted(zip(weights, nodes, strict=True))[:copies]:
            carried[node].append(partition)
    return {node: _bits(own) for node, own in carried.items()}


def incoming(wanted: int, held: int, elsewhere: Collection[int]) -> int:
    """Partitions that a node misses and that somebody else can give it."""
    there = 0
    for copies in elsewhere:
        there |= copies
    return wanted & ~held & there


def outgoing(node: int, held: Mapping[int, int], wanted: Mapping[int, int]) -> int:
    """How many partitions this node has to send: those that others miss and nobody with a higher id has."""
    higher = 0
    for other, copies in held.items():
        if other > node:
            higher |= copies
    mine = held.get(node, 0) & ~higher
    return sum((wanted.get(other, 0) & ~held.get(other, 0) & mine).bit_count() for other in wanted)


def first(partitions: int, count: int) -> int:
    """The lowest `count` of a set of partitions."""
    if partitions.bit_count() <= count:
        return partitions
    taken = 0
    for _ in range(count):
        lowest = partitions & -partitions
        taken |= lowest
        partitions ^= lowest
    return taken


@lru_cache(maxsize=64)
def _weights(node: int) -> tuple[int, ...]:
    """Where a node stands in the order of each partition."""
    digests = (hashlib.blake2b(f"{node:x}/{one}".encode(), digest_size=8) for one in range(PARTITIONS))
    return tuple(int.from_bytes(digest.digest(), "big") for digest in digests)


def _bits(chosen: Collection[int]) -> int:
    mask = bytearray(PARTITIONS // 8)
    for partition in chosen:
        mask[partition // 8] |= 1 << partition % 8
    return int.from_bytes(mask, "little")
