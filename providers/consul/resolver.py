"""A server whose own resolver knows Consul's names, and forgets them when the resource goes."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers.consul.errors import ConsulError
from providers.ssh import CommandFailedError, Session, SshError, SshInputs, Target, connect
from providers.stateless import StatelessProvider, gone, without_provider

#: Seconds for a server to answer.
PATIENCE_SECONDS = 60.0
#: Seconds for a server to answer on whom something is taken back or only looked at; it may be gone.
SHORT_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class ServerResolverArgs:
    """ssh, server_id, node: the server. address: where its agent answers DNS. domain: of Consul's names.

    script: the text of services/consul/resolver.
    """

    ssh: SshInputs
    server_id: pulumi.Input[str]
    node: str
    address: pulumi.Input[str]
    domain: str
    script: str


class ServerResolverProvider(StatelessProvider):
    """Runs the script; each of its deeds can be repeated."""

    INPUTS: ClassVar = ("ssh", "server_id", "node", "address", "domain", "script")
    COMPARED: ClassVar = ("ssh", "server_id", "address", "domain", "script")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raises ConsulError if Consul's own name is not resolved afterwards; then all is as before."""
        _set(props)
        return CreateResult(str(props["node"]), outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Set it anew."""
        _set(_news)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone, if somebody has written the server's resolver anew: then the next `up` sets it again."""
        try:
            with connect(Target.from_inputs(props["ssh"]), deadline_seconds=SHORT_PATIENCE_SECONDS) as server:
                _run(server, props, "look")
        except CommandFailedError:
            return gone()
        except SshError as exc:
            return self.unseen(id_, props, exc)
        return self.found(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """As before Consul. A server that is gone needs no resolver."""
        try:
            with connect(
                Target.from_inputs(_props["ssh"]), deadline_seconds=SHORT_PATIENCE_SECONDS
            ) as server:
                _run(server, _props, "remove")
        except CommandFailedError:
            raise
        except SshError as exc:
            print(f"warning: the resolver of {_id} is left as it is: {exc}", file=sys.stderr)


class ServerResolver(Resource, module="consul", name="ServerResolver"):
    """The resolver of one server."""

    def __init__(
        self, name: str, args: ServerResolverArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(ServerResolverProvider(), name, {**vars(args)}, opts)


def _set(props: Mapping[str, Any]) -> None:
    name = f"consul.service.{props['domain']}"
    with connect(Target.from_inputs(props["ssh"]), deadline_seconds=PATIENCE_SECONDS) as server:
        _run(server, props, "set", str(props["address"]), str(props["domain"]))
        # The agent has joined, but may need a moment until it answers for others.
        done = server.run(
            f"for i in $(seq 40); do getent hosts {shlex.quote(name)} && exit 0; sleep 0.5; done; exit 1",
            timeout_seconds=120.0,
        )
        if not done.ok:
            _run(server, props, "remove")
            said = (
                f"{props['node']} does not resolve {name} through its agent at {props['address']}, so its"
                " resolver is as it was: see whether something else answers at port 53 there, or set"
                " consul.resolver to false"
            )
            raise ConsulError(said)


def _run(server: Session, props: Mapping[str, Any], *words: str) -> None:
    command = " ".join(shlex.quote(word) for word in ("bash", "-s", "--", *words))
    server.must(command, stdin=str(props["script"]), doing=f"the resolver's {words[0]}", timeout_seconds=60.0)
