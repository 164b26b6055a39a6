"""What this machine and its engine are like, and what follows from that: why no sandbox can run, or which
profiles are worth a try.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.errors import DockerError
from sandbox.nodes.guest import WITHHELD_CAPABILITIES, GuestProfile

# fmt: off
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)
# fmt: on
"""In the order of their numbers (linux/capability.h)."""

NEWEST_CAPABILITIES = frozenset({"PERFMON", "BPF", "CHECKPOINT_RESTORE"})
"""Of Linux 5.8 and 5.9: engines that do not know them refuse to withhold them, and never give them."""

NEEDED_CAPABILITIES = frozenset({"SYS_ADMIN", "NET_ADMIN", "MKNOD", "SYS_CHROOT", "SETUID", "SETGID"})

OLDEST_API = (1, 41)
"""Engine 20.10: the first whose containers can have a cgroup namespace of their own."""


@dataclass(frozen=True, kw_only=True)
class HostFacts:
    """What was read about the machine and its engine."""

    linux: bool = True
    root: bool = True
    engine: str | None = None
    """The engine's version; None when none answers, with the reason in `engine_error`."""
    engine_error: str = ""
    api: tuple[int, int] = OLDEST_API
    local: bool = True
    rootless: bool = False
    user_namespaces: bool = False
    cgroup_version: int = 1
    memory_limit: bool = True
    cpu_limit: bool = True
    cpus: int = 1
    missing_capabilities: frozenset[str] = frozenset()
    loop_devices: bool = True
    swap_limit: bool = True


def gather(docker: Docker, proc: Path = Path("/proc"), dev: Path = Path("/dev")) -> HostFacts:
    """Read the facts; never raises for something that is only missing."""
    facts = HostFacts(
        linux=os.uname().sysname == "Linux",
        root=os.geteuid() == 0,
        local=is_local(os.environ.get("DOCKER_HOST", "")),
        missing_capabilities=_missing_capabilities(proc),
        loop_devices=(dev / "loop-control").exists(),
    )
    try:
        version = json.loads(docker.run("version", "--format={{json .Server}}", purpose="reach the engine"))
        info = json.loads(docker.run("info", "--format={{json .}}", purpose="ask the engine about itself"))
    except DockerError as exc:
        return replace(facts, engine_error=str(exc))
    return _with_engine(facts, version, info)


def _with_engine(facts: HostFacts, version: dict[str, Any], info: dict[str, Any]) -> HostFacts:
    security = " ".join(info.get("SecurityOptions") or [])
    major, _, minor = version["ApiVersion"].partition(".")
    return replace(
        facts,
        engine=version["Version"],
        api=(int(major), int(minor)),
        rootless="name=rootless" in security,
        user_namespaces="name=userns" in security,
        cgroup_version=int(info.get("CgroupVersion") or 1),
        memory_limit=bool(info.get("MemoryLimit")),
        swap_limit=bool(info.get("SwapLimit")),
        cpu_limit=bool(info.get("CpuCfsQuota")),
        cpus=int(info.get("NCPU") or 1),
    )


def is_local(docker_host: str) -> bool:
    """Whether the engine that DOCKER_HOST names is on this machine. Disks and addresses have to be on the
    same one.
    """
    return docker_host == "" or docker_host.startswith("unix://")


def missing_from(bounding: int) -> frozenset[str]:
    """The capabilities that a bounding set lacks."""
    return frozenset(name for number, name in enumerate(CAPABILITIES) if not bounding >> number & 1)


def _missing_capabilities(proc: Path) -> frozenset[str]:
    """What even the engine cannot give its containers, by its own bounding set; ours, when its process is not
    found.
    """
    for pid_file in (Path("/run/docker.pid"), Path("/var/run/docker.pid")):
        if pid_file.exists() and (proc / pid_file.read_text().strip() / "status").exists():
            status = proc / pid_file.read_text().strip() / "status"
            break
    else:
        status = proc / "self" / "status"
    if not status.exists():
        return frozenset()
    line = next(line for line in status.read_text().splitlines() if line.startswith("CapBnd:"))
    return missing_from(int(line.split()[1], 16))


def problems(facts: HostFacts) -> list[str]:
    """Why no sandbox can run here, each with its remedy; empty when one can be tried."""
    if not facts.linux:
        return ["The sandbox's servers need a Linux kernel; run it in a Linux machine or VM."]
    found = []
    if not facts.local:
        found.append(
            "DOCKER_HOST names an engine on another machine; unset it, the sandbox needs this machine's own."
        )
    if not facts.root:
        found.append(
            "The sandbox attaches disks and reaches its servers' network; run it as root, or with sudo."
        )
    if facts.engine is None:
        found.append(
            f"No container engine answers ({facts.engine_error.rstrip('.')}); "
            "install one with 'apt-get install docker.io', start it with 'service docker start'."
        )
        return found
    if facts.rootless:
        found.append("The engine runs rootless, so its containers cannot be servers; start it as root.")
    if facts.api < OLDEST_API:
        found.append(f"The engine {facts.engine} is too old; the sandbox needs Docker 20.10 or newer.")
    lacking = sorted(NEEDED_CAPABILITIES & facts.missing_capabilities)
    if lacking:
        found.append(
            f"The engine itself lacks the capabilities {', '.join(lacking)}; run it on a machine "
            "or VM of its own, or in a container that has them."
        )
    if not facts.loop_devices:
        found.append(
            "There is no /dev/loop-control, so servers can have no second disk; load it with 'modprobe loop'."
        )
    return found


def candidates(facts: HostFacts) -> list[GuestProfile]:
    """The profiles to try, the better first: all rights that the engine has but the clock's, then, where
    it lacks none, `--privileged`.
    """
    base = GuestProfile(
        withheld=tuple(sorted({*WITHHELD_CAPABILITIES, *facts.missing_capabilities})),
        host_user_namespace=facts.user_namespaces,
        memory_limit=facts.memory_limit and facts.swap_limit,
        cpu_limit=facts.cpu_limit,
        cpus=facts.cpus,
    )
    if not facts.missing_capabilities:
        return [base, replace(base, privileged=True)]
    older = tuple(name for name in base.withheld if name not in NEWEST_CAPABILITIES)
    return [base] if older == base.withheld else [base, replace(base, withheld=older)]
