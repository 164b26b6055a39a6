"""A private certificate authority, and the certificates it signs: keys are secrets, renewal is a diff."""

from providers.pki.authority import Authority, AuthorityArgs, AuthorityProvider
from providers.pki.certificate import Certificate, CertificateArgs, CertificateProvider
from providers.pki.validity import Validity

__all__ = [
    "Authority",
    "AuthorityArgs",
    "AuthorityProvider",
    "Certificate",
    "CertificateArgs",
    "CertificateProvider",
    "Validity",
]
