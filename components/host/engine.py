"""The Docker engine: its first start as part of host preparation, and later changes of daemon.json as a
script of their own.

Host preparation never restarts an engine that it has once started: all servers are prepared at the same time,
and a restart of the engine restarts its containers. A changed daemon.json is the business of
`engine_settings`, which the stack runs host by host.
"""

from components.host.daemon_json import STORAGE_DRIVERS, DaemonSettings
from components.host.plan import DATA_ROOT, DiskPlan, EnginePlan
from components.host.script import Part, shell

STOP_PROGRAM = "/usr/local/sbin/galera-swarm-stop-containers"


def engine_control(plan: EnginePlan) -> Part:
    """The functions that other parts use to look at the engine, to start and to stop it."""
    return Part(
        values={
            "data_root": DATA_ROOT,
            "daemon_json": "/etc/docker/daemon.json",
            "stop_program": STOP_PROGRAM,
            "shutdown_timeout": plan.shutdown_timeout,
            "stop_seconds": plan.shutdown_timeout + 30,
        },
        functions=shell("engine_control"),
    )


def engine(disk: DiskPlan) -> Part:
    """The first start, with the script's arguments as settings, and one at every boot."""
    return Part(
        title="engine",
        values={"wanted_driver": STORAGE_DRIVERS[disk.filesystem], "disk_plan": disk.filesystem},
        functions=shell("engine_start"),
        call='set_up_engine "$@"',
    )


def engine_settings(settings: DaemonSettings) -> Part:
    """Brings daemon.json up to date: by reload where that is enough, else by a restart."""
    return Part(
        title="engine settings",
        values={"settings": settings.text, "restart_key": settings.restart_key},
        functions=shell("engine_settings"),
        call="change_settings",
    )
