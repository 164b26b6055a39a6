"""A member's service that was changed past the program: the next run proves the member again."""

from typing import Any

import pytest

from providers.galera import SyncedMemberProvider, synced_provider
from providers.ssh import UnreachableError
from providers.swarm.errors import NoManagerError
from tests.unit.providers.galera.fake_member import PROPS, FakeMember, created


def seen(state: dict[str, Any]) -> dict[str, Any]:
    found = SyncedMemberProvider().read("galera-2", state)
    assert {key: found.inputs[key] for key in ("triggers", "service")} == {
        key: found.outs[key] for key in ("triggers", "service")
    }
    outs: dict[str, Any] = found.outs
    return outs


def is_changed(state: dict[str, Any], **more: Any) -> bool | None:
    return SyncedMemberProvider().diff("galera-2", state, {**PROPS, **more}).changes


def test_as_it_was_is_no_change(member: FakeMember) -> None:
    state = seen(created())
    assert state["triggers"] == PROPS["triggers"]
    assert is_changed(state) is False


def test_another_spec_asks_for_a_new_proof_and_the_proof_settles_it(member: FakeMember) -> None:
    before = created()
    member.spec = "by-hand"
    state = seen(before)
    assert is_changed(state) is True
    assert seen(state) == state, "a second refresh adds nothing"
    member.spec = "repaired"
    after = SyncedMemberProvider().update("galera-2", state, dict(PROPS)).outs
    assert is_changed(seen(after)) is False


def test_taken_back_by_hand_is_no_change(member: FakeMember) -> None:
    before = created()
    member.spec = "by-hand"
    state = seen(before)
    member.spec = "spec-1"
    assert seen(state)["triggers"] == PROPS["triggers"]


@pytest.mark.parametrize("trouble", [UnreachableError("down"), NoManagerError("none answers")])
def test_managers_that_do_not_answer_change_nothing(
    member: FakeMember, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    before = created()

    def refuse(*_args: Any, **_options: Any) -> None:
        raise trouble

    monkeypatch.setattr(synced_provider, "any_manager", refuse)
    assert seen(before)["triggers"] == PROPS["triggers"]


def test_a_service_that_is_gone_or_was_never_looked_at_is_left_alone(member: FakeMember) -> None:
    before = created()
    member.spec = ""
    assert seen(before)["triggers"] == PROPS["triggers"]
    member.spec = "spec-2"
    assert seen({**before, "spec": None})["triggers"] == PROPS["triggers"]


def test_a_service_that_members_share_is_not_judged(member: FakeMember) -> None:
    shared = created(node_id="n1")
    assert shared["spec"] == ""
    member.spec = "the next member's"
    assert seen(shared)["triggers"] == PROPS["triggers"]
