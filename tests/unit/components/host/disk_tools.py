"""A server whose disk programs are fakes: each call is written down, and what it does to the disk stays."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from components.host.data_disk import disk_check
from components.host.plan import DiskPlan
from components.host.script import shell
from tests.unit.components.host.bash import STAT, calls, run_functions
from tests.unit.components.host.machine import FakeDisk, FakeMachine

_RECORD = """room="${0%/fake-bin/*}" program="${0##*/}" last="${@: -1}"
tags="$room/dev/.${last##*/}.blkid"
echo "$program $*" >>"$room/calls"
read -r killed <"$room/killed"
[ "$program" != "$killed" ] || trap 'kill -KILL "$PPID"' EXIT
"""

# Refuse what holds anything, as the real ones do, unless they are told to go on.
_MKFS = """
case " $* " in *" FORCE "*) ;; *) [ ! -s "$tags" ] || exit 1 ;; esac
[ "${last##*/}" != docker ] || [ -e "$room/active" ] || exit 1
while [ "$1" != -L ]; do shift || exit 1; done
printf 'LABEL=%s\\nTYPE=%s\\n' "$2" "${program#mkfs.}" >"$tags"
rm -rf "$room/filesystem" && mkdir "$room/filesystem"
"""

# A mounted directory is a link to the filesystem; what it covers lies beside it until it is unmounted.
_MOUNT = """
if [ "$1" = -t ]; then type="$2" device="${3##*/}"; else
  read -r source type < <(awk -v seat="$1" '!/^#/ && $2 == seat { print $1, $3 }' "$room/fstab") || exit 1
  device="${source#UUID=uuid-of-}"
fi
grep -qx "TYPE=$type" "$room/dev/.$device.blkid" || exit 1
[ "$device" != docker ] || [ -e "$room/active" ] || exit 1
[ ! -L "$last" ] && mv "$last" "$last.covered" && ln -s "$room/filesystem" "$last"
echo "90 1 0:90 / $last rw - $type $room/dev/$device rw" >>"$room/proc/self/mountinfo"
"""

_BLKID = """
[ "${last##*/}" != docker ] || [ -e "$room/active" ] || exit 2
[ -s "$tags" ] || exit 2
case " $* " in *" -s UUID "*) echo "uuid-of-${last##*/}" ;; *) cat "$tags" ;; esac
"""

# The system shows how large a device is; what a filesystem or a physical volume took of it, a file says.
_SIZES = """
read -r volume <"$room/volume"
taken() { cat "$room/$1.bytes"; }
sectors() { cat "$room/sys/dev/block/$1/size"; }
take() { echo $(($(sectors "$1") * 512)) >"$room/$2.bytes"; }
"""

_PVS = """
[ -e "$room/group" ] || exit 0
case "$*" in
  *dev_size*) echo "  $room/dev/xvdc $(($(sectors 202:32) * 512)) $(taken group)" ;;
  *) echo galera_swarm ;;
esac
"""

_XFS_GROWFS = """
if [ "$1" = -n ]; then
  echo "meta-data=/dev/xvdc    isize=512    agcount=4, agsize=65536 blks"
  echo "data     =             bsize=4096   blocks=$(($(taken filesystem) / 4096)), imaxpct=25"
else take "$volume" filesystem; fi
"""

_BODIES = {
    "mkfs.btrfs": _MKFS.replace("FORCE", "-f"),
    "mkfs.xfs": _MKFS.replace("FORCE", "-f"),
    "mkfs.ext4": _MKFS.replace("FORCE", "-F"),
    "mount": _MOUNT,
    "umount": '[ -L "$last" ] && rm "$last" && mv "$last.covered" "$last" && '
    'sed -i "\\# $last rw#d" "$room/proc/self/mountinfo"',
    "mountpoint": '[ -L "$last" ]',
    "blkid": _BLKID,
    "wipefs": 'if [ "$1" = -a ]; then : >"$tags"; else cat "${tags%.blkid}.wipefs"; fi',
    "pvcreate": '[ ! -e "$room/group" ] && echo TYPE=LVM2_member >"$tags"',
    "vgcreate": 'grep -q LVM2_member "$tags" && [ ! -e "$room/group" ] && touch "$room/group"',
    "lvcreate": '[ -e "$room/group" ] && touch "$room/active" "$room/dev/.docker.blkid"',
    "vgchange": '[ -e "$room/group" ] && touch "$room/active"',
    "vgremove": 'rm "$room/group" && rm -f "$room/active"',
    "pvs": _PVS,
    "pvresize": "take 202:32 group",
    "vgs": 'echo "  $(($(taken group) - $(sectors 253:0) * 512))"',
    "lvextend": 'echo $(($(taken group) / 512)) >"$room/sys/dev/block/253:0/size"',
    "btrfs": 'if [ "$2" = show ]; then echo "  devid    1 size $(taken filesystem) used 0 path x"; '
    'else take "$volume" filesystem; fi',
    "dumpe2fs": 'echo "Block count:              $(($(taken filesystem) / 4096))"; '
    'echo "Block size:               4096"',
    "resize2fs": 'take "$volume" filesystem',
    "xfs_growfs": _XFS_GROWFS,
    "lsblk": 'cat "${tags%.blkid}.serial"',
    "chattr": "",
    "systemctl": "",
}
FAKES = {
    **{name: _RECORD + _SIZES + body for name, body in _BODIES.items()},
    "sync": "",
}

_OVERRIDES = """
is_block() { [ -f "$1" ]; }
runs_systemd() { true; }
engine_runs() { [ -e "$room/engine" ]; }
stop_engine() { echo stop_engine >>"$room/calls"; rm "$room/engine"; }
"""

GIB = 1 << 30
FSTAB = "# made by the installer\nUUID=root / ext4 defaults 0 1\n"


class FakeServer:
    """A server with a running engine, a system disk xvda, and a data disk xvdc on which `tags` lie.

    Under a plan of LVM, `tags` are those of the logical volume, whose group is there but not active.
    """

    def __init__(self, room: Path, plan: str, tags: str = "") -> None:
        self.room = room
        self.plan = plan
        self._plan = DiskPlan(filesystem=plan, device=str(room / "dev/xvdc"))  # type: ignore[arg-type]
        on_disk = "TYPE=LVM2_member" if tags and plan == "lvm-btrfs" else tags
        system = FakeDisk("xvda", "202:0", "PTTYPE=dos", partitions={"xvda1": "202:1"})
        disks = [system, FakeDisk("xvdc", "202:32", on_disk)]
        FakeMachine(disks, [("202:1", "DEV/xvda1")]).build(room)
        (room / "filesystem").mkdir()
        (room / "volume").write_text("253:0\n" if plan == "lvm-btrfs" else "202:32\n")
        for taken in ("filesystem", "group"):
            (room / f"{taken}.bytes").write_text(f"{GIB * 10}\n")
        logical = room / "sys/dev/block/253:0"
        (logical / "dm").mkdir(parents=True)
        (logical / "dm/name").write_text("galera_swarm-docker\n")
        (logical / "size").write_text("20971520\n")
        (room / "dev/docker").write_text("fd:0\n")
        (room / "state").mkdir()
        (room / "state/engine.restart-key").write_text("k1\n")
        (room / "engine").touch()
        self.fstab.write_text(FSTAB)
        if on_disk != tags:
            (room / "dev/.docker.blkid").write_text(tags)
            (room / "group").touch()

    def set_up(
        self, killed_at: str = "", fakes: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run the step; it is killed when the first call of `killed_at` has done its work.

        `fakes` are bodies of commands that do something else than usual.
        """
        (self.room / "killed").write_text(f"{killed_at}\n")
        functions = "\n".join(map(shell, ("disk_grow", "data_disk"))).replace("/etc/fstab", str(self.fstab))
        assert "/etc/" not in functions
        return run_functions(
            self.room,
            files=["disk_probe"],
            values={
                **disk_check(self._plan).values,
                "data_root": str(self.data_root),
                **{f"{name}_dir": str(self.room / name) for name in ("proc", "sys", "dev")},
            },
            overrides=functions + STAT + _OVERRIDES,
            fakes={**FAKES, **(fakes or {})},
            call="set_up_disk",
        )

    def enlarge(self) -> None:
        """Give the disk twice its size, as an upgrade of the server does."""
        (self.room / "sys/dev/block/202:32/size").write_text("41943040\n")

    @property
    def filesystem_gib(self) -> int:
        """The size of the filesystem."""
        return int((self.room / "filesystem.bytes").read_text()) // GIB

    @property
    def grown_by(self) -> list[str]:
        """The calls that made something larger, with DEV and SEAT for the devices' directory and the seat."""
        growers = ("pvresize", "lvextend", "btrfs filesystem resize", "resize2fs", "xfs_growfs SEAT")
        told = [call.replace(str(self.data_root), "SEAT") for call in self.asked]
        return [call for call in told if call.startswith(growers)]

    @property
    def data_root(self) -> Path:
        """Where the disk is to be mounted."""
        return self.room / "docker"

    @property
    def filesystem(self) -> Path:
        """What lies on the filesystem of the disk, mounted or not."""
        return self.room / "filesystem"

    @property
    def fstab(self) -> Path:
        """The table of filesystems."""
        return self.room / "fstab"

    @property
    def mounted(self) -> list[str]:
        """The places at which the filesystem is mounted."""
        return [name for name in ("docker", "state/disk") if (self.room / name).is_symlink()]

    @property
    def asked(self) -> list[str]:
        """All calls so far, with DEV for the directory of the devices."""
        return [call.replace(str(self.room / "dev"), "DEV") for call in calls(self.room)]

    @property
    def written_over(self) -> list[str]:
        """The calls that wrote to a disk below its filesystem."""
        writers = ("mkfs.", "pvcreate", "vgcreate", "lvcreate", "vgremove", "wipefs -a")
        return [call for call in self.asked if call.startswith(writers)]

    def state_of_disk(self) -> dict[str, str]:
        """Everything on the disk, and what the server remembers of it."""
        places = [*self.filesystem.rglob("*"), *(self.room / "dev").glob(".*.blkid")]
        kept = [*places, self.fstab, self.room / "state/engine.restart-key"]
        return {str(place): place.read_text() for place in kept if place.is_file()}
