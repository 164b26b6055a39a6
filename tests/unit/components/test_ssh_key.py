"""The program's SSH key: made once, readable only by its owner, kept."""

import stat
from pathlib import Path

import paramiko
import pytest

from components.ssh_key import SshKeyFileError, key_pair


def test_a_missing_key_is_made_private_and_then_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ssh_ed25519"
    made = key_pair(path, "dev")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key_pair(path, "dev") == made
    assert list(path.parent.iterdir()) == [path]


def test_both_halves_belong_together(tmp_path: Path) -> None:
    pair = key_pair(tmp_path / "key", "dev")
    kind, text, comment = pair.public.split(" ")
    assert (kind, comment) == ("ssh-ed25519", "dev")
    assert paramiko.Ed25519Key.from_private_key_file(str(pair.path)).get_base64() == text


def test_a_file_that_is_no_key_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("not a key")
    with pytest.raises(SshKeyFileError, match=r"cloud\.sshKeyFile"):
        key_pair(path, "dev")
