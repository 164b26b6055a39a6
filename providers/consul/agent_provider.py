"""What happens at a `WorkingAgent`: a wait that ends when the agent works, and a farewell in order."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.consul.api import Api
from providers.consul.errors import ConsulError, NoAnswerError
from providers.consul.leaving import come_back, leave
from providers.consul.voters import voters
from providers.patience import Patience
from providers.pki import ExpiryLooks
from providers.ssh import Session, SshError, Target, connect
from providers.stateless import StatelessProvider, whole, without_provider
from providers.swarm.errors import NoServiceError, SwarmError
from providers.swarm.manager_link import any_manager
from providers.swarm.task_view import task_view

#: The label of Consul's services; its value is the agent's role.
ROLE_LABEL = "galera-swarm.consul"
#: Seconds for a server to answer again after its session broke.
RECONNECT_SECONDS = 30.0
#: Seconds that a refresh waits for an agent that may be down.
REFRESH_PATIENCE_SECONDS = 4.0


class WorkingAgentProvider(StatelessProvider):
    """Changes nothing until it is deleted: it is the proof that the next agent waits for."""

    INPUTS: ClassVar = (
        "ssh",
        "server_id",
        "manager_ssh",
        "node",
        "role",
        "address",
        "service",
        "volume",
        "peers",
        "expected",
        "http_port",
        "rpc_port",
        "token",
        "triggers",
        "timeout_seconds",
    )
    IDENTITY: ClassVar = ("server_id", "node")
    GOES_WITH: ClassVar = ("server_id",)
    # Without the doors of others: whoever is replaced, nobody else is asked to prove anything again.
    COMPARED: ClassVar = ("ssh", "role", "address", "service", "volume", "triggers")
    DELETE_FIRST: ClassVar = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait. Raises ConsulError with the agent's own last words when nothing moves any more."""
        return CreateResult(str(props["node"]), outs={**without_provider(props), "state": _await_work(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again: something that restarts the agent has changed."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), "state": _await_work(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The state now. An agent that is down is a state, not an error, and never a change to be made."""
        try:
            with connect(
                Target.from_inputs(props["ssh"]), deadline_seconds=REFRESH_PATIENCE_SECONDS
            ) as server:
                state = _state(Api(server, whole(props, "http_port")), props)
        except (SshError, NoAnswerError):
            state = "unreachable"
        return self.found(id_, {**props, "state": state})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Out of Consul before its service is removed."""
        leave(_props)


class _Wait:
    """One wait for one agent."""

    def __init__(self, props: Mapping[str, Any], stack: ExitStack) -> None:
        self._props, self._stack = props, stack
        self._patience = Patience(float(whole(props, "timeout_seconds", 300)))
        self._server: Session | None = None
        self._manager: Session | None = None
        self._is_current = False
        self._phase = "not seen yet"
        self._looks = ExpiryLooks(self._patience, f"Consul's agent on {props['node']}", "server")

    def until_it_works(self) -> str:
        for _ in self._patience.pauses():
            try:
                state = self._look(*self._sessions())
            except NoServiceError as exc:
                said = f"Consul's agent on {self._props['node']} is not there: {exc}"
                raise ConsulError(said) from exc
            except (SshError, SwarmError) as exc:
                self._phase = str(exc)
                self._disconnect()
                continue
            if state:
                return state
            self._patience.saw("phase", self._phase)
            if self._patience.is_time_to_report():
                self._patience.report(str(self._props["node"]), self._phase)
        raise ConsulError(self._failure())

    def _look(self, server: Session, manager: Session) -> str:
        """Its state if everything about it is as it has to be, else empty."""
        service = str(self._props["service"])
        if not self._is_current:
            task = task_view(manager, service)
            self._is_current, self._phase = task.is_current, task.phase
            if not task.is_current:
                return ""
        api = Api(server, whole(self._props, "http_port"), str(self._props["token"]))
        try:
            if self._props["role"] == "server":
                self._phase = self._lack_of_server(api, server, manager)
            else:
                self._phase = "" if api.leader() else "knows no Consul server yet"
            return "" if self._phase else _state(api, self._props)
        except NoAnswerError as exc:
            self._is_current, self._phase = False, str(exc)
            return ""

    def _lack_of_server(self, api: Api, server: Session, manager: Session) -> str:
        """What a Consul server lacks; empty when the next one may be touched."""
        own = f"{self._props['address']}:{whole(self._props, 'rpc_port')}"
        leader, peers = api.leader(), api.peers()
        if not leader:
            is_first_start = not peers and _servers(manager) < whole(self._props, "expected")
            if is_first_start or self._waits_for_renewal_only(server, peers, None):
                return ""
            return "no leader"
        if own not in peers:
            return "not among the servers yet"
        seen = voters(api)
        if seen is None:
            return ""  # Nobody has set its ACL system up yet, and until then only this can be asked.
        if not any(voter.address == own and voter.votes for voter in seen):
            return "not a voter yet"
        ill = {voter.address: voter.name for voter in seen if not voter.is_healthy}
        if not ill or self._waits_for_renewal_only(server, peers, ill):
            return ""
        return f"not healthy: {', '.join(sorted(ill.values()))}"

    def _waits_for_renewal_only(
        self, server: Session, peers: Sequence[str], missing: Collection[str] | None
    ) -> bool:
        """Whether nothing but certificates of other servers that have ended is in the way (`pki.expired`).

        peers: addresses of all who vote. They show their certificates there, where they ask each other.
        """
        doors = {host: (host, int(port)) for host, _, port in (peer.rpartition(":") for peer in peers)}
        away = None if missing is None else [address.rpartition(":")[0] for address in missing]
        return self._looks.only_renewal_lacks(server, str(self._props["address"]), doors, away)

    def _sessions(self) -> tuple[Session, Session]:
        if self._server is None:
            target = Target.from_inputs(self._props["ssh"])
            self._server = self._stack.enter_context(connect(target, deadline_seconds=RECONNECT_SECONDS))
            come_back(self._server, str(self._props["volume"]))
        if self._manager is None:
            link = any_manager(self._props["manager_ssh"], patience_seconds=RECONNECT_SECONDS)
            self._manager = self._stack.enter_context(link)[0]
        return self._server, self._manager

    def _disconnect(self) -> None:
        self._stack.close()
        self._server = self._manager = None
        self._is_current = False

    def _failure(self) -> str:
        said = (
            f"Consul's agent on {self._props['node']} does not work, and nothing has moved for"
            f" {self._patience.seconds:.0f} s (last seen: {self._phase}): see what it says, then run"
            " `pulumi up` again"
        )
        return said + (_last_words(self._server, str(self._props["service"])) if self._server else "")


def _await_work(props: Mapping[str, Any]) -> str:
    with ExitStack() as stack:
        return _Wait(props, stack).until_it_works()


def _state(api: Api, props: Mapping[str, Any]) -> str:
    leader = api.leader()
    if props["role"] != "server":
        return "client" if leader else "without a server"
    if not leader:
        return "waits for its peers"
    return "leader" if leader == f"{props['address']}:{whole(props, 'rpc_port')}" else "follower"


def _servers(manager: Session) -> int:
    """How many services of Consul servers there are."""
    said = manager.must(
        f"docker service ls -q --filter label={ROLE_LABEL}=server", doing="counting Consul's services"
    )
    return len(said.split())


def _last_words(server: Session, service: str) -> str:
    """The last lines of the agent's log, each on a line of its own."""
    label = shlex.quote(f"label=com.docker.swarm.service.name={service}")
    done = server.run(
        f'c=$(docker ps -aq --filter {label} | head -n 1); [ -z "$c" ] || docker logs --tail 8 $c 2>&1',
        timeout_seconds=30.0,
    )
    lines = done.stdout.strip().splitlines()
    return "".join(f"\n  {line[:200]}" for line in lines) if done.ok else ""
