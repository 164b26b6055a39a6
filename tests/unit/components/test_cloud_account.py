"""The cloud is asked along with the other rules, and only as what the settings may say to it."""

import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest

import components.stack
import settings
from components import cloud_account
from components.cloud_account import CLOUD_ACCOUNT
from settings import Problem, Settings, parse
from tests.unit.settings.config import MISSING, spoil

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """A cloud that refuses everybody, and who asked."""
    log: list[tuple[str, str, str]] = []

    def preflight(*credentials: str) -> tuple[str, str]:
        log.append(credentials)  # type: ignore[arg-type]
        return "cloud.apiKey", "the cloud refuses user operator with this key"

    monkeypatch.setattr(cloud_account, "preflight", preflight)
    return log


def found(changes: dict[str, Any]) -> dict[str, str | None]:
    outcome = parse(spoil(changes), "dev", Path("/nowhere"), secret_keys={"cloud"}, further=(CLOUD_ACCOUNT,))
    assert not isinstance(outcome, Settings)
    return {problem.key: problem.value for problem in outcome if problem.severity == "error"}


def test_what_the_cloud_says_is_told_with_every_other_problem(asked: list[tuple[str, str, str]]) -> None:
    problems = found({"servers.count": 0, "sevrers": {}})
    assert set(problems) == {"servers.count", "sevrers", "cloud.apiKey"}
    assert problems["cloud.apiKey"] is None, "a secret is not shown"
    assert asked == [("https://api.softlayer.com/xmlrpc/v3.1", "operator", "k3y-of-the-operator")]


@pytest.mark.parametrize(
    "changes",
    [
        {"cloud.apiKey": MISSING},
        {"cloud.username": MISSING},
        {"cloud.endpoint": "http://api.softlayer.com/xmlrpc/v3.1"},
        {"cloud.endpoint": 7},
        {"cloud.apiKey": {"secure": "v1:x:y"}, "servers.count": 0},
    ],
    ids=["no key", "no user", "no encryption", "no address", "a key that cannot be read"],
)
def test_a_cloud_that_cannot_be_asked_rightly_is_not_asked(
    asked: list[tuple[str, str, str]], changes: dict[str, Any]
) -> None:
    assert found(changes)
    assert asked == []


def test_the_program_asks_before_it_deploys(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed: list[object] = []

    def load(stack: str, *, root: Path, further: tuple[object, ...]) -> str:
        assert (stack, root, further) == ("dev", ROOT, (CLOUD_ACCOUNT,))
        return "the settings"

    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    monkeypatch.setattr(settings, "load", load)
    monkeypatch.setattr(components.stack, "deploy", lambda given, **_: deployed.append(given))
    runpy.run_path(str(ROOT / "__main__.py"))
    assert deployed == ["the settings"]


def test_an_address_that_does_not_answer_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_account, "preflight", lambda *_: ("cloud.endpoint", "does not answer"))
    outcome = parse(spoil({}), "dev", Path("/nowhere"), further=(CLOUD_ACCOUNT,))
    assert isinstance(outcome, list)
    assert outcome[-1] == Problem(
        key="cloud.endpoint", value='"https://api.softlayer.com/xmlrpc/v3.1"', text="does not answer"
    )
