"""Waiting for the cloud: until a guest is ready, idle, or gone. Polls are short at first and grow to 10 s.

Ready means what every later step needs: provisioned, no transaction running, and its addresses known. (The
client's own `wait_for_ready` looks at neither power nor addresses; research/softlayer.md section 2.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.softlayer.client import Api
from providers.softlayer.clock import growing
from providers.softlayer.errors import NotFoundError, OrderDoubtError, TransactionTimeoutError
from providers.softlayer.guest_wire import is_cancelled, is_going
from providers.softlayer.ordering import read_guest
from providers.softlayer.progress import Progress

_FIRST_POLL_SECONDS = 0.3
_POLL_GROWTH = 1.3
_LARGEST_POLL_SECONDS = 10.0
# A cancelled guest leaves the account soon; one that does not is reported, not waited for all day.
GONE_SECONDS = 1800.0
# A cancelled guest may be reclaimed at once or stay on the books for a day: give it only this long to vanish.
VANISH_SECONDS = 5.0


def wait_until_seen(api: Api, guest_id: int) -> dict[str, Any]:
    """Wait until a guest that was just ordered can be read; a receipt may come first.

    Raises OrderDoubtError when it does not show.
    """
    progress = Progress(api.clock, api.subject)
    for pause in growing(_FIRST_POLL_SECONDS, _POLL_GROWTH, _LARGEST_POLL_SECONDS):
        guest = read_guest(api, guest_id)
        if guest is not None:
            return guest
        if progress.elapsed_seconds + pause > api.doubt_seconds:
            message = (
                f"{api.subject}: id {guest_id} was ordered and is not seen in {api.doubt_seconds:.0f} s: "
                "check `slcli account orders`, then run again, which looks for it before it orders"
            )
            raise OrderDoubtError(message)
        progress.say("ordered, waiting for it to show")
        api.clock.sleep(pause)
    raise AssertionError  # growing() never ends


def wait_until_ready(api: Api, guest_id: int, *, private_only: bool, timeout_minutes: int) -> dict[str, Any]:
    """Wait until the guest can be used, and return it as read.

    Raises TransactionTimeoutError with what it waited for (the guest stays), NotFoundError when it was
    cancelled meanwhile.
    """
    progress = Progress(api.clock, api.subject)
    for pause in growing(_FIRST_POLL_SECONDS, _POLL_GROWTH, _LARGEST_POLL_SECONDS):
        guest = _present(api, guest_id)
        missing = _missing(guest, private_only)
        if missing is None:
            return guest
        if progress.elapsed_seconds + pause > timeout_minutes * 60:
            message = (
                f"{api.subject}: id {guest_id} is not ready after {timeout_minutes} min, it waits for "
                f"{missing}; the guest is kept and billed: run `pulumi up` again to go on waiting, raise "
                "provision_timeout_minutes, or, if its transaction is stuck, open a ticket with the cloud "
                f"or cancel it with `slcli vs cancel {guest_id}`"
            )
            raise TransactionTimeoutError(message)
        progress.say(f"being provisioned, waiting for {missing}")
        api.clock.sleep(pause)
    raise AssertionError  # growing() never ends


def wait_until_idle(api: Api, guest_id: int, *, timeout_minutes: int) -> dict[str, Any] | None:
    """Wait until no transaction runs on the guest, and return it as read; None when it is gone or going.

    Raises TransactionTimeoutError with the transaction's name.
    """
    progress = Progress(api.clock, api.subject)
    for pause in growing(_FIRST_POLL_SECONDS, _POLL_GROWTH, _LARGEST_POLL_SECONDS):
        guest = read_guest(api, guest_id)
        if guest is None or is_going(guest, api.clock.utc_now()):
            return None
        if not guest.get("activeTransaction"):
            return guest
        if progress.elapsed_seconds + pause > timeout_minutes * 60:
            message = (
                f"{api.subject}: id {guest_id} is still busy with {transaction_of(guest)} after "
                f"{timeout_minutes} min: run again when `slcli vs detail` shows no active transaction, or "
                "open a ticket with the cloud if it is stuck"
            )
            raise TransactionTimeoutError(message)
        progress.say(f"waiting for {transaction_of(guest)} to end")
        api.clock.sleep(pause)
    raise AssertionError  # growing() never ends


def wait_until_gone(api: Api, guest_id: int) -> None:
    """Wait until a cancelled guest is gone, or surely going. Raises TransactionTimeoutError if it stays."""
    progress = Progress(api.clock, api.subject)
    for pause in growing(_FIRST_POLL_SECONDS, _POLL_GROWTH, _LARGEST_POLL_SECONDS):
        guest = read_guest(api, guest_id)
        if guest is None or (is_cancelled(guest) and progress.elapsed_seconds >= VANISH_SECONDS):
            return
        if progress.elapsed_seconds + pause > GONE_SECONDS:
            message = (
                f"{api.subject}: id {guest_id} was cancelled and still shows after {GONE_SECONDS / 60:.0f} "
                f"min: check `slcli vs detail {guest_id}` and run again"
            )
            raise TransactionTimeoutError(message)
        progress.say("cancelled, waiting for it to go")
        api.clock.sleep(pause)


def transaction_of(guest: Mapping[str, Any]) -> str:
    """The running transaction in words: its friendly name, its name, its id and its age."""
    transaction = guest.get("activeTransaction") or {}
    status = transaction.get("transactionStatus") or {}
    words = status.get("friendlyName") or status.get("name") or "a transaction"
    age = f", {transaction['elapsedSeconds']} s old" if transaction.get("elapsedSeconds") is not None else ""
    return f"'{words}' (transaction {transaction.get('id')} {status.get('name') or ''}{age})"


def _present(api: Api, guest_id: int) -> dict[str, Any]:
    guest = read_guest(api, guest_id)
    if guest is None or is_going(guest, api.clock.utc_now()):
        message = (
            f"{api.subject}: id {guest_id} was cancelled while it was being provisioned: run again to order "
            "a new one"
        )
        raise NotFoundError(message)
    return guest


def _missing(guest: Mapping[str, Any], private_only: bool) -> str | None:
    """What the guest still lacks to be ready; None when it is."""
    if guest.get("activeTransaction"):
        return transaction_of(guest)
    if not guest.get("provisionDate"):
        return "the start of its provisioning"
    if not guest.get("primaryBackendIpAddress"):
        return "its private address"
    if not private_only and not guest.get("primaryIpAddress"):
        return "its public address"
    return None
