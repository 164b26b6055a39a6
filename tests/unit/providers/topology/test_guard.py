"""The guard through the life of a stack: each deployment starts from the inputs that the last one left."""

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from providers.topology import TopologyGuardProvider, TopologySettledProvider


def declared(identities: str) -> dict[str, Any]:
    """One server for each letter; another letter is another server."""
    names = [f"db{number}" for number in range(1, len(identities) + 1)]
    return {
        "servers": [
            {"name": name, "datacenter": "ams01", "identity": identity}
            for name, identity in zip(names, identities, strict=True)
        ],
        "managers": float(len(names) if len(names) % 2 else len(names) - 1),
        "members": names,
        "voters": {},
    }


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


class TestMode:
    """Members of one kind do not take the place of the other."""

    def said(self, reached: dict[str, Any] | None, wanted: dict[str, Any]) -> list[str]:
        began = {**declared("aaa"), **(reached or {}), "attempt": "1", "in_flux": []}
        news = {**declared("aaa"), **wanted}
        if reached is not None:
            news["settled"] = {"topology": {**declared("aaa"), **reached}, "attempt": "1"}
        return [failure.reason for failure in TopologyGuardProvider().check(began, news).failures]

    @pytest.mark.parametrize(
        ("reached", "wanted", "modes"),
        [
            ({"stepwise": None}, {"stepwise": True}, "homogeneous in place of ordered"),
            ({"stepwise": True}, {"stepwise": None}, "ordered in place of homogeneous"),
        ],
    )
    def test_another_one_is_refused(
        self, reached: dict[str, Any], wanted: dict[str, Any], modes: str
    ) -> None:
        (said,) = self.said(reached, wanted)
        assert said.startswith(f"database.mode {modes} would make other members")

    @pytest.mark.parametrize("mode", [None, True])
    def test_the_same_one_passes(self, mode: bool | None) -> None:
        assert self.said({"stepwise": mode}, {"stepwise": mode}) == []

    def test_one_that_was_never_reached_can_be_changed(self) -> None:
        assert self.said(None, {"stepwise": True}) == []


class TestNetwork:
    """The overlay network that was reached stays what it is."""

    NETWORK: ClassVar = {
        "name": "galera",
        "subnet": "172.16.100.0/24",
        "encrypted": False,
        "mtu": "by default",
    }

    def said(self, reached: dict[str, Any] | None, wanted: dict[str, Any]) -> list[str]:
        began = {**declared("aaa"), "network": reached or self.NETWORK, "attempt": "1", "in_flux": []}
        news = {**declared("aaa"), "network": wanted}
        if reached is not None:
            news["settled"] = {"topology": {**declared("aaa"), "network": reached}, "attempt": "1"}
        return [failure.reason for failure in TopologyGuardProvider().check(began, news).failures]

    @pytest.mark.parametrize(
        "change", [{"subnet": "172.16.101.0/24"}, {"name": "other"}, {"encrypted": True}, {"mtu": "1400"}]
    )
    def test_another_one_is_refused(self, change: dict[str, Any]) -> None:
        (said,) = self.said(self.NETWORK, {**self.NETWORK, **change})
        ((key, value),) = change.items()
        assert said.startswith(f"network.{key} {value} in place of {self.NETWORK[key]} would replace")

    def test_the_same_one_passes(self) -> None:
        assert self.said(self.NETWORK, dict(self.NETWORK)) == []

    def test_one_that_was_never_reached_can_be_mended(self) -> None:
        assert self.said(None, {**self.NETWORK, "subnet": "172.16.101.0/24"}) == []

    def test_a_record_from_before_the_network_was_in_it_passes(self) -> None:
        assert self.said({}, dict(self.NETWORK)) == []


class TestConsul:
    """What its certificates name stays while it is on."""

    NAMES: ClassVar = {"datacenter": "dc1", "domain": "consul"}

    def said(self, reached: dict[str, Any] | None, wanted: dict[str, Any], **more: Any) -> list[str]:
        began = {**declared("aaa"), "consul": reached or self.NAMES, "attempt": "1", "in_flux": []}
        news = {**declared("aaa"), "consul": wanted, **more}
        if reached is not None:
            news["settled"] = {"topology": {**declared("aaa"), "consul": reached}, "attempt": "1"}
        return [failure.reason for failure in TopologyGuardProvider().check(began, news).failures]

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"datacenter": "dc2"}, "consul.datacenter dc2 in place of dc1"),
            ({"domain": "sd.internal"}, "consul.domain sd.internal in place of consul"),
            (
                {"datacenter": "dc2", "domain": "sd"},
                "consul.datacenter dc2 in place of dc1 and consul.domain sd in place of consul",
            ),
        ],
    )
    def test_other_names_are_refused(self, change: dict[str, str], told: str) -> None:
        (said,) = self.said(self.NAMES, {**self.NAMES, **change})
        assert said.startswith(f"{told} would part the agents")

    @pytest.mark.parametrize(
        ("reached", "wanted"),
        [
            (NAMES, NAMES),
            (NAMES, {}),
            ({}, NAMES),
            (None, {**NAMES, "domain": "sd"}),
        ],
        ids=["the same", "switched off", "switched on, or recorded by an earlier release", "never reached"],
    )
    def test_passes(self, reached: dict[str, Any] | None, wanted: dict[str, Any]) -> None:
        assert self.said(reached, wanted) == []


class TestUploads:
    """The files that users uploaded are left behind only when that is asked for."""

    ON_SECOND: ClassVar = {"kind": "volume", "server": "db2"}
    ON_NFS: ClassVar = {"kind": "nfs"}

    def said(self, reached: Any, identities: str, wanted: Any, **more: Any) -> list[str]:
        before = {**declared("aaa"), "uploads": reached} if reached else declared("aaa")
        began = {**before, "attempt": "1", "in_flux": []}
        news = {**declared(identities), "settled": {"topology": before, "attempt": "1"}, **more}
        news |= {"uploads": wanted} if wanted else {}
        return [failure.reason for failure in TopologyGuardProvider().check(began, news).failures]

    LEFT_BEHIND: ClassVar = [
        ("replaced", ON_SECOND, "aba", ON_SECOND, "replacing db2"),
        ("replaced, and switched off", ON_SECOND, "aba", None, "replacing db2"),
        ("removed, and switched off", {**ON_SECOND, "server": "db3"}, "aa", None, "removing db3"),
        (
            "removed",
            {**ON_SECOND, "server": "db3"},
            "aa",
            ON_SECOND,
            "removing db3 and wordpress.uploads.server db2 in place of db3",
        ),
        (
            "another server",
            ON_SECOND,
            "aaa",
            {**ON_SECOND, "server": "db1"},
            "wordpress.uploads.server db1 in place of db2",
        ),
        ("another place", ON_SECOND, "aaa", ON_NFS, "wordpress.uploads.kind nfs in place of volume"),
        ("on a server", ON_NFS, "aaa", ON_SECOND, "wordpress.uploads.kind volume in place of nfs"),
        ("from NFS to S3", ON_NFS, "aaa", {"kind": "s3"}, "wordpress.uploads.kind s3 in place of nfs"),
    ]

    @pytest.mark.parametrize(
        ("reached", "identities", "wanted", "told"),
        [case[1:] for case in LEFT_BEHIND],
        ids=[case[0] for case in LEFT_BEHIND],
    )
    def test_are_not_left_behind_unless_that_is_asked_for(
        self, reached: Any, identities: str, wanted: Any, told: str
    ) -> None:
        (said,) = self.said(reached, identities, wanted)
        assert said.startswith(f"{told} would leave the site without the files")
        assert "wordpress.uploads.startEmpty" in said
        assert self.said(reached, identities, wanted, start_empty=True) == []

    KEPT: ClassVar = [
        ("nothing changes", ON_SECOND, "aaa", ON_SECOND),
        ("another server is replaced", ON_SECOND, "baa", ON_SECOND),
        ("another server is removed", ON_SECOND, "aa", ON_SECOND),
        ("a server is added", ON_SECOND, "aaaaa", ON_SECOND),
        ("switched off", ON_SECOND, "aaa", None),
        ("switched on, or recorded by an earlier release", None, "baa", ON_SECOND),
        ("on no server, and one is replaced", ON_NFS, "baa", ON_NFS),
    ]

    @pytest.mark.parametrize(
        ("reached", "identities", "wanted"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT]
    )
    def test_hold_up_nothing_else(self, reached: Any, identities: str, wanted: Any) -> None:
        assert self.said(reached, identities, wanted) == []

    def test_a_larger_server_keeps_them(self) -> None:
        small, large = {"cpus": 2, "memory_mb": 4096}, {"cpus": 4, "memory_mb": 4096}
        before = {**declared("aaa"), "uploads": self.ON_SECOND}
        before["servers"][1]["shape"] = small
        news = {**declared("aaa"), "uploads": self.ON_SECOND}
        news["servers"][1]["shape"] = large
        news["settled"] = {"topology": before, "attempt": "1"}
        olds = {**before, "attempt": "1", "in_flux": []}
        assert TopologyGuardProvider().check(olds, news).failures == []

    def test_a_stack_that_was_never_reached_can_be_mended(self) -> None:
        olds = {**declared("aaa"), "uploads": self.ON_SECOND, "attempt": "1", "in_flux": []}
        news = {**declared("aba"), "uploads": self.ON_NFS}
        assert TopologyGuardProvider().check(olds, news).failures == []

    def test_the_permission_is_no_part_of_the_topology(self) -> None:
        inputs = TopologyGuardProvider().check({}, {**declared("aaa"), "uploads": self.ON_SECOND}).inputs
        again = TopologyGuardProvider().check(inputs, {**inputs, "start_empty": True}).inputs
        assert TopologyGuardProvider().diff("topology", inputs, again).changes is False


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
