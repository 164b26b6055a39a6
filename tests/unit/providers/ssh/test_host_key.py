"""The host key resource against the SSH server in this process."""

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.ssh import AccessDeniedError, HostKeyProvider, UnreachableError, connection, host_key
from tests.unit.providers.ssh.fake_sshd import FakeSshd, ed25519_text, key_of, written


@pytest.fixture
def props(sshd: FakeSshd) -> dict[str, Any]:
    return {
        "server_id": "77",
        "host": "127.0.0.1",
        "port": float(sshd.port),
        "user": "root",
        "private_key": sshd.client_key,
        "timeout_seconds": 10.0,
    }


class FakeReadings:
    """Boot ids and uptimes, one for each contact; the last one repeats."""

    def __init__(self, *readings: tuple[str, float]) -> None:
        self.left = list(readings)
        self.contacts = 0

    def __call__(self, _session: object) -> tuple[str, float]:
        self.contacts += 1
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@pytest.mark.parametrize(
    ("readings", "contacts"),
    [
        ([("one", 3600.0)], 1),
        ([("one", 5.0), ("one", 6.0)], 2),
        ([("one", 5.0), ("two", 1.0), ("two", 3.0), ("two", 4.0)], 4),
        ([("one", 5.0), ("two", 1.0), ("two", 90.0)], 3),
    ],
)
def test_a_young_server_is_read_until_it_stays(
    props: dict[str, Any],
    sshd: FakeSshd,
    readings: list[tuple[str, float]],
    contacts: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = FakeReadings(*readings)
    monkeypatch.setattr(host_key, "_boot", fake)
    monkeypatch.setattr(host_key, "READING_GAP_SECONDS", 0.01)
    made = HostKeyProvider().create(props)
    assert made.id == "77"
    assert made.outs == {**props, "host_key": written(sshd.host_keys[0])}
    assert fake.contacts == contacts


def test_a_server_that_keeps_restarting_is_given_up(
    props: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    boots = iter(range(1000))
    monkeypatch.setattr(host_key, "_boot", lambda _session: (str(next(boots)), 1.0))
    monkeypatch.setattr(host_key, "READING_GAP_SECONDS", 0.01)
    with pytest.raises(UnreachableError, match="keeps restarting"):
        HostKeyProvider().create({**props, "timeout_seconds": 0.0})


def test_the_boot_is_read_from_the_server_itself(props: dict[str, Any]) -> None:
    assert HostKeyProvider().create(props).outs is not None


def test_another_private_key_has_to_open_the_server(
    props: dict[str, Any], sshd: FakeSshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "DENIED_PATIENCE_SECONDS", 0.1)
    old = {**props, "private_key": ed25519_text(), "host_key": written(sshd.host_keys[0])}
    taken = HostKeyProvider().update("77", old, props)
    assert taken.outs == {**props, "host_key": old["host_key"]}
    with pytest.raises(AccessDeniedError, match="make rotate-key"):
        HostKeyProvider().update("77", {**props, "host_key": old["host_key"]}, {**props, **_key(old)})


def test_an_update_without_another_private_key_asks_nobody(props: dict[str, Any], sshd: FakeSshd) -> None:
    sshd.close()
    news = {**props, "user": "admin"}
    assert HostKeyProvider().update("77", {**props, "host_key": "t b"}, news).outs == {
        **news,
        "host_key": "t b",
    }


def _key(props: dict[str, Any]) -> dict[str, Any]:
    return {"private_key": props["private_key"]}


def test_refresh_keeps_the_recorded_key_when_another_one_answers(
    props: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = {**props, "host_key": written(key_of(ed25519_text()))}
    seen = HostKeyProvider().read("77", recorded)
    assert seen.outs == recorded
    assert seen.inputs == props
    assert "another SSH host key" in capsys.readouterr().err


def test_refresh_survives_a_server_that_is_down(
    props: dict[str, Any], sshd: FakeSshd, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_key, "REFRESH_PATIENCE_SECONDS", 0.3)
    sshd.close()
    recorded = {**props, "host_key": written(sshd.host_keys[0])}
    assert HostKeyProvider().read("77", recorded).outs == recorded
    assert "no SSH session" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({}, False, []),
        ({"timeout_seconds": 1.0}, False, []),
        ({"private_key": "other"}, True, []),
        ({"server_id": "78"}, True, ["server_id"]),
        ({"host": "127.0.0.2"}, True, ["host"]),
        ({"server_id": UNKNOWN, "host": UNKNOWN}, None, []),
    ],
)
def test_diff(props: dict[str, Any], news: dict[str, Any], changes: bool | None, replaces: list[str]) -> None:
    result = HostKeyProvider().diff("77", {**props, "host_key": "x"}, {**props, **news})
    assert (result.changes, result.replaces) == (changes, replaces)
