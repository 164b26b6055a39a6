"""What the sandbox remembers: guests, orders, transactions and keys, as plain values kept as JSON."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

TransactionKind = Literal["provision", "reload", "upgrade", "reclaim"]

_DEVICES = ("0", "2", "3", "4", "5")
_NODE_DEVICES = {"0": "/dev/xvda", "2": "/dev/xvdc", "3": "/dev/xvde", "4": "/dev/xvdf", "5": "/dev/xvdg"}

MAX_DISKS = len(_DEVICES)


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime | None = None) -> str:
    """A date as the API shows it: text with the zone, in whole seconds."""
    return (moment or now()).isoformat(timespec="seconds")


def disk_device(index: int) -> str:
    """The API's device number of the n-th disk; device 1 is the swap disk and cannot be ordered."""
    return _DEVICES[index]


def node_device(index: int) -> str:
    """The path that the n-th disk has inside the server."""
    return _NODE_DEVICES[_DEVICES[index]]


@dataclass(kw_only=True)
class SshKey:
    """A public key of the account."""

    id: int
    label: str
    key: str
    fingerprint: str
    notes: str
    create_date: str
    modify_date: str


@dataclass(kw_only=True)
class PriceLine:
    """One price of an order, as it was when that was placed. Fees are decimal text in US dollars."""

    price_id: int
    item_id: int
    category: str
    description: str
    hourly: str
    monthly: str
    order_item_id: int = 0
    billing_item_id: int = 0


@dataclass(kw_only=True)
class Guest:
    """A virtual guest from its order on; it is kept when it is gone, so that no id is given twice."""

    id: int
    order_id: int
    global_identifier: str
    uuid: str
    hostname: str
    domain: str
    create_date: str
    modify_date: str
    provision_date: str | None = None
    cancel_date: str | None = None
    gone: bool = False
    visible_from: str | None = None
    """Set by a fault script: until this moment there is the order, but no guest to be seen."""
    datacenter: str
    package_id: int
    flavor: str | None
    cpus: int
    memory_mb: int
    disks_gb: list[int]
    os_code: str
    hourly: bool
    local_disk: bool
    private_only: bool
    dedicated: bool
    transient: bool
    nic_mbps: int
    public_speed: int
    private_speed: int
    public_vlan: int | None
    private_vlan: int
    public_ip: str | None
    private_ip: str
    ssh_key_ids: list[int]
    ssh_keys: list[str]
    user_data: list[str]
    post_install_uri: str | None
    boot_mode: str | None = None
    root_password: str
    notes: str = ""
    tags: list[str] = field(default_factory=list)
    last_reload_id: int | None = None
    lines: list[PriceLine] = field(default_factory=list)

    @property
    def fqdn(self) -> str:
        """Host name and domain."""
        return f"{self.hostname}.{self.domain}"


@dataclass(kw_only=True)
class Order:
    """An order as it was committed: one for each placeOrder or createObject."""

    id: int
    kind: Literal["guest", "upgrade"]
    create_date: str
    status: str
    username: str
    guest_ids: list[int]
    lines: list[PriceLine] = field(default_factory=list)


@dataclass(kw_only=True)
class Transaction:
    """Work on a guest. `seconds` is the least it takes; a held one never ends by itself."""

    id: int
    guest_id: int
    kind: TransactionKind
    create_date: str
    started: float
    seconds: float
    held: bool = False
    done: bool = False
    done_date: str | None = None
    error: str | None = None
    add_disks: list[int] = field(default_factory=list)
    """Indexes of the disks that an upgrade attaches."""
