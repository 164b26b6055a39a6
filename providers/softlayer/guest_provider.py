"""The life of a virtual guest: check, diff, create, read, update, delete.

The Python provider host has no way to report a half-made resource, so `create` is written to be repeated: a
guest that an interrupted run ordered is found again by its name and mark, and the next create goes on where
that one stopped.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from providers.softlayer import changes, client
from providers.softlayer.account import ensure_same_account
from providers.softlayer.credentials import from_config
from providers.softlayer.drift import apart, noted, warnings
from providers.softlayer.errors import NotFoundError, OwnershipError, RefusedError
from providers.softlayer.guest_diff import Effect, compare, fields_with
from providers.softlayer.guest_inputs import PARSERS, GuestInputs, problems
from providers.softlayer.guest_wire import is_cancelled, is_going, observe, outputs
from providers.softlayer.mark import carries
from providers.softlayer.order_lock import ensure_engine, order_lock
from providers.softlayer.ordering import acquire, read_guest
from providers.softlayer.readiness import (
    wait_until_gone,
    wait_until_idle,
    wait_until_ready,
    wait_until_seen,
)
from providers.softlayer.replacement import ensure_orderable
from providers.stateless import StatelessProvider, gone, holds_unknown, without_provider

#: The input that is true where a run changes a server and has not asked the guard; kept nowhere.
UNJUDGED = "unjudged"
# A cancellation that meets a transaction which began after the guest was seen idle is tried again this often.
_CANCEL_ATTEMPTS = 5


class VirtualGuestProvider(StatelessProvider):
    """Stateless but for what `configure` reads: the config's `cloud` object and the engine's process id."""

    _cloud: Any = None
    _engine: int | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Take note of the credentials; they are judged when a call needs them."""
        self._cloud = req.config.get("cloud")
        self._engine = os.getppid()

    def connect(self, props: Mapping[str, Any], subject: str) -> client.Api:
        """The API client for one operation. Raises CredentialsError when the credentials are incomplete."""
        return client.connect(str(props["endpoint"]), from_config(self._cloud), subject)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse what the cloud is known to refuse, and what the guard was not asked about; asks nobody."""
        inputs = without_provider(news)
        failures = [CheckFailure(field, reason) for field, reason in problems(news)]
        if inputs.pop(UNJUDGED, None) is True and _olds:
            failures.append(CheckFailure("", _unjudged(news)))
        return CheckResult(inputs, failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Replace, change in place, or nothing; names are unique, so the old guest goes first.

        A replacement is planned only if the cloud would take its order, which is asked where all is known.
        """
        effects, unknown = compare(_olds, _news)
        replaces = fields_with(effects, Effect.REPLACE)
        if replaces and not holds_unknown(without_provider(_news)):
            ensure_orderable(self._cloud, _news)
        changed: bool | None = bool(effects) or (None if unknown else False)
        return DiffResult(changes=changed, replaces=replaces, delete_before_replace=True)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Find or order the guest, mark it, wait until it is ready."""
        wanted = GuestInputs.from_props(props)
        api = self.connect(props, wanted.subject)
        engine = os.getppid() if self._engine is None else self._engine
        with order_lock(wanted.endpoint, wanted.fqdn, api.clock):
            acquired = acquire(api, wanted, lambda: ensure_engine(engine, wanted.subject))
        _tag_early(api, acquired.guest_id, wanted)
        guest = wait_until_ready(
            api,
            acquired.guest_id,
            private_only=wanted.private_only,
            timeout_minutes=wanted.provision_timeout_minutes,
        )
        if acquired.adopted:
            changes.refuse_mismatch(guest, wanted)
            changes.apply(api, acquired.guest_id, wanted, PARSERS)
        else:
            changes.label(api, guest, wanted)
        guest = read_guest(api, acquired.guest_id) or guest
        return CreateResult(
            str(acquired.guest_id),
            {**wanted.to_props(), **_outputs(guest, wanted, acquired.order_id)},
        )

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The guest as it is; an empty id when it is gone or about to go.

        What only another guest could have stays as declared; a difference is shown.
        """
        declared = GuestInputs.from_props(props)
        api = self.connect(props, declared.subject)
        guest = read_guest(api, int(id_))
        if guest is None or is_going(guest, api.clock.utc_now()):
            ensure_same_account(api, id_, props)
            return gone()
        kept, drift = apart(observe(guest, declared), declared)
        for sentence in warnings(declared, drift):
            print(f"warning: {sentence}", file=sys.stderr)
        inputs = kept.to_props()
        return ReadResult(id_, {**inputs, **_outputs(guest, declared, _order_id(props))}, dict(inputs))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change in place what differs from the guest as it is."""
        wanted = GuestInputs.from_props(_news)
        api = self.connect(_news, wanted.subject)
        effects, _ = compare(_olds, _news)
        changes.apply(api, int(_id), wanted, effects)
        guest = read_guest(api, int(_id))
        if guest is None:
            message = f"{wanted.subject}: id {_id} was cancelled during its update: run `pulumi refresh`"
            raise NotFoundError(message)
        return UpdateResult({**wanted.to_props(), **_outputs(guest, wanted, _order_id(_olds))})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Cancel the guest by its id, if it carries this stack's mark; one that is gone is a success."""
        declared = GuestInputs.from_props(_props)
        api = self.connect(_props, declared.subject)
        for attempt in range(_CANCEL_ATTEMPTS):
            guest = wait_until_idle(api, int(_id), timeout_minutes=declared.provision_timeout_minutes)
            if guest is None:
                ensure_same_account(api, _id, _props)
                return
            _ensure_ours(guest, declared)
            try:
                api.call("cancelling it", "Virtual_Guest", "deleteObject", id=int(_id))
            except NotFoundError:
                return
            except RefusedError:
                current = read_guest(api, int(_id))
                if current is not None and is_cancelled(current):
                    return
                busy = current is not None and bool(current.get("activeTransaction"))
                if not busy or attempt + 1 == _CANCEL_ATTEMPTS:
                    raise
            else:
                break
        wait_until_gone(api, int(_id))


def _unjudged(props: Mapping[str, Any]) -> str:
    return (
        f"guest {props.get('hostname')}.{props.get('domain')}: its change was not judged by the guard, which "
        "knows what a quorum can lose, because this run leaves the guard out; run without `--target` and "
        "`--exclude`, or take the change back first"
    )


def _tag_early(api: client.Api, guest_id: int, wanted: GuestInputs) -> None:
    """Show whose the guest is as soon as it is seen; a refusal is settled when it is ready."""
    guest = wait_until_seen(api, guest_id)
    with contextlib.suppress(RefusedError):
        changes.tag(api, guest, wanted)


def _ensure_ours(guest: Mapping[str, Any], declared: GuestInputs) -> None:
    """Only what carries this stack's mark may be cancelled."""
    if not carries(guest, declared.mark):
        message = (
            f"{declared.subject}: id {guest.get('id')} carries this stack's mark {declared.mark} neither as "
            "a tag nor in its user data, so it is not cancelled: run `pulumi refresh` and `pulumi up` to "
            "mark it again, or remove it from the state with `pulumi state delete`"
        )
        raise OwnershipError(message)


def _outputs(guest: Mapping[str, Any], declared: GuestInputs, order_id: int | None) -> dict[str, Any]:
    _, drift = apart(observe(guest, declared), declared)
    return {**outputs(guest, declared.mark, order_id), **noted(drift)}


def _order_id(props: Mapping[str, Any]) -> int | None:
    raw = props.get("order_id")
    return int(raw) if raw else None
