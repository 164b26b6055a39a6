"""What the API asks of whatever makes the servers behind it.

The API decides names, addresses and disks and keeps them in SQLite; a driver only turns a `NodeSpec` into a
running server. It holds no state that the API depends on: after a crash of either side the API calls again.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

PowerAction = Literal["on", "off", "off-soft", "reboot", "reboot-hard", "pause", "resume"]
PowerState = Literal["RUNNING", "HALTED", "PAUSED"]


class NodeError(Exception):
    """A driver could not do what was asked; its message is one sentence with guest, cause and remedy.

    The API retries a transaction whose driver call raised this, and shows the message in `/control/health`.
    Any other exception of a driver is treated the same way, but is logged with its traceback.
    """


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One server as it was ordered. Sizes are in the unit of the field's name."""

    guest_id: int
    hostname: str
    domain: str
    public_ip: str | None
    """None for a guest with a private network only."""
    private_ip: str
    memory_mb: int
    cpus: int
    disks_gb: tuple[int, ...]
    """Disk 0 holds the OS; each further one is its own device: /dev/xvdc, /dev/xvde, /dev/xvdf, /dev/xvdg."""
    ssh_public_keys: tuple[str, ...]
    user_data: str = field(repr=False)
    os_code: str
    post_install_uri: str | None


class NodeDriver(Protocol):
    """Makes, changes and removes servers.

    Called from many threads, but never twice at once for one guest (except `power_state`).
    """

    def create(self, spec: NodeSpec) -> None:
        """Make and start the server; returns when it answers.

        Idempotent: it is called again for the same guest after a crash of the API.
        """

    def destroy(self, guest_id: int) -> None:
        """Remove the server with its disks. Idempotent: a guest that is not there is a success."""

    def power(self, guest_id: int, action: PowerAction) -> None:
        """Change the power state. An action that changes nothing (`on` when running) is a success."""

    def power_state(self, guest_id: int) -> PowerState:
        """Read the power state now. Cheap: it is called for each guest of a listing."""

    def reload(self, spec: NodeSpec) -> None:
        """Wipe disk 0 and install the OS anew, keeping the other disks. Idempotent like `create`."""

    def add_disk(self, guest_id: int, device: str, size_gb: int) -> None:
        """Attach a further disk as `device`, a full path such as /dev/xvdc. Idempotent for one device."""
