"""What a deployment would find out: ids, addresses, keys and tokens, the same for the same name each time."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class World:
    """One place to deploy to; another one has other addresses and ids.

    authority_until, certificates_until: when what is signed now ends.
    """

    first_id: int = 7001
    public_net: str = "10.140.0"
    private_net: str = "10.141.0"
    authority_until: str = "2999-01-01T00:00:00+00:00"
    certificates_until: str = "2999-01-01T00:00:00+00:00"

    def made(self, type_: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Id and outputs of a resource once it is there, beside its inputs."""
        number = int((re.findall(r"\d+", name) or ["0"])[-1])
        kind = type_.rpartition(":")[2]
        if kind == "VirtualGuest":
            guest = self.first_id + number
            return str(guest), {
                "guest_id": guest,
                "public_ip": f"{self.public_net}.{9 + number}",
                "private_ip": f"{self.private_net}.{9 + number}",
                "fqdn": f"{inputs['hostname']}.{inputs['domain']}",
            }
        if kind == "Authority":
            return f"id-of-{name}", {
                "certificate": f"certificate of {name} until {self.authority_until}",
                "private_key": _secret(name),
                "authority_id": _digest(name)[:16],
                "expires": self.authority_until,
            }
        if kind == "Certificate":
            return f"id-of-{name}", {
                "certificate": f"certificate of {name} until {self.certificates_until}",
                "private_key": _secret(name + self.certificates_until),
                "expires": self.certificates_until,
            }
        if kind in ("ServiceConfig", "Secret"):
            return f"id-of-{inputs['name']}", {}
        return f"id-of-{name}", _FOUND[kind](name, inputs) if kind in _FOUND else {}


SECRET_WORD = "hush"
"""Part of every secret that is found out, so that none can hide."""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _secret(name: str) -> str:
    return f"{SECRET_WORD}-{_digest(name)[:24]}"


def _answer(name: str, inputs: Mapping[str, Any]) -> str:
    """A host that gets other settings for its engine says that it restarted it."""
    return f"{name} {_digest(inputs['stdin']) if name.endswith('-settings') else 'done'}\n"


_FOUND: Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "HostNetwork": lambda *_: {"network_id": "host-network-of-the-swarm"},
    "WorkingAgent": lambda *_: {"state": "follower"},
    "WorkingConsul": lambda *_: {"leader": "db-1", "version": "1.19.2"},
    "SshKey": lambda *_: {"key_id": 11, "fingerprint": "aa:bb"},
    "HostKey": lambda name, inputs: {
        "host_key": f"ssh-ed25519 AAAA{_digest(name + str(inputs['server_id']))}"
    },
    "Command": lambda name, inputs: {"stdout": _answer(name, inputs), "stderr": ""},
    "SwarmInit": lambda name, _: {
        "swarm_id": "swarm-1",
        "node_id": "node-1",
        "manager_token": _secret(f"{name}-manager"),
        "worker_token": _secret(f"{name}-worker"),
    },
    "SwarmNode": lambda name, inputs: {"node_id": f"node-of-{name}-on-{inputs['server_id']}"},
    "RunningService": lambda _, inputs: {"state": "running", "running": inputs["triggers"][-1]},
    "TaskCount": lambda *_: {"tasks": 1},
    "PinnedImage": lambda _, inputs: {"reference": f"{inputs['image']}@sha256:{'0' * 64}"},
    "RandomPassword": lambda name, _: {"result": _secret(name)},
    "EtcdSeat": lambda *_: {"initial": {"initial-cluster-state": "existing"}},
    "EtcdMember": lambda name, _: {
        "state": "Voter",
        "cluster_id": "c1",
        "member_id": _digest(name)[:16],
        "version": "3.6.6",
    },
    "ClusterBirth": lambda *_: {"cluster_uuid": "5f0c3ad2-c6f2-11f0-9d6e-0242ac110002"},
    "SyncedMember": lambda *_: {
        "state": "Synced",
        # Whoever is about to leave is counted still.
        "size": 7,
        "version": "10.11.11-MariaDB",
        "node_address": "172.16.100.5",
    },
    "InstalledSite": lambda *_: {"version": "6.1.9"},
    "ServingBalancer": lambda *_: {"writer": "galera-1"},
    "JoinedNode": lambda name, _: {
        "state": "joined",
        "node_id": name.removesuffix("-joined"),
        "build": "8.1.2.3",
    },
    "StableCluster": lambda _, inputs: {
        "size": len(inputs["names"]),
        "cluster_key": "1ADD691A3EE0",
        "edition": "Community",
        "node_ids": list(inputs["names"]),
        "builds": ["8.1.2.3"] * len(inputs["names"]),
    },
}
