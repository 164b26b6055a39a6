"""Who is let in, who is refused, and how long a server may take to answer."""

import dataclasses
import socket
import threading
import time

import paramiko
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from providers.ssh import AccessDeniedError, HostKeyChangedError, Target, UnreachableError, connect
from providers.ssh.connection import presented_host_key
from tests.unit.providers.ssh.fake_sshd import FakeSshd, ed25519_text, key_of, running, written


def test_the_first_contact_learns_the_key(target: Target, sshd: FakeSshd) -> None:
    with connect(dataclasses.replace(target, host_key=None), deadline_seconds=5) as session:
        assert presented_host_key(session) == written(sshd.host_keys[0])


def test_the_recorded_key_is_accepted_with_its_comment(target: Target) -> None:
    with connect(dataclasses.replace(target, host_key=f"{target.host_key} root@db1"), deadline_seconds=5):
        pass


def test_another_host_key_is_refused_at_once_with_what_to_do(target: Target) -> None:
    other = dataclasses.replace(target, host_key=written(key_of(ed25519_text())))
    began = time.monotonic()
    with (
        pytest.raises(HostKeyChangedError, match=r"reinstalled.*pulumi up --replace"),
        connect(other, deadline_seconds=30),
    ):
        pytest.fail("the block must not run")
    assert time.monotonic() - began < 5


def test_a_server_with_several_keys_is_asked_for_the_recorded_type() -> None:
    rsa_key = paramiko.RSAKey.generate(2048)
    with running(FakeSshd()) as sshd:
        sshd.host_keys.append(rsa_key)
        target = Target(
            host="127.0.0.1", port=sshd.port, private_key=sshd.client_key, host_key=written(rsa_key)
        )
        with connect(target, deadline_seconds=5) as session:
            assert presented_host_key(session) == written(rsa_key)


def test_a_key_that_is_not_let_in_is_denied(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.ssh.connection.DENIED_PATIENCE_SECONDS", 0.5)
    stranger = dataclasses.replace(target, private_key=ed25519_text())
    with pytest.raises(AccessDeniedError, match="authorized_keys"), connect(stranger, deadline_seconds=30):
        pytest.fail("the block must not run")


def test_a_server_that_gets_its_keys_late_is_waited_for(target: Target, sshd: FakeSshd) -> None:
    sshd.denials = 2
    with connect(target, deadline_seconds=20) as session:
        assert session.run("true", timeout_seconds=5).ok


def test_a_server_that_starts_late_is_waited_for(target: Target, sshd: FakeSshd) -> None:
    sshd.close()
    threading.Timer(0.8, sshd.open).start()
    with connect(target, deadline_seconds=20) as session:
        assert session.run("true", timeout_seconds=5).ok


def test_nobody_there_is_told_after_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nobody = Target(host="127.0.0.1", port=port, private_key=ed25519_text())
    with (
        pytest.raises(UnreachableError, match=f"127.0.0.1:{port} within 1 s"),
        connect(nobody, deadline_seconds=1),
    ):
        pytest.fail("the block must not run")


def test_a_port_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mute = Target(host="127.0.0.1", port=listener.getsockname()[1], private_key=ed25519_text())
        began = time.monotonic()
        with pytest.raises(UnreachableError), connect(mute, deadline_seconds=1):
            pytest.fail("the block must not run")
        assert time.monotonic() - began < 10


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form, protection = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, protection).decode()


def with_passphrase(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.OpenSSH
    protection = form.encryption_builder().kdf_rounds(1).build(b"hidden")
    return key.private_bytes(serialization.Encoding.PEM, form, protection).decode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "cannot be read"),
        ("-----BEGIN RSA PRIVATE KEY-----\nnonsense\n-----END RSA PRIVATE KEY-----\n", "cannot be read"),
        (with_passphrase(ec.generate_private_key(ec.SECP256R1())), "passphrase"),
    ],
)
def test_a_private_key_that_cannot_be_used_is_told(text: str, reason: str) -> None:
    target = Target(host="127.0.0.1", port=1, private_key=text)
    with pytest.raises(AccessDeniedError, match=reason), connect(target, deadline_seconds=1):
        pytest.fail("the block must not run")


@pytest.mark.parametrize(
    "text", [pem(ec.generate_private_key(ec.SECP256R1())), pem(rsa.generate_private_key(65537, 2048))]
)
def test_other_kinds_of_keys_are_read(text: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    target = Target(host="127.0.0.1", port=port, private_key=text)
    with pytest.raises(UnreachableError), connect(target, deadline_seconds=0.1):
        pytest.fail("the block must not run")
