"""A node driver that keeps its servers in memory: for contract tests, which need no Docker."""

import threading
from dataclasses import dataclass, field, replace

from sandbox.api.driver import NodeError, NodeSpec, PowerAction, PowerState

_AFTER: dict[PowerAction, PowerState] = {
    "on": "RUNNING",
    "off": "HALTED",
    "off-soft": "HALTED",
    "reboot": "RUNNING",
    "reboot-hard": "RUNNING",
    "pause": "PAUSED",
    "resume": "RUNNING",
}


@dataclass
class MemoryNode:
    """One server: its spec, its state, how often its OS was installed, and its disks by device."""

    spec: NodeSpec
    state: PowerState = "RUNNING"
    installs: int = 1
    disks: dict[str, int] = field(default_factory=dict)


class MemoryDriver:
    """Servers that exist only as entries; `nodes` and `fail` are for tests to look at and to break."""

    def __init__(self) -> None:
        self.nodes: dict[int, MemoryNode] = {}
        self.fail: str | None = None
        """While set, every change raises `NodeError` with this text."""
        self._lock = threading.Lock()

    def _check(self) -> None:
        if self.fail is not None:
            raise NodeError(self.fail)

    def _node(self, guest_id: int) -> MemoryNode:
        node = self.nodes.get(guest_id)
        if node is None:
            message = f"Guest {guest_id} has no node; order it first."
            raise NodeError(message)
        return node

    def create(self, spec: NodeSpec) -> None:
        """Make the server unless it is there."""
        with self._lock:
            self._check()
            self.nodes.setdefault(spec.guest_id, MemoryNode(spec))

    def destroy(self, guest_id: int) -> None:
        """Forget the server."""
        with self._lock:
            self._check()
            self.nodes.pop(guest_id, None)

    def power(self, guest_id: int, action: PowerAction) -> None:
        """Change the power state."""
        with self._lock:
            self._check()
            self._node(guest_id).state = _AFTER[action]

    def power_state(self, guest_id: int) -> PowerState:
        """Read the power state; a server that is not there is halted."""
        with self._lock:
            node = self.nodes.get(guest_id)
            return node.state if node else "HALTED"

    def reload(self, spec: NodeSpec) -> None:
        """Install the OS anew; the further disks stay."""
        with self._lock:
            self._check()
            node = self.nodes.setdefault(spec.guest_id, MemoryNode(spec, installs=0))
            node.spec = replace(spec)
            node.installs += 1
            node.state = "RUNNING"

    def add_disk(self, guest_id: int, device: str, size_gb: int) -> None:
        """Attach a disk."""
        with self._lock:
            self._check()
            self._node(guest_id).disks[device] = size_gb
