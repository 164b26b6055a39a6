"""The sandbox's two networks. The private one is eth0 of every server, the public one eth1, as in the cloud.

Order: the engine hands out interfaces of equal rank by the networks' names, and "…private" sorts before
"…public". Both must therefore be of one rank: the private network is not `--internal`, it only translates no
addresses, so nothing beyond the machine answers over it. The default route, which the engine then lays
through eth0, is corrected by the server's init.
"""

from dataclasses import dataclass

from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.errors import HostError
from sandbox.nodes.layout import (
    CHECKOUT_LABEL,
    PRIVATE_GATEWAY,
    PRIVATE_NETWORK,
    PRIVATE_SUBNET,
    PUBLIC_GATEWAY,
    PUBLIC_NETWORK,
    PUBLIC_SUBNET,
    SANDBOX_LABEL,
    Layout,
)


@dataclass(frozen=True)
class NetworkPlan:
    """One network as it has to be."""

    name: str
    subnet: str
    gateway: str
    bridge: str
    way_out: bool


PLANS = (
    NetworkPlan(PRIVATE_NETWORK, PRIVATE_SUBNET, PRIVATE_GATEWAY, "gs-private", way_out=False),
    NetworkPlan(PUBLIC_NETWORK, PUBLIC_SUBNET, PUBLIC_GATEWAY, "gs-public", way_out=True),
)


def create_command(plan: NetworkPlan, layout: Layout) -> list[str]:
    """The arguments of `docker` that make the network."""
    return [
        "network",
        "create",
        "--driver=bridge",
        f"--label={layout.label}",
        f"--label={CHECKOUT_LABEL}={layout.checkout.resolve()}",
        f"--subnet={plan.subnet}",
        f"--gateway={plan.gateway}",
        f"--opt=com.docker.network.bridge.name={plan.bridge}",
        f"--opt=com.docker.network.bridge.enable_ip_masquerade={str(plan.way_out).lower()}",
        plan.name,
    ]


def ensure_networks(docker: Docker, layout: Layout) -> None:
    """Make the networks that are not there. Raises HostError when one belongs to another checkout or its
    addresses are taken.
    """
    for plan in PLANS:
        record = docker.inspect("network", plan.name)
        if record is None:
            docker.run(
                *create_command(plan, layout),
                purpose=f"make the network {plan.name} with addresses {plan.subnet}",
            )
            continue
        labels = record.get("Labels") or {}
        owner = labels.get(SANDBOX_LABEL)
        if owner is None:
            remedy = f"remove it with 'docker network rm {plan.name}'"
            message = f"The network {plan.name} is not the sandbox's; {remedy}."
            raise HostError(message)
        if owner != layout.sandbox_id:
            whose = labels.get(CHECKOUT_LABEL, owner)
            message = (
                f"The network {plan.name} belongs to the sandbox of {whose}; only one sandbox runs on a "
                "machine at a time: run 'python -m sandbox down' there, "
                "or remove what others left with 'python -m sandbox down --others'."
            )
            raise HostError(message)


def remove_networks(docker: Docker, label: str) -> None:
    """Remove the networks of the sandbox with this label."""
    purpose = "list the sandbox's networks"
    for name in docker.listed(
        "network", "ls", "--format={{.Name}}", f"--filter=label={label}", purpose=purpose
    ):
        docker.run("network", "rm", name, purpose=f"remove the network {name}")
