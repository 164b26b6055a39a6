"""Percona XtraDB Cluster in the configuration: what it has by default, what it refuses, what it warns of."""

from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from settings.flavors import FLAVORS
from tests.unit.settings.config import problems_of, sound, spoil

PERCONA: dict[str, Any] = {"database.flavor": "percona-xtradb-cluster"}


def percona(**more: Any) -> Settings:
    return sound(spoil(PERCONA | {f"database.{key}": value for key, value in more.items()}))


def test_what_was_never_run_is_said_and_stops_nothing() -> None:
    (warning,) = percona().warnings
    assert (warning.key, warning.severity) == ("database.flavor", "warning")
    assert "never run" in warning.text


def test_its_image_is_the_default() -> None:
    assert percona().database.effective_image == "percona/percona-xtradb-cluster:8.0"
    assert percona().images[0] == "percona/percona-xtradb-cluster:8.0"
    assert sound(spoil({})).images[0] == "mariadb:10.11"


def test_its_own_collation_is_the_default() -> None:
    shop, blog = percona().database.databases
    assert shop.effective_collation("percona-xtradb-cluster") == "utf8mb4_0900_ai_ci"
    assert blog.effective_collation("percona-xtradb-cluster") == "latin1_swedish_ci"
    assert shop.effective_collation() == "utf8mb4_general_ci"


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "MariaDB's image",
        {"database.image": "mariadb:10.11"},
        "database.image",
        "set database.flavor to mariadb",
    ),
    ("a mirror of it", {"database.image": "reg:5000/mariadb:10.11"}, "database.image", "is MariaDB"),
    (
        "an older line",
        {"database.image": "percona/percona-xtradb-cluster:5.7"},
        "database.image",
        "must be Percona XtraDB Cluster 8.0",
    ),
    (
        "a newer line",
        {"database.image": "percona/percona-xtradb-cluster:8.4.5"},
        "database.image",
        "must be Percona XtraDB Cluster 8.0",
    ),
    ("MariaDB's SST", {"database.sstMethod": "mariabackup"}, "database.sstMethod", "must be xtrabackup-v2"),
    (
        "cluster traffic",
        {"database.myCnf": "[mysqld]\npxc-encrypt-cluster-traffic=ON"},
        "database.myCnf",
        "use network.encrypted",
    ),
    (
        "its log",
        {"database.myCnf": "[mysqld]\nlog_error_verbosity=1"},
        "database.myCnf",
        "galera-swarm sets it",
    ),
    (
        "an option of MariaDB's Galera",
        {"database.myCnf": "[mysqld]\nwsrep_gtid_mode=ON"},
        "database.myCnf",
        "line 2 sets wsrep_gtid_mode",
    ),
    (
        "its own SST user",
        {"database.users[0].name": "mysql.pxc.sst.user"},
        "database.users[0].name",
        "belongs to the server",
    ),
    ("a long user", {"database.users[0].name": "u" * 33}, "database.users[0].name", "32 at most"),
    (
        "MariaDB's privilege",
        {"database.users[0].grants[0]": {"on": "*.*", "privileges": ["BINLOG MONITOR"]}},
        "database.users[0].grants[0].privileges[0]",
        "no privilege of Percona XtraDB Cluster",
    ),
    (
        "a privilege of the whole server",
        {"database.users[0].grants[0].privileges": ["BACKUP_ADMIN"]},
        "database.users[0].grants[0].privileges[0]",
        "grant it on *.*",
    ),
    (
        "too little memory",
        {"database.memoryMb": 768, "database.bufferPoolMb": 512},
        "database.bufferPoolMb",
        "mysqld",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_mistake_is_refused(tmp_path: Path, changes: dict[str, Any], key: str, words: str) -> None:
    found = problems_of(spoil(PERCONA | changes), tmp_path)
    errors = [(problem.key, problem.text) for problem in found if problem.severity == "error"]
    assert [one for one, _ in errors] == [key], errors
    assert words in errors[0][1]


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("SST", {"sstMethod": "xtrabackup-v2"}),
    ("release of the line", {"image": "percona/percona-xtradb-cluster:8.0.43-34.1"}),
    ("image of a user", {"image": "example/my-pxc:3"}),
    ("options", {"myCnf": "[mysqld]\npxc_strict_mode=PERMISSIVE\nwsrep_applier_threads=8\n"}),
    ("character set of its own", {"databases[0]": {"name": "shop", "charset": "gb18030"}}),
    ("privileges", {"users[0].grants[0]": {"on": "*.*", "privileges": ["BACKUP_ADMIN", "CREATE ROLE"]}}),
]


@pytest.mark.parametrize("changes", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_what_works_is_let_through(changes: dict[str, Any]) -> None:
    assert [warning.key for warning in percona(**changes).warnings] == ["database.flavor"]


def test_mariadb_knows_nothing_of_it(tmp_path: Path) -> None:
    for changes in (
        {"database.databases[0].charset": "gb18030"},
        {"database.users[0].grants[0]": {"on": "*.*", "privileges": ["BACKUP_ADMIN"]}},
    ):
        assert "MariaDB" in problems_of(spoil(changes), tmp_path)[0].text


def test_every_flavor_has_the_default_character_set() -> None:
    assert all("utf8mb4" in flavor.collations for flavor in FLAVORS.values())
