"""The discovery agent against nodes of the stand-in."""

from pathlib import Path
from types import ModuleType

import pytest

from providers.aerospike.info_protocol import seeds
from tests.contract.aerospike.nodes import cluster, eventually, is_one

pytestmark = pytest.mark.timeout(300)


def test_nodes_with_no_seed_become_one_cluster_and_the_departed_is_cleared(
    discovery: ModuleType, tmp_path: Path
) -> None:
    with cluster(tmp_path, "127.12.1", 3, seeds=()) as all_nodes:
        eventually("three clusters of one", lambda: all(is_one([node]) for node in all_nodes))
        named = {node.address for node in all_nodes}
        agent = discovery.Agent("aerospike", resolve=lambda _name: set(named))
        found = agent.round()
        assert len(found.tipped) == 6
        assert not found.is_whole
        eventually("one cluster", lambda: is_one(all_nodes))
        assert agent.round().is_whole
        departed = all_nodes.pop()
        departed.stop()
        named.remove(departed.address)
        eventually("a cluster of two", lambda: is_one(all_nodes))
        rounds = [agent.round() for _ in range(3)]
        assert [len(one.cleared) for one in rounds] == [0, 0, 2]
        assert rounds[-1].is_whole
        for node in all_nodes:
            known = {host for host, _ in seeds(node.ask("get-config:context=network"))}
            assert departed.address not in known
            assert departed.address not in node.ask("alumni-clear-std")
        assert is_one(all_nodes)
