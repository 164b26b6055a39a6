"""Consul seen to work as a whole: a leader, every server healthy, every agent alive, every member known."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers.consul.api import Api, any_agent
from providers.consul.errors import ConsulError
from providers.consul.voters import voters
from providers.patience import Patience
from providers.ssh import SshError, SshInputs
from providers.stateless import StatelessProvider, whole, without_provider


@dataclass(frozen=True, kw_only=True)
class WorkingConsulArgs:
    """servers: SSH to the Consul servers. server_names: their names. agents: names of all agents.

    service: the database's name in Consul. instances: ids of its instances, all of which have to answer.
    triggers: a change means to look again.
    """

    servers: Sequence[SshInputs]
    server_names: Sequence[str]
    agents: Sequence[str]
    service: str
    instances: Sequence[str]
    http_port: int
    token: pulumi.Input[str]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    timeout_seconds: int = 180


class WorkingConsulProvider(StatelessProvider):
    """Makes nothing; it is the proof at the end, and the gate in front of every removal."""

    INPUTS: ClassVar = (
        "servers",
        "server_names",
        "agents",
        "service",
        "instances",
        "http_port",
        "token",
        "triggers",
        "timeout_seconds",
    )
    COMPARED: ClassVar = ("server_names", "agents", "service", "instances", "http_port", "token", "triggers")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait. Raises ConsulError that names what is missing when nothing moves any more."""
        return CreateResult("consul", outs={**without_provider(props), **_await_work(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), **_await_work(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Who leads now, if anybody can be asked."""
        try:
            with any_agent(props["servers"], whole(props, "http_port"), str(props["token"])) as api:
                facts, _ = _look(api, props)
        except (ConsulError, SshError) as exc:
            return self.unseen(id_, props, exc)
        return self.found(id_, {**props, **facts})


class WorkingConsul(Resource, module="consul", name="WorkingConsul"):
    """Consul at work."""

    leader: pulumi.Output[str]
    """Name of the server that leads, as last seen."""
    version: pulumi.Output[str]
    """Version of the leader."""

    def __init__(
        self, name: str, args: WorkingConsulArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props: dict[str, Any] = {**vars(args), "token": pulumi.Output.secret(args.token)}
        for key in ("servers", "server_names", "agents", "instances", "triggers"):
            props[key] = list(props[key])
        super().__init__(WorkingConsulProvider(), name, {**props, "leader": None, "version": None}, opts)


def _await_work(props: Mapping[str, Any]) -> dict[str, Any]:
    patience = Patience(float(whole(props, "timeout_seconds", 180)))
    lack = "nobody was asked yet"
    while not patience.is_over:
        try:
            with any_agent(props["servers"], whole(props, "http_port"), str(props["token"])) as api:
                for _ in patience.pauses():
                    facts, lack = _look(api, props)
                    if not lack:
                        return facts
                    patience.saw("lack", lack)
                    if patience.is_time_to_report():
                        patience.report("Consul", lack)
        except (ConsulError, SshError) as exc:
            lack = str(exc)
            time.sleep(1.0)
    said = f"Consul does not work as a whole, and nothing has moved for {patience.seconds:.0f} s: {lack}"
    raise ConsulError(said)


def _look(api: Api, props: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What was found out, and what is still missing."""
    seen = voters(api)
    if seen is None:
        return {}, "the management token is not known to it"
    leader = next((voter for voter in seen if voter.leads), None)
    facts = {"leader": leader.name if leader else "", "version": leader.version if leader else ""}
    well = {voter.name for voter in seen if voter.votes and voter.is_healthy}
    alive = {
        str(check["Node"])
        for check in api.get("/v1/health/state/passing").content or ()
        if check.get("CheckID") == "serfHealth"
    }
    answering = {
        str(one["Service"]["ID"])
        for one in api.get(f"/v1/health/service/{props['service']}?passing=true").content or ()
    }
    lacks = (
        ("no leader", () if leader else ("",)),
        ("not healthy voters", set(props["server_names"]) - well),
        ("agents that are not alive", set(props["agents"]) - alive),
        (f"members that {props['service']} does not answer with", set(props["instances"]) - answering),
    )
    lack = "; ".join(f"{what}: {', '.join(sorted(who))}" for what, who in lacks if who)
    return facts, lack
