"""The guard through the life of a stack: each deployment starts from the inputs that the last one left."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from providers.topology import TopologyGuardProvider, TopologySettledProvider
from tests.unit.providers.topology.declared import declared


class FakeStack:
    """What the engine would keep of the guard and of TopologySettled, over several deployments."""

    def __init__(self) -> None:
        self.guard: dict[str, Any] = {}
        self.record: dict[str, Any] | None = None

    def refuses(self, identities: str) -> str | None:
        """What a preview says."""
        checked = TopologyGuardProvider().check(self.guard, self._inputs(identities))
        return checked.failures[0].reason if checked.failures else None

    def begins(self, identities: str) -> None:
        """An `up` that is killed after the guard."""
        checked = TopologyGuardProvider().check(self.guard, self._inputs(identities))
        assert checked.failures == []
        self.guard = checked.inputs

    def up(self, identities: str) -> None:
        self.begins(identities)
        self.record = {"topology": declared(identities), "attempt": self.guard["attempt"]}

    def _inputs(self, identities: str) -> dict[str, Any]:
        given_ = {**declared(identities), "__provider": "x"}
        return given_ if self.record is None else {**given_, "settled": self.record}


def test_one_at_a_time() -> None:
    stack = FakeStack()
    stack.up("aaa")
    assert stack.refuses("bba") is not None
    stack.up("baa")
    stack.up("bba")
    stack.up("bbb")


def test_a_killed_up_can_be_finished_and_then_the_next_begins() -> None:
    stack = FakeStack()
    stack.up("aaa")
    stack.begins("baa")
    assert stack.refuses("bba") is not None
    stack.up("baa")
    assert stack.refuses("bba") is None


def test_a_killed_up_that_is_taken_back_still_has_to_settle() -> None:
    stack = FakeStack()
    stack.up("aaa")
    stack.begins("baa")
    stack.begins("aaa")
    assert stack.refuses("aba") is not None
    stack.up("aaa")
    assert stack.refuses("aba") is None


def test_several_killed_ups_add_up() -> None:
    stack = FakeStack()
    stack.up("aaaaa")
    stack.begins("baaaa")
    stack.begins("abaaa")
    assert stack.refuses("aabaa") is not None
    assert stack.refuses("aaaaa") is None


def test_scale_up_and_down() -> None:
    stack = FakeStack()
    stack.up("aaa")
    stack.up("aaaaa")
    stack.up("aaa")
    assert stack.refuses("a") is not None
    stack.up("aa")
    stack.up("a")


def test_a_second_deployment_without_changes_plans_nothing() -> None:
    stack = FakeStack()
    stack.up("aaa")
    outs = TopologyGuardProvider().create(stack.guard).outs
    checked = TopologyGuardProvider().check(stack.guard, stack._inputs("aaa"))
    assert checked.inputs["attempt"] == stack.guard["attempt"]
    assert TopologyGuardProvider().diff("topology", outs or {}, checked.inputs).changes is False


def test_preview_and_up_name_an_attempt_alike() -> None:
    stack = FakeStack()
    stack.up("aaa")
    names = {TopologyGuardProvider().check(stack.guard, stack._inputs("baa")).inputs["attempt"] for _ in "12"}
    assert len(names) == 1
    assert names != {stack.guard["attempt"]}


@pytest.mark.parametrize("key", ["servers", "managers", "members", "voters", "settled"])
def test_an_unknown_never_fails(key: str) -> None:
    stack = FakeStack()
    stack.up("aaa")
    news = {**stack._inputs("aaa"), key: UNKNOWN}
    assert TopologyGuardProvider().check(stack.guard, news).failures == []


def test_an_unknown_identity_never_fails() -> None:
    stack = FakeStack()
    stack.up("aaa")
    news = stack._inputs("bba")
    news["servers"][0]["identity"] = UNKNOWN
    assert TopologyGuardProvider().check(stack.guard, news).failures == []


def test_settled_follows_the_attempt() -> None:
    provider = TopologySettledProvider()
    old = {"record": {"topology": declared("aaa"), "attempt": "1"}}
    assert provider.diff("settled", old, old).changes is False
    assert provider.diff("settled", old, {"record": {**old["record"], "attempt": "2"}}).changes is True


@given(st.lists(st.tuples(st.booleans(), st.text("ab", min_size=5, max_size=5)), max_size=8))
def test_no_sequence_of_killed_ups_ever_has_more_in_flux_than_the_quorum_can_lose(
    deployments: list[tuple[bool, str]],
) -> None:
    stack = FakeStack()
    stack.up("aaaaa")
    last_settled, touched = "aaaaa", set[int]()
    before = "aaaaa"
    for killed, identities in deployments:
        if stack.refuses(identities):
            continue
        touched |= {at for at in range(5) if identities[at] != before[at]}
        assert len(touched | {at for at in range(5) if identities[at] != last_settled[at]}) <= 2
        before = identities
        if killed:
            stack.begins(identities)
        else:
            stack.up(identities)
            last_settled, touched = identities, set()


class TestProtectedServers:
    """What the engine would find out only after it has deleted what depends on them."""

    @staticmethod
    def refusal(
        before: str, after: str, *, protected: list[str], now: list[str], settled: bool
    ) -> str | None:
        olds = {**declared(before), "protected": protected, "attempt": "one"}
        news = {**declared(after), "protected": now}
        if settled:
            olds.pop("protected")
            news["settled"] = {"topology": {**declared(before), "protected": protected}, "attempt": "one"}
        failures = TopologyGuardProvider().check(olds, news).failures
        return failures[0].reason if failures else None

    @pytest.mark.parametrize("settled", [True, False])
    @pytest.mark.parametrize("now", [[], ["db1", "db2", "db3", "db4"]])
    @pytest.mark.parametrize(
        ("before", "after", "kept"), [("aaaaa", "aaaa", ["db5"]), ("aaa", "aba", ["db2"])]
    )
    def test_stay_until_they_were_registered_without_it(
        self, before: str, after: str, kept: list[str], now: list[str], settled: bool
    ) -> None:
        said = self.refusal(before, after, protected=kept, now=now, settled=settled)
        assert said is not None
        assert said.startswith(f"servers.protect keeps {kept[0]} from")

    @pytest.mark.parametrize("settled", [True, False])
    @pytest.mark.parametrize(
        ("before", "after", "protected"),
        [("aaaaa", "aaaa", []), ("aaaaa", "aaaa", ["db1"]), ("aaa", "aaaa", ["db1", "db2", "db3"])],
    )
    def test_hold_up_no_other_change(
        self, before: str, after: str, protected: list[str], settled: bool
    ) -> None:
        assert self.refusal(before, after, protected=protected, now=protected, settled=settled) is None

    def test_switching_it_is_a_change_that_has_to_settle(self) -> None:
        olds = {**declared("aaa"), "protected": ["db1"], "attempt": "one"}
        checked = TopologyGuardProvider().check(olds, declared("aaa"))
        assert checked.failures == []
        assert checked.inputs["attempt"] != "one"
