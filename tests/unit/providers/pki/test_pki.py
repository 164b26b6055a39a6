"""An authority and its certificates: what they are worth to a verifier, and when they are made anew."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from providers.pki import AuthorityProvider, CertificateProvider, Validity

AUTHORITY = {"common_name": "galera-swarm dev", "valid_days": 3650.0, "renew_days": 1095.0}


def made_authority(**changes: Any) -> dict[str, Any]:
    return dict(AuthorityProvider().create({**AUTHORITY, **changes}).outs or {})


def request(authority: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "authority_id": authority["authority_id"],
        "authority_certificate": authority["certificate"],
        "authority_key": authority["private_key"],
        "common_name": "etcd-1",
        "dns_names": ["localhost"],
        "addresses": ["10.0.0.1", "127.0.0.1"],
        "usages": ["server", "client"],
        "valid_days": 730.0,
        "renew_days": 240.0,
        **changes,
    }


def made(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(CertificateProvider().create(dict(inputs)).outs or {})


def parsed(outs: Mapping[str, Any]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(str(outs["certificate"]).encode())


def policy(authority: Mapping[str, Any], when: datetime) -> PolicyBuilder:
    return PolicyBuilder().store(Store([parsed(authority)])).time(when)


def accepts(authority: Mapping[str, Any], leaf: Mapping[str, Any], host: str, when: datetime) -> bool:
    try:
        name = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        policy(authority, when).build_server_verifier(name).verify(parsed(leaf), [])
    except VerificationError:
        return False
    return True


class TestTrust:
    """What a verifier that only has the authority's certificate makes of it."""

    @pytest.mark.parametrize(
        ("host", "accepted"),
        [("10.0.0.1", True), ("127.0.0.1", True), ("localhost", True), ("10.0.0.2", False), ("db-1", False)],
    )
    def test_a_certificate_is_good_for_its_names_and_no_other(self, host: str, accepted: bool) -> None:
        authority = made_authority()
        leaf = made(request(authority))
        assert accepts(authority, leaf, host, datetime.now(UTC)) is accepted

    def test_another_authority_of_the_same_name_is_not_believed(self) -> None:
        leaf = made(request(made_authority()))
        assert not accepts(made_authority(), leaf, "10.0.0.1", datetime.now(UTC))

    def test_what_was_signed_before_a_renewal_is_good_after_it_and_the_other_way_round(self) -> None:
        before = made_authority()
        after = dict(AuthorityProvider().update("id", before, dict(AUTHORITY)).outs or {})
        assert after["certificate"] != before["certificate"]
        assert (after["private_key"], after["authority_id"]) == (
            before["private_key"],
            before["authority_id"],
        )
        for signer, verifier in ((before, after), (after, before)):
            assert accepts(verifier, made(request(signer)), "10.0.0.1", datetime.now(UTC))

    def test_a_clock_that_is_behind_accepts_a_new_certificate(self) -> None:
        authority = made_authority()
        assert accepts(
            authority, made(request(authority)), "10.0.0.1", datetime.now(UTC) - timedelta(hours=23)
        )

    def test_nothing_outlives_its_authority(self) -> None:
        authority = made_authority(valid_days=100.0, renew_days=10.0)
        leaf = made(request(authority))
        assert parsed(leaf).not_valid_after_utc == parsed(authority).not_valid_after_utc
        assert datetime.fromisoformat(leaf["expires"]) == parsed(leaf).not_valid_after_utc

    def test_an_end_certificate_signs_nothing(self) -> None:
        leaf = parsed(made(request(made_authority())))
        assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert not leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign

    @pytest.mark.parametrize("usages", [["server"], ["client"], ["server", "client"]])
    def test_usages(self, usages: list[str]) -> None:
        leaf = parsed(made(request(made_authority(), usages=usages)))
        oids = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert set(extended) == {oids[usage] for usage in usages}

    def test_key_and_certificate_belong_together_for_openssl(self, tmp_path: Any) -> None:
        leaf = made(request(made_authority()))
        both = tmp_path / "both.pem"
        both.write_text(leaf["certificate"] + leaf["private_key"])
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(both)
        key = serialization.load_pem_private_key(leaf["private_key"].encode(), None)
        assert key.public_key() == parsed(leaf).public_key()


class TestChanges:
    """When something is made anew, and when nothing is."""

    def test_a_second_preview_is_clean(self) -> None:
        authority = made_authority()
        assert AuthorityProvider().diff("id", authority, dict(AUTHORITY)).changes is False
        leaf = made(request(authority))
        assert CertificateProvider().diff("id", leaf, request(authority)).changes is False

    @pytest.mark.parametrize(
        ("change", "changes"),
        [
            ({"common_name": "etcd-2"}, True),
            ({"addresses": ["10.0.0.9", "127.0.0.1"]}, True),
            ({"addresses": ["10.0.0.1"]}, True),
            ({"dns_names": ["localhost", "etcd"]}, True),
            ({"usages": ["server"]}, True),
            ({"authority_id": "another"}, True),
            ({"addresses": [UNKNOWN, "127.0.0.1"]}, None),
            ({"authority_id": UNKNOWN}, None),
            ({"authority_certificate": "renewed", "authority_key": UNKNOWN}, False),
            ({"valid_days": 365.0}, True),
        ],
    )
    def test_what_changes_a_certificate(self, change: dict[str, Any], changes: bool | None) -> None:
        authority = made_authority()
        leaf = made(request(authority))
        answer = CertificateProvider().diff("id", leaf, request(authority, **change))
        assert (answer.changes, answer.replaces) == (changes, [])

    def test_a_change_brings_another_key(self) -> None:
        authority = made_authority()
        leaf = made(request(authority))
        news = request(authority, addresses=["10.0.0.9"])
        renewed = dict(CertificateProvider().update("id", leaf, news).outs or {})
        assert renewed["private_key"] != leaf["private_key"]
        assert accepts(authority, renewed, "10.0.0.9", datetime.now(UTC))
        assert CertificateProvider().diff("id", renewed, news).changes is False

    @pytest.mark.parametrize(("days_left", "due"), [(240.5, False), (239.5, True), (1, True), (-5, True)])
    def test_the_renewal_window_is_a_change(self, days_left: float, due: bool) -> None:
        authority = made_authority()
        expires = (datetime.now(UTC) + timedelta(days=days_left)).isoformat()
        leaf = {**made(request(authority)), "expires": expires}
        assert CertificateProvider().diff("id", leaf, request(authority)).changes is due
        renewed = dict(CertificateProvider().update("id", leaf, request(authority)).outs or {})
        assert CertificateProvider().diff("id", renewed, request(authority)).changes is False

    def test_an_authority_within_its_window_is_renewed_and_its_certificates_are_not(self) -> None:
        authority = made_authority()
        leaf = made(request(authority))
        old = {**authority, "expires": (datetime.now(UTC) + timedelta(days=1000)).isoformat()}
        assert AuthorityProvider().diff("id", old, dict(AUTHORITY)).changes is True
        after = dict(AuthorityProvider().update("id", old, dict(AUTHORITY)).outs or {})
        assert AuthorityProvider().diff("id", after, dict(AUTHORITY)).changes is False
        assert CertificateProvider().diff("id", leaf, request(after)).changes is False

    def test_another_name_is_another_authority(self) -> None:
        answer = AuthorityProvider().diff("id", made_authority(), {**AUTHORITY, "common_name": "other"})
        assert (answer.changes, answer.replaces) == (True, ["common_name"])

    @given(
        days=st.integers(2, 4000),
        renew=st.integers(1, 3999),
        moved=st.integers(-10_000, 10_000_000),
    )
    @settings(max_examples=200)
    def test_due_exactly_from_the_window_on(self, days: int, renew: int, moved: int) -> None:
        began = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)
        validity = Validity(days=days, renew_days=renew)
        end = validity.ends(began)
        window = end - timedelta(days=renew)
        assert validity.is_due(end.isoformat(), window + timedelta(seconds=moved)) is (moved >= 0)
        assert validity.begins(began) < began < end


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, None),
        ({"addresses": [UNKNOWN]}, None),
        ({"addresses": ["db-1"]}, "addresses"),
        ({"usages": []}, "usages"),
        ({"usages": ["signing"]}, "usages"),
        ({"renew_days": 730.0}, "renew_days"),
        ({"renew_days": 0.0}, "renew_days"),
        ({"valid_days": UNKNOWN}, None),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    change: dict[str, Any], refused: str | None
) -> None:
    authority = {"authority_id": "a", "certificate": "c", "private_key": "k"}
    failures = CertificateProvider().check({}, request(authority, **change)).failures
    assert [one.property for one in failures] == ([refused] if refused else [])
