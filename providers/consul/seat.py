"""An agent's seat on a server: its data volume, with the addresses of its peers in it.

The addresses lie there and not in the service's spec, so that a server more, or another one in the place of a
lost one, restarts nobody.
"""

import secrets
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers.consul.errors import ConsulError
from providers.consul.leaving import MARK, come_back, leave
from providers.patience import Patience
from providers.ssh import Session, SshError, SshInputs, Target, connect
from providers.stateless import StatelessProvider, gone, without_provider

#: Name of the file in the volume with one address of a Consul server on each line.
PEERS_FILE = "galera-swarm-peers"
#: Seconds for a server to answer; it was prepared just before.
PATIENCE_SECONDS = 60.0
#: Seconds for a server to answer whose seat is removed; it may be gone.
FAREWELL_SECONDS = 15.0
#: Seconds that a refresh waits for a server.
REFRESH_SECONDS = 8.0
#: Seconds for the container of a removed service to end.
END_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class AgentSeatArgs:
    """Which agent, where.

    ssh, server_id: the agent's server. node: its name in Consul. role: "server" or "client".
    address: its private address. volume: name of its data volume.
    peers: SSH to all Consul servers. peer_addresses: their private addresses.
    http_port, rpc_port: Consul's ports. token: the management token, a secret.
    """

    ssh: SshInputs
    server_id: pulumi.Input[str]
    node: str
    role: str
    address: pulumi.Input[str]
    volume: str
    peers: Sequence[SshInputs]
    peer_addresses: Sequence[pulumi.Input[str]]
    http_port: int
    rpc_port: int
    token: pulumi.Input[str]


class AgentSeatProvider(StatelessProvider):
    """Writes the peers down; a server that shall be a client leaves the quorum before its service changes."""

    INPUTS: ClassVar = (
        "ssh",
        "server_id",
        "node",
        "role",
        "address",
        "volume",
        "peers",
        "peer_addresses",
        "http_port",
        "rpc_port",
        "token",
    )
    COMPARED: ClassVar = ("ssh", "server_id", "role", "volume", "peers", "peer_addresses")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """A volume with the peers in it. Data that lies there already is kept.

        Each has an id of its own, so that who watches the agent looks again when a lost one is made anew.
        """
        with connect(Target.from_inputs(props["ssh"]), deadline_seconds=PATIENCE_SECONDS) as server:
            _seat(server, props)
        return CreateResult(f"{props['node']}-{secrets.token_hex(4)}", outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Leave, if it shall vote no more; then the peers as they are now. Who is wanted again comes back."""
        if (_olds.get("role"), _news["role"]) == ("server", "client"):
            leave(_olds)
        with connect(Target.from_inputs(_news["ssh"]), deadline_seconds=PATIENCE_SECONDS) as server:
            _seat(server, _news)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone with its volume, or with the peers in it: the agent waits for them.

        One that has left in the role that it is to have would stay away for good: it has no peers, as its
        record shall say, so that the next `up` takes it back.
        """
        try:
            with connect(Target.from_inputs(props["ssh"]), deadline_seconds=REFRESH_SECONDS) as server:
                has_peers, left_as = _look(server, str(props["volume"]))
        except SshError as exc:
            return self.unseen(id_, props, exc)
        if not has_peers:
            return gone()
        return self.found(id_, {**props, "peer_addresses": []} if left_as == props["role"] else props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """The volume goes; the service is gone already. A server that is gone has taken it along.

        Raises ConsulError if a container still uses it.
        """
        try:
            with connect(Target.from_inputs(_props["ssh"]), deadline_seconds=FAREWELL_SECONDS) as server:
                _remove(server, str(_props["volume"]))
        except SshError as exc:
            print(f"warning: the volume of {_props['node']} is left to its server: {exc}", file=sys.stderr)


class AgentSeat(Resource, module="consul", name="AgentSeat"):
    """The volume of one agent."""

    def __init__(self, name: str, args: AgentSeatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, Any] = {**vars(args), "token": pulumi.Output.secret(args.token)}
        props |= {"peers": list(args.peers), "peer_addresses": list(args.peer_addresses)}
        super().__init__(AgentSeatProvider(), name, props, opts)


def _seat(server: Session, props: Mapping[str, Any]) -> None:
    """The peers, and no mark of this role: with another one's the agent waits until its service changes."""
    volume = str(props["volume"])
    _write_peers(server, volume, props["peer_addresses"])
    come_back(server, volume, role=str(props["role"]))


def _write_peers(server: Session, volume: str, addresses: Sequence[str]) -> None:
    name = shlex.quote(volume)
    server.must(
        f"set -e; docker volume create {name} >/dev/null;"
        f" m=$(docker volume inspect -f '{{{{.Mountpoint}}}}' {name}); f=$m/{PEERS_FILE};"
        " cat >$f.new; chmod 0644 $f.new; sync $f.new; mv -f $f.new $f",
        stdin="".join(f"{address}\n" for address in addresses),
        doing=f"writing the peers of Consul's agent into the volume {volume}",
    )


def _look(server: Session, volume: str) -> tuple[bool, str]:
    """Whether the agent would find its peers, and the role in which it has left, empty if it has not.

    Raises CommandFailedError where Docker cannot tell.
    """
    said = server.must(
        f'v={shlex.quote(volume)}; found=$(docker volume ls -q --filter "name=^$v\\$") || exit 1;'
        ' [ -n "$found" ] || exit 0;'
        " m=$(docker volume inspect -f '{{.Mountpoint}}' \"$v\") || exit 1;"
        f' [ ! -s "$m/{PEERS_FILE}" ] || echo peers; [ ! -e "$m/{MARK}" ] || cat "$m/{MARK}"',
        doing=f"looking into the volume {volume} of Consul's agent",
    ).split()
    return "peers" in said, "".join(word for word in said if word != "peers")


def _remove(server: Session, volume: str) -> None:
    """Remove the volume, once the container of the removed service has ended."""
    name = shlex.quote(volume)
    for _ in Patience(END_SECONDS).pauses():
        done = server.run(
            f"docker volume inspect {name} >/dev/null 2>&1 || exit 0; docker volume rm {name}",
            timeout_seconds=30.0,
        )
        if done.ok:
            return
    said = (
        f"the volume {volume} on {server.name} cannot be removed ({done.reason()}):"
        f" end what uses it, `docker ps -a --filter volume={volume}` tells, and run this again"
    )
    raise ConsulError(said)
