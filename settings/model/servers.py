"""Section `servers`: the virtual guests to order, and what each one of them comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from settings import catalogue
from settings.model.section import Section

DEFAULT_OS = "DEBIAN_12_64"
DEFAULT_CPUS = 2
DEFAULT_MEMORY_MB = 4096
DEFAULT_DISKS_GB = (25, 25)

Cores = Annotated[int, Field(ge=1, le=64)]
Megabytes = Annotated[int, Field(ge=1024, le=524288)]
Disks = Annotated[tuple[Annotated[int, Field(ge=1, le=2000)], ...], Field(min_length=1, max_length=5)]
Identifier = Annotated[int, Field(ge=1)]
NicSpeed = Literal[10, 100, 1000]
Billing = Literal["hourly", "monthly"]


class ServerOverride(Section):
    """What one server has that the others do not have. Each key means the same as in `servers`."""

    datacenter: str | None = None
    """Datacenter of this server."""
    cpus: Cores | None = None
    """Cores of this server."""
    memory_mb: Megabytes | None = None
    """Memory of this server in MB."""
    flavor: str | None = None
    """Flavor of this server, in place of cores and memory."""
    os: str | None = None
    """Operating system code of this server."""
    image: str | None = None
    """Image of this server, in place of an operating system."""
    billing: Billing | None = None
    """Billing of this server."""
    local_disk: bool | None = None
    """Whether this server has local disks."""
    disks: Disks | None = None
    """Disks of this server in GB, the first for the operating system."""
    nic_speed: NicSpeed | None = None
    """Network speed of this server in Mbit/s."""
    public_vlan: Identifier | None = None
    """Id of the public VLAN of this server."""
    private_vlan: Identifier | None = None
    """Id of the private VLAN of this server."""
    placement_group: Identifier | None = None
    """Id of the placement group of this server."""
    tags: tuple[str, ...] | None = None
    """Tags of this server, in place of the common ones."""
    notes: str | None = None
    """Notes of this server."""
    user_data: str | None = None
    """User data of this server."""
    post_install_uri: str | None = None
    """Provisioning script of this server."""
    protect: bool | None = None
    """Whether Pulumi refuses to delete this server."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """One server, with every default and override resolved.

    Either `flavor` is set, or `cpus` and `memory_mb` are; either `os` or `image`.
    """

    name: str
    """Host name without the domain, for example `db-1`."""
    domain: str
    datacenter: str
    cpus: int | None
    memory_mb: int | None
    flavor: str | None
    os: str | None
    image: str | None
    hourly: bool
    local_disk: bool
    disks_gb: tuple[int, ...]
    nic_speed: int
    private_only: bool
    public_vlan: int | None
    private_vlan: int | None
    placement_group: int | None
    tags: tuple[str, ...]
    notes: str
    user_data: str
    post_install_uri: str | None
    protect: bool

    @property
    def fqdn(self) -> str:
        """Name of the server within the account: there is at most one server of each."""
        return f"{self.name}.{self.domain}"

    @property
    def known_memory_mb(self) -> int | None:
        """Memory in MB; None for a flavor whose size is not known here."""
        if self.flavor is None:
            return self.memory_mb
        flavor = catalogue.flavor(self.flavor)
        return None if flavor is None else flavor.memory_mb


class Servers(Section):
    """The servers: how many, where, how large."""

    count: Annotated[int, Field(ge=1, le=100)] = 3
    """Number of servers. Each carries one member of the database unless `database.members` says fewer."""

    hostname_prefix: str = "db"
    """Host names are this prefix, a dash and a number from 1: `db-1`, `db-2`, …"""

    domain: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """Domain of the host names, two labels or more, for example `db.example.com`."""

    datacenter: str | None = None
    """Datacenter of all servers, for example `tor01`. Either this or `datacenters` is required."""

    datacenters: tuple[str, ...] = ()
    """Datacenters that the servers are spread over in turn, in place of `datacenter`."""

    cpus: Cores | None = None
    """Cores of each server: 1, 2, 4, 6, 8, 12, 16, 24, 30, 32, 48, 56 or 64; 2 unless there is a `flavor`."""

    memory_mb: Megabytes | None = None
    """Memory of each server in MB: 1 to 16, 24, 32, 48, 60, 64, 96, 120, 128, 192, 240, 256, 384, 448 or 512
    times 1024; 4096 unless there is a `flavor`."""

    flavor: str | None = None
    """Flavor of each server, for example `B1_4X16X100`, in place of `cpus` and `memoryMb`."""

    os: str | None = None
    """Operating system code; `DEBIAN_12_64` unless there is an `image`. `slcli vs create-options` lists the
    codes."""

    image: str | None = None
    """Global identifier (UUID) of an image to start from, in place of `os`."""

    billing: Billing = "hourly"
    """How the servers are paid for: `hourly` or `monthly`."""

    local_disk: bool = False
    """Local disks in place of SAN disks."""

    disks: Disks | None = None
    """Disk sizes in GB: the first for the operating system (25 or 100), the second for Docker's data. Further
    disks: 10, 20, 25, 30, 40, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 750, 1000, 1500 or
    2000. Default `[25, 25]`, with a flavor `[its own size, 25]`."""

    nic_speed: NicSpeed = 1000
    """Network speed in Mbit/s: 10, 100 or 1000."""

    private_only: bool = False
    """Order the servers without a public interface. Needs `cloud.sshOver: private`."""

    public_vlan: Identifier | None = None
    """Id of the public VLAN. Without it the cloud chooses one."""

    private_vlan: Identifier | None = None
    """Id of the private VLAN. Without it the cloud chooses one."""

    placement_group: Identifier | None = None
    """Id of the placement group; it takes five servers at most."""

    tags: tuple[str, ...] = ()
    """Tags of the servers, besides the mark that the stack puts on what it owns."""

    notes: str = ""
    """Notes that the cloud shows with each server."""

    user_data: str = ""
    """User data (cloud-init), available to the server as metadata."""

    post_install_uri: str | None = None
    """Script that the cloud runs after the first start; `https` only."""

    protect: bool = False
    """Let Pulumi refuse to delete the servers."""

    overrides: Mapping[str, ServerOverride] = Field(default_factory=dict)
    """What single servers have of their own, by host name: `{db-2: {datacenter: tor04}}`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Host names without the domain, in order."""
        return tuple(f"{self.hostname_prefix}-{number}" for number in range(1, self.count + 1))

    @cached_property
    def expanded(self) -> tuple[Server, ...]:
        """Each server with its defaults and overrides resolved, in order."""
        return tuple(self._expand(index, name) for index, name in enumerate(self.names))

    def _expand(self, index: int, name: str) -> Server:
        own = self.overrides.get(name, ServerOverride())
        flavor, cpus, memory_mb = self._size(own)
        image = own.image or (None if own.os else self.image)
        local_disk = self.local_disk if own.local_disk is None else own.local_disk
        billing = own.billing or self.billing
        protect = self.protect if own.protect is None else own.protect
        return Server(
            name=name,
            domain=self.domain,
            datacenter=own.datacenter or self._datacenter(index),
            cpus=cpus,
            memory_mb=memory_mb,
            flavor=flavor,
            os=None if image else own.os or self.os or DEFAULT_OS,
            image=image,
            hourly=billing == "hourly",
            local_disk=local_disk,
            disks_gb=own.disks or self.disks or _default_disks(flavor),
            nic_speed=own.nic_speed or self.nic_speed,
            private_only=self.private_only,
            public_vlan=own.public_vlan or self.public_vlan,
            private_vlan=own.private_vlan or self.private_vlan,
            placement_group=own.placement_group or self.placement_group,
            tags=self.tags if own.tags is None else own.tags,
            notes=self.notes if own.notes is None else own.notes,
            user_data=self.user_data if own.user_data is None else own.user_data,
            post_install_uri=own.post_install_uri or self.post_install_uri,
            protect=protect,
        )

    def _datacenter(self, index: int) -> str:
        everywhere = self.datacenters or ((self.datacenter,) if self.datacenter else ("",))
        return everywhere[index % len(everywhere)]

    def _size(self, own: ServerOverride) -> tuple[str | None, int | None, int | None]:
        if own.flavor:
            return own.flavor, None, None
        if self.flavor and not (own.cpus or own.memory_mb):
            return self.flavor, None, None
        return (
            None,
            own.cpus or self.cpus or DEFAULT_CPUS,
            own.memory_mb or self.memory_mb or DEFAULT_MEMORY_MB,
        )


def _default_disks(flavor: str | None) -> tuple[int, ...]:
    known = catalogue.flavor(flavor) if flavor else None
    return DEFAULT_DISKS_GB if known is None else (known.boot_gb, *DEFAULT_DISKS_GB[1:])
