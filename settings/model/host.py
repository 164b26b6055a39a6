"""Section `host`: how each server is prepared before Docker's services come."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from settings.model.section import Section

#: Ways to lay out the disk that holds Docker's data.
Filesystem = Literal["btrfs", "ext4", "xfs", "lvm-btrfs", "none"]


class DataDisk(Section):
    """The disk at /var/lib/docker."""

    device: str = "auto"
    """Device of the disk, for example `/dev/xvdc`; `auto` takes the one empty disk that is not the
    system's."""

    filesystem: Filesystem = "btrfs"
    """`btrfs`, `ext4`, `xfs`, `lvm-btrfs`, or `none`: leave Docker's data on the system disk."""


class Host(Section):
    """Preparation of the servers over SSH."""

    update_packages: bool = False
    """Update all packages of a server when it is first prepared."""

    data_disk: DataDisk = DataDisk()
    """The disk that holds Docker's data."""

    dns: tuple[str, ...] = ()
    """IP addresses of DNS servers for the containers. Without any, Docker uses those of the server."""

    search_domains: tuple[str, ...] = ()
    """DNS search domains of the containers."""

    registry_mirrors: tuple[str, ...] = ()
    """URLs of registries that are asked before Docker Hub."""

    ntp_servers: tuple[str, ...] = ()
    """Time servers. Without any, those of the distribution."""

    log_max_size: str = "10m"
    """Size at which a container's log file is rotated: a number and `k`, `m` or `g`."""

    log_max_files: Annotated[int, Field(ge=1, le=1000)] = 10
    """Number of log files kept for each container."""

    firewall: bool = True
    """Let only SSH answer on the public interface. Without it every port of the servers is open there, that
    of the database too."""

    trusted_subnets: tuple[str, ...] = ()
    """Networks (CIDR) that may reach the servers' private addresses, the servers' own among them. Without
    any, everything on the private network may."""

    labels: Mapping[str, str] = Field(default_factory=dict)
    """Labels of each Docker engine, besides `dc` and `instance_type`."""
