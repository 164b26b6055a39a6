"""A node leaves: it hands over what it has, stops, and is forgotten. Each step can be repeated.

Enterprise Edition can `quiesce` a node: at the next cluster it is nobody's first choice, and its copies move
while it still serves. Community Edition has no such thing: there the other copies of every record carry over,
so a node goes only while every partition has all its copies, and only where there are at least two.
"""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.aerospike.errors import AerospikeError
from providers.aerospike.info_protocol import (
    ENTERPRISE_ONLY,
    InfoError,
    RefusedError,
    number,
    pairs,
)
from providers.aerospike.nodes import Nodes, NodeView, disagreement
from providers.patience import Patience
from providers.ssh import Session, SshError
from providers.swarm.manager_link import any_manager

#: Where the mesh listens inside the containers.
MESH_PORT = 3002
#: Seconds for a command of docker's, and for a manager to answer.
DOCKER_SECONDS = 60.0
MANAGER_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One node that leaves, and those that stay.

    nodes: all that are there before, each of them reachable by name. service: the leaving node's, of the same
    name.
    """

    nodes: Nodes
    managers: Sequence[Mapping[str, Any]]
    leaver: str
    stay: Sequence[str]
    timeout_seconds: float

    def carry_out(self) -> None:
        """Raises AerospikeError when a step does not come to its end; a repetition begins where it was."""
        addresses: list[str] = []
        if self._is_there():
            addresses = self._addresses()
            self._hand_over()
        self._stop()
        self._until(
            "the rest to be one cluster without it",
            lambda views: disagreement(views, self.nodes.silent, self.stay, size=len(self.stay)),
        )
        self._clear(addresses)

    def _is_there(self) -> bool:
        """Whether the node is still in the cluster of those that stay, or answers at all."""
        views = self.nodes.views()
        if self.leaver in views:
            return True
        staying = [views[name] for name in self.stay if name in views]
        return any(view.size > len(self.stay) for view in staying) and self._is_reachable()

    def _is_reachable(self) -> bool:
        return self.leaver not in self.nodes.unreachable

    def _hand_over(self) -> None:
        everybody = [*self.stay, self.leaver]
        self._until(
            "every copy to be in its place before it leaves",
            lambda views: disagreement(views, self.nodes.silent, everybody),
        )
        try:
            self.nodes.tell(self.leaver, "quiesce")
        except RefusedError as exc:
            if exc.code != ENTERPRISE_ONLY and "enterprise" not in exc.reason.lower():
                raise AerospikeError(self._failed(f"does not quiesce: {exc}")) from exc
            self._rely_on_other_copies()
            return
        except (InfoError, SshError) as exc:
            raise AerospikeError(self._failed(f"does not quiesce: {exc}")) from exc
        try:
            self._recluster(everybody)
            self._until("its copies to move to the others", self._not_empty_yet)
        except AerospikeError:
            self._stay_after_all(everybody)
            raise

    def _rely_on_other_copies(self) -> None:
        """Community Edition: refuse where a record lies on this node alone."""
        try:
            factors = {
                name: number(facts, "effective_replication_factor", 1)
                for name, facts in self._namespaces().items()
            }
        except (InfoError, SshError) as exc:
            raise AerospikeError(self._failed(f"does not answer: {exc}")) from exc
        for namespace, factor in factors.items():
            if factor < 2:
                said = (
                    f"has the only copy of records of namespace {namespace}, and Community Edition cannot"
                    " move them away; give the namespace a replicationFactor of 2, or run Enterprise Edition"
                )
                raise AerospikeError(self._failed(said))

    def _namespaces(self) -> dict[str, dict[str, str]]:
        """The leaving node's namespaces with their statistics. Raises InfoError or SshError."""
        names = [name for name in self.nodes.tell(self.leaver, "namespaces").split(";") if name]
        return {name: pairs(self.nodes.tell(self.leaver, f"namespace/{name}")) for name in names}

    def _recluster(self, everybody: Sequence[str]) -> None:
        """Only the principal does it, and nobody else knows who that will be; so everybody is told."""
        answered = []
        for name in everybody:
            try:
                answered.append(self.nodes.tell(name, "recluster"))
            except (InfoError, SshError) as exc:
                answered.append(str(exc))
        if "ok" not in answered:
            said = f"cannot hand over: nobody reclusters ({'; '.join(sorted(set(answered)))})"
            raise AerospikeError(self._failed(said))

    def _not_empty_yet(self, _views: Mapping[str, NodeView]) -> str | None:
        try:
            for name, facts in self._namespaces().items():
                if facts.get("effective_is_quiesced") != "true":
                    return f"namespace {name} is not handed over yet"
        except (InfoError, SshError) as exc:
            return str(exc)
        # Looked at anew: views from before that moment know nothing of the copies that have to move since.
        return disagreement(self.nodes.views(), self.nodes.silent, [*self.stay, self.leaver])

    def _stay_after_all(self, everybody: Sequence[str]) -> None:
        """What was begun and cannot be ended is taken back, as far as the nodes answer."""
        try:
            self.nodes.tell(self.leaver, "quiesce-undo")
            self._recluster(everybody)
        except (InfoError, SshError, AerospikeError) as exc:
            print(f"warning: {self.leaver} stays quiesced: {exc}", file=sys.stderr)

    def _stop(self) -> None:
        """No task for its service any more, and no container on its server."""
        service = shlex.quote(self.leaver)
        with any_manager(self.managers, patience_seconds=MANAGER_SECONDS) as (manager, _):
            manager.must(
                f"docker service inspect {service} >/dev/null 2>&1 || exit 0;"
                f" docker service scale --detach {service}=0",
                doing=f"stopping {self.leaver}",
                timeout_seconds=DOCKER_SECONDS,
            )
        if self._is_reachable():
            self._until("its container to end", lambda _views: self._container())

    def _container(self) -> str | None:
        try:
            return _containers(self.nodes.session(self.leaver), self.leaver) or None
        except SshError:
            return None  # Its server went away, and the container with it.

    def _addresses(self) -> list[str]:
        """The node's addresses on its networks, by which others may have been told of it."""
        template = "{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}"
        try:
            server = self.nodes.session(self.leaver)
            done = server.run(
                f"docker ps -q --filter {_label(self.leaver)} | xargs -r docker inspect"
                f" --format {shlex.quote(template)}",
                timeout_seconds=DOCKER_SECONDS,
            )
        except SshError:
            return []
        return [line.strip() for line in done.stdout.splitlines() if line.strip()]

    def _clear(self, addresses: Sequence[str]) -> None:
        """The others forget the seeds that led to it, and its place among their alumni."""
        gone = {self.leaver, *addresses}
        for name, view in self.nodes.views(self.stay).items():
            mine = [f"{host}:{port}" for host, port in view.seeds if host in gone]
            commands = [f"tip-clear:host-port-list={','.join(mine)}"] if mine else []
            for command in [*commands, "services-alumni-reset"]:
                try:
                    self.nodes.tell(name, command)
                except RefusedError:
                    continue  # The agent was quicker.
                except (InfoError, SshError) as exc:
                    said = f"{self.leaver} has left, but {name} cannot be told to forget it: {exc}"
                    raise AerospikeError(said) from exc

    def _until(self, what: str, why_not: Callable[[Mapping[str, NodeView]], str | None]) -> None:
        """Wait, with progress. why_not: of what the nodes say, the reason to wait on, or None."""
        patience = Patience(self.timeout_seconds)
        reason = ""
        for _ in patience.pauses():
            found = why_not(self.nodes.views())
            if found is None:
                return
            reason = found
            patience.saw("reason", reason)
            if patience.is_time_to_report():
                patience.report(self.leaver, f"leaving, waits for {what}: {reason}")
        said = f"waited for {what}, and nothing has moved for {patience.seconds:.0f} s: {reason}"
        raise AerospikeError(self._failed(said))

    def _failed(self, reason: str) -> str:
        return f"{self.leaver} cannot leave: it {reason}"


def _label(service: str) -> str:
    return shlex.quote(f"label=com.docker.swarm.service.name={service}")


def _containers(server: Session, service: str) -> str:
    """The service's running containers on its server, for people; empty when there is none."""
    done = server.run(f"docker ps -q --filter {_label(service)}", timeout_seconds=DOCKER_SECONDS)
    found = done.stdout.split()
    return f"container {' '.join(found)} still runs" if found else ""
