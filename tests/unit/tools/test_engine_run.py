"""A stack's state is looked for where it is, or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from providers.swarm import silence
from tools import engine_run, environment
from tools.engine_run import NEW_STATE, EngineStack
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


@pytest.fixture
def begun(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What `ensure` does for a stack, by what the backend knows and what the account answers."""
    monkeypatch.setattr(engine_run, "effective_config", lambda stack: checkout / f"copy.{stack}.yaml")
    monkeypatch.setattr(engine_run, "project_directory", lambda: checkout)

    def run(name: str = "prod", *, known: tuple[str, ...] = (), answer: int = 0) -> list[str]:
        done: list[str] = []

        def ask(_stack: EngineStack, *words: str) -> str:
            if words[:2] == ("stack", "ls"):
                return json.dumps([{"name": one} for one in known])
            done.append(" ".join(words[:3]))
            return ""

        def supervise(command: list[str], _environment: Any) -> int:
            done.append(" ".join(command[2:]))
            return answer

        monkeypatch.setattr(EngineStack, "ask", ask)
        monkeypatch.setattr(engine_run, "supervise", supervise)
        EngineStack.open(name).ensure()
        return done

    return run


ASKED = "operations.guests begin --stack prod"


def test_a_stack_without_servers_begins(begun: Callable[..., list[str]]) -> None:
    assert begun() == [ASKED, "stack init prod"]


def test_a_stack_that_the_backend_knows_is_not_asked_for(begun: Callable[..., list[str]]) -> None:
    """As after an interrupted first run, whose servers are up and in no state."""
    assert begun(known=("prod",), answer=3) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (3, r"s3://bucket knows no stack prod, but its servers are there: its state is elsewhere"),
        (1, r"s3://bucket knows no stack prod, and whether its servers are up already cannot be told"),
        (-9, r"cannot be told"),
    ],
)
def test_no_second_state_begins_beside_servers_that_may_be_up(
    begun: Callable[..., list[str]], answer: int, said: str
) -> None:
    with pytest.raises(ToolError, match=said) as refused:
        begun(answer=answer)
    assert f"{NEW_STATE}=prod make up STACK=prod" in str(refused.value)


def test_after_a_logout_the_checkout_is_no_second_place(
    checkout: Path, begun: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    monkeypatch.delenv("PULUMI_ACCESS_TOKEN", raising=False)
    monkeypatch.setenv("PULUMI_CREDENTIALS_PATH", str(checkout))
    with pytest.raises(
        ToolError, match=r"file://.*\.pulumi-state.* knows no stack prod, but its servers are there"
    ):
        begun(answer=3)
    assert begun() == [f"{ASKED} --config-file {checkout}/copy.prod.yaml", "stack init prod"]


@pytest.mark.parametrize(("stack", "is_asked"), [("prod", False), ("other", True), ("", True)])
def test_a_lost_state_is_begun_anew_for_the_stack_that_is_named(
    begun: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, stack: str, is_asked: bool
) -> None:
    monkeypatch.setenv(NEW_STATE, stack)
    assert begun() == ([ASKED] if is_asked else []) + ["stack init prod"]


def test_the_stand_in_is_not_asked(checkout: Path, begun: Callable[..., list[str]]) -> None:
    (checkout / "Pulumi.mine.yaml").write_text("endpoint: http://127.0.0.1:8088/xmlrpc/v3.1\n")
    assert begun("mine", answer=3) == ["stack init mine"]


@pytest.mark.parametrize(
    ("verb", "said"), [("destroy", silence.SILENT_ARE_GONE), ("up", None), ("refresh", None)]
)
def test_only_who_takes_all_away_says_that_the_silent_are_gone(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, verb: str, said: str | None
) -> None:
    given: dict[str, str] = {}

    def supervise(_command: list[str], environment: dict[str, str]) -> int:
        given.update(environment)
        return 0

    monkeypatch.setattr(engine_run, "supervise", supervise)
    EngineStack.open("prod").change(verb)
    assert given.get(silence.SILENT_VARIABLE) == said
