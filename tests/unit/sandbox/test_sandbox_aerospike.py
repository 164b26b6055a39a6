"""The Aerospike stand-in's pure parts: its configuration file, and which node carries which partition."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.images.aerospike.standin import partitions
from sandbox.images.aerospike.standin.cluster import Cluster, Made, Pulse
from sandbox.images.aerospike.standin.conf import ConfError, read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("service {\n  cluster-nam x\n}", "line 2: cluster-nam is not known in service"),
        ("network {\n info {\n  port 3003\n }\n", "never ended"),
        ("}", "line 1: nothing is open"),
        ("service {\n cluster-name\n}", "line 2: cluster-name has no value"),
        ("service {\n cluster-name a\n node-id 1\n}", "one namespace"),
        ("service {\n cluster-name a\n}\nnamespace b {\n replication-factor 1\n}", "node-id"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "aerospike.conf"
    path.write_text(text)
    with pytest.raises(ConfError, match=words):
        read(path)


NODES = st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(tuple)


@settings(deadline=None, max_examples=25)
@given(nodes=NODES, copies=st.integers(1, 3), data=st.data())
def test_every_partition_has_its_copies_on_nodes_that_stay(
    nodes: tuple[int, ...], copies: int, data: st.DataObject
) -> None:
    leaving = data.draw(st.sets(st.sampled_from(nodes), max_size=max(0, len(nodes) - copies)))
    found = partitions.assigned(nodes, frozenset(leaving), copies)
    assert sum(held.bit_count() for held in found.values()) == 4096 * min(copies, len(nodes))
    assert all(found[node] == 0 for node in leaving)


@given(bits=st.integers(0, 2**40), count=st.integers(0, 41))
def test_the_first_of_a_set_are_some_of_it(bits: int, count: int) -> None:
    taken = partitions.first(bits, count)
    assert taken & ~bits == 0
    assert taken.bit_count() == min(count, bits.bit_count())


def test_a_recluster_waits_for_what_each_node_says_since_it_was_asked() -> None:
    """A word from before, still on its way, says nothing about a node that was quiesced meanwhile."""
    first, second = (
        Cluster(
            Pulse(number, 1, f"n{number}", "", is_quiescing=False, made=Made(), held=0),
            copies=1,
            interval=0.1,
            timeout=10,
            rate=4096,
        )
        for number in (1, 2)
    )
    for tenth in range(20):
        now = tenth / 10
        first.hear(second.own, now)
        second.hear(first.own, now)
        first.tick(now)
        second.tick(now)
    assert first.made.key == second.made.key != 0
    before = second.made.key
    late = first.own
    first.quiesce(is_quiescing=True)
    second.recluster()
    second.hear(late, 2.1)
    second.tick(2.1)
    assert second.made.key == before
    first.hear(second.own, 2.2)
    second.hear(first.own, 2.2)
    second.tick(2.2)
    assert second.made.key != before
    assert second.made.quiesced == {1}
