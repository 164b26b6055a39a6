"""The stack's outputs: what users, `make status` and the next deployment read."""

import pulumi

from components.consul import Consul
from components.database import Cluster
from components.etcd import Etcd
from components.ground import Ground
from components.server import Server
from components.sql_objects import SqlObjects
from components.swarm import Swarm
from settings import Settings


def export(settings: Settings, servers: list[Server], swarm: Swarm, galera: Cluster, sql: SqlObjects) -> None:
    """The stack's outputs by design section 1; `access` is what `make status` needs to look for itself."""
    members = {member.server.name: member.name for member in reversed(settings.members)}
    pulumi.export(
        "servers",
        [
            {
                "hostname": server.hostname,
                "id": server.guest_id,
                "publicIp": server.public_ip,
                "privateIp": server.private_ip,
                "datacenter": server.datacenter,
            }
            for server in servers
        ],
    )
    pulumi.export("swarm", {"managers": swarm.managers, "workers": swarm.workers})
    pulumi.export(
        "database",
        {
            "mode": settings.database.mode,
            "version": galera.version,
            "clusterName": settings.database.cluster_name,
            "clusterUuid": galera.cluster_uuid,
            "size": galera.size,
            "state": galera.state,
            "endpoints": galera.endpoints,
        },
    )
    pulumi.export("databaseRootPassword", pulumi.Output.secret(galera.root_password))
    pulumi.export("databaseUserPasswords", sql.passwords)
    key_file = settings.ssh_key_path
    pulumi.export(
        "access",
        {
            "keyFile": str(
                key_file.relative_to(settings.root) if key_file.is_relative_to(settings.root) else key_file
            ),
            "hosts": [
                {
                    "hostname": server.hostname,
                    "address": server.ssh["host"],
                    "hostKey": server.ssh["hostKey"],
                    "member": members.get(server.hostname),
                    "members": [
                        {"member": one.name, "service": one.service}
                        for one in settings.members
                        if one.server.name == server.hostname
                    ],
                }
                for server in servers
            ],
        },
    )


def export_etcd(ground: Ground, etcd: Etcd) -> None:
    """Key `etcd`, and what a client needs beside it: a certificate of its own, a secret."""
    hosts = ground.servers[: len(etcd.members)]
    client = ground.authority.issue(
        "etcd-client", common_name="client", usages=["client"], opts=pulumi.ResourceOptions(parent=etcd)
    )
    pulumi.export(
        "etcd",
        {
            "endpoints": etcd.endpoints,
            "clusterId": etcd.cluster_id,
            "version": etcd.version,
            "members": [
                {
                    "name": peer["name"],
                    "id": member.member_id,
                    "server": host.hostname,
                    "state": member.state,
                    "peerUrl": peer["peer_url"],
                }
                for peer, member, host in zip(etcd.peers, etcd.members, hosts, strict=True)
            ],
            "health": pulumi.Output.all(*[member.state for member in etcd.members]).apply(
                lambda states: f"{sum(state == 'Voter' for state in states)} of {len(states)} members vote"
            ),
            "authority": etcd.authority_certificate,
            "clientCertificates": ground.authority.clients,
        },
    )
    pulumi.export(
        "etcdClient", pulumi.Output.secret({"certificate": client.certificate, "key": client.private_key})
    )


def export_consul(consul: Consul) -> None:
    """What users of Consul need; the token opens everything in it."""
    pulumi.export("consul", consul.facts)
    pulumi.export("consulToken", pulumi.Output.secret(consul.token))
