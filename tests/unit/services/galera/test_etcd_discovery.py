"""How members find one another through etcd, and what etcd lets happen once only."""

import json
from collections.abc import Iterator

import pytest

from tests.unit.services.galera.fake_etcd import SOCAT, FakeEtcd, serving
from tests.unit.services.galera.shell import FakePeers, Shell
from tests.unit.services.galera.tables import UUID_A, UUID_B

ROOT = "/galera/test"
SOURCE = '. "$program_dir/etcd/discovery.sh"\nannounced_address=10.0.0.1\n'
#: A member that has just started and settled, and then asks for something.
CLAIM = "register; refused=granted; data={data} uuid={uuid}; {claim} || :; printf '%s' \"$refused\""


@pytest.fixture
def etcd() -> Iterator[FakeEtcd]:
    with serving(FakeEtcd()) as etcd:
        yield etcd


@pytest.fixture
def member(peers: FakePeers, etcd: FakeEtcd) -> Shell:
    peers.program("socat", SOCAT)
    peers.program("mariadb", "exit 1")
    shell = peers.member("galera-db-1", "10.0.0.1")
    shell.rest(seqno=50, uuid=UUID_A)
    return shell


def do(member: Shell, etcd: FakeEtcd, script: str, **more: str) -> str:
    return member.run(SOURCE + script, **{"GALERA_ETCD": etcd.door, **more})


def claim(member: Shell, etcd: FakeEtcd, what: str, data: str = "none", uuid: str = "-") -> str:
    return do(member, etcd, CLAIM.format(claim=what, data=data, uuid=uuid))


def entry(etcd: FakeEtcd, name: str = "galera-db-1") -> dict[str, object]:
    return dict(json.loads(etcd.keys[f"{ROOT}/nodes/{name}"][0]))


class TestRegister:
    """What a member tells about itself."""

    def test_a_parked_member_tells_where_and_how_far_it_is(self, member: Shell, etcd: FakeEtcd) -> None:
        do(member, etcd, "register")
        assert entry(etcd) == {
            "member": "galera-db-1",
            "address": "10.0.0.1",
            "state": "parked",
            "uuid": UUID_A,
            "seqno": "50",
            "sst_bytes": 0,
        }

    def test_the_entry_goes_with_its_lease(self, member: Shell, etcd: FakeEtcd) -> None:
        do(member, etcd, "register")
        lease = etcd.keys[f"{ROOT}/nodes/galera-db-1"][1]
        etcd.expire(lease)
        assert etcd.keys == {}
        do(member, etcd, "register")
        assert etcd.keys[f"{ROOT}/nodes/galera-db-1"][1] not in ("", lease)

    def test_a_second_turn_writes_nothing_new(self, member: Shell, etcd: FakeEtcd) -> None:
        do(member, etcd, "register; register")
        assert etcd.asked.count("/v3/kv/txn") == 1
        assert len(etcd.leases) == 1

    def test_an_entry_that_somebody_took_away_comes_back(self, member: Shell, etcd: FakeEtcd) -> None:
        do(member, etcd, "register")
        etcd.keys.clear()
        do(member, etcd, "register")
        assert entry(etcd)["state"] == "parked"

    def test_leaving_takes_the_entry_away(self, member: Shell, etcd: FakeEtcd) -> None:
        do(member, etcd, "register; end_discovery")
        assert etcd.keys == {}

    @pytest.mark.parametrize(
        ("flavor", "received"), [("flavor", ".sst"), ("percona/flavor", "sst-xb-tmpdir")]
    )
    def test_bytes_of_a_transfer(self, member: Shell, etcd: FakeEtcd, flavor: str, received: str) -> None:
        member.flavor = flavor
        (member.data / received).mkdir()
        (member.data / received / "ibdata1").write_bytes(b"x" * 70000)
        do(member, etcd, "set_phase joining; register")
        assert int(str(entry(etcd)["sst_bytes"])) >= 70000

    def test_a_running_member_tells_what_its_server_says(
        self, peers: FakePeers, member: Shell, etcd: FakeEtcd
    ) -> None:
        peers.program("mariadb", r"printf 'wsrep_local_state_comment\tSynced\nwsrep_last_committed\t77\n'")
        do(member, etcd, f'set_phase joining; note "$run_dir/status" "synced yes {UUID_A}"; register')
        seen = entry(etcd)
        assert (seen["state"], seen["uuid"], seen["seqno"]) == ("Synced", UUID_A, "77")
        assert etcd.keys[f"{ROOT}/uuid"] == (UUID_A, "")


class TestPeers:
    """Whose addresses are asked."""

    def test_registered_and_resolved_without_its_own(
        self, peers: FakePeers, member: Shell, etcd: FakeEtcd
    ) -> None:
        peers.program("getent", "printf '10.0.0.3 STREAM\n10.0.0.1 STREAM\n'")
        for number in (1, 2):
            text = json.dumps(
                {"member": f"galera-db-{number}", "address": f"10.0.0.{number}", "state": "parked"},
                separators=(",", ":"),
            )
            etcd.keys[f"{ROOT}/nodes/galera-db-{number}"] = (text, "")
        assert do(member, etcd, "register; register; peer_addresses").split() == ["10.0.0.2", "10.0.0.3"]

    def test_hostile_entries_are_nobody(self, peers: FakePeers, member: Shell, etcd: FakeEtcd) -> None:
        peers.program("getent", "exit 2")
        for number, text in enumerate(
            (
                '{"member":"x","address":"$(id)","state":"parked"}',
                '{"member":"x","address":"10.0.0.9;id","state":"parked"}',
                "10.0.0.9",
                "",
                '{"address":"10.0.0.9","member":"x"}',
            )
        ):
            etcd.keys[f"{ROOT}/nodes/x{number}"] = (text, "")
        assert do(member, etcd, "register; peer_addresses") == ""

    def test_a_silent_etcd_leaves_the_dns(self, peers: FakePeers, member: Shell, etcd: FakeEtcd) -> None:
        peers.program("getent", "printf '10.0.0.3 STREAM\n'")
        do(member, etcd, "register")
        etcd.status = 503
        said = do(member, etcd, "register; peer_addresses")
        assert "until it does, this member may only join" in said
        assert said.splitlines()[-1] == "10.0.0.3"


class TestOnce:
    """Births and bootstraps, by compare-and-swap."""

    def test_the_first_birth_is_written_down(self, member: Shell, etcd: FakeEtcd) -> None:
        assert claim(member, etcd, "claim_birth permit-1") == "granted"
        assert etcd.keys[f"{ROOT}/initialized"] == ("permit-1", "")
        assert etcd.keys[f"{ROOT}/bootstrap"][0].startswith("galera-db-1 ")
        assert etcd.keys[f"{ROOT}/bootstrap"][1] in etcd.leases

    def test_another_permit_bears_no_second_cluster(self, member: Shell, etcd: FakeEtcd) -> None:
        etcd.keys[f"{ROOT}/initialized"] = ("permit-1", "")
        assert "by the permit permit-1" in claim(member, etcd, "claim_birth permit-2")
        assert f"{ROOT}/bootstrap" not in etcd.keys

    def test_the_same_permit_goes_on_until_there_is_a_history(self, member: Shell, etcd: FakeEtcd) -> None:
        etcd.keys[f"{ROOT}/initialized"] = ("permit-1", "")
        assert claim(member, etcd, "claim_birth permit-1") == "granted"

    @pytest.mark.parametrize(
        ("data", "uuid", "granted"),
        [("none", "-", False), ("position", UUID_B, False), ("position", UUID_A, True)],
    )
    def test_a_cluster_with_a_history_is_not_born_again(
        self, member: Shell, etcd: FakeEtcd, data: str, uuid: str, granted: bool
    ) -> None:
        etcd.keys = {f"{ROOT}/initialized": ("permit-1", ""), f"{ROOT}/uuid": (UUID_A, "")}
        said = claim(member, etcd, "claim_birth permit-1", data=data, uuid=uuid)
        assert (said == "granted") == granted
        assert granted or UUID_A in said

    def test_only_one_bootstraps_at_a_time(self, member: Shell, etcd: FakeEtcd) -> None:
        etcd.keys[f"{ROOT}/bootstrap"] = ("galera-db-2 epoch id", "5")
        etcd.leases.add("5")
        assert "somebody else bootstraps" in claim(member, etcd, f"claim_bootstrap {UUID_A}")
        assert "somebody else bootstraps" in claim(member, etcd, "claim_birth permit-1")
        etcd.expire("5")
        assert claim(member, etcd, f"claim_bootstrap {UUID_A}") == "granted"

    @pytest.mark.parametrize(("born", "granted"), [("", True), (UUID_A, True), (UUID_B, False)])
    def test_only_the_history_of_the_birth_goes_on(
        self, member: Shell, etcd: FakeEtcd, born: str, granted: bool
    ) -> None:
        if born:
            etcd.keys[f"{ROOT}/uuid"] = (born, "")
        said = claim(member, etcd, f"claim_bootstrap {UUID_A}")
        assert (said == "granted") == granted
        assert granted or "but this cluster was born with" in said

    @pytest.mark.parametrize("what", [f"claim_bootstrap {UUID_A}", "claim_birth permit-1"])
    @pytest.mark.parametrize("mute", ["/v3/kv/range", "/v3/kv/txn", "/v3/lease/grant"])
    def test_without_an_answer_nobody_begins(
        self, member: Shell, etcd: FakeEtcd, what: str, mute: str
    ) -> None:
        etcd.mute.add(mute)
        said = claim(member, etcd, what)
        assert "granted" not in said
        assert f"{ROOT}/initialized" not in etcd.keys

    def test_without_an_answer_a_primary_is_joined(self, member: Shell, etcd: FakeEtcd) -> None:
        etcd.mute.add("/v3/kv/range")
        assert claim(member, etcd, f"claim_join {UUID_A}").endswith("granted")

    @pytest.mark.parametrize(("born", "granted"), [("", True), (UUID_A, True), (UUID_B, False)])
    def test_only_the_cluster_that_was_born_is_joined(
        self, member: Shell, etcd: FakeEtcd, born: str, granted: bool
    ) -> None:
        if born:
            etcd.keys[f"{ROOT}/uuid"] = (born, "")
        assert (claim(member, etcd, f"claim_join {UUID_A}") == "granted") == granted

    def test_a_claim_ends_with_the_bootstrap(self, member: Shell, etcd: FakeEtcd) -> None:
        do(member, etcd, f"set_phase bootstrapping; register; claim_bootstrap {UUID_A}; register")
        assert f"{ROOT}/bootstrap" in etcd.keys
        do(member, etcd, f'note "$run_dir/status" "synced yes {UUID_A}"; register')
        assert f"{ROOT}/bootstrap" not in etcd.keys
        assert etcd.keys[f"{ROOT}/uuid"][0] == UUID_A

    def test_a_bootstrap_that_came_to_nothing_is_given_up(self, member: Shell, etcd: FakeEtcd) -> None:
        bootstrap = f"set_phase bootstrapping; register; claim_bootstrap {UUID_A}"
        do(member, etcd, f"{bootstrap}; set_phase parked; register")
        assert f"{ROOT}/bootstrap" not in etcd.keys

    def test_the_uuid_of_the_birth_is_never_written_over(self, member: Shell, etcd: FakeEtcd) -> None:
        etcd.keys[f"{ROOT}/uuid"] = (UUID_B, "")
        do(member, etcd, f'set_phase joining; note "$run_dir/status" "synced yes {UUID_A}"; register')
        assert etcd.keys[f"{ROOT}/uuid"][0] == UUID_B
