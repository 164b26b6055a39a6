"""From a declaration to one guest id, without ever buying twice.

There is no idempotency token, so the name is one (design section 8): look before ordering, order once, adopt
on doubt. The recipe is research/softlayer.md section 7; each outcome of an order is one line of `_place`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from providers.softlayer.client import PATIENCE, Api
from providers.softlayer.clock import growing, jittered
from providers.softlayer.errors import OrderDoubtError, OwnershipError
from providers.softlayer.faults import Kind
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.guest_wire import GUEST_MASK, created_at, is_cancelled
from providers.softlayer.lookup import Holders, Order, holders, holds_name, open_orders
from providers.softlayer.mark import carries, is_unsigned
from providers.softlayer.price import verified_order
from providers.softlayer.progress import Progress

# How far this machine's clock may be ahead of the cloud's when createDate decides.
CLOCK_SKEW = timedelta(minutes=15)


@dataclass(frozen=True)
class Acquired:
    """The guest of a declaration: its id, its order where known, and whether it was there before."""

    guest_id: int
    order_id: int | None
    adopted: bool


def acquire(api: Api, inputs: GuestInputs, still_wanted: Callable[[], None]) -> Acquired:
    """Find the declared guest or order it once; `still_wanted` is asked just before money is spent.

    Raises OwnershipError when the name belongs to somebody else, OrderDoubtError when an order's outcome
    stays unknown, CapacityError or RefusedError when the cloud declines, and the other CloudErrors of a
    failing API.
    """
    found = _existing(api, inputs)
    if found is not None:
        return found
    order, _ = verified_order(api, inputs)
    return _place(api, inputs, order, still_wanted)


def _existing(api: Api, inputs: GuestInputs) -> Acquired | None:
    """The guest of an earlier run, waited for if only its order shows; None when the name is free."""
    held = holders(api, inputs)
    unborn = [guest for guest in held.unsigned if not guest.get("provisionDate")]
    _refuse_others(inputs, (*held.foreign, *(guest for guest in held.unsigned if guest not in unborn)))
    if held.ours:
        return Acquired(_only(inputs, held.ours), None, adopted=True)
    if unborn:
        why = f"guest {unborn[0].get('id')} has that name and shows no user data yet, so no mark either"
        return _search(api, inputs, since=None, why=why)
    orders = open_orders(api, inputs)
    pending = [order for order in orders if not _is_history(api, inputs, order)]
    if not pending:
        return None
    return _search(
        api, inputs, since=None, why=f"order {pending[0].order_id} ({pending[0].status}) is on its way"
    )


def _place(
    api: Api, inputs: GuestInputs, order: Mapping[str, Any], still_wanted: Callable[[], None]
) -> Acquired:
    """Send the order; repeat it only when it surely was not carried out, and after another look."""
    begun = api.clock.monotonic()
    sent_at = api.clock.utc_now()
    for pause in growing(1.0, 2.0, 30.0):
        still_wanted()
        receipt, fault = api.once("Product_Order", "placeOrder", order)
        if fault is None:
            return _from_receipt(api, inputs, receipt, sent_at)
        if fault.kind is Kind.BROKEN:
            return _search(api, inputs, since=sent_at, why=f"its order was cut off: {fault.text}")
        wait = jittered(pause)
        if api.clock.monotonic() - begun + wait > PATIENCE.get(fault.kind, 0.0):
            raise fault.error(inputs.subject, "ordering it", api.endpoint) from fault.cause
        api.clock.sleep(wait)
        found = _new_holder(inputs, holders(api, inputs), sent_at)
        if found is not None:
            return found
    raise AssertionError  # growing() never ends


def _from_receipt(api: Api, inputs: GuestInputs, receipt: Any, sent_at: datetime) -> Acquired:
    """The guest named by an order's receipt; a receipt that names none leaves a search."""
    details = receipt.get("orderDetails") or {} if isinstance(receipt, dict) else {}
    containers = details.get("orderContainers") or [details]
    guests = [guest for box in containers for guest in box.get("virtualGuests") or [] if guest.get("id")]
    if len(guests) == 1:
        order_id = receipt.get("orderId")
        return Acquired(int(guests[0]["id"]), int(order_id) if order_id else None, adopted=False)
    return _search(api, inputs, since=sent_at, why="its order was taken, and the receipt names no guest")


def _search(api: Api, inputs: GuestInputs, *, since: datetime | None, why: str) -> Acquired:
    """Look for a guest whose order went out; `since` is when we sent it, None for an earlier run."""
    progress = Progress(api.clock, inputs.subject)
    deadline = api.clock.monotonic() + api.doubt_seconds
    begin = None if since is None else since - CLOCK_SKEW
    for pause in growing(0.3, 1.5, 10.0):
        found = _new_holder(inputs, holders(api, inputs), since)
        if found is not None:
            return found
        orders = open_orders(api, inputs, begin)
        for order in orders:
            if _brought_ours(api, inputs, order, since):
                return Acquired(order.guest_id or 0, order.order_id, adopted=True)
        if api.clock.monotonic() + pause > deadline:
            raise OrderDoubtError(_doubt(api, inputs, why, orders))
        progress.say(f"looking for the guest, {why}")
        api.clock.sleep(pause)
    raise AssertionError  # growing() never ends


def _brought_ours(api: Api, inputs: GuestInputs, order: Order, since: datetime | None) -> bool:
    """Whether an order's guest, not in the account's list yet, can already be read and is ours."""
    guest = None if order.guest_id is None else read_guest(api, order.guest_id)
    if guest is None or is_cancelled(guest) or not holds_name(guest, inputs):
        return False
    return carries(guest, inputs.mark) or (since is not None and is_unsigned(guest))


def _doubt(api: Api, inputs: GuestInputs, why: str, orders: tuple[Order, ...]) -> str:
    """The sentence for an order whose guest did not show up."""
    known = ", ".join(f"{order.order_id} ({order.status})" for order in orders)
    seen = (
        f"order {known} exists without a guest"
        if orders
        else "neither a guest nor an order of that name shows"
    )
    return (
        f"{inputs.subject}: {why}; after {api.doubt_seconds:.0f} s {seen}, and nothing was ordered a second "
        "time: check `slcli account orders` and `slcli vs list`, then run again, which looks once more "
        "before it orders"
    )


def _new_holder(inputs: GuestInputs, held: Holders, since: datetime | None) -> Acquired | None:
    """The guest that took the name: by its mark, or, without one so far, as younger than our order."""
    young = [
        guest
        for guest in held.unsigned
        if since is not None and (made := created_at(guest)) is not None and made >= since - CLOCK_SKEW
    ]
    _refuse_others(inputs, held.foreign)
    candidates = (*held.ours, *young)
    return Acquired(_only(inputs, candidates), None, adopted=True) if candidates else None


def _refuse_others(inputs: GuestInputs, others: tuple[Mapping[str, Any], ...]) -> None:
    """Stop when a guest that is not ours holds the name."""
    if others:
        ids = ", ".join(str(guest.get("id")) for guest in others)
        message = (
            f"{inputs.subject}: the account already has a guest of that name (id {ids}) without this stack's "
            f"mark {inputs.mark}, and it is left alone: give this server another name, or cancel that guest "
            f"(`slcli vs cancel {ids}`) if it is not needed"
        )
        raise OwnershipError(message)


def _only(inputs: GuestInputs, guests: tuple[Mapping[str, Any], ...]) -> int:
    """The id of the one guest; two of a name are for the user to sort out."""
    if len(guests) > 1:
        ids = ", ".join(str(guest.get("id")) for guest in guests)
        message = (
            f"{inputs.subject}: {len(guests)} guests carry that name and this stack's mark (ids {ids}): "
            "cancel all but one with `slcli vs cancel ID` and run again"
        )
        raise OrderDoubtError(message)
    return int(guests[0]["id"])


def _is_history(api: Api, inputs: GuestInputs, order: Order) -> bool:
    """Whether the guest that an order brought is on its way out or has another name by now.

    A guest that cannot be read is not history: it may not show yet.
    """
    guest = None if order.guest_id is None else read_guest(api, order.guest_id)
    return guest is not None and (is_cancelled(guest) or not holds_name(guest, inputs))


def read_guest(api: Api, guest_id: int) -> dict[str, Any] | None:
    """Read a guest with everything the provider knows about; None when there is no such guest any more.

    Raises BrokenCallError for an answer that is not this guest: nobody said that it is gone.
    """
    return api.found("reading it", "Virtual_Guest", guest_id, mask=GUEST_MASK)
