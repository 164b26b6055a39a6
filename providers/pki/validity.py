"""How long a certificate holds, and from when on the next deployment renews it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi.dynamic import CheckFailure

from providers.stateless import holds_unknown, whole

#: A certificate begins this long before it is made: whoever checks it may have a clock that is behind.
BACKDATED = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Validity:
    """days: from now to the end. renew_days: so many days before the end a deployment makes a new one."""

    days: int
    renew_days: int

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> "Validity":
        """From the inputs `valid_days` and `renew_days`, which every resource here has."""
        return cls(days=whole(props, "valid_days"), renew_days=whole(props, "renew_days"))

    def begins(self, now: datetime) -> datetime:
        """Backdated, in whole seconds, as certificates count."""
        return now.replace(microsecond=0) - BACKDATED

    def ends(self, now: datetime, *, latest: datetime | None = None) -> datetime:
        """The end, never after `latest`: nothing outlives who signed it."""
        end = now.replace(microsecond=0) + timedelta(days=self.days)
        return min(end, latest) if latest else end

    def is_due(self, expires: str, now: datetime) -> bool:
        """Whether a certificate that ends at `expires` (ISO 8601) is within its renewal window."""
        return now >= datetime.fromisoformat(expires) - timedelta(days=self.renew_days)


def failures(props: Mapping[str, Any]) -> list[CheckFailure]:
    """What is wrong with `valid_days` and `renew_days`; nothing while they are not known."""
    if holds_unknown([props.get("valid_days"), props.get("renew_days")]):
        return []
    validity = Validity.from_props(props)
    if 0 < validity.renew_days < validity.days:
        return []
    said = (
        f"a certificate of {validity.days} days cannot be renewed {validity.renew_days} days before its end:"
        " renew it after its beginning and before its end"
    )
    return [CheckFailure("renew_days", said)]


def is_due(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether what a resource recorded in `expires` has come into the window that is asked for now."""
    expires = olds.get("expires")
    if not isinstance(expires, str) or holds_unknown(
        [expires, news.get("valid_days"), news.get("renew_days")]
    ):
        return False
    return Validity.from_props(news).is_due(expires, datetime.now(UTC))
