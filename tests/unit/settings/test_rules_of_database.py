"""Each rule of the database and its accounts: what it refuses, under which key, what it offers instead."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import MISSING, assert_refused, problems_of, spoil

UUID = "2d8a2a8e-7d0f-4b9a-9b62-0d0a1c8d6f10"

# What is changed in the sound configuration, the key that is named, and words that must be in the sentence.
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    # database
    ("unknown flavor", {"database.flavor": "percona"}, "database.flavor", "percona-xtradb-cluster"),
    ("unknown mode", {"database.mode": "single"}, "database.mode", "ordered or homogeneous"),
    ("image reference", {"database.image": "MariaDB 10"}, "database.image", "mariadb:10.11"),
    ("old image", {"database.image": "mariadb:10.5"}, "database.image", "10.6 or newer"),
    ("old image of a mirror", {"database.image": "reg:5000/library/mariadb:5.5"}, "database.image", "10.6"),
    ("members beyond servers", {"database.members": 4}, "database.members", "3 or less"),
    ("no members", {"database.members": 0}, "database.members", "from 1 to 100"),
    ("cluster name", {"database.clusterName": "My Cluster"}, "database.clusterName", "32 at most"),
    ("cluster name too long", {"database.clusterName": "a" * 33}, "database.clusterName", "32 at most"),
    ("Galera's port", {"database.port": 4567}, "database.port", "group communication"),
    ("health port", {"database.port": 9200}, "database.port", "health"),
    ("privileged port", {"database.port": 22}, "database.port", "from 1024 to 65535"),
    ("owned option", {"database.myCnf": "[mysqld]\nwsrep-on=OFF"}, "database.myCnf", "line 2 sets wsrep-on"),
    ("no group", {"database.myCnf": "max_allowed_packet=1M"}, "database.myCnf", "line 1 stands before"),
    ("no scripts", {"database.initScripts": "missing"}, "database.initScripts", "must be a directory"),
    ("SST", {"database.sstMethod": "rsync"}, "database.sstMethod", "mariabackup"),
    ("SST of the other flavor", {"database.sstMethod": "xtrabackup-v2"}, "database.sstMethod", "mariabackup"),
    (
        "image of the other flavor",
        {"database.image": "percona/percona-xtradb-cluster:8.0"},
        "database.image",
        "set database.flavor to percona-xtradb-cluster",
    ),
    ("absent stranger", {"database.absent": ["galera-9"]}, "database.absent[0]", "galera-1 to galera-3"),
    (
        "absent twice",
        {"database.absent": ["galera-3", "galera-3"]},
        "database.absent[1]",
        "is named twice",
    ),
    (
        "all absent",
        {"database.absent": ["galera-1", "galera-2", "galera-3"]},
        "database.absent",
        "nobody is left",
    ),
    ("root password empty", {"database.rootPassword": ""}, "database.rootPassword", "must not be empty"),
    ("root password of lines", {"database.rootPassword": "geheim\nx"}, "database.rootPassword", "one line"),
    ("gcache beyond the disk", {"database.gcacheMb": 20000}, "database.gcacheMb", "12800 or less"),
    (
        "gcache in the provider's options",
        {"database.myCnf": "[mysqld]\nwsrep_provider_options = gcache.size=1G\n"},
        "database.myCnf",
        "database.gcacheMb",
    ),
    # accounts
    ("database without a name", {"database.databases[0]": {}}, "database.databases[0].name", "is required"),
    ("database name", {"database.databases[0].name": "a b"}, "database.databases[0].name", "64 at most"),
    ("system database", {"database.databases[0].name": "MySQL"}, "database.databases[0].name", "the server"),
    ("same database", {"database.databases[1].name": "Shop"}, "database.databases[1].name", "twice"),
    ("charset", {"database.databases[0].charset": "utf8m4"}, "database.databases[0].charset", "utf8mb4?"),
    (
        "collation of another charset",
        {"database.databases[1].collation": "utf8mb4_bin"},
        "database.databases[1].collation",
        "latin1_swedish_ci",
    ),
    ("root as user", {"database.users[0].name": "root"}, "database.users[0].name", "galera-swarm"),
    (
        "monitor as user",
        {"database.users[0].name": "galera_swarm_monitor"},
        "database.users[0].name",
        "belongs",
    ),
    ("user name", {"database.users[0].name": "o'neil"}, "database.users[0].name", "80 at most"),
    ("user host", {"database.users[0].host": "a b"}, "database.users[0].host", "pattern"),
    (
        "same user",
        {"database.users[1].name": "shop", "database.users[1].host": "%"},
        "database.users[1].name",
        "twice for host %",
    ),
    (
        "grant on nothing",
        {"database.users[0].grants[0].on": MISSING},
        "database.users[0].grants[0].on",
        "required",
    ),
    (
        "grant on a database",
        {"database.users[0].grants[0].on": "shop"},
        "database.users[0].grants[0].on",
        "shop.*",
    ),
    (
        "grant of nothing",
        {"database.users[0].grants[0].privileges": []},
        "database.users[0].grants[0].privileges",
        "at least 1 item",
    ),
    (
        "unknown privilege",
        {"database.users[0].grants[0].privileges": ["SELCT"]},
        "database.users[0].grants[0].privileges[0]",
        "did you mean SELECT?",
    ),
    (
        "server's privilege on a database",
        {"database.users[0].grants[0].privileges": ["SUPER"]},
        "database.users[0].grants[0].privileges[0]",
        "grant it on *.*",
    ),
    (
        "database's privilege on a table",
        {"database.users[1].grants[0].privileges": ["EVENT"]},
        "database.users[1].grants[0].privileges[0]",
        "grant it on blog.*",
    ),
    (
        "all and more",
        {"database.users[0].grants[0].privileges": ["ALL", "SELECT"]},
        "database.users[0].grants[0].privileges[0]",
        "must stand alone",
    ),
    (
        "grant option",
        {"database.users[0].grants[0].privileges": ["grant option"]},
        "database.users[0].grants[0].privileges[0]",
        "grantOption: true",
    ),
    (
        "same privilege",
        {"database.users[0].grants[0].privileges": ["select", "SELECT"]},
        "database.users[0].grants[0].privileges[1]",
        "is named twice",
    ),
    (
        "same object",
        {"database.users[0].grants[1]": {"on": "shop.*", "privileges": ["SELECT"]}},
        "database.users[0].grants[1].on",
        "one list",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_mistake_is_refused_under_its_key_with_what_is_allowed(
    tmp_path: Path, changes: dict[str, Any], key: str, words: str
) -> None:
    assert_refused(changes, key, words, tmp_path)


SCRIPTS: list[tuple[str, str, bytes, str | None]] = [
    ("SQL", "10-schema.sql", b"CREATE TABLE t (a INT);", None),
    ("shell", "20.sh", b"#!/bin/sh\n", None),
    ("compressed SQL", "30.sql.gz", b"\x1f\x8b\x08\x00", None),
    ("hidden file", ".gitkeep", b"", None),
    ("named as compressed", "30.sql.gz", b"CREATE", "not compressed"),
    ("text", "README.md", b"", "no init script"),
    ("name with a blank", "a b.sql", b"", "must be named with"),
]


@pytest.mark.parametrize(
    ("name", "content", "words"), [case[1:] for case in SCRIPTS], ids=[case[0] for case in SCRIPTS]
)
def test_each_init_script_has_to_be_one(tmp_path: Path, name: str, content: bytes, words: str | None) -> None:
    (tmp_path / "init").mkdir()
    (tmp_path / "init" / name).write_bytes(content)
    found = problems_of(spoil({"database.initScripts": "init"}), tmp_path)
    if words is None:
        assert found == []
    else:
        (problem,) = found
        assert problem.key == "database.initScripts"
        assert problem.value == f'"{name}"'
        assert words in problem.text


def test_a_directory_among_the_init_scripts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "init" / "more.sql").mkdir(parents=True)
    (problem,) = problems_of(spoil({"database.initScripts": "init"}), tmp_path)
    assert "is no file" in problem.text


def test_init_scripts_beyond_what_the_state_carries_are_refused(tmp_path: Path) -> None:
    (tmp_path / "init").mkdir()
    with (tmp_path / "init" / "dump.sql").open("wb") as dump:
        dump.truncate(17 << 20)
    (problem,) = problems_of(spoil({"database.initScripts": "init"}), tmp_path)
    assert "17 MB" in problem.text
