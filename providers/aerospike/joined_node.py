"""A node seen in the cluster, with every copy in its place: what the next node waits for."""

import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers.aerospike.errors import AerospikeError
from providers.aerospike.nodes import NodeInputs, Nodes, NodeView, disagreement
from providers.patience import Patience
from providers.ssh import Session, SshError, SshInputs
from providers.stateless import StatelessProvider, whole, without_provider
from providers.swarm.errors import NoServiceError, SwarmError
from providers.swarm.manager_link import any_manager
from providers.swarm.task_view import task_view

#: The service label that names the Aerospike cluster a node belongs to.
CLUSTER_LABEL = "galera-swarm.aerospike"
#: Seconds for a manager to answer again after its session broke, and for a command of docker's.
MANAGER_SECONDS = 30.0
DOCKER_SECONDS = 30.0
#: A node whose task was replaced this often during one wait is not on its way.
MOST_RESTARTS = 6
_LOG_LINES = 8


@dataclass(frozen=True, kw_only=True)
class JoinedNodeArgs:
    """Which node, and who else is there.

    node: its name, which is its service's. nodes: all of the cluster, this one among them. port: where each
    answers on its own server. cluster_name: value of the label `galera-swarm.aerospike` on their services.
    managers: SSH to the swarm's managers, asked in this order. triggers: whatever makes the node start anew.
    timeout_seconds: how long the wait may take without a sign of progress.
    """

    node: str
    nodes: Sequence[NodeInputs]
    port: int
    cluster_name: str
    managers: Sequence[SshInputs]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    timeout_seconds: int = 900


class JoinedNodeProvider(StatelessProvider):
    """Makes nothing; it is the proof that the next node waits for."""

    INPUTS: ClassVar = (
        "node",
        "nodes",
        "port",
        "cluster_name",
        "managers",
        "triggers",
        "timeout_seconds",
    )
    COMPARED: ClassVar = ("node", "port", "cluster_name", "triggers")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait. Raises AerospikeError when nothing moves any more."""
        return CreateResult(str(props["node"]), outs={**without_provider(props), **_await(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again: something that restarts the node has changed."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), **_await(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The node now. One that is down is a state, not an error, and never a change to be made."""
        name = str(props["node"])
        with Nodes(props["nodes"], whole(props, "port")) as nodes:
            view = nodes.views([name]).get(name)
        return self.found(id_, {**props, **(_outputs(view) if view else {"state": "silent"})})


class JoinedNode(Resource, module="aerospike", name="JoinedNode"):
    """One node: running by the current spec of its service, in one cluster with all others that are there."""

    state: pulumi.Output[str]
    """"joined"; "silent" or "apart" if a refresh found it so."""
    node_id: pulumi.Output[str]
    """Its id in the cluster."""
    build: pulumi.Output[str]
    """Version of the server."""

    def __init__(self, name: str, args: JoinedNodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {
            "node": args.node,
            "nodes": [dict(node) for node in args.nodes],
            "port": args.port,
            "cluster_name": args.cluster_name,
            "managers": list(args.managers),
            "triggers": list(args.triggers),
            "timeout_seconds": args.timeout_seconds,
            "state": None,
            "node_id": None,
            "build": None,
        }
        super().__init__(JoinedNodeProvider(), name, props, opts)


class _Wait:
    """One wait for one node."""

    def __init__(self, props: Mapping[str, Any], nodes: Nodes, stack: ExitStack) -> None:
        self._props, self._nodes, self._stack = props, nodes, stack
        self._node = str(props["node"])
        self._patience = Patience(float(whole(props, "timeout_seconds", 900)))
        self._tasks: set[str] = set()
        self._manager: Session | None = None
        self._phase = "not seen yet"

    def until_joined(self) -> NodeView:
        for _ in self._patience.pauses():
            try:
                seen = self._look()
            except (SshError, SwarmError) as exc:
                self._phase = str(exc)
                self._manager = None
                self._stack.close()
                continue
            if seen is not None:
                return seen
            self._patience.saw("phase", self._phase)
            if self._patience.is_time_to_report():
                self._patience.report(self._node, self._phase)
        still = f"has not joined, and nothing has moved for {self._patience.seconds:.0f} s"
        said = f"{self._node} {still}: {self._phase}{self._last_words()}"
        raise AerospikeError(said)

    def _look(self) -> NodeView | None:
        manager = self._a_manager()
        try:
            task = task_view(manager, self._node)
        except NoServiceError as exc:
            raise AerospikeError(str(exc)) from exc
        self._tasks.add(task.task)
        if len(self._tasks) > MOST_RESTARTS:
            said = f"{self._node} started {len(self._tasks)} times, and ended each time: {task.phase}"
            raise AerospikeError(said + self._last_words())
        if not task.is_current:
            self._phase = task.phase
            return None
        views = self._nodes.views()
        wanted = [name for name in self._there(manager) if name not in self._nodes.unreachable]
        reason = disagreement(views, self._nodes.silent, wanted)
        if reason is None and self._node in views:
            return views[self._node]
        self._phase = reason or f"its server does not answer: {self._nodes.silent.get(self._node)}"
        return None

    def _there(self, manager: Session) -> list[str]:
        """The nodes that have a service by now. One whose very server is lost holds nobody up."""
        label = shlex.quote(f"label={CLUSTER_LABEL}={self._props['cluster_name']}")
        said = manager.must(
            f"docker service ls --filter {label} --format '{{{{.Name}}}} {{{{.Replicas}}}}'",
            doing="listing the nodes' services",
            timeout_seconds=DOCKER_SECONDS,
        )
        rows = [line.split() for line in said.splitlines() if line.strip()]
        there = {row[0] for row in rows if not row[1].endswith("/0")} | {self._node}
        return [str(node["node"]) for node in self._props["nodes"] if node["node"] in there]

    def _a_manager(self) -> Session:
        if self._manager is None:
            link = any_manager(self._props["managers"], patience_seconds=MANAGER_SECONDS)
            self._manager = self._stack.enter_context(link)[0]
        return self._manager

    def _last_words(self) -> str:
        """The end of the node's log, as lines to end a message with."""
        label = shlex.quote(f"label=com.docker.swarm.service.name={self._node}")
        command = (
            f'c=$(docker ps -aq --filter {label} | head -n 1); [ -z "$c" ] ||'
            f' docker logs --tail {_LOG_LINES} "$c" 2>&1'
        )
        try:
            said = self._nodes.session(self._node).run(command, timeout_seconds=DOCKER_SECONDS).stdout
        except SshError as exc:
            return f"\n  its log cannot be read: {exc}"
        return "".join(f"\n  {line}" for line in said.splitlines())


def _await(props: Mapping[str, Any]) -> dict[str, Any]:
    with ExitStack() as stack, Nodes(props["nodes"], whole(props, "port")) as nodes:
        return _outputs(_Wait(props, nodes, stack).until_joined())


def _outputs(view: NodeView) -> dict[str, Any]:
    state = "joined" if view.is_member else "apart"
    return {"state": state, "node_id": view.node_id, "build": view.build}
