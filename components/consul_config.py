"""What an agent is told: its configuration, its secrets, and what each of its tokens may do."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: How many Consul servers elect the first leader: with three or five of them, the first three.
FIRST_SERVERS = 3
#: The name by which Consul answers for the database.
DATABASE_SERVICE = "db"
#: Where the files appear in the container.
INSIDE = "/opt/galera-swarm"
SECRETS_FILE = "/run/secrets/consul.json"
KEY_FILE = "/run/secrets/consul-key.pem"
#: Seconds between two questions to a member, and for its answer.
CHECK_INTERVAL, CHECK_TIMEOUT = "2s", "4s"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """On the server's private address; `http` on its loopback address."""

    dns: int
    http: int
    https: int
    rpc: int
    gossip: int


@dataclass(frozen=True, kw_only=True)
class DatabaseMember:
    """The member of the database on the agent's server: its name, its cluster's, its ports."""

    name: str
    cluster: str
    port: int
    health_port: int


@dataclass(frozen=True, kw_only=True)
class AgentFacts:
    """What tells one agent from another."""

    node: str
    address: str
    is_server: bool
    member: DatabaseMember | None


def agent_config(facts: AgentFacts, *, expected: int, datacenter: str, domain: str, ports: Ports) -> str:
    """The agent's configuration without its secrets, as one canonical text.

    It names no peer: who they are lies in the agent's volume (`AgentSeat`).
    """
    config: dict[str, Any] = {
        "node_name": facts.node,
        "datacenter": datacenter,
        "domain": domain,
        "server": facts.is_server,
        "bind_addr": facts.address,
        "advertise_addr": facts.address,
        "client_addr": "127.0.0.1",
        "addresses": {"dns": facts.address, "https": facts.address},
        "ports": {
            "dns": ports.dns,
            "http": ports.http,
            "https": ports.https,
            "server": ports.rpc,
            "serf_lan": ports.gossip,
            "serf_wan": -1,
            "grpc": -1,
            "grpc_tls": -1,
        },
        "retry_interval": "2s",
        "rejoin_after_leave": True,
        "leave_on_terminate": False,
        "skip_leave_on_interrupt": True,
        "performance": {"raft_multiplier": 3, "leave_drain_time": "1s"},
        # An answer is given from what this agent knows, also while there is no leader.
        "dns_config": {"only_passing": True, "allow_stale": True, "enable_truncate": True},
        "acl": {"enabled": True, "default_policy": "deny", "down_policy": "extend-cache"},
        "tls": _tls(),
        "connect": {"enabled": False},
        "peering": {"enabled": False},
        "ui_config": {"enabled": False},
        "disable_update_check": True,
    }
    if facts.is_server:
        config["bootstrap_expect"] = expected
        config["autopilot"] = {"cleanup_dead_servers": True}
    if facts.member is not None:
        config["services"] = [_database(facts.member, facts.address)]
    return json.dumps(config, indent=1, sort_keys=True) + "\n"


def agent_secrets(*, gossip_key: str, agent_token: str, dns_token: str) -> str:
    """The part of the configuration that nobody else may read."""
    tokens = {
        "agent": agent_token,
        "config_file_service_registration": agent_token,
        "dns": dns_token,
    }
    return json.dumps({"encrypt": gossip_key, "acl": {"tokens": tokens}}, sort_keys=True) + "\n"


def agent_rules(node: str) -> str:
    """An agent keeps its own node and the database's instance on it, and reads what others have."""
    return (
        f'node "{node}" {{ policy = "write" }}\n'
        f'agent "{node}" {{ policy = "write" }}\n'
        f'service "{DATABASE_SERVICE}" {{ policy = "write" }}\n' + dns_rules()
    )


def dns_rules() -> str:
    """What everybody who can ask for a name may know."""
    return 'node_prefix "" { policy = "read" }\nservice_prefix "" { policy = "read" }\n'


def certificate_names(datacenter: str, domain: str, *, is_server: bool) -> list[str]:
    """Names in an agent's certificate; the first is what makes others believe in a Consul server."""
    return [f"{'server' if is_server else 'client'}.{datacenter}.{domain}", "localhost"]


def derived_uuid(seed: str, purpose: str) -> str:
    """A token, or its public id: the same for the same seed and purpose, and telling nothing of the seed."""
    return str(uuid.UUID(bytes=_derived(seed, purpose)[:16], version=4))


def derived_gossip_key(seed: str) -> str:
    """32 bytes in base64."""
    return base64.b64encode(_derived(seed, "gossip")).decode()


def _derived(seed: str, purpose: str) -> bytes:
    return hmac.new(seed.encode(), purpose.encode(), hashlib.sha256).digest()


def _tls() -> Mapping[str, Any]:
    return {
        "defaults": {
            "ca_file": f"{INSIDE}/tls/ca.pem",
            "cert_file": f"{INSIDE}/tls/agent.pem",
            "key_file": KEY_FILE,
            "verify_incoming": True,
            "verify_outgoing": True,
        },
        "internal_rpc": {"verify_server_hostname": True},
        # Who has a token and trusts the authority may ask without a certificate of its own.
        "https": {"verify_incoming": False},
    }


def _database(member: DatabaseMember, address: str) -> Mapping[str, Any]:
    return {
        "id": member.name,
        "name": DATABASE_SERVICE,
        "tags": [member.name, member.cluster],
        "address": address,
        "port": member.port,
        "check": {
            "id": f"{member.name}-synced",
            "name": "may clients be sent to this member",
            "http": f"http://127.0.0.1:{member.health_port}/",
            "interval": CHECK_INTERVAL,
            "timeout": CHECK_TIMEOUT,
        },
    }
