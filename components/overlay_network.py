"""The overlay network on which the services of the stack meet."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker


@dataclass(frozen=True, kw_only=True)
class OverlayNetworkArgs:
    """A subnet of the stack's own, kept clear of the servers' networks by the checks of the settings.

    gateway: named although Docker would choose the same one, because a missing gateway shows as drift.
    mtu: bytes; None leaves the kernel's 1450.
    """

    network_name: str
    subnet: str
    gateway: str
    attachable: bool = True
    encrypted: bool = False
    mtu: int | None = None


class OverlayNetwork(pulumi.ComponentResource):
    """One overlay network of the swarm."""

    network_id: pulumi.Output[str]
    """Id in the swarm: what services must name."""

    def __init__(
        self, name: str, args: OverlayNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("galera-swarm:swarm:OverlayNetwork", name, None, opts)
        driver_options: dict[str, str] = {}
        if args.encrypted:
            driver_options["encrypted"] = ""
        if args.mtu is not None:
            driver_options["com.docker.network.driver.mtu"] = str(args.mtu)
        network = docker.Network(
            name,
            name=args.network_name,
            driver="overlay",
            attachable=args.attachable,
            ipam_driver="default",
            ipam_configs=[docker.NetworkIpamConfigArgs(subnet=args.subnet, gateway=args.gateway)],
            options=driver_options or None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.network_id = network.id
        self.register_outputs({"network_id": self.network_id})
