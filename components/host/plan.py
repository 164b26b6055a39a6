"""What a host shall become: the frozen plan that settings fill, and the facts of one server that the cloud
gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Filesystem = Literal["btrfs", "ext4", "xfs", "lvm-btrfs", "none"]

DATA_ROOT = "/var/lib/docker"
"""Where the data disk is mounted and where the engine keeps everything."""

DISK_LABEL = "galera-swarm"
"""The filesystem label by which a data disk is known as ours, also after a reload of the operating system."""


class Feature(StrEnum):
    """Something the kernel of a host must offer before a plan can work on it."""

    BTRFS = "btrfs"
    EXT4 = "ext4"
    XFS = "xfs"
    DEVICE_MAPPER = "device-mapper"
    VXLAN = "vxlan"
    ESP = "esp"
    IPVS = "ipvs"


@dataclass(frozen=True, kw_only=True)
class DiskPlan:
    """The whole second disk of a server as the home of the engine.

    `device` is a path, or `auto`: the first disk that carries neither the operating system nor swap nor the
    cloud's metadata. With filesystem `none` no disk is touched and the engine lives in a plain directory.
    """

    filesystem: Filesystem = "btrfs"
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class TimePlan:
    """Time sync by chrony. Without `servers` the distribution's own pool is kept."""

    enabled: bool = True
    servers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EnginePlan:
    """The Docker engine and its daemon.json; the labels `dc` and `instance_type` come from the server's
    facts.

    `log_max_size` is in the engine's own form ("10m"), `shutdown_timeout` in seconds. `repository` is the URL
    of the docker-ce repository file for the families whose distribution has no engine package.
    """

    log_max_size: str = "10m"
    log_max_file: int = 10
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    registry_mirrors: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    shutdown_timeout: int = 60
    repository: str = "https://download.docker.com/linux/centos/docker-ce.repo"


@dataclass(frozen=True, kw_only=True)
class FirewallPlan:
    """Design section 9: on the public interface only SSH answers, and the `public_ports` (TCP) a stack asks
    for.

    The private interface stays open, unless `restrict_private`: then only the stack's private subnets and
    `trusted_subnets` reach it, apart from SSH. The ports that sshd listens on are always added to `ssh_ports`
    on the host itself.
    """

    enabled: bool = True
    ssh_ports: tuple[int, ...] = (22,)
    public_ports: tuple[int, ...] = ()
    restrict_private: bool = False
    trusted_subnets: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HostPlan:
    """Everything host preparation does, the same for each server of a stack.

    `system_update` upgrades the distribution's packages once, at the first preparation; later runs never do,
    since an upgrade of the engine would restart the containers of every server at the same time.
    `encrypted_overlay` and `virtual_ips` name the options of the stack that need more of the kernel than the
    defaults do.
    """

    system_update: bool = False
    time: TimePlan = field(default_factory=TimePlan)
    disk: DiskPlan = field(default_factory=DiskPlan)
    engine: EnginePlan = field(default_factory=EnginePlan)
    firewall: FirewallPlan = field(default_factory=FirewallPlan)
    encrypted_overlay: bool = False
    virtual_ips: bool = False


@dataclass(frozen=True, kw_only=True)
class HostFacts:
    """What is known of one server once it exists. `hostname` is the short name; `public_ip` is None on a
    private-only server; `disks_gb` are the ordered sizes, the system's disk first.
    """

    hostname: str
    domain: str
    private_ip: str
    public_ip: str | None
    datacenter: str
    instance_type: str
    private_subnets: tuple[str, ...] = ()
    disks_gb: tuple[int, ...] = ()

    @property
    def fqdn(self) -> str:
        """The name with its domain."""
        return f"{self.hostname}.{self.domain}" if self.domain else self.hostname


@dataclass(frozen=True, kw_only=True)
class HostEntry:
    """One line of /etc/hosts: a server of the stack by its private address."""

    address: str
    hostname: str
    domain: str

    @property
    def line(self) -> str:
        """`address fqdn hostname`."""
        names = [f"{self.hostname}.{self.domain}"] if self.domain else []
        return " ".join([self.address, *names, self.hostname])


def required_features(plan: HostPlan) -> tuple[Feature, ...]:
    """The kernel features a plan needs, in the order in which they are checked (design section 4: some
    kernels lack them).
    """
    disk: dict[str, Sequence[Feature]] = {
        "btrfs": [Feature.BTRFS],
        "ext4": [Feature.EXT4],
        "xfs": [Feature.XFS],
        "lvm-btrfs": [Feature.DEVICE_MAPPER, Feature.BTRFS],
        "none": [],
    }
    return (
        *disk[plan.disk.filesystem],
        Feature.VXLAN,
        *([Feature.ESP] if plan.encrypted_overlay else []),
        *([Feature.IPVS] if plan.virtual_ips else []),
    )
