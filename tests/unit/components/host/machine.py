"""A machine made of files: disks as sysfs, blkid and wipefs show them, and what is mounted."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class FakeDisk:
    """A disk as sysfs, blkid, wipefs and lsblk show it. `partitions` maps names to device numbers."""

    name: str
    number: str
    blkid: str = ""
    status: int | None = None
    wipefs: str = ""
    serial: str = ""
    sectors: int = 20971520
    partitions: dict[str, str] = field(default_factory=dict)
    holder: str | None = None


@dataclass
class FakeMachine:
    """Disks, and what of them is mounted (device numbers or sources) or swapped on (sources)."""

    disks: list[FakeDisk]
    mounted: list[tuple[str, str]] = field(default_factory=list)
    swaps: list[str] = field(default_factory=list)

    def build(self, room: Path) -> None:
        """Lays the machine out below `room`."""
        for place in ("dev", "proc/self", "sys/dev/block", "docker"):
            (room / place).mkdir(parents=True)
        for disk in self.disks:
            self._node(room, disk.name, disk.number)
            (room / "dev" / f".{disk.name}.blkid").write_text(disk.blkid)
            status = disk.status if disk.status is not None else (0 if disk.blkid else 2)
            (room / "dev" / f".{disk.name}.status").write_text(str(status))
            (room / "dev" / f".{disk.name}.wipefs").write_text(disk.wipefs)
            (room / "dev" / f".{disk.name}.serial").write_text(disk.serial)
            seat = room / "sys/dev/block" / disk.number
            (seat / "size").write_text(f"{disk.sectors}\n")
            for name, number in disk.partitions.items():
                self._node(room, name, number)
                (seat / name).mkdir()
                (seat / name / "partition").write_text("1\n")
                (seat / name / "dev").write_text(f"{number}\n")
                if disk.holder:
                    (seat / name / "holders" / "dm-0").mkdir(parents=True)
                    (seat / name / "holders" / "dm-0" / "dev").write_text(f"{disk.holder}\n")
        lines = [
            f"{index} 1 {number} / /seat{index} rw,relatime shared:1 - ext4 {source} rw"
            for index, (number, source) in enumerate(self.mounted)
        ]
        (room / "proc/self/mountinfo").write_text("\n".join(lines).replace("DEV", str(room / "dev")) + "\n")
        swaps = ["Filename Type Size Used Priority", *(f"{source} partition 1 0 -2" for source in self.swaps)]
        (room / "proc/swaps").write_text("\n".join(swaps).replace("DEV", str(room / "dev")) + "\n")

    @staticmethod
    def _node(room: Path, name: str, number: str) -> None:
        major, minor = number.split(":")
        (room / "dev" / name).write_text(f"{int(major):x}:{int(minor):x}\n")
        seat = room / "sys/dev/block" / number
        seat.mkdir(parents=True)
        (seat / "dev").write_text(f"{number}\n")
