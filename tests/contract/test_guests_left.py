"""Servers that a stack's state does not know, as the account shows them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from operations.errors import OperationError
from operations.guests import __main__ as command
from operations.guests import left as module
from operations.guests.left import GUEST_TYPE, left
from providers.softlayer.errors import CloudError, OrderDoubtError
from tests.contract.conftest import API_KEY, USERNAME, RunningCloud
from tests.contract.softlayer.harness import MARK, guest_props, guests

STACK = MARK.removeprefix("galera-swarm:")


@pytest.fixture
def state(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the guests that the stack's state knows."""
    known: list[str] = []
    given = {"endpoint": cloud.url, "username": USERNAME, "apiKey": API_KEY}

    def engine(*words: str) -> str:
        servers = {"domain": "example.com"}
        said: Mapping[str, Any] = {
            "galera-swarm:cloud": {"value": json.dumps(given), "secret": True},
            "galera-swarm:servers": {"value": json.dumps(servers), "objectValue": servers, "secret": False},
        }
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
    assert left(STACK) == [f"db-1.example.com (id {ours}): up and billed, with the stack's mark"]
    assert command.main(["left", "--stack", STACK]) == command.LEFT
    assert f"db-1.example.com (id {ours})" in capsys.readouterr().out
    state.append(str(ours))
    assert left(STACK) == []
    assert command.main(["left", "--stack", STACK]) == 0


def test_what_is_cancelled_is_not_left(cloud: RunningCloud, state: list[str]) -> None:
    made = guests().create(guest_props(cloud))
    guests().delete(made.id, dict(made.outs or {}))
    assert left(STACK) == []


def test_an_order_whose_server_does_not_show_is_left(
    cloud: RunningCloud, state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.fault(method="placeOrder", kind="hide", seconds=3600.0)
    with pytest.raises(OrderDoubtError):
        guests(orderDoubtSeconds=0.5).create(guest_props(cloud))
    (line,) = left(STACK)
    assert re.fullmatch(
        r"db-1\.example\.com: on its way by order [0-9]+ \(APPROVED\), and does not show yet", line
    )
    assert command.main(["left", "--stack", STACK]) == command.LEFT
    shown = capsys.readouterr().out
    assert line in shown
    assert "`make up` takes them in, and `make down` cancels them then" in shown


def test_a_server_that_is_being_made_is_left_once(cloud: RunningCloud, state: list[str]) -> None:
    cloud.fault(method="placeOrder", kind="provision-hold")
    with pytest.raises(CloudError):
        guests().create(guest_props(cloud, provision_timeout_minutes=0.0))
    assert [line.partition(" (")[0] for line in left(STACK)] == ["db-1.example.com"]


def test_an_order_of_other_names_is_not_ours(cloud: RunningCloud, state: list[str]) -> None:
    cloud.fault(method="placeOrder", kind="hide", seconds=3600.0, times=2)
    for name in ({"hostname": "web-1"}, {"domain": "other.example.com"}):
        with pytest.raises(OrderDoubtError):
            guests(orderDoubtSeconds=0.5).create(guest_props(cloud, **name))
    assert left(STACK) == []


@pytest.fixture
def config_file(cloud: RunningCloud, tmp_path: Path) -> Path:
    """A config whose key only another backend can decrypt."""
    cloud_section = {"endpoint": cloud.url, "username": USERNAME, "apiKey": {"secure": "v1:sealed"}}
    sections = {"cloud": cloud_section, "servers": {"domain": "example.com"}}
    file = tmp_path / f"Pulumi.{STACK}.yaml"
    file.write_text(json.dumps({"config": {f"galera-swarm:{name}": one for name, one in sections.items()}}))
    return file


def begin(file: Path) -> int:
    return command.main(["begin", "--stack", STACK, "--config-file", str(file)])


def test_before_a_state_the_account_is_asked_without_the_engine(
    cloud: RunningCloud,
    config_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, "_engine", lambda *_: pytest.fail("the engine does not know the stack"))
    monkeypatch.setenv("SL_API_KEY", API_KEY)
    assert begin(config_file) == 0
    ours = guests().create(guest_props(cloud)).id
    assert begin(config_file) == command.LEFT
    shown = capsys.readouterr().out
    assert f"db-1.example.com (id {ours})" in shown
    assert "make up" not in shown


def test_before_a_state_no_credentials_and_no_config_are_no_all_clear(
    config_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SL_API_KEY", raising=False)
    assert begin(config_file) == 1
    assert "set apiKey (or SL_API_KEY)" in capsys.readouterr().err
    assert begin(config_file.with_name("none.yaml")) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ({}, "names no galera-swarm:cloud"),
        ({"cloud": {"endpoint": "http://127.0.0.1:1", "username": "a", "apiKey": "b"}}, "servers.domain"),
    ],
)
def test_nobody_to_ask_is_no_all_clear(
    state: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: dict[str, Any],
    missing: str,
) -> None:
    given = {f"galera-swarm:{name}": {"value": json.dumps(section)} for name, section in config.items()}
    monkeypatch.setattr(module, "_engine", lambda *_: json.dumps(given))
    with pytest.raises(OperationError, match=missing):
        left(STACK)
    assert command.main(["left", "--stack", STACK]) == 1
    assert missing in capsys.readouterr().err
