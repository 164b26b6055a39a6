"""root's password in the database follows the stack's, whatever became of the run that changed it."""

from typing import Any

import pytest

from providers.galera import GaleraError, RootAccountProvider
from providers.galera.accounts import password_hash
from providers.galera.sha2_password import is_form_of
from tests.unit.providers.galera.fake_maria import FakeMaria, installed

provider = RootAccountProvider()


def known(password: str) -> dict[str, Any]:
    return {"members": [], "port": 3306.0, "root_password": password}


@pytest.fixture
def maria(monkeypatch: pytest.MonkeyPatch) -> FakeMaria:
    made = installed(monkeypatch)
    made.roots = {"localhost": password_hash("before"), "%": password_hash("before")}
    return made


def test_before_the_birth_nobody_is_asked(maria: FakeMaria) -> None:
    maria.is_up = False
    assert provider.create(known("before")).outs == known("before")


def test_every_account_of_root_gets_the_new_password_by_its_hash(maria: FakeMaria) -> None:
    done = provider.update("root", known("before"), known("a'fter%"))
    assert maria.roots == {"localhost": password_hash("a'fter%"), "%": password_hash("a'fter%")}
    assert done.outs == known("a'fter%")
    assert not any("a'fter%" in line for line in maria.log)


def test_a_change_that_is_there_already_is_taken_as_done(maria: FakeMaria) -> None:
    maria.roots = dict.fromkeys(maria.roots, password_hash("after"))
    assert provider.update("root", known("before"), known("after")).outs == known("after")


@pytest.mark.parametrize("password_now", ["before", "after"])
@pytest.mark.parametrize("of_members", [None, {"RELOAD ON *.*", "PROCESS ON *.*"}])
def test_members_of_an_earlier_birth_can_end_sessions_while_the_password_rolls(
    maria: FakeMaria, of_members: set[str] | None, password_now: str
) -> None:
    maria.roots = dict.fromkeys(maria.roots, password_hash(password_now))
    maria.of_members = of_members
    provider.update("root", known("before"), known("after"))
    rights = {"PROCESS ON *.*", "CONNECTION ADMIN ON *.*", "CREATE TEMPORARY TABLES ON mysql.*"}
    assert maria.of_members == rights | (of_members or set())


def test_a_cluster_that_takes_neither_is_left_alone(maria: FakeMaria) -> None:
    maria.roots = {"%": password_hash("a third one")}
    with pytest.raises(GaleraError, match=r"neither the one before nor the new one.*database\.rootPassword"):
        provider.update("root", known("before"), known("after"))
    assert maria.roots == {"%": password_hash("a third one")}


def test_a_cluster_that_is_away_is_no_wrong_password(maria: FakeMaria) -> None:
    maria.is_up = False
    with pytest.raises(GaleraError, match="takes SQL"):
        provider.update("root", known("before"), known("after"))


@pytest.mark.parametrize(
    ("change", "differs"),
    [({}, False), ({"members": [{"host": "10.0.0.9"}]}, False), ({"root_password": "after"}, True)],
)
def test_only_another_password_is_a_change(change: dict[str, Any], differs: bool) -> None:
    assert provider.diff("root", known("before"), {**known("before"), **change}).changes is differs


def test_every_account_of_root_gets_it_in_mysqls_form_where_that_is_the_server(maria: FakeMaria) -> None:
    maria.version = "8.0.43-34.1"
    provider.update("root", known("before"), known("a'fter%"))
    assert all(is_form_of("a'fter%", stored) for stored in maria.roots.values())
    assert not any("a'fter%" in line for line in maria.log)
