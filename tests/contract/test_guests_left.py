"""Servers that a stack's state does not know, as the account shows them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from operations.errors import OperationError
from operations.guests import __main__ as command
from operations.guests import left as module
from operations.guests.left import GUEST_TYPE, left
from tests.contract.conftest import API_KEY, USERNAME, RunningCloud
from tests.contract.softlayer.harness import MARK, guest_props, guests

STACK = MARK.removeprefix("galera-swarm:")


@pytest.fixture
def state(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the guests that the stack's state knows."""
    known: list[str] = []
    given = {"endpoint": cloud.url, "username": USERNAME, "apiKey": API_KEY}

    def engine(*words: str) -> str:
        said: Mapping[str, Any] = {"galera-swarm:cloud": {"value": json.dumps(given), "secret": True}}
        if words[:2] == ("stack", "export"):
            said = {"deployment": {"resources": [{"type": GUEST_TYPE, "id": one} for one in known]}}
        return json.dumps(said)

    monkeypatch.setattr(module, "_engine", engine)
    return known


def test_what_the_state_does_not_know_is_named(
    cloud: RunningCloud, state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ours = guests().create(guest_props(cloud)).id
    guests().create(guest_props(cloud, hostname="other-1", mark="galera-swarm:other"))
    assert left(STACK) == [f"db-1.example.com (id {ours})"]
    assert command.main(["left", "--stack", STACK]) == command.LEFT
    assert f"db-1.example.com (id {ours})" in capsys.readouterr().out
    state.append(str(ours))
    assert left(STACK) == []
    assert command.main(["left", "--stack", STACK]) == 0


def test_what_is_cancelled_is_not_left(cloud: RunningCloud, state: list[str]) -> None:
    made = guests().create(guest_props(cloud))
    guests().delete(made.id, dict(made.outs or {}))
    assert left(STACK) == []


def test_nobody_to_ask_is_no_all_clear(
    state: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_engine", lambda *_: "{}")
    with pytest.raises(OperationError, match="names no galera-swarm:cloud"):
        left(STACK)
    assert command.main(["left", "--stack", STACK]) == 1
    assert "nobody can be asked" in capsys.readouterr().err
