"""What MySQL 8 keeps of a password: `caching_sha2_password`'s form, made and checked without a server.

It is `$A$005$`, a salt of 20 bytes, and the 43 characters of SHA-256 crypt over password and salt in 5 times
1000 rounds, 005 being in hex (https://www.akkadia.org/drepper/SHA-crypt.txt; compared with what MySQL's own
server makes). So the password itself never goes to the server or into its logs, and a later run can tell
whether it is still the same.
"""

import hashlib
import hmac
import re
import secrets

_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SALT_BYTES = 20
_STORED = re.compile(
    r"\$A\$(?P<rounds>[0-9A-F]{3})\$(?P<salt>[\x01-\x7f]{20})(?P<digest>[./0-9A-Za-z]{43})", re.DOTALL
)


def stored_form(password: str) -> str:
    """A new form of this password, with a salt of its own."""
    salt = "".join(secrets.choice(_ALPHABET) for _ in range(_SALT_BYTES))
    return f"$A$005${salt}{_crypt(password.encode(), salt.encode(), 5000)}"


def is_form_of(password: str, stored: str) -> bool:
    """Whether the server has this password."""
    match = _STORED.fullmatch(stored)
    if match is None:
        return False
    made = _crypt(password.encode(), match["salt"].encode(), int(match["rounds"], 16) * 1000)
    return hmac.compare_digest(made, match["digest"])


def _crypt(password: bytes, salt: bytes, rounds: int) -> str:
    """SHA-256 crypt, whose salt MySQL does not cut off at 16 bytes."""
    mixed = _sha256(password + salt + password)
    first = password + salt + _filled(mixed, len(password))
    left = len(password)
    while left:
        first += mixed if left & 1 else password
        left >>= 1
    state = _sha256(first)
    long_password = _filled(_sha256(password * len(password)), len(password))
    long_salt = _filled(_sha256(salt * (16 + state[0])), len(salt))
    for turn in range(rounds):
        is_odd = turn & 1
        state = _sha256(
            (long_password if is_odd else state)
            + (long_salt if turn % 3 else b"")
            + (long_password if turn % 7 else b"")
            + (state if is_odd else long_password)
        )
    return _encoded(state)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data, usedforsecurity=False).digest()


def _filled(block: bytes, length: int) -> bytes:
    """The block again and again, up to this length."""
    return (block * (length // len(block) + 1))[:length]


def _encoded(state: bytes) -> str:
    """Three bytes are four characters, lowest bits first; the bytes in the order of SHA-256 crypt."""
    words = []
    a, b, c = 0, 10, 20
    for _ in range(10):
        words.append((state[a] << 16 | state[b] << 8 | state[c], 4))
        a, b, c = c + 1, a + 1, b + 1
    words.append((state[31] << 8 | state[30], 3))
    return "".join(_ALPHABET[word >> 6 * place & 63] for word, count in words for place in range(count))
