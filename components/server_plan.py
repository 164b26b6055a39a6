"""What the settings say of a server, as the order and the preparation that come of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.host import DiskPlan, EnginePlan, FirewallPlan, HostPlan, TimePlan
from providers.softlayer import VirtualGuestArgs, mark_of
from providers.softlayer.guest_inputs import GuestInputs
from providers.stateless import changed
from providers.topology import ServerIdentity
from settings import Server, Settings


def guest_args(settings: Settings, server: Server, key_id: pulumi.Input[int]) -> VirtualGuestArgs:
    """The order for one server, marked as this stack's."""
    return VirtualGuestArgs(
        endpoint=settings.cloud.endpoint,
        hostname=server.name,
        domain=server.domain,
        datacenter=server.datacenter,
        cpus=server.cpus,
        memory_mb=server.memory_mb,
        flavor=server.flavor,
        os_code=server.os,
        image_id=server.image,
        hourly=server.hourly,
        local_disk=server.local_disk,
        disks=server.disks_gb,
        nic_speed=server.nic_speed,
        private_only=server.private_only,
        public_vlan_id=server.public_vlan,
        private_vlan_id=server.private_vlan,
        ssh_key_ids=[key_id],
        tags=server.tags,
        notes=server.notes,
        user_data=server.user_data,
        placement_group_id=server.placement_group,
        post_install_uri=server.post_install_uri,
        provision_timeout_minutes=settings.cloud.provision_timeout_minutes,
        mark=mark_of(settings.stack),
    )


def keyless_order(settings: Settings, server: Server) -> GuestInputs:
    """The order without its SSH key, which changes no price and is not there before the first `up`."""
    return GuestInputs.from_props({**vars(guest_args(settings, server, 0)), "ssh_key_ids": None})


def host_plan(settings: Settings) -> HostPlan:
    """Preparation, the same for each server."""
    host = settings.host
    return HostPlan(
        system_update=host.update_packages,
        time=TimePlan(servers=host.ntp_servers),
        disk=DiskPlan(filesystem=host.data_disk.filesystem, device=host.data_disk.device),
        engine=EnginePlan(
            log_max_size=host.log_max_size,
            log_max_file=host.log_max_files,
            dns=host.dns,
            dns_search=host.search_domains,
            registry_mirrors=host.registry_mirrors,
            labels=tuple(sorted(host.labels.items())),
        ),
        firewall=FirewallPlan(
            enabled=host.firewall,
            public_ports=(*settings.load_balancer.public_ports, *settings.wordpress.public_ports),
            restrict_private=bool(host.trusted_subnets),
            trusted_subnets=host.trusted_subnets,
        ),
        encrypted_overlay=settings.network.encrypted,
    )


def instance_type(server: Server) -> str:
    """The engine's label of that name: the flavor, or what kind of guest it is."""
    return server.flavor or ("local_disk_guest" if server.local_disk else "public_cloud")


def server_identity(server: Server) -> ServerIdentity:
    """The server as the guard judges it: what makes it another one, and what restarts or renames it.

    The SSH key is no part of it: a server takes another one while it runs.
    """
    facts = {key: getattr(server, key) for key in _REPLACING}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    shape = {
        "domain": server.domain,
        "cpus": server.cpus,
        "memory_mb": server.memory_mb,
        "flavor": server.flavor,
        "disks": list(server.disks_gb),
    }
    return {"name": server.name, "datacenter": server.datacenter, "identity": digest, "shape": shape}


def is_unjudged(server: Server, judged: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the guard has not judged the server as it is declared now, since the run leaves the guard out.

    judged: the servers of the guard's own state, which such a run gives back as they were.
    """
    return all(changed(server_identity(server), one) for one in judged)


_REPLACING = (
    "name",
    "datacenter",
    "os",
    "image",
    "hourly",
    "local_disk",
    "private_only",
    "public_vlan",
    "private_vlan",
    "placement_group",
    "post_install_uri",
)
