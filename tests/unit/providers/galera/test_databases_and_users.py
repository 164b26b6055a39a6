"""Databases and users are what is declared, also after somebody else changed them."""

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.galera import DatabaseProvider, DatabaseUserProvider, GaleraError
from providers.galera.accounts import password_hash
from providers.galera.sha2_password import is_form_of
from tests.unit.providers.galera.fake_maria import FakeMaria, installed

WAY = {"members": [], "port": 3306.0, "root_password": "root"}
DATABASE = {**WAY, "database": "shop", "charset": "utf8mb4", "collation": "utf8mb4_bin", "allow_drop": False}
USER = {
    **WAY,
    "user": "app",
    "host": "%",
    "password": "se'cret%",
    "grants": [{"privileges": ["SELECT", "INSERT"], "on": "shop.*"}],
}
KEY = ("app", "%")


@pytest.fixture
def maria(monkeypatch: pytest.MonkeyPatch) -> FakeMaria:
    return installed(monkeypatch)


class TestDatabase:
    provider = DatabaseProvider()

    def is_clean(self, wanted: dict[str, Any] = DATABASE) -> bool:
        seen = self.provider.read("shop", wanted)
        return self.provider.diff("shop", seen.outs or {}, wanted).changes is False

    def test_it_is_made_and_clean(self, maria: FakeMaria) -> None:
        assert self.provider.create(dict(DATABASE)).id == "shop"
        assert maria.databases == {"shop": ("utf8mb4", "utf8mb4_bin")}
        assert self.is_clean()

    def test_one_that_is_there_is_taken_over(self, maria: FakeMaria) -> None:
        maria.databases["shop"] = ("latin1", "latin1_swedish_ci")
        self.provider.create(dict(DATABASE))
        assert self.is_clean()

    def test_drift_is_seen_and_corrected(self, maria: FakeMaria) -> None:
        self.provider.create(dict(DATABASE))
        maria.databases["shop"] = ("latin1", "latin1_swedish_ci")
        assert not self.is_clean()
        self.provider.update("shop", dict(DATABASE), dict(DATABASE))
        assert self.is_clean()

    def test_it_is_gone_if_a_member_says_so(self, maria: FakeMaria) -> None:
        assert self.provider.read("shop", dict(DATABASE)).id == ""

    def test_it_is_as_recorded_if_nobody_answers(
        self, maria: FakeMaria, capsys: pytest.CaptureFixture[str]
    ) -> None:
        maria.is_up = False
        assert self.provider.read("shop", dict(DATABASE)).outs == DATABASE
        assert "taken as recorded" in capsys.readouterr().err

    @pytest.mark.parametrize("allowed", [True, False])
    def test_it_is_dropped_only_if_that_was_allowed(self, maria: FakeMaria, allowed: bool) -> None:
        self.provider.create(dict(DATABASE))
        self.provider.delete("shop", {**DATABASE, "allow_drop": allowed})
        assert ("shop" in maria.databases) is not allowed

    def test_it_is_dropped_also_if_roots_password_has_changed_since(self, maria: FakeMaria) -> None:
        self.provider.create(dict(DATABASE))
        maria.roots["%"] = password_hash("another")
        self.provider.delete("shop", {**DATABASE, "allow_drop": True})
        assert maria.databases == {}

    def test_a_database_that_stays_needs_no_cluster(self, maria: FakeMaria) -> None:
        maria.is_up = False
        self.provider.delete("shop", dict(DATABASE))

    def test_a_name_is_quoted(self, maria: FakeMaria) -> None:
        self.provider.create({**DATABASE, "database": "a`b; --"})
        assert list(maria.databases) == ["a`b; --"]

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            ({"database": "mysql"}, "database"),
            ({"database": "Information_Schema"}, "database"),
            ({"database": ""}, "database"),
            ({"database": "x" * 65}, "database"),
            ({"charset": "utf8; drop"}, "charset"),
            ({"collation": ""}, "collation"),
        ],
    )
    def test_what_is_refused(self, change: dict[str, Any], key: str) -> None:
        failures = self.provider.check({}, {**DATABASE, **change}).failures
        assert [failure.property for failure in failures] == [key]

    @pytest.mark.parametrize("key", ["database", "charset", "collation"])
    def test_an_unknown_is_not_refused(self, key: str) -> None:
        assert self.provider.check({}, {**DATABASE, key: UNKNOWN}).failures == []

    def test_another_name_is_another_database(self) -> None:
        result = self.provider.diff("shop", dict(DATABASE), {**DATABASE, "database": "store"})
        assert result.replaces == ["database"]


class TestUser:
    provider = DatabaseUserProvider()

    def is_clean(self, wanted: dict[str, Any] = USER) -> bool:
        seen = self.provider.read("app@%", wanted)
        return self.provider.diff("app@%", seen.outs or {}, wanted).changes is False

    def test_it_is_made_and_clean(self, maria: FakeMaria) -> None:
        assert self.provider.create(dict(USER)).id == "app@%"
        assert maria.grants[KEY] == {"`shop`.*": {"SELECT", "INSERT"}}
        assert self.is_clean()

    def test_only_the_hash_goes_to_the_server(self, maria: FakeMaria) -> None:
        self.provider.create(dict(USER))
        assert maria.passwords[KEY] == password_hash("se'cret%")
        assert not any("cret%" in statement for statement in maria.log)

    def test_the_hash_is_mariadbs_own(self) -> None:
        assert password_hash("n2") == "*5320F21F31FE8019288D0B698E97A3DDE529E4B5"

    def test_one_that_is_there_is_brought_to_what_is_declared(self, maria: FakeMaria) -> None:
        maria.passwords[KEY] = "*OLD"
        maria.grants[KEY] = {"*.*": {"SUPER"}, "`shop`.*": {"SELECT", "DROP"}}
        self.provider.create(dict(USER))
        assert {on: some for on, some in maria.grants[KEY].items() if some} == {
            "`shop`.*": {"SELECT", "INSERT"}
        }
        assert self.is_clean()

    @pytest.mark.parametrize("drift", ["password", "more", "less"])
    def test_drift_is_seen_and_corrected(self, maria: FakeMaria, drift: str) -> None:
        self.provider.create(dict(USER))
        if drift == "password":
            maria.passwords[KEY] = "*OTHER"
        elif drift == "more":
            maria.grants[KEY]["*.*"] = {"SUPER"}
        else:
            maria.grants[KEY]["`shop`.*"].discard("INSERT")
        assert not self.is_clean()
        self.provider.update("app@%", dict(USER), dict(USER))
        assert self.is_clean()

    def test_password_and_grants_change_in_place(self, maria: FakeMaria) -> None:
        self.provider.create(dict(USER))
        wanted = {**USER, "password": "new", "grants": [{"privileges": ["ALL"], "on": "my_app.*"}]}
        assert self.provider.diff("app@%", dict(USER), wanted).changes is True
        self.provider.update("app@%", dict(USER), wanted)
        assert self.is_clean(wanted)

    def test_it_is_gone_if_a_member_says_so(self, maria: FakeMaria) -> None:
        assert self.provider.read("app@%", dict(USER)).id == ""

    def test_it_is_as_recorded_if_nobody_answers(self, maria: FakeMaria) -> None:
        maria.is_up = False
        assert self.provider.read("app@%", dict(USER)).outs == USER

    def test_it_is_dropped(self, maria: FakeMaria) -> None:
        self.provider.create(dict(USER))
        self.provider.delete("app@%", dict(USER))
        assert maria.passwords == {}

    def test_it_is_dropped_also_if_roots_password_has_changed_since(self, maria: FakeMaria) -> None:
        self.provider.create(dict(USER))
        maria.roots["%"] = password_hash("another")
        self.provider.delete("app@%", dict(USER))
        assert maria.passwords == {}

    def test_a_drop_that_cannot_be_done_is_told(self, maria: FakeMaria) -> None:
        maria.is_up = False
        with pytest.raises(GaleraError, match="takes SQL"):
            self.provider.delete("app@%", dict(USER))

    @pytest.mark.parametrize(
        "user",
        [
            "root",
            "Root",
            "mysql",
            "mariadb.sys",
            "public",
            "galera_swarm_monitor",
            "galera_swarm",
            "",
            "x" * 81,
        ],
    )
    def test_accounts_of_the_server_are_refused(self, user: str) -> None:
        assert [one.property for one in self.provider.check({}, {**USER, "user": user}).failures] == ["user"]

    def test_grants_that_cannot_be_written_are_refused(self) -> None:
        grants = [{"privileges": ["SELECT"], "on": "shop"}, {"privileges": [], "on": "shop.*"}]
        assert len(self.provider.check({}, {**USER, "grants": grants}).failures) == 2

    @pytest.mark.parametrize("key", ["user", "grants", "password"])
    def test_an_unknown_is_not_refused(self, key: str) -> None:
        assert self.provider.check({}, {**USER, key: UNKNOWN}).failures == []

    @pytest.mark.parametrize("key", ["user", "host"])
    def test_another_account_is_another_user(self, key: str) -> None:
        assert self.provider.diff("app@%", dict(USER), {**USER, key: "other"}).replaces == [key]


class TestUserOfMysql(TestUser):
    """The same on Percona XtraDB Cluster: every rule, with MySQL 8's forms."""

    @pytest.fixture
    def maria(self, monkeypatch: pytest.MonkeyPatch) -> FakeMaria:
        made = installed(monkeypatch)
        made.version = "8.0.43-34.1"
        return made

    def test_only_the_hash_goes_to_the_server(self, maria: FakeMaria) -> None:
        self.provider.create(dict(USER))
        assert maria.passwords[KEY].startswith("$A$005$")
        assert is_form_of("se'cret%", maria.passwords[KEY])
        assert not any("cret%" in statement for statement in maria.log)

    def test_a_password_that_is_right_is_left_alone(self, maria: FakeMaria) -> None:
        self.provider.create(dict(USER))
        before = maria.passwords[KEY]
        self.provider.update("app@%", dict(USER), dict(USER))
        assert maria.passwords[KEY] == before

    @pytest.mark.parametrize(
        "grants",
        [
            [{"privileges": ["ALL"], "on": "*.*"}],
            [{"privileges": ["ALL", "GRANT OPTION"], "on": "*.*"}],
            [{"privileges": ["BACKUP_ADMIN", "PROCESS"], "on": "*.*"}],
            [{"privileges": ["BACKUP_ADMIN"], "on": "*.*"}, {"privileges": ["ALL"], "on": "shop.*"}],
        ],
    )
    def test_privileges_of_the_whole_server_come_in_two_lines(
        self, maria: FakeMaria, grants: list[dict[str, Any]]
    ) -> None:
        wanted = {**USER, "grants": grants}
        self.provider.create(dict(wanted))
        assert self.is_clean(wanted)
