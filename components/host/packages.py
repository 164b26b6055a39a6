"""Packages: everything a plan needs in one install, for the Debian/Ubuntu and the Rocky/CentOS Stream/RHEL
families.

Only what is missing is installed: an engine that is there is never upgraded by a later run, since that
restarts its containers. What already lies in the package cache is used without the network; only when that is
not enough are the lists updated, with retries inside a bounded time.
"""

from components.host.plan import HostPlan
from components.host.script import Part, shell

FILESYSTEM_PACKAGES: dict[str, tuple[str, ...]] = {
    "btrfs": ("btrfs-progs",),
    "ext4": ("e2fsprogs",),
    "xfs": ("xfsprogs",),
    "lvm-btrfs": ("lvm2", "btrfs-progs"),
    "none": (),
}

COMMON_PACKAGES = ("iptables", "ca-certificates", "kmod", "util-linux")


def family_check() -> Part:
    """Refuses an operating system of neither family, before anything is touched."""
    return Part(values={"os_release": "/etc/os-release"}, functions=shell("packages"), call="check_family")


def packages(plan: HostPlan) -> Part:
    """Installs the engine, the filesystem's tools, iptables and chrony, without starting any of them."""
    extra = (*FILESYSTEM_PACKAGES[plan.disk.filesystem], *(["chrony"] if plan.time.enabled else []))
    return Part(
        title="packages",
        values={
            "debian_packages": ("docker.io", "iproute2", *COMMON_PACKAGES, *extra),
            "redhat_packages": (
                "docker-ce",
                "docker-ce-cli",
                "containerd.io",
                "iproute",
                *COMMON_PACKAGES,
                *extra,
            ),
            "engine_repository": plan.engine.repository,
            "repository_file": "/etc/yum.repos.d/docker-ce.repo",
            "start_policy": "/usr/sbin/policy-rc.d",
        },
        functions=shell("packages"),
        call="install_packages",
    )
