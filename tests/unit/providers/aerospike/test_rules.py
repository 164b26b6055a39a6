"""When nodes are one cluster, and what a change of the inputs means."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.aerospike import StableClusterProvider
from providers.aerospike.nodes import NodeView, disagreement

VIEW = NodeView(
    node_id="A1", build="8.1", edition="Community", size=2, key="K", is_member=True, remaining=0, seeds=()
)
BASE = {"cluster_name": "a", "names": ["a-1", "a-2"], "port": 3000.0, "triggers": ["t"], "nodes": ["x"]}
DIFFS: dict[str, tuple[dict[str, Any], bool | None]] = {
    "nothing": ({}, False),
    "another way to a node": ({"nodes": ["y"]}, False),
    "another wait": ({"timeout_seconds": 5.0}, False),
    "one node fewer": ({"names": ["a-1"]}, True),
    "one node more": ({"names": ["a-1", "a-2", "a-3"]}, True),
    "another port": ({"port": 3100.0}, True),
    "something started anew": ({"triggers": ["u"]}, True),
    "something may start anew": ({"triggers": [UNKNOWN]}, None),
}


@pytest.mark.parametrize("case", DIFFS)
def test_what_a_change_of_the_inputs_means(case: str) -> None:
    changes, expected = DIFFS[case]
    found = StableClusterProvider().diff("a", {**BASE, "size": 2.0}, {**BASE, **changes})
    assert found.changes is expected
    assert not found.replaces


DISAGREEMENTS: dict[str, tuple[dict[str, NodeView], int | None, str | None]] = {
    "one cluster": ({"a": VIEW, "b": VIEW}, None, None),
    "of the exact size": ({"a": VIEW, "b": VIEW}, 2, None),
    "with somebody else": ({"a": replace(VIEW, size=3), "b": replace(VIEW, size=3)}, None, None),
    "with one that should be gone": (
        {"a": replace(VIEW, size=3), "b": replace(VIEW, size=3)},
        2,
        "3 nodes of 2",
    ),
    "one silent": ({"a": VIEW}, None, "b does not answer (hush)"),
    "apart": ({"a": VIEW, "b": replace(VIEW, key="L")}, None, "a: cluster K of 2; b: cluster L of 2"),
    "forming": ({"a": VIEW, "b": replace(VIEW, is_member=False)}, None, "b: forming a cluster"),
    "too few": ({"a": replace(VIEW, size=1), "b": replace(VIEW, size=1)}, None, "has 1 nodes of 2"),
    "moving": ({"a": VIEW, "b": replace(VIEW, remaining=7)}, None, "7 partitions to move"),
}


@pytest.mark.parametrize("case", DISAGREEMENTS)
def test_why_nodes_are_not_one_cluster(case: str) -> None:
    views, size, expected = DISAGREEMENTS[case]
    found = disagreement(views, {"b": "hush"}, ["a", "b"], size=size)
    assert found == expected if expected is None else expected in str(found)
