"""daemon.json: the engine's settings as one canonical text, and the key that tells which changes need a
restart.
"""

import hashlib
import json
from dataclasses import dataclass

from components.host.plan import EnginePlan, Filesystem

RELOADED = frozenset({"labels", "registry-mirrors", "shutdown-timeout"})
"""Settings a running engine takes over on SIGHUP, its containers untouched; every other change restarts it.
"""

STORAGE_DRIVERS: dict[Filesystem, str] = {
    "btrfs": "btrfs",
    "lvm-btrfs": "btrfs",
    "ext4": "overlay2",
    "xfs": "overlay2",
    "none": "",
}
"""The engine's driver on each filesystem; empty: the engine's own choice."""


@dataclass(frozen=True, kw_only=True)
class DaemonSettings:
    """The file's text, the same without the storage driver, and the hash of what only a restart applies.

    The storage driver follows from a server's disk, which the first preparation knows, and never changes.
    """

    text: str
    without_driver: str
    restart_key: str


def daemon_settings(
    plan: EnginePlan, *, filesystem: Filesystem, datacenter: str, instance_type: str
) -> DaemonSettings:
    """The settings for one server.

    Never in it: `hosts` (the engine's API stays on its local socket, design section 9) and `live-restore`
    (the engine refuses it in a swarm). Without a data disk the engine picks the storage driver that suits the
    directory it finds.
    """
    labels = {"dc": datacenter, "instance_type": instance_type, **dict(plan.labels)}
    settings: dict[str, object] = {
        "labels": [f"{key}={value}" for key, value in sorted(labels.items()) if value],
        "log-driver": "json-file",
        "log-opts": {"max-file": str(plan.log_max_file), "max-size": plan.log_max_size},
        "shutdown-timeout": plan.shutdown_timeout,
    }
    optional: dict[str, object] = {
        "dns": list(plan.dns),
        "dns-search": list(plan.dns_search),
        "registry-mirrors": list(plan.registry_mirrors),
        "storage-driver": STORAGE_DRIVERS[filesystem],
    }
    settings.update({key: value for key, value in optional.items() if value})
    without_driver = {key: value for key, value in settings.items() if key != "storage-driver"}
    restarted = {key: value for key, value in without_driver.items() if key not in RELOADED}
    return DaemonSettings(
        text=_canonical(settings),
        without_driver=_canonical(without_driver),
        restart_key=hashlib.sha256(_canonical(restarted).encode()).hexdigest()[:16],
    )


def _canonical(settings: dict[str, object]) -> str:
    return json.dumps(settings, sort_keys=True, separators=(",", ":"))
