"""What a stack keeps once it was reached whole: each change is refused with a sentence, and nothing else."""

from typing import Any, ClassVar

import pytest

from providers.topology import TopologyGuardProvider
from tests.unit.providers.topology.declared import declared


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
