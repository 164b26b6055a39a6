"""Consul as its agents tell it without a token, and what stands of it on the screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from providers.consul import ConsulError
from providers.consul.api import Api
from providers.ssh import Session


@dataclass(frozen=True, kw_only=True)
class AgentNow:
    """One agent: whom it takes for the leader, and how many servers vote; `leader` empty without one."""

    server: str
    answers: bool
    leader: str = ""
    voters: int = 0


def ask_agent(session: Session, hostname: str, port: int) -> AgentNow:
    """The agent of one server."""
    api = Api(session, port)
    try:
        return AgentNow(server=hostname, answers=True, leader=api.leader(), voters=len(api.peers()))
    except ConsulError:
        return AgentNow(server=hostname, answers=False)


def http_port(outputs: Mapping[str, Any]) -> int | None:
    """Where the agents' API answers on their servers; None in a stack without Consul."""
    consul = outputs.get("consul")
    return int(consul["httpPort"]) if consul else None


def consul_table(consul: Mapping[str, Any], agents: Sequence[AgentNow]) -> Table:
    """One line for each agent."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("CONSUL", "ROLE", "AGENT", "LEADER", "VOTERS", "API"):
        table.add_column(column, no_wrap=True)
    names = {one["host"]: one["server"] for one in consul["endpoints"]}
    now = {agent.server: agent for agent in agents}
    for endpoint in consul["endpoints"]:
        agent = now.get(endpoint["server"])
        answers = agent is not None and agent.answers
        table.add_row(
            endpoint["server"],
            "server" if endpoint["server"] in consul["servers"] else "client",
            "answers" if answers else "silent",
            _leader(agent, names) if agent and answers else "-",
            str(agent.voters) if agent and answers else "-",
            f"https://{endpoint['host']}:{int(endpoint['port'])}",
        )
    return table


def _leader(agent: AgentNow, names: Mapping[str, str]) -> str:
    address = agent.leader.rpartition(":")[0]
    return names.get(address, address) or "none"
