"""The data disk: the whole second disk as one filesystem at /var/lib/docker.

A disk is formatted only when it carries no signature of anything, or when this product's own formatting of it
was interrupted: a note on the system disk says so from before the first write until the filesystem is
complete, and nothing is mounted for use in between. The note names the disk by path, size and, where it has
one, serial number, and counts only while nothing lies there but what such a formatting leaves. A filesystem
with our label is used as it is, so a reload of the operating system keeps the data. On a disk that became
larger the filesystem grows while it is in use.
"""

from collections.abc import Sequence

from components.host.plan import DATA_ROOT, DISK_LABEL, DiskPlan
from components.host.script import Part, shell

VOLUME_GROUP = "galera_swarm"

_VALUES_OF_TYPE = {"lvm-btrfs": "btrfs"}


def disk_check(plan: DiskPlan, ordered_gb: Sequence[int] = ()) -> Part:
    """Decides what the disk is and refuses a foreign one, before anything is touched; it only reads.

    It sets `disk` and `disk_state`: `none` (the plan wants none), `mounted` (done before), `ours` (a
    filesystem of this product), `interrupted` (a formatting of this product that did not end) or `blank`.

    `ordered_gb` are the sizes of the server's disks. No function reads them: they make a script of their own,
    which runs again once a larger disk was ordered.
    """
    data_disks = ordered_gb[1:] if plan.filesystem != "none" else ()
    return Part(
        values={
            "data_root": DATA_ROOT,
            "disk_device": plan.device,
            "disk_plan": plan.filesystem,
            "ordered_data_disks": [f"{size} GB" for size in data_disks],
            "disk_label": DISK_LABEL,
            "disk_type": _VALUES_OF_TYPE.get(plan.filesystem, plan.filesystem),
            "volume_group": VOLUME_GROUP,
            "proc_dir": "/proc",
            "sys_dir": "/sys",
            "dev_dir": "/dev",
        },
        functions=shell("disk_probe"),
        call="find_disk",
    )


def data_disk() -> Part:
    """Formats, mounts or grows what `disk_check` found; needs the filesystem's tools of `packages`."""
    functions = shell("disk_grow") + "\n" + shell("data_disk")
    return Part(title="data disk", functions=functions, call="set_up_disk")
