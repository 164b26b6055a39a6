"""The scripts that reach a host, each put together from its parts: preparation, engine settings, neighbours'
names, images.
"""

from collections.abc import Sequence

from components.host.daemon_json import DaemonSettings, daemon_settings
from components.host.data_disk import data_disk, disk_check
from components.host.engine import engine, engine_control, engine_settings
from components.host.features import kernel_checks
from components.host.firewall import firewall
from components.host.images import image_prefetch
from components.host.names import neighbour_names, own_name
from components.host.packages import family_check, packages
from components.host.plan import HostEntry, HostFacts, HostPlan
from components.host.script import render
from components.host.system_update import system_update
from components.host.time_sync import time_sync


def preparation_script(plan: HostPlan, facts: HostFacts) -> str:
    """Everything from a delivered server to a running engine; its arguments are the first settings' text and
    restart key.

    What could refuse the host (its family, kernel, disk) is asked before anything is touched. Prints the
    preparation's id, which stays the same until the operating system is loaded anew.
    """
    parts = [
        family_check(),
        kernel_checks(plan),
        engine_control(plan.engine),
        disk_check(plan.disk, facts.disks_gb),
        packages(plan),
        *([system_update()] if plan.system_update else []),
        own_name(facts),
        *([time_sync(plan.time)] if plan.time.enabled else []),
        data_disk(),
        firewall(plan.firewall, facts),
        engine(plan.disk),
    ]
    return render(host=facts.hostname, parts=parts, closing='answer "$(cat "$state_dir/prepared")"')


def settings_for(plan: HostPlan, *, datacenter: str, instance_type: str) -> DaemonSettings:
    """daemon.json of one server under `plan`."""
    return daemon_settings(
        plan.engine, filesystem=plan.disk.filesystem, datacenter=datacenter, instance_type=instance_type
    )


def engine_settings_script(plan: HostPlan, hostname: str, settings: DaemonSettings) -> str:
    """Applies a changed daemon.json on a prepared host; prints the restart key, which changes only when a
    restart was needed.
    """
    parts = [engine_control(plan.engine), engine_settings(settings)]
    return render(host=hostname, parts=parts, closing='answer "$restart_key"')


def neighbours_script(hostname: str, entries: Sequence[HostEntry]) -> str:
    """Makes the stack's servers known by name on one host."""
    return render(
        host=hostname,
        parts=[neighbour_names(hostname, entries)],
        closing='answer "names written"',
        lock="names",
    )


def prefetch_script(hostname: str, images: Sequence[str]) -> str:
    """Pulls images on one host."""
    return render(
        host=hostname, parts=[image_prefetch(images)], closing='answer "images present"', lock="images"
    )
