"""What every service of a stack stands on: its servers, their swarm, the overlay network, pinned images."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pulumi

from components.certificate_authority import CertificateAuthority, CertificateAuthorityArgs
from components.overlay_network import OverlayNetwork
from components.server import Server
from components.swarm import Swarm
from providers.ssh import SshInputs
from providers.swarm import PinnedImage, PinnedImageArgs
from settings import Settings


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Given to each `declare_…` of a service.

    servers: in the order of the configuration, as `swarm.nodes` is.
    on_swarm: the provider of the swarm's API, for every Docker object.
    """

    settings: Settings
    servers: Sequence[Server]
    swarm: Swarm
    network: OverlayNetwork
    on_swarm: pulumi.ResourceOptions

    @property
    def managers(self) -> list[SshInputs]:
        """SSH to the swarm's managers."""
        return [server.ssh for server in self.servers[: len(self.settings.managers)]]

    @cached_property
    def authority(self) -> CertificateAuthority:
        """The stack's certificate authority; a stack in which no service asks for it has none."""
        return CertificateAuthority("authority", CertificateAuthorityArgs(stack_name=self.settings.stack))

    def pinned(self, name: str, image: str) -> pulumi.Output[str]:
        """The image by its digest: asked for once, so that every server runs the same one."""
        pinned = PinnedImage(
            f"{name}-image",
            PinnedImageArgs(image=image, servers=[server.ssh for server in self.servers]),
            pulumi.ResourceOptions(depends_on=[self.servers[0]]),
        )
        return pinned.reference
