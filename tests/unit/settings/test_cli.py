"""The command line: the check without an engine, and the reference."""

from pathlib import Path

import pytest

from settings import schema
from settings.__main__ import main

SOUND_FILE = """
encryptionsalt: v1:x
config:
  aws:region: nowhere
  galera-swarm:cloud:
    endpoint: https://api.softlayer.com/xmlrpc/v3.1
    username: operator
    apiKey:
      secure: v1:abc
  galera-swarm:servers:
    domain: db.example.com
    datacenter: tor01
  galera-swarm:database:
    users:
      - name: shop
        grants:
          - on: shop.*
"""


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for variable in ("SL_USERNAME", "SL_API_KEY"):
        monkeypatch.delenv(variable, raising=False)

    def run(text: str | None) -> int:
        if text is not None:
            (tmp_path / "Pulumi.test.yaml").write_text(text)
        return main(["check", "--stack", "test", "--root", str(tmp_path)])

    return run


def test_a_sound_file_is_called_so(check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(SOUND_FILE) == 0
    assert capsys.readouterr().out == "The configuration of stack test is sound.\n"


def test_problems_are_listed_and_end_with_1(check, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        SOUND_FILE.replace("tor01", "dal05")
        .replace("secure: v1:abc", "geheim")
        .replace("apiKey:\n      ", "apiKey: ")
    )
    assert check(text) == 1
    error = capsys.readouterr().err
    assert 'galera-swarm:servers.datacenter = "dal05": is closed' in error
    assert "galera-swarm:cloud.apiKey: stands in clear" in error
    assert "geheim" not in error


def test_warnings_end_with_0(check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(SOUND_FILE.replace("tor01", "tor77")) == 0
    assert capsys.readouterr().err.startswith("warning: galera-swarm:servers.datacenter")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("config: [", "is not valid YAML"),
        ("- a list", "no mapping `config:`"),
        ("config: 5", "no mapping `config:`"),
    ],
    ids=["missing", "broken", "list", "number"],
)
def test_a_file_that_cannot_be_read_is_told(
    check, capsys: pytest.CaptureFixture[str], text: str | None, words: str
) -> None:
    assert check(text) == 1
    assert words in capsys.readouterr().err


def test_the_reference_has_a_line_for_every_key_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for key in schema.all_keys():
        name = ".".join(key.path).replace(".[]", "[]")
        if len(key.path) == 1:
            assert f"### `{name}`" in lines
            continue
        (line,) = [line for line in lines if line.startswith(f"| `{name}` |")]
        assert line.split(" | ")[3].rstrip(" |"), name
        assert line.count(" | ") == 3
    assert "| `cloud.apiKey` | secret text | required |" in "\n".join(lines)
    assert "| `servers.count` | a whole number from 1 to 100 | `3` |" in "\n".join(lines)
