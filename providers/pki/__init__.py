"""A private certificate authority, and the certificates it signs: keys are secrets, renewal is a diff."""

from providers.pki.authority import Authority, AuthorityArgs, AuthorityProvider
from providers.pki.certificate import Certificate, CertificateArgs, CertificateProvider
from providers.pki.expired import ExpiryLooks, waits_for_renewal_only
from providers.pki.served import served_until
from providers.pki.validity import Validity

__all__ = [
    "Authority",
    "AuthorityArgs",
    "AuthorityProvider",
    "Certificate",
    "CertificateArgs",
    "CertificateProvider",
    "ExpiryLooks",
    "Validity",
    "served_until",
    "waits_for_renewal_only",
]
