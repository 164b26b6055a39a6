"""One server as a container: the command that makes it, and the files handed to its init before it starts."""

import io
import tarfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.api.driver import NodeSpec
from sandbox.nodes import https_door
from sandbox.nodes.disks import AttachedDisk
from sandbox.nodes.layout import (
    GUEST_LABEL,
    NAME_LABEL,
    PRIVATE_NETWORK,
    PUBLIC_GATEWAY,
    ROLE_LABEL,
    Layout,
)

SECOND_DISKS = ("xvdc", "xvde", "xvdf", "xvdg")
"""Names of disk 1 and on: xvda is the system's, xvdb and xvdd are the cloud's own (swap, metadata)."""

WITHHELD_CAPABILITIES = ("SYS_TIME",)
"""Never given to a server: the clock is the machine's."""


@dataclass(frozen=True, kw_only=True)
class GuestProfile:
    """How containers are started on this machine so that an engine runs inside them (see `probe`)."""

    privileged: bool = False
    withheld: tuple[str, ...] = WITHHELD_CAPABILITIES
    host_user_namespace: bool = False
    memory_limit: bool = True
    cpu_limit: bool = True
    cpus: int = 1


def machine_arguments(profile: GuestProfile) -> list[str]:
    """What lets a container be a machine of its own: the set of design section 4, or `--privileged`."""
    if profile.privileged:
        rights = ["--privileged"]
    else:
        rights = [
            "--cap-add=ALL",
            *(f"--cap-drop={name}" for name in profile.withheld),
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
            "--security-opt=systempaths=unconfined",
            "--device-cgroup-rule=a *:* rwm",
        ]
    if profile.host_user_namespace:
        rights.append("--userns=host")
    return [
        *rights,
        "--cgroupns=private",
        "--volume=/var/lib/docker",
        "--tmpfs=/run:exec,mode=0755",
        "--tmpfs=/tmp:exec,mode=1777",
    ]


def limit_arguments(spec: NodeSpec, profile: GuestProfile) -> list[str]:
    """The ordered size, as far as this machine can hold a container to it. More CPUs than there are cannot be
    promised.
    """
    limits = []
    if profile.memory_limit:
        limits += [f"--memory={spec.memory_mb}m", f"--memory-swap={spec.memory_mb}m"]
    if profile.cpu_limit and spec.cpus < profile.cpus:
        limits.append(f"--cpus={spec.cpus}")
    return limits


def create_command(
    spec: NodeSpec, *, layout: Layout, profile: GuestProfile, image: str, modules: bool
) -> list[str]:
    """The arguments of `docker` that make the server on the private network, not started. `modules`: pass
    /lib/modules on.
    """
    return [
        "create",
        f"--name={layout.container(spec.guest_id)}",
        f"--hostname={spec.hostname}",
        f"--label={layout.label}",
        f"--label={ROLE_LABEL}=guest",
        f"--label={GUEST_LABEL}={spec.guest_id}",
        f"--label={NAME_LABEL}={spec.hostname}.{spec.domain}",
        *machine_arguments(profile),
        *limit_arguments(spec, profile),
        *(["--volume=/lib/modules:/lib/modules:ro"] if modules else []),
        f"--network={PRIVATE_NETWORK}",
        f"--ip={spec.private_ip}",
        "--log-driver=json-file",
        "--log-opt=max-size=5m",
        "--log-opt=max-file=2",
        image,
    ]


def first_boot_files(spec: NodeSpec, resolv_conf: str) -> dict[str, tuple[int, str]]:
    """Mode and content of each file that is handed over once, by its path without the leading slash."""
    own = f"{spec.private_ip} {spec.hostname}.{spec.domain} {spec.hostname}"
    return {
        "etc/sandbox/hosts": (
            0o644,
            f"127.0.0.1 localhost\n{own}\n::1 localhost ip6-localhost ip6-loopback\n"
            f"{https_door.hosts_lines()}",
        ),
        "etc/sandbox/hostname": (0o644, f"{spec.hostname}\n"),
        "etc/sandbox/resolv.conf": (0o644, resolv_conf),
        "etc/sandbox/gateway": (0o644, f"{PUBLIC_GATEWAY}\n" if spec.public_ip else ""),
        "etc/sandbox/user-data": (0o600, spec.user_data),
        "etc/sandbox/post-install-uri": (0o600, spec.post_install_uri or ""),
        "root/.ssh/authorized_keys": (0o600, "".join(f"{key.strip()}\n" for key in spec.ssh_public_keys)),
    }


def disk_files(disks: Iterable[AttachedDisk]) -> dict[str, tuple[int, str]]:
    """The file that is handed over before every start: which devices the init has to make."""
    return {"etc/sandbox/disks": (0o644, "".join(f"{disk.line}\n" for disk in sorted(disks)))}


def archive(files: Mapping[str, tuple[int, str]]) -> bytes:
    """The files as a tar stream for `docker cp - <container>:/`, owned by root; directories of their own are
    private.
    """
    output = io.BytesIO()
    now = int(time.time())
    with tarfile.open(fileobj=output, mode="w") as tar:
        directories = {path.rsplit("/", 1)[0]: 0o700 for path in files}
        for directory, mode in sorted(directories.items()):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, mode, now
            tar.addfile(entry)
        for path, (mode, text) in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(path)
            entry.mode, entry.mtime, entry.size = mode, now, len(content)
            tar.addfile(entry, io.BytesIO(content))
    return output.getvalue()


def device_names(disks_gb: Sequence[int]) -> dict[str, int]:
    """Size in GB of each disk beyond the system's, by its name below /dev."""
    return dict(zip(SECOND_DISKS, disks_gb[1:], strict=False))


def resolver(host_resolv_conf: str) -> str:
    """The servers' resolv.conf: the machine's own name servers, or the engine's where the machine asks
    itself.
    """
    lines = [line.strip() for line in host_resolv_conf.splitlines()]
    servers = [line.split()[1] for line in lines if line.startswith("nameserver") and len(line.split()) > 1]
    reachable = [server for server in servers if not server.startswith(("127.", "::1", "fe80:"))]
    return "".join(f"nameserver {server}\n" for server in reachable or ["127.0.0.11"])
