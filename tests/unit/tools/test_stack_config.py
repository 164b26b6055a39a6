"""The engine's own copy of a shared stack config."""

from pathlib import Path

import pytest

from tools import stack_config
from tools.checkout import ROOT
from tools.errors import ToolError

SHARED = "# comment\nconfig:\n  galera-swarm:cloud:\n    endpoint: http://127.0.0.1\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stack_config, "ROOT", tmp_path)
    monkeypatch.setattr(stack_config, "DIRECTORY", tmp_path / "state" / "config")
    monkeypatch.setattr(stack_config, "stack_config", lambda stack: tmp_path / f"Pulumi.{stack}.yaml")
    (tmp_path / "Pulumi.yaml").write_text("name: galera-swarm\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(SHARED)
    return tmp_path


def test_the_copy_follows_the_shared_file_and_keeps_its_salt(checkout: Path) -> None:
    copy = stack_config.effective_config("dev")
    assert copy.read_text() == SHARED
    copy.write_text("encryptionsalt: v1:abc\n" + SHARED)
    (checkout / "Pulumi.dev.yaml").write_text(SHARED + "# more\n")
    assert (
        stack_config.effective_config("dev").read_text() == "encryptionsalt: v1:abc\n" + SHARED + "# more\n"
    )
    assert (checkout / "Pulumi.dev.yaml").read_text() == SHARED + "# more\n"
    assert (copy.parent / "Pulumi.yaml").read_text() == "name: galera-swarm\n"


@pytest.mark.parametrize(
    ("before", "shared", "result"),
    [
        ("", "config: {}\n", "config: {}\n"),
        ("encryptionsalt: a\nconfig: {}\n", "config: {x: 1}\n", "encryptionsalt: a\nconfig: {x: 1}\n"),
        ("encryptionsalt: a\n", "encryptionsalt: b\nconfig: {}\n", "encryptionsalt: b\nconfig: {}\n"),
        (
            "secretsprovider: p\nencryptedkey: k",
            "config: {}\n",
            "secretsprovider: p\nencryptedkey: k\nconfig: {}\n",
        ),
    ],
)
def test_encryption_lines(before: str, shared: str, result: str) -> None:
    assert stack_config.with_encryption_of(before, shared) == result


def test_a_stack_without_a_config_is_named(checkout: Path) -> None:
    with pytest.raises(ToolError, match=r"no Pulumi\.prod\.yaml"):
        stack_config.effective_config("prod")


@pytest.mark.parametrize("shared", sorted(ROOT.glob("Pulumi.dev*.yaml")), ids=lambda file: file.name)
def test_what_everybody_shares_belongs_to_nobodys_passphrase(shared: Path) -> None:
    """An engine run past `tools/run` writes its salt there, and nobody else could make the stack any more."""
    assert stack_config.with_encryption_of("encryptionsalt: ours\n", shared.read_text()).startswith(
        "encryption"
    )
