"""The stack's database: the Galera cluster in the mode that the config asks for."""

import base64
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from components.etcd import Etcd
from components.galera import Galera, GaleraArgs, MemberHost, volume_name
from components.ground import Ground
from components.homogeneous import EtcdDoor, HomogeneousGalera, HomogeneousGaleraArgs
from components.seats import SeatedService

#: Either mode; both have the same outputs.
Cluster = Galera | HomogeneousGalera

#: Where etcd answers its clients on the overlay network.
_ETCD_PORT = 2379


def declare_database(ground: Ground, etcd: Etcd | None) -> Cluster:
    """The cluster, on the servers of its members; in mode `homogeneous` it meets through etcd."""
    settings = ground.settings
    name, common = settings.database.cluster_name, _common(ground)
    if settings.database.mode == "ordered":
        hosts = _hosts(ground)
        args = GaleraArgs(
            **common,
            hosts=[hosts[member.server.name] for member in settings.members],
            port=settings.database.port,
        )
        return Galera(name, args, ground.on_swarm)
    door = _door(ground, etcd) if etcd is not None else None
    seated = HomogeneousGaleraArgs(**common, services=_services(ground), etcd=door)
    return HomogeneousGalera(name, seated, ground.on_swarm)


def _common(ground: Ground) -> dict[str, Any]:
    """What both modes are given."""
    settings, database = ground.settings, ground.settings.database
    return {
        "cluster_name": database.cluster_name,
        "image": ground.pinned("database", database.effective_image),
        "flavor": database.flavor,
        "managers": ground.managers,
        "network_id": ground.network.network_id,
        "my_cnf": database.my_cnf,
        "memory_mb": database.memory_mb,
        "buffer_pool_mb": settings.buffer_pool_mb,
        "max_connections": database.max_connections,
        "gcache_mb": database.gcache_mb,
        "init_scripts": {
            script.name: base64.b64encode(script.read_bytes()).decode() for script in settings.init_scripts
        },
        "absent": database.absent,
        "publish_health": settings.consul.enabled,
        "root_password": database.root_password.get_secret_value() if database.root_password else None,
    }


def _services(ground: Ground) -> list[SeatedService]:
    hosts, settings = _hosts(ground), ground.settings
    is_persistent = settings.database.storage == "persistent"
    return [
        SeatedService(
            service=service,
            port=port,
            hosts=[hosts[member.server.name] for member in members],
            volume=volume_name(service) if is_persistent else None,
        )
        for (service, port), members in groupby(settings.members, lambda one: (one.service, one.port))
    ]


def _hosts(ground: Ground) -> Mapping[str, MemberHost]:
    return {
        server.hostname: MemberHost(
            hostname=server.hostname,
            ssh=server.ssh,
            engine=server.engine,
            node_id=node.node_id,
            shape=server.shape,
            private_ip=server.private_ip,
            ready=[server, node],
        )
        for server, node in zip(ground.servers, ground.swarm.nodes, strict=True)
    }


def _door(ground: Ground, etcd: Etcd) -> EtcdDoor:
    """On the overlay network, where etcd's members have names that their certificates carry."""
    name = ground.settings.database.cluster_name
    client = ground.authority.issue(
        f"{name}-etcd-client", common_name=f"{name} members", usages=["client"], opts=ground.on_swarm
    )
    return EtcdDoor(
        endpoints=",".join(f"{peer['name']}:{_ETCD_PORT}" for peer in etcd.peers),
        authority=etcd.authority_certificate,
        certificate=client.certificate,
        private_key=client.private_key,
        ready=etcd.members,
    )
