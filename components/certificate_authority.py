"""The stack's private authority, and the certificates that its services ask it for."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from providers.pki import Authority, AuthorityArgs, Certificate, CertificateArgs

#: Characters that a certificate has for a common name.
_LONGEST_NAME = 64


@dataclass(frozen=True, kw_only=True)
class CertificateAuthorityArgs:
    """stack_name: stands in the issuer, so that people can tell the authorities of their stacks apart."""

    stack_name: str


class CertificateAuthority(pulumi.ComponentResource):
    """One for each stack that has a service with TLS; `Ground.authority` makes it when first asked for."""

    certificate: pulumi.Output[str]
    """PEM, for everybody who has to trust the stack's services."""
    clients: dict[str, pulumi.Output[str]]
    """When each certificate ends that no server shows, by its name; ISO 8601."""

    def __init__(
        self, name: str, args: CertificateAuthorityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("galera-swarm:pki:CertificateAuthority", name, None, opts)
        self._authority = Authority(
            name,
            AuthorityArgs(common_name=f"galera-swarm {args.stack_name}"[:_LONGEST_NAME]),
            pulumi.ResourceOptions(parent=self),
        )
        self.certificate, self.clients = self._authority.certificate, {}
        self.register_outputs({"certificate": self.certificate})

    def issue(
        self,
        name: str,
        *,
        common_name: str,
        dns_names: Sequence[pulumi.Input[str]] = (),
        addresses: Sequence[pulumi.Input[str]] = (),
        usages: Sequence[str] = ("server", "client"),
        opts: pulumi.ResourceOptions | None = None,
    ) -> Certificate:
        """A certificate with its own key.

        Its parent is whoever asks (`opts`). Renewal changes both outputs, and so rolls what uses them.
        """
        issued = Certificate(
            name,
            CertificateArgs(
                authority_id=self._authority.authority_id,
                authority_certificate=self._authority.certificate,
                authority_key=self._authority.private_key,
                common_name=common_name,
                dns_names=dns_names,
                addresses=addresses,
                usages=usages,
            ),
            opts,
        )
        if "server" not in usages:
            self.clients[name] = issued.expires
        return issued
