"""The whole program after a first deployment: what a change of the config touches."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.components.fake_engine import FakeEngine, RefusedError
from tests.unit.components.stacks import (
    ABSENT,
    BIRTH,
    COMMAND,
    CONFIG,
    COUNTS,
    DATABASE,
    GUARD,
    GUEST,
    HOST_KEY,
    IMAGE,
    INIT,
    NETWORK,
    NODE,
    PASSWORD,
    ROOT_ACCOUNT,
    SECRET,
    SERVICE,
    SETTLED,
    SYNCED,
    USER,
    Stacks,
    shown,
    touched,
)

#: Changes that are nothing to the members.
SPARING: tuple[dict[str, Any], ...] = (
    {"database.absent": ["galera-3"]},
    {"database.databases[1]": {"name": "shop"}},
    {"database.users[1]": {"name": "shop", "grants": [{"on": "demo.*", "privileges": ["SELECT"]}]}},
    {"servers.userData": "#!/bin/sh\n"},
    {"servers.protect": True},
    {"cloud.provisionTimeoutMinutes": 45},
    {"host.ntpServers": ["time.example.com"]},
)


class TestGrowth:
    """From three servers to five, and back."""

    @pytest.fixture(scope="class")
    def grown(self, stacks: Stacks) -> FakeEngine:
        return stacks.deployed({"servers.count": 5}, previous=stacks.first(3))

    def test_members_that_are_there_keep_their_spec_and_the_cluster_its_birth(
        self, stacks: Stacks, grown: FakeEngine
    ) -> None:
        kept = shown(*stacks.first(3).of_type(SERVICE, CONFIG, SECRET, NETWORK, PASSWORD, GUEST, HOST_KEY))
        kept |= shown(grown[BIRTH, "galera-birth"], grown[ABSENT, "galera-absent"])
        kept |= shown(grown[IMAGE, "database-image"], grown["pulumi:providers:docker", "docker"])
        assert {grown.operations[what] for what in kept} == {"same"}

    def test_docker_and_the_hosts_are_told_the_same_as_before(
        self, stacks: Stacks, grown: FakeEngine
    ) -> None:
        for before in stacks.first(3).of_type(SERVICE, CONFIG, SECRET, NETWORK, COMMAND):
            if not before.name.endswith("-neighbours"):
                assert grown.registered[before.urn].plain == before.plain, before.name

    def test_nothing_makes_an_old_member_start_anew(self, stacks: Stacks, grown: FakeEngine) -> None:
        for before in stacks.first(3).of_type(SYNCED):
            assert grown.registered[before.urn].plain["triggers"] == before.plain["triggers"]

    def test_what_is_updated_all_the_same_restarts_nothing(self, stacks: Stacks, grown: FakeEngine) -> None:
        """Two managers more are two more doors to knock at: whoever asks managers or members is told of them.

        /etc/hosts gets two lines, the guard and its record another topology, and each proof looks once more.
        """
        updated = {
            *shown(*stacks.first(3).of_type(INIT, NODE, SYNCED, DATABASE, USER, GUARD, SETTLED)),
            *(f"{COMMAND} db-{number}-neighbours" for number in (1, 2, 3)),
        }
        assert {what for what, how in grown.operations.items() if how == "update"} == updated
        doors = {"managers", "manager_ssh", "members", "ssh_of_members", "servers"}
        for before in stacks.first(3).of_type(INIT, NODE, SYNCED, DATABASE, USER):
            after = grown.registered[before.urn].plain
            moved = {key for key in after if after[key] != before.plain.get(key)}
            assert moved <= doors, before.name

    def test_only_new_servers_are_added(self, grown: FakeEngine) -> None:
        assert not {"replace", "delete"} & set(grown.operations.values())
        new = {what for what, how in grown.operations.items() if how == "create"}
        assert all("-4" in what or "-5" in what for what in new)
        assert shown(*(grown[SERVICE, f"galera-{number}"] for number in (4, 5))) <= new

    def test_members_alone_can_grow_on_servers_that_are_there(self, stacks: Stacks) -> None:
        wide = stacks.deployed({"servers.count": 5, "database.members": 3})
        grown = stacks.deployed({"servers.count": 5, "database.members": 5}, previous=wide)
        for before in wide.of_type(SERVICE, BIRTH, GUEST, NODE, INIT):
            assert grown.registered[before.urn].operation == "same", before.name
        assert grown[SERVICE, "galera-5"].operation == "create"

    def test_the_way_back_takes_away_what_came_and_restarts_nothing(
        self, stacks: Stacks, grown: FakeEngine
    ) -> None:
        back = stacks.deployed({"servers.count": 3}, previous=grown)
        gone = {what for what, how in back.operations.items() if how == "delete"}
        assert gone == shown(*grown.registered.values()) - shown(*stacks.first(3).registered.values()) & gone
        assert {f"{SERVICE} galera-4", f"{NODE} swarm-db-5", f"{GUEST} db-4"} <= gone
        assert "replace" not in back.operations.values()
        for before in stacks.first(3).of_type(SERVICE, CONFIG, SECRET, NETWORK, BIRTH, GUEST):
            assert back.registered[before.urn].operation == "same", before.name

    @pytest.mark.parametrize("preview", [False, True])
    def test_a_loss_of_the_quorum_is_refused_with_the_names(self, stacks: Stacks, preview: bool) -> None:
        with pytest.raises(RefusedError, match="db-2 and db-3"):
            stacks.deployed({"servers.count": 1}, previous=stacks.first(3), preview=preview)


class TestChange:
    """What a change of the config touches, in preview as in up."""

    @pytest.mark.parametrize("preview", [False, True])
    @pytest.mark.parametrize("count", COUNTS)
    def test_no_change_is_no_change(self, stacks: Stacks, preview: bool, count: int) -> None:
        again = stacks.deployed({"servers.count": count}, previous=stacks.first(count), preview=preview)
        assert touched(again) == {}

    @pytest.mark.parametrize("preview", [False, True])
    @pytest.mark.parametrize(
        "changes", [{"servers.tags": ["db", "blue"]}, {"servers.notes": "the database"}], ids=str
    )
    def test_tags_and_notes_change_the_servers_and_nothing_else(
        self, stacks: Stacks, preview: bool, changes: dict[str, Any]
    ) -> None:
        after = stacks.deployed(changes, previous=stacks.first(3), preview=preview)
        assert touched(after) == dict.fromkeys(shown(*after.of_type(GUEST)), "update")

    @pytest.mark.parametrize("preview", [False, True])
    @pytest.mark.parametrize(
        "changes",
        [
            {"database.myCnf": "[mysqld]\nmax_allowed_packet = 32M\n"},
            {"database.bufferPoolMb": 256},
            {"database.maxConnections": 300},
            {"database.memoryMb": 1024},
            {"database.port": 3307},
            {"database.image": "mariadb:11.4"},
            {"database.rootPassword": "hush-the-new-one"},
        ],
        ids=str,
    )
    def test_another_spec_updates_every_member_in_place_and_waits_for_it(
        self, stacks: Stacks, preview: bool, changes: dict[str, Any]
    ) -> None:
        before = stacks.first(3)
        after = stacks.deployed(changes, previous=before, preview=preview)
        for member in (*after.of_type(SERVICE), *after.of_type(SYNCED)):
            assert member.operation == "update", member.name
        for proof in after.of_type(SYNCED):
            assert proof.plain["triggers"] != before.registered[proof.urn].plain["triggers"]
        untouched = shown(*after.of_type(GUEST, HOST_KEY, NODE, INIT, BIRTH, NETWORK, GUARD))
        assert {after.operations[what] for what in untouched} == {"same"}
        replaced = {what for what, how in after.operations.items() if how == "replace"}
        assert {what.split(" ")[0] for what in replaced} <= {CONFIG, SECRET}

    def test_another_password_is_set_in_the_database_before_any_member_is_given_it(
        self, stacks: Stacks
    ) -> None:
        after = stacks.deployed({"database.rootPassword": "hush-the-new-one"}, previous=stacks.first(3))
        root = after[ROOT_ACCOUNT, "galera-root-account"]
        assert root.operation == "update"
        for one in after.of_type(SERVICE, SYNCED, DATABASE, USER):
            assert root.urn in after.before(one), one.name

    @pytest.mark.parametrize("preview", [False, True])
    def test_one_line_of_my_cnf_touches_the_members_and_their_file_only(
        self, stacks: Stacks, preview: bool
    ) -> None:
        changes = {"database.myCnf": "[mysqld]\nmax_allowed_packet = 32M\n"}
        after = stacks.deployed(changes, previous=stacks.first(3), preview=preview)
        assert touched(after) == {
            f"{CONFIG} galera-my-cnf": "replace",
            **dict.fromkeys(shown(*after.of_type(SERVICE, SYNCED)), "update"),
        }

    @pytest.mark.parametrize("changes", SPARING, ids=str)
    def test_what_is_not_in_the_spec_starts_no_member_anew(
        self, stacks: Stacks, changes: dict[str, Any]
    ) -> None:
        def spared(told: dict[str, Any]) -> bool:
            after = stacks.deployed(told, previous=stacks.first(3))
            return {one.operation for one in after.of_type(SERVICE, SYNCED, BIRTH, CONFIG, SECRET)} == {
                "same"
            }

        # What restarts nobody in company does not do it alone; if somebody is restarted, each is asked.
        together = {key: value for change in SPARING for key, value in change.items()}
        assert spared(together) or spared(changes)

    def test_absent_members_are_told_to_those_left_and_no_proof_waits_again(self, stacks: Stacks) -> None:
        after = stacks.deployed({"database.absent": ["galera-3"]}, previous=stacks.first(3))
        assert touched(after) == {f"{ABSENT} galera-absent": "update"}

    @pytest.mark.parametrize("preview", [False, True])
    def test_another_ssh_key_replaces_no_server_and_no_service(
        self, stacks: Stacks, preview: bool, tmp_path: Path
    ) -> None:
        before = stacks.first(3)
        after = Stacks(tmp_path).deployed(previous=before, preview=preview)
        replaced = {what for what, how in after.operations.items() if how == "replace"}
        assert replaced == {"pulumi-python:dynamic/softlayer:SshKey ssh-key"}
        stays = after.of_type(GUEST, SERVICE, CONFIG, SECRET, NETWORK, BIRTH, PASSWORD, GUARD, SETTLED)
        assert {one.operation for one in stays} == {"same"}
        assert {one.operation for one in after.of_type(HOST_KEY, NODE, SYNCED)} == {"update"}
        for proof in () if preview else after.of_type(SYNCED):
            assert proof.plain["triggers"] == before.registered[proof.urn].plain["triggers"]

    def test_other_settings_of_the_engines_are_followed_by_a_proof_each(self, stacks: Stacks) -> None:
        after = stacks.deployed({"host.logMaxFiles": 9}, previous=stacks.first(3))
        settings = [one for one in after.of_type(COMMAND) if one.name.endswith("-settings")]
        assert {one.operation for one in (*settings, *after.of_type(SYNCED))} == {"update"}
        assert {one.operation for one in after.of_type(SERVICE)} == {"same"}

    def test_a_server_that_an_upgrade_reboots_is_followed_by_the_proof_of_its_member(
        self, stacks: Stacks
    ) -> None:
        after = stacks.deployed({"servers.overrides.db-2.memoryMb": 16384}, previous=stacks.first(3))
        assert after[GUEST, "db-2"].operation == "update"
        assert after[SYNCED, "galera-2-synced"].operation == "update"
        assert after[GUEST, "db-2"].urn in after.before(after[SYNCED, "galera-2-synced"])
        assert {one.operation for one in after.of_type(SERVICE)} == {"same"}
        assert {one.operation for one in after.of_type(SYNCED)} == {"update", "same"}

    @pytest.mark.parametrize("number", [1, 2, 3])
    @pytest.mark.parametrize("preview", [False, True])
    def test_a_replaced_server_takes_only_its_own_with_it(
        self, stacks: Stacks, preview: bool, number: int
    ) -> None:
        changes = {f"servers.overrides.db-{number}.datacenter": "tor04"}
        after = stacks.deployed(changes, previous=stacks.first(3), preview=preview)
        replaced = {what for what, how in after.operations.items() if how == "replace"}
        own = {
            f"{GUEST} db-{number}",
            f"{NODE} swarm-db-{number}",
            *(
                f"{COMMAND} db-{number}-{what}"
                for what in ("preparation", "images", "neighbours", "settings")
            ),
        }
        # A preview cannot know yet that the new server's key is another one; up replaces it.
        assert replaced - {f"{HOST_KEY} db-{number}-host-key"} == own
        assert preview or f"{HOST_KEY} db-{number}-host-key" in replaced
        stays = after.of_type(SERVICE, CONFIG, SECRET, NETWORK, BIRTH, PASSWORD, IMAGE)
        assert {one.operation for one in stays} == {"same"}

    def test_the_proof_of_a_replaced_servers_member_is_made_again(self, stacks: Stacks) -> None:
        after = stacks.deployed(
            {"servers.overrides.db-2.datacenter": "tor04"}, previous=stacks.first(3), preview=False
        )
        assert after[SYNCED, "galera-2-synced"].operation == "update"
