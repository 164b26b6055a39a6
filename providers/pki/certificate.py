"""A certificate for one server or one client, signed by the stack's authority, with a key of its own."""

import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, UpdateResult

from providers.pki.validity import Validity, failures, is_due
from providers.stateless import StatelessProvider, holds_unknown, without_provider

#: What a certificate may be shown for.
USAGES = ("server", "client")


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Whom it names, and who signs it.

    authority_id, authority_certificate, authority_key: outputs of an `Authority`; the key is a secret.
    common_name: the subject. dns_names, addresses: the names and IP addresses it is valid for; addresses may
        be unknown in a preview.
    usages: "server", "client", or both.
    """

    authority_id: pulumi.Input[str]
    authority_certificate: pulumi.Input[str]
    authority_key: pulumi.Input[str]
    common_name: pulumi.Input[str]
    dns_names: Sequence[pulumi.Input[str]] = ()
    addresses: Sequence[pulumi.Input[str]] = ()
    usages: Sequence[str] = USAGES
    valid_days: int = 730
    renew_days: int = 240


class CertificateProvider(StatelessProvider):
    """Every change is a new key and a new certificate; a renewed authority with the same key is no change."""

    INPUTS: ClassVar = (
        "authority_id",
        "authority_certificate",
        "authority_key",
        "common_name",
        "dns_names",
        "addresses",
        "usages",
        "valid_days",
        "renew_days",
    )
    COMPARED: ClassVar = ("authority_id", "common_name", "dns_names", "addresses", "usages", "valid_days")

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse what no certificate can carry."""
        return CheckResult(without_provider(news), [*failures(news), *_misnamed(news)])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """As declared, and a change once the renewal window has begun."""
        declared = super().diff(_id, _olds, _news)
        if declared.changes is not True and is_due(_olds, _news):
            return DiffResult(changes=True, replaces=[])
        return declared

    def create(self, props: dict[str, Any]) -> CreateResult:
        """A new key, and the certificate over it."""
        inputs = without_provider(props)
        return CreateResult(secrets.token_hex(8), outs={**inputs, **_issued(inputs)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """The same again: nothing of the old certificate is worth keeping."""
        outs = self.taken_over(_olds, _news)
        return UpdateResult(outs={**outs, **_issued(outs)})


class Certificate(Resource, module="pki", name="Certificate"):
    """One certificate and its key."""

    certificate: pulumi.Output[str]
    """PEM."""
    private_key: pulumi.Output[str]
    """PEM, a secret."""
    expires: pulumi.Output[str]
    """End of the certificate, ISO 8601."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        given = {**vars(args), "authority_key": pulumi.Output.secret(args.authority_key)}
        given["dns_names"], given["addresses"] = list(args.dns_names), list(args.addresses)
        given["usages"] = list(args.usages)
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        super().__init__(
            CertificateProvider(),
            name,
            {**given, "certificate": None, "private_key": None, "expires": None},
            pulumi.ResourceOptions.merge(opts, hidden),
        )


def _issued(inputs: Mapping[str, Any]) -> dict[str, Any]:
    # Lazy: the package is slow to load, and a diff does without it.
    from providers.pki.x509 import Names, end_of, new_key, signed

    validity, now, key = Validity.from_props(inputs), datetime.now(UTC), new_key()
    authority = str(inputs["authority_certificate"])
    ends = validity.ends(now, latest=end_of(authority))
    certificate = signed(
        key,
        Names(
            common_name=str(inputs["common_name"]),
            dns_names=tuple(inputs.get("dns_names") or ()),
            addresses=tuple(inputs.get("addresses") or ()),
            usages=tuple(inputs.get("usages") or ()),
        ),
        authority_certificate=authority,
        authority_key=str(inputs["authority_key"]),
        begins=validity.begins(now),
        ends=ends,
    )
    return {"certificate": certificate, "private_key": key, "expires": ends.isoformat()}


def _misnamed(props: Mapping[str, Any]) -> list[CheckFailure]:
    who = props.get("common_name")
    found = []
    addresses = props.get("addresses") or ()
    for address in addresses if isinstance(addresses, list | tuple) else ():
        if not holds_unknown(address) and not _is_address(str(address)):
            said = f"the certificate {who} is for {address!r}, which is no IP address: put names in dns_names"
            found.append(CheckFailure("addresses", said))
    usages = props.get("usages") or ()
    if not holds_unknown(usages) and (not usages or set(usages) - set(USAGES)):
        said = f"the certificate {who} is for {list(usages)}: say one or more of {', '.join(USAGES)}"
        found.append(CheckFailure("usages", said))
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
