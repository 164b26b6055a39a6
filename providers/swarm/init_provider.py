"""What happens to a `SwarmInit`: made, found, joined again by a new first server, dissolved last of all."""

import shlex
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.ssh import Session, SshError
from providers.stateless import StatelessProvider, gone, whole, without_provider
from providers.swarm.docker_view import LocalSwarm, docker_swarm
from providers.swarm.election import must_when_led
from providers.swarm.errors import SwarmError
from providers.swarm.existing_swarm import answers, existing_swarm, none_has_one, reasons
from providers.swarm.joining import SERVER_PATIENCE_SECONDS, Joiner, joined
from providers.swarm.leaving import dissolve
from providers.swarm.manager_link import any_manager, reach, same_server


class SwarmInitProvider(StatelessProvider):
    """The swarm outlives each of its servers: only a refresh that finds no swarm leads to a new one."""

    INPUTS: ClassVar = (
        "ssh",
        "server_id",
        "advertise_address",
        "data_path_port",
        "address_pool",
        "address_pool_mask",
        "managers",
    )
    COMPARED: ClassVar = ("ssh", "server_id", "advertise_address", "managers")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the swarm, or find it on the first server or on another manager.

        Raises SwarmError if the first server is in a swarm as a worker, or if another manager does not
        answer: it may hold the swarm that a second one must not be made beside.
        """
        outs = without_provider(props)
        found = existing_swarm(_others(props), _name(props))
        if found is not None:
            outs |= _joined_again(props, found)
        else:
            with reach(props["ssh"], SERVER_PATIENCE_SECONDS) as server:
                outs |= _made(server, props)
        return CreateResult(str(outs["swarm_id"]), outs=outs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """The first server may be another one now: it joins the swarm that its fellow managers have."""
        outs = self.taken_over(_olds, _news)
        given = answers([_news["ssh"], *_others(_news)], _name(_news))
        if given[0] == _id:
            with reach(_news["ssh"], SERVER_PATIENCE_SECONDS) as server:
                return UpdateResult(outs=outs | _facts(server, docker_swarm(server)))
        if _id not in given:
            doubts = "; ".join(reasons(given))
            said = (
                f"no manager of swarm {_id} answers for it that {_name(_news)} could join"
                f" ({doubts or 'none of them is in it'}): bring one back, or run `pulumi refresh` to record"
                " that the swarm is gone"
            )
            raise SwarmError(said)
        return UpdateResult(outs=outs | _joined_again(_news, _id))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone only if every server answers and none of them has the swarm."""
        doors = [props["ssh"], *_others(props)]
        try:
            with any_manager(doors, patience_seconds=1.0, swarm_id=id_) as (manager, _):
                return self.found(id_, {**props, **_tokens(manager)})
        except (SwarmError, SshError) as exc:
            if none_has_one(doors):
                return gone()
            print(f"warning: {exc}", file=sys.stderr)
            return self.found(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """The last to leave. Raises SwarmError if the first server is silent and nobody says it is gone."""
        dissolve(_props["ssh"], _id)


def _made(server: Session, props: Mapping[str, Any]) -> dict[str, Any]:
    local = docker_swarm(server)
    if local.state == "inactive":
        options = f"--advertise-addr {props['advertise_address']}"
        if props.get("data_path_port") is not None:
            options += f" --data-path-port {whole(props, 'data_path_port')}"
        if props.get("address_pool"):
            pool = shlex.quote(str(props["address_pool"]))
            mask = whole(props, "address_pool_mask", 24)
            options += f" --default-addr-pool {pool} --default-addr-pool-mask-length {mask}"
        server.must(f"docker swarm init {options}", doing="making the swarm", timeout_seconds=120)
        local = docker_swarm(server)
    if not local.is_manager:
        said = (
            f"{server.name} is in a swarm already, as"
            f" {'a worker' if local.state == 'active' else local.state}: if"
            " nothing of it is needed, run `docker swarm leave --force` there, then `pulumi up` again"
        )
        raise SwarmError(said)
    return _facts(server, local)


def _joined_again(props: Mapping[str, Any], swarm_id: str) -> dict[str, Any]:
    with reach(props["ssh"], SERVER_PATIENCE_SECONDS) as server:
        hostname = server.must("hostname -s", doing="asking for the hostname").strip()
    joiner = Joiner(
        ssh=props["ssh"],
        hostname=hostname,
        role="manager",
        advertise_address=str(props["advertise_address"]),
        managers=_others(props),
        swarm_id=swarm_id,
    )
    with joined(joiner) as (manager, node_id):
        return {"swarm_id": swarm_id, "node_id": node_id, **_tokens(manager)}


def _facts(manager: Session, local: LocalSwarm) -> dict[str, Any]:
    return {"swarm_id": local.swarm_id, "node_id": local.node_id, **_tokens(manager)}


def _tokens(manager: Session) -> dict[str, str]:
    said = must_when_led(
        manager,
        "docker swarm join-token -q manager && docker swarm join-token -q worker",
        doing="asking for the join tokens",
    )
    managers, workers = said.split()
    return {"manager_token": managers, "worker_token": workers}


def _name(props: Mapping[str, Any]) -> str:
    return str(props["ssh"]["host"])


def _others(props: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [ssh for ssh in props.get("managers") or () if not same_server(ssh, props["ssh"])]
