"""What SoftLayer offers, as far as the configuration can be judged without asking it.

The lists of datacenters and flavors are those of IBM's documentation of 2025 and 2026 (research/softlayer.md
section 6). What is on a list can still be sold out, and what is not on it may be new: only what is known to
be gone is refused. Sizes of disks have been the same for years, and one without a price is refused by the
cloud when other things were made already: they are held against their list.
"""

import re
from dataclasses import dataclass

#: Datacenters that IBM lists as open.
# fmt: off
DATACENTERS = frozenset({
    "ams03", "che01", "dal08", "dal09", "dal10", "dal12", "dal13", "dal14", "fra02", "fra04",
    "fra05", "lon02", "lon04", "lon05", "lon06", "mad02", "mad04", "mad05", "mil01", "mon01",
    "osa21", "osa22", "osa23", "par01", "sao01", "sao04", "sao05", "sjc03", "sjc04", "sng01",
    "syd01", "syd04", "syd05", "tok02", "tok04", "tok05", "tor01", "tor04", "tor05", "wdc03",
    "wdc04", "wdc06", "wdc07",
})

#: Datacenters that were closed or are listed no longer.
CLOSED_DATACENTERS = frozenset({
    "ams01", "dal01", "dal02", "dal05", "dal06", "dal07", "hou02", "mel01", "sea01", "wdc01",
})
# fmt: on

#: Products of which an operating system code begins with the name and that host preparation knows.
PREPARED_PRODUCTS = frozenset({"DEBIAN", "UBUNTU", "ROCKYLINUX", "CENTOS"})

#: What has a price for a server without a flavor, and for further disks of any server, local or SAN.
CORES = (1, 2, 4, 6, 8, 12, 16, 24, 30, 32, 48, 56, 64)
MEMORY_MB = tuple(
    1024 * gigabytes
    for gigabytes in (*range(1, 17), 24, 32, 48, 60, 64, 96, 120, 128, 192, 240, 242, 256, 384, 448, 512)
)
BOOT_DISKS_GB = (25, 100)
FURTHER_DISKS_GB = (
    *(10, 20, 25, 30, 40, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 750),
    *(1000, 1500, 2000),
)

_SIZES = {
    "B1": "1x2 1x4 2x4 2x8 4x8 4x16 8x16 8x32 16x32 16x64 32x64 32x128 48x192",
    "C1": "1x1 2x2 4x4 8x8 16x16 32x32",
    "M1": "1x8 2x16 4x32 8x64 16x128 30x240 48x384 56x448 64x512",
    "U1": "1x2 2x4 4x8",
    "AC1": "8x60 16x120",
    "AC2": "8x60 16x120",
    "ACL": "8x60 16x120",
}
_LOCAL_FAMILIES = frozenset({"BL1", "BL2"})
_FLAVOR = re.compile(r"(?P<family>[A-Z]+\d?)_(?P<cpus>\d+)X(?P<memory>\d+)X(?P<boot>25|100)")


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """A size that is ordered by name: cores, memory and boot disk."""

    family: str
    cpus: int
    memory_mb: int
    boot_gb: int
    #: False for a name of the right form that IBM does not list.
    listed: bool

    @property
    def most_disks(self) -> int:
        """How many disks a guest of this flavor may have."""
        return 2 if self.family == "U1" else 5


def flavor(name: str) -> Flavor | None:
    """What a flavor's name says; None when it has not the form `FAMILY_cpusXmemoryXdisk` (memory in GB)."""
    match = _FLAVOR.fullmatch(name)
    if match is None:
        return None
    family, cpus, memory = match["family"], int(match["cpus"]), int(match["memory"])
    local = family in _LOCAL_FAMILIES
    listed = local or f"{cpus}x{memory}" in _SIZES.get(family, "").split()
    return Flavor(
        family=family,
        cpus=cpus,
        memory_mb=memory * 1024,
        boot_gb=int(match["boot"]),
        listed=listed,
    )
