"""A certificate authority of the stack's own. Its key is made once; its certificate is renewed with that key.

Whatever it has signed stays valid across a renewal, since signatures are checked with the key.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, Resource, UpdateResult

from providers.pki.validity import Validity, failures, is_due
from providers.stateless import StatelessProvider, without_provider


@dataclass(frozen=True, kw_only=True)
class AuthorityArgs:
    """common_name: what people see as the issuer; another one is another authority.

    valid_days, renew_days: the window is longer than the life of what it signs, so that nothing is cut short.
    """

    common_name: pulumi.Input[str]
    valid_days: int = 3650
    renew_days: int = 1095


class AuthorityProvider(StatelessProvider):
    """Makes key and certificate; an update makes the certificate anew and keeps the key."""

    INPUTS: ClassVar = ("common_name", "valid_days", "renew_days")
    IDENTITY: ClassVar = ("common_name",)
    COMPARED: ClassVar = ("valid_days",)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse a renewal window that is no window."""
        return CheckResult(without_provider(news), failures(news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """As declared, and a change once the renewal window has begun."""
        declared = super().diff(_id, _olds, _news)
        if declared.changes is not True and is_due(_olds, _news):
            return DiffResult(changes=True, replaces=[])
        return declared

    def create(self, props: dict[str, Any]) -> CreateResult:
        """A new key, and the certificate over it."""
        # Lazy: the package is slow to load, and a diff does without it.
        from providers.pki.x509 import new_key

        inputs = without_provider(props)
        return CreateResult(secrets.token_hex(8), outs={**inputs, **_signed(inputs, new_key())})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """The same key under a new certificate."""
        outs = self.taken_over(_olds, _news)
        return UpdateResult(outs={**outs, **_signed(outs, str(_olds["private_key"]))})


class Authority(Resource, module="pki", name="Authority"):
    """One certificate authority."""

    certificate: pulumi.Output[str]
    """PEM, for everybody who has to trust what it signs."""
    private_key: pulumi.Output[str]
    """PEM, a secret."""
    authority_id: pulumi.Output[str]
    """Digest of its public key: the same as long as certificates need not be signed anew."""
    expires: pulumi.Output[str]
    """End of the certificate, ISO 8601."""

    def __init__(self, name: str, args: AuthorityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        made = {"certificate": None, "private_key": None, "authority_id": None, "expires": None}
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        super().__init__(
            AuthorityProvider(), name, {**vars(args), **made}, pulumi.ResourceOptions.merge(opts, hidden)
        )


def _signed(inputs: Mapping[str, Any], key: str) -> dict[str, Any]:
    from providers.pki.x509 import public_digest, self_signed

    validity, now = Validity.from_props(inputs), datetime.now(UTC)
    return {
        "certificate": self_signed(
            key, str(inputs["common_name"]), begins=validity.begins(now), ends=validity.ends(now)
        ),
        "private_key": key,
        "authority_id": public_digest(key),
        "expires": validity.ends(now).isoformat(),
    }
