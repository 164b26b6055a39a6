"""An SSH key that the API answers senselessly for is not taken for gone."""

from __future__ import annotations

from typing import Any

import pytest

from providers.softlayer import errors
from providers.softlayer.ssh_key_provider import SshKeyProvider
from tests.unit.providers.softlayer.fakes import NOT_FOUND, FakeAccount, FakeClock, api_on

PROPS = {
    "endpoint": "https://api.example.com/xmlrpc/v3.1",
    "label": "a",
    "notes": "",
    "public_key": "ssh-ed25519 AAAA",
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the API says to the next question: an answer, or an exception."""
    script: list[Any] = []
    account = FakeAccount(FakeClock())

    def call(*_: Any, **__: Any) -> Any:
        if isinstance(script[0], Exception):
            raise script[0]
        return script[0]

    monkeypatch.setattr(account, "call", call)
    monkeypatch.setattr(SshKeyProvider, "connect", lambda *_: api_on(account))
    return script


@pytest.mark.parametrize("senseless", [None, {}, [], "", {"id": 8, "label": "a"}, {"label": "a"}])
def test_an_answer_without_form_is_no_word_about_the_key(answers: list[Any], senseless: Any) -> None:
    answers.append(senseless)
    for judge in (SshKeyProvider().read, SshKeyProvider().delete):
        with pytest.raises(errors.BrokenCallError, match="has not the form"):
            judge("7", PROPS)


def test_a_key_that_the_api_does_not_know_is_gone(answers: list[Any]) -> None:
    answers.append(NOT_FOUND)
    assert SshKeyProvider().read("7", PROPS).id == ""
    SshKeyProvider().delete("7", PROPS)
