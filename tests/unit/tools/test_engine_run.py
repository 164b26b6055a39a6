"""A stack's state is looked for where it is, or not at all."""

import json
from pathlib import Path

import pytest

from tools import environment
from tools.engine_run import EngineStack
from tools.errors import ToolError


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose stack `prod` is on a real cloud, and a user who is logged in elsewhere."""
    monkeypatch.setattr(environment, "STATE", tmp_path / ".pulumi-state")
    monkeypatch.setattr(environment, "PASSPHRASE_FILE", tmp_path / ".secrets" / "passphrase")
    monkeypatch.setattr(environment, "PULUMI_HOME", tmp_path / ".pulumi-home")
    monkeypatch.setattr(environment, "stack_config", lambda stack: tmp_path / f"Pulumi.{stack}.yaml")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    monkeypatch.delenv(environment.OVERRIDE, raising=False)
    (tmp_path / "Pulumi.prod.yaml").write_text("endpoint: https://api.softlayer.com/xmlrpc/v3.1\n")
    return tmp_path


def state(checkout: Path, resources: list[str]) -> None:
    directory = checkout / ".pulumi-state" / ".pulumi" / "stacks" / "galera-swarm"
    directory.mkdir(parents=True)
    (directory / "prod.json").write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))


def test_a_login_made_since_is_no_reason_to_begin_a_second_state(checkout: Path) -> None:
    state(checkout, ["a server"])
    with pytest.raises(ToolError, match=r"state of stack prod is in this checkout .* s3://bucket"):
        EngineStack.open("prod")


@pytest.mark.parametrize(("override", "in_checkout"), [("file", True), ("login", False)])
def test_whoever_says_which_one_is_meant_is_believed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, override: str, in_checkout: bool
) -> None:
    state(checkout, ["a server"])
    monkeypatch.setenv(environment.OVERRIDE, override)
    assert EngineStack.open("prod").in_checkout is in_checkout


def test_a_state_that_holds_nothing_is_nobodys(checkout: Path) -> None:
    assert not EngineStack.open("prod").in_checkout
    state(checkout, [])
    assert not EngineStack.open("prod").in_checkout
