"""The key file: refused before anything is made where the program could not open it later."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from components.ssh_key import SshKeyFileError, key_pair
from settings import Problem
from tests.unit.settings.config import problems_of, sound, spoil

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
OPENSSH = serialization.PrivateFormat.OpenSSH
PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def written(key: Key, form: serialization.PrivateFormat, passphrase: bytes | None = None) -> bytes:
    hidden: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None and form is OPENSSH:
        # The usual sixteen rounds take a third of a second, in each worker of a run.
        hidden = OPENSSH.encryption_builder().kdf_rounds(1).build(passphrase)
    elif passphrase is not None:
        hidden = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, form, hidden)


PLAIN = written(ED25519, OPENSSH)
COMMAND = "ssh-keygen -p -N '' -f 'my key'"

# A key file, and words that must be in the sentence; None where it is taken.
KEYS: list[tuple[str, bytes, str | None]] = [
    ("Ed25519", PLAIN, None),
    ("RSA", written(RSA, OPENSSH), None),
    ("ECDSA", written(EC, OPENSSH), None),
    ("with a passphrase", written(ED25519, OPENSSH, b"geheim"), "has a passphrase, which nobody is there"),
    ("with a passphrase, and the remedy", written(RSA, OPENSSH, b"geheim"), COMMAND),
    (
        "PEM of RSA",
        written(RSA, TRADITIONAL),
        f"not in OpenSSH form; rewrite it in that form, without a passphrase: {COMMAND}",
    ),
    ("PEM of ECDSA", written(EC, TRADITIONAL), COMMAND),
    ("PEM with a passphrase", written(RSA, TRADITIONAL, b"geheim"), COMMAND),
    ("PKCS 8", written(RSA, PKCS8), COMMAND),
    ("PKCS 8 with a passphrase", written(RSA, PKCS8, b"geheim"), COMMAND),
    ("public half", b"ssh-ed25519 AAAA", "must be a private SSH key"),
    ("header only", b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "must be a private SSH key"),
    ("cut off", PLAIN[: len(PLAIN) // 2], "must be a private SSH key"),
    ("nothing", b"", "must be a private SSH key"),
    ("no text", b"\xff\xfe" + PLAIN, "must be a private SSH key"),
]


def found_with(content: bytes, root: Path) -> list[Problem]:
    (root / "my key").write_bytes(content)
    return problems_of(spoil({"cloud.sshKeyFile": "my key"}), root)


@pytest.mark.parametrize(("content", "words"), [case[1:] for case in KEYS], ids=[case[0] for case in KEYS])
def test_a_key_file_that_is_there_opens_without_a_question(
    tmp_path: Path, content: bytes, words: str | None
) -> None:
    found = found_with(content, tmp_path)
    assert [(problem.key, problem.severity) for problem in found] == (
        [] if words is None else [("cloud.sshKeyFile", "error")]
    )
    assert words is None or words in found[0].text


def test_the_stacks_own_key_file_as_well(tmp_path: Path) -> None:
    file = tmp_path / sound(root=tmp_path).ssh_key_path.relative_to(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"ssh-ed25519 AAAA")
    found = problems_of(spoil({}), tmp_path)
    assert [(problem.key, problem.value) for problem in found] == [
        ("cloud.sshKeyFile", '".secrets/dev/ssh_ed25519"')
    ]


@pytest.mark.parametrize("content", [case[1] for case in KEYS], ids=[case[0] for case in KEYS])
def test_the_check_and_the_program_are_of_one_mind(tmp_path: Path, content: bytes) -> None:
    refused = bool(found_with(content, tmp_path))
    try:
        key_pair(tmp_path / "my key", "comment")
    except (SshKeyFileError, UnicodeDecodeError):
        assert refused
    else:
        assert not refused
