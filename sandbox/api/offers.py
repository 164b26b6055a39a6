"""What the cloud offers, without prices: categories, sizes, operating systems, families of flavors."""

CATEGORIES = {
    "guest_core": "Computing Instance",
    "ram": "RAM",
    "os": "Operating System",
    "guest_disk0": "First Disk",
    "guest_disk1": "Second Disk",
    "guest_disk2": "Third Disk",
    "guest_disk3": "Fourth Disk",
    "guest_disk4": "Fifth Disk",
    "port_speed": "Uplink Port Speeds",
    "bandwidth": "Public Bandwidth",
    "pri_ip_addresses": "Primary IP Addresses",
    "pri_ipv6_addresses": "Primary IPv6 Addresses",
    "remote_management": "Remote Management",
    "notification": "Notification",
    "vpn_management": "VPN Management - Private Network",
}
CATEGORY_IDS = {code: 80 + index for index, code in enumerate(CATEGORIES)}
REQUIRED = ("guest_core", "ram", "os", "guest_disk0", "port_speed")
DISK_CATEGORIES = ("guest_disk0", "guest_disk1", "guest_disk2", "guest_disk3", "guest_disk4")

CORES = (1, 2, 4, 6, 8, 12, 16, 24, 30, 32, 48, 56, 64)
MEMORY_GB = (*range(1, 17), 24, 32, 48, 60, 64, 96, 120, 128, 192, 240, 242, 256, 384, 448, 512)
FIRST_DISKS_GB = (25, 100)
FURTHER_DISKS_GB = (
    *(10, 20, 25, 30, 40, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 750),
    *(1000, 1500, 2000),
)
PORT_SPEEDS = (10, 100, 1000)

# Reference code, description, vendor, dollars an hour.
SYSTEMS = (
    ("DEBIAN_11_64", "Debian GNU/Linux 11.x Bullseye - Minimal Install (64 bit)", "Debian", "0"),
    ("DEBIAN_12_64", "Debian GNU/Linux 12.x Bookworm - Minimal Install (64 bit)", "Debian", "0"),
    ("UBUNTU_20_64", "Ubuntu Linux 20.04 LTS Focal Fossa Minimal Install (64 bit)", "Ubuntu", "0"),
    ("UBUNTU_22_64", "Ubuntu Linux 22.04 LTS Jammy Jellyfish Minimal Install (64 bit)", "Ubuntu", "0"),
    ("UBUNTU_24_64", "Ubuntu Linux 24.04 LTS Noble Numbat Minimal Install (64 bit)", "Ubuntu", "0"),
    ("ROCKYLINUX_8_64", "Rocky Linux 8.x - Minimal Install (64 bit)", "Rocky Linux", "0"),
    ("ROCKYLINUX_9_64", "Rocky Linux 9.x - Minimal Install (64 bit)", "Rocky Linux", "0"),
    ("CENTOS_9_64", "CentOS Stream 9.x - Minimal Install (64 bit)", "CentOS", "0"),
    ("REDHAT_9_64", "Red Hat Enterprise Linux 9.x - Minimal Install (64 bit)", "Redhat", "0.06"),
    ("WIN_2022-STD_64", "Windows Server 2022 Standard Edition (64 bit)", "Microsoft", "0.04"),
)

FAMILIES = {
    "B1": "1x2 1x4 2x4 2x8 4x8 4x16 8x16 8x32 16x32 16x64 32x64 32x128 48x192",
    "C1": "1x1 2x2 4x4 8x8 16x16 32x32",
    "M1": "1x8 2x16 4x32 8x64 16x128 30x240 48x384 56x448 64x512",
    "U1": "1x2 2x4 4x8",
    "BL1": "1x2 1x4 2x4 2x8 4x8 4x16 8x16 8x32 16x32 16x64 32x64 32x128",
    "BL2": "1x2 1x4 2x4 2x8 4x8 4x16 8x16 8x32 16x32 16x64 32x64 32x128",
}
LOCAL_FAMILIES = ("BL1", "BL2")


def resolve_system(code: str) -> str | None:
    """The full reference code for what an order may say: version `LATEST`, bits left out. None if unknown."""
    known = [system[0] for system in SYSTEMS]
    wanted = code.upper().removesuffix("_64")
    product, _, version = wanted.partition("_")
    if version in ("LATEST", ""):
        found = [name for name in known if name.startswith(f"{product}_")]
        return found[-1] if found else None
    return f"{wanted}_64" if f"{wanted}_64" in known else None
