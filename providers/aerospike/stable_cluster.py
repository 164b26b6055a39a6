"""The cluster as a whole: seen stable, and the one who lets nodes leave it safely, one after another.

Pulumi deletes last, after every change. So a node that is to go is let go here, in the change of the list of
nodes: its service is still there, and is deleted afterwards, when nothing runs in it any more. A destroyed
cluster lets nobody leave: all of it goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers.aerospike.departure import Departure
from providers.aerospike.errors import AerospikeError
from providers.aerospike.nodes import NodeInputs, Nodes, NodeView, disagreement
from providers.patience import Patience
from providers.ssh import SshInputs
from providers.stateless import StatelessProvider, whole, without_provider


@dataclass(frozen=True, kw_only=True)
class StableClusterArgs:
    """Which nodes make the cluster.

    nodes: in their order. One that is missing at a later deployment leaves, the last one first. port: where
    each answers on its own server. managers: SSH to the swarm's managers. triggers: whatever can change the
    cluster. timeout_seconds: how long a wait may take without a sign of progress.
    """

    cluster_name: str
    nodes: Sequence[NodeInputs]
    port: int
    managers: Sequence[SshInputs]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    timeout_seconds: int = 900


class StableClusterProvider(StatelessProvider):
    """Nodes come by themselves; they leave by `update`."""

    INPUTS: ClassVar = (
        "cluster_name",
        "names",
        "nodes",
        "port",
        "managers",
        "triggers",
        "timeout_seconds",
    )
    COMPARED: ClassVar = ("names", "port", "triggers")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait until all nodes are one cluster. Raises AerospikeError when nothing moves any more."""
        return CreateResult(str(props["cluster_name"]), outs={**without_provider(props), **_await(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Let those leave who are not wanted any more, then wait for the rest. Raises AerospikeError."""
        self._let_leave(_olds, _news)
        return UpdateResult(outs={**self.taken_over(_olds, _news), **_await(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Size and key now; 0 and none when no node answers."""
        with Nodes(props["nodes"], whole(props, "port")) as nodes:
            seen = _outputs(nodes.views(), _names(props))
        return self.found(id_, {**props, **seen})

    def _let_leave(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
        # Who leaves is known from before, and the key that opens every server may have been exchanged since.
        key = {"privateKey": news["managers"][0]["privateKey"]}
        before = {str(node["node"]): {**node, "ssh": {**node["ssh"], **key}} for node in olds["nodes"]}
        after = {str(node["node"]): node for node in news["nodes"]}
        leaving = [name for name in before if name not in after]
        staying = [name for name in before if name in after]
        with Nodes(list((before | after).values()), whole(olds, "port")) as nodes:
            while leaving:
                leaver = leaving.pop()
                Departure(
                    nodes=nodes,
                    managers=news["managers"],
                    leaver=leaver,
                    stay=[*staying, *leaving],
                    timeout_seconds=float(whole(news, "timeout_seconds", 900)),
                ).carry_out()


class StableCluster(Resource, module="aerospike", name="StableCluster"):
    """All nodes in one cluster, nothing left to move."""

    size: pulumi.Output[int]
    """How many nodes the cluster has, as last seen; 0 if none answered."""
    cluster_key: pulumi.Output[str]
    """Key of the cluster as last seen: another one after each change of who is in it."""
    edition: pulumi.Output[str]
    """Community or Enterprise."""
    node_ids: pulumi.Output[list[str]]
    """Id of each node, in their order; empty for one that did not answer."""
    builds: pulumi.Output[list[str]]
    """Version of each node's server."""

    def __init__(
        self, name: str, args: StableClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props: dict[str, Any] = {
            "cluster_name": args.cluster_name,
            "names": [node["node"] for node in args.nodes],
            "nodes": [dict(node) for node in args.nodes],
            "port": args.port,
            "managers": list(args.managers),
            "triggers": list(args.triggers),
            "timeout_seconds": args.timeout_seconds,
            "size": None,
            "cluster_key": None,
            "edition": None,
            "node_ids": None,
            "builds": None,
        }
        super().__init__(StableClusterProvider(), name, props, opts)


def _await(props: Mapping[str, Any]) -> dict[str, Any]:
    patience = Patience(float(whole(props, "timeout_seconds", 900)))
    names, reason = _names(props), ""
    with Nodes(props["nodes"], whole(props, "port")) as nodes:
        for _ in patience.pauses():
            views = nodes.views()
            found = disagreement(views, nodes.silent, names)
            if found is None:
                return _outputs(views, names)
            reason = found
            patience.saw("reason", reason)
            if patience.is_time_to_report():
                patience.report(str(props["cluster_name"]), reason)
    still = f"not one stable cluster, and nothing has moved for {patience.seconds:.0f} s"
    said = f"{props['cluster_name']}: {still}: {reason}"
    raise AerospikeError(said)


def _names(props: Mapping[str, Any]) -> list[str]:
    return [str(node["node"]) for node in props["nodes"]]


def _outputs(views: Mapping[str, NodeView], names: Sequence[str]) -> dict[str, Any]:
    """Of a cluster that came apart, the part that the most nodes are in."""
    largest = max(views.values(), key=lambda view: (view.is_member, view.size), default=None)
    return {
        "size": largest.size if largest else 0,
        "cluster_key": largest.key if largest else "",
        "edition": largest.edition if largest else "",
        "node_ids": [views[name].node_id if name in views else "" for name in names],
        "builds": [views[name].build if name in views else "" for name in names],
    }
