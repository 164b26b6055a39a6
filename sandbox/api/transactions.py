"""Work on guests that takes time: provisioning, reloads, upgrades, reclaims.

Each unfinished transaction of the store has one thread. The thread asks the driver to do the work (again
and again, since every driver call is idempotent), waits until the transaction has lasted as long as it
must, and then finishes it in one commit. So a server that starts again simply starts a thread for whatever
is unfinished.
"""

import logging
import threading
import time
from contextlib import AbstractContextManager

from sandbox.api.driver import NodeDriver, NodeError, NodeSpec
from sandbox.api.records import Guest, Transaction, TransactionKind, node_device, stamp
from sandbox.api.store import Store

log = logging.getLogger(__name__)

_FIRST_RETRY_SECONDS = 0.2
_LONGEST_RETRY_SECONDS = 10.0
_HELD_CHECK_SECONDS = 0.05

# What a client sees a transaction do, in equal parts of its duration.
STATUSES: dict[TransactionKind, tuple[tuple[str, str], ...]] = {
    "provision": (
        ("ASSIGN_HOST", "Assign Host"),
        ("CREATE_GUEST", "Create Guest"),
        ("SERVICE_SETUP", "Service Setup"),
    ),
    "reload": (("RELOAD_OS", "Reload OS"), ("SERVICE_SETUP", "Service Setup")),
    "upgrade": (("CLOUD_UPGRADE", "Cloud Upgrade"),),
    "reclaim": (("RECLAIM_WAIT", "Reclaim Wait"),),
}
GROUPS: dict[TransactionKind, str] = {
    "provision": "Cloud Instance Provision",
    "reload": "Cloud Instance OS Reload",
    "upgrade": "Cloud Instance Upgrade",
    "reclaim": "Cloud Instance Reclaim",
}


def current_status(transaction: Transaction) -> tuple[str, str]:
    """Name and friendly name of the step that the transaction is in now."""
    steps = STATUSES[transaction.kind]
    if transaction.done or transaction.seconds <= 0:
        return steps[-1]
    passed = (time.time() - transaction.started) / transaction.seconds
    return steps[min(len(steps) - 1, max(0, int(passed * len(steps))))]


def node_spec(guest: Guest) -> NodeSpec:
    """What the driver is told of a guest."""
    return NodeSpec(
        guest_id=guest.id,
        hostname=guest.hostname,
        domain=guest.domain,
        public_ip=guest.public_ip,
        private_ip=guest.private_ip,
        memory_mb=guest.memory_mb,
        cpus=guest.cpus,
        disks_gb=tuple(guest.disks_gb),
        ssh_public_keys=tuple(guest.ssh_keys),
        user_data="".join(guest.user_data),
        os_code=guest.os_code,
        post_install_uri=guest.post_install_uri,
    )


class Transactions:
    """Begins transactions and carries them through."""

    def __init__(self, store: Store, driver: NodeDriver, seconds: float) -> None:
        self._store = store
        self._driver = driver
        self._seconds = seconds
        self._stopping = threading.Event()
        self._threads: dict[int, threading.Thread] = {}
        self._guard = threading.Lock()
        self._guest_locks: dict[int, threading.Lock] = {}

    def add(
        self,
        guest: Guest,
        kind: TransactionKind,
        *,
        extra_seconds: float = 0,
        held: bool = False,
        add_disks: list[int] | None = None,
    ) -> Transaction:
        """Record a transaction; call it inside the store's `write()`, and `begin` it after the commit."""
        transaction = Transaction(
            id=self._store.next_id("transaction"),
            guest_id=guest.id,
            kind=kind,
            create_date=stamp(),
            started=time.time(),
            seconds=(self._seconds if kind != "reclaim" else 0) + extra_seconds,
            held=held,
            add_disks=add_disks or [],
        )
        self._store.put_transaction(transaction)
        return transaction

    def begin(self, transaction: Transaction) -> None:
        """Start the thread of a committed transaction."""
        with self._guard:
            if self._stopping.is_set() or transaction.id in self._threads:
                return
            name = f"transaction-{transaction.id}"
            thread = threading.Thread(target=self._run, args=(transaction.id,), name=name, daemon=True)
            self._threads[transaction.id] = thread
            thread.start()

    def resume(self) -> int:
        """Start a thread for each unfinished transaction; returns how many there were."""
        unfinished = self._store.unfinished()
        for transaction in unfinished:
            self.begin(transaction)
        return len(unfinished)

    def stop(self, timeout_seconds: float) -> None:
        """Let no transaction finish any more, and wait for driver calls under way."""
        self._stopping.set()
        deadline = time.monotonic() + timeout_seconds
        with self._guard:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def release(self) -> int:
        """Let every held transaction go on; returns how many there were."""
        with self._store.write():
            held = [transaction for transaction in self._store.unfinished() if transaction.held]
            for transaction in held:
                transaction.held = False
                self._store.put_transaction(transaction)
        return len(held)

    def guest_lock(self, guest_id: int) -> AbstractContextManager[object]:
        """Held around every driver call that changes this guest."""
        with self._guard:
            return self._guest_locks.setdefault(guest_id, threading.Lock())

    def _run(self, transaction_id: int) -> None:
        try:
            if self._carry_out(transaction_id) and self._wait_to_end(transaction_id):
                self._finish(transaction_id)
        finally:
            with self._guard:
                self._threads.pop(transaction_id, None)

    def _carry_out(self, transaction_id: int) -> bool:
        """Have the driver do the work; False when the server stops first."""
        delay = _FIRST_RETRY_SECONDS
        while not self._stopping.is_set():
            transaction = self._store.transaction(transaction_id)
            guest = self._store.guest(transaction.guest_id) if transaction else None
            if transaction is None or guest is None:
                return False
            try:
                with self.guest_lock(guest.id):
                    self._act(transaction, guest)
            except NodeError as exc:
                self._note(transaction_id, str(exc))
                log.warning("transaction %s of guest %s: %s", transaction_id, guest.id, exc)
            except Exception as exc:
                self._note(transaction_id, f"{type(exc).__name__}: {exc}")
                log.exception("transaction %s of guest %s failed", transaction_id, guest.id)
            else:
                self._note(transaction_id, None)
                return True
            self._stopping.wait(delay)
            delay = min(delay * 2, _LONGEST_RETRY_SECONDS)
        return False

    def _act(self, transaction: Transaction, guest: Guest) -> None:
        if transaction.kind == "provision":
            self._driver.create(node_spec(guest))
        elif transaction.kind == "reload":
            self._driver.reload(node_spec(guest))
        elif transaction.kind == "reclaim":
            self._driver.destroy(guest.id)
        else:
            for index in transaction.add_disks:
                self._driver.add_disk(guest.id, node_device(index), guest.disks_gb[index])
            self._driver.power(guest.id, "reboot")

    def _note(self, transaction_id: int, error: str | None) -> None:
        with self._store.write():
            transaction = self._store.transaction(transaction_id)
            if transaction is not None and transaction.error != error:
                transaction.error = error
                self._store.put_transaction(transaction)

    def _wait_to_end(self, transaction_id: int) -> bool:
        """Wait until it has lasted long enough and is not held; False when the server stops first."""
        while not self._stopping.is_set():
            transaction = self._store.transaction(transaction_id)
            if transaction is None:
                return False
            left = transaction.started + transaction.seconds - time.time()
            if left <= 0 and not transaction.held:
                return True
            self._stopping.wait(_HELD_CHECK_SECONDS if left <= 0 else left)
        return False

    def _finish(self, transaction_id: int) -> None:
        with self._store.write():
            transaction = self._store.transaction(transaction_id)
            guest = self._store.guest(transaction.guest_id) if transaction else None
            if transaction is None or guest is None:
                return
            if transaction.kind == "provision":
                guest.provision_date = stamp()
            elif transaction.kind == "reclaim":
                guest.gone = True
                self._store.release_addresses(guest.id)
            guest.modify_date = stamp()
            transaction.done = True
            transaction.done_date = stamp()
            self._store.put_guest(guest)
            self._store.put_transaction(transaction)
