"""Consul as the program sees it: agents and their seats, its ACL system, the servers' resolvers."""

from providers.consul.acl import AclSystem, AclSystemArgs, AclToken
from providers.consul.acl_provider import AclSystemProvider
from providers.consul.agent import WorkingAgent, WorkingAgentArgs
from providers.consul.agent_provider import ROLE_LABEL, WorkingAgentProvider
from providers.consul.cluster import WorkingConsul, WorkingConsulArgs, WorkingConsulProvider
from providers.consul.errors import ConsulError
from providers.consul.leeway import ServerLeeway, ServerLeewayArgs, ServerLeewayProvider
from providers.consul.resolver import ServerResolver, ServerResolverArgs, ServerResolverProvider
from providers.consul.seat import AgentSeat, AgentSeatArgs, AgentSeatProvider

__all__ = [
    "ROLE_LABEL",
    "AclSystem",
    "AclSystemArgs",
    "AclSystemProvider",
    "AclToken",
    "AgentSeat",
    "AgentSeatArgs",
    "AgentSeatProvider",
    "ConsulError",
    "ServerLeeway",
    "ServerLeewayArgs",
    "ServerLeewayProvider",
    "ServerResolver",
    "ServerResolverArgs",
    "ServerResolverProvider",
    "WorkingAgent",
    "WorkingAgentArgs",
    "WorkingAgentProvider",
    "WorkingConsul",
    "WorkingConsulArgs",
    "WorkingConsulProvider",
]
