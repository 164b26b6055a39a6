"""What the flavors of Galera differ in, as far as the configuration can tell: image, options, grants.

Percona XtraDB Cluster 8.0 is MySQL 8: the lists are those of its manuals (dev.mysql.com/doc/refman/8.0 and
docs.percona.com/percona-xtradb-cluster/8.0), the character sets and grants seen on MySQL's own server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from settings import charsets, grants, my_cnf

Name = Literal["mariadb", "percona-xtradb-cluster"]
SstMethod = Literal["mariabackup", "xtrabackup-v2"]


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """One flavor.

    image: the default. repository: what the name of such an image ends with, where it says what it is.
    oldest, newest: versions (as far as they are said) whose options and SST the members rely on.
    collations: each character set with its default. server_mb: what the server takes besides its buffer pool
        before the first client comes.
    user_wsrep, owned: options beginning with `wsrep_` that are the user's, and further ones that are not.
    """

    title: str
    image: str
    repository: str
    oldest: tuple[int, int]
    newest: tuple[int, int] | None
    versions: str
    sst_method: SstMethod
    collations: Mapping[str, str]
    privileges: frozenset[str]
    system_users: frozenset[str]
    longest_user: int
    server: str
    server_mb: int
    user_wsrep: frozenset[str]
    owned: Mapping[str, str] = field(default_factory=dict)


_MYSQL_PRIVILEGES: Final = (grants.COMMON | grants.OF_MYSQL) | {"ALL", "ALL PRIVILEGES", "USAGE"}
_MYSQL_COLLATIONS: Final = {
    **charsets.DEFAULT_COLLATIONS,
    "gb18030": "gb18030_chinese_ci",
    "utf8mb4": "utf8mb4_0900_ai_ci",
}

FLAVORS: Final[Mapping[Name, Flavor]] = {
    "mariadb": Flavor(
        title="MariaDB",
        image="mariadb:10.11",
        repository="mariadb",
        oldest=(10, 6),
        newest=None,
        versions="MariaDB 10.6 or newer",
        sst_method="mariabackup",
        collations=charsets.DEFAULT_COLLATIONS,
        privileges=grants.PRIVILEGES,
        system_users=grants.SYSTEM_USERS,
        longest_user=80,
        server="mariadbd",
        server_mb=128,
        user_wsrep=my_cnf.USER_WSREP,
    ),
    "percona-xtradb-cluster": Flavor(
        title="Percona XtraDB Cluster",
        image="percona/percona-xtradb-cluster:8.0",
        repository="percona-xtradb-cluster",
        oldest=(8, 0),
        newest=(8, 0),
        versions="Percona XtraDB Cluster 8.0",
        sst_method="xtrabackup-v2",
        collations=_MYSQL_COLLATIONS,
        privileges=_MYSQL_PRIVILEGES,
        system_users=grants.SYSTEM_USERS
        | {
            *("mysql.sys", "mysql.session", "mysql.infoschema"),
            *("mysql.pxc.internal.session", "mysql.pxc.sst.role", "mysql.pxc.sst.user"),
        },
        longest_user=32,
        server="mysqld",
        server_mb=512,
        user_wsrep=my_cnf.USER_WSREP_OF_PERCONA,
        owned={
            **dict.fromkeys(
                (
                    *("initialize", "initialize_insecure", "log_error_services", "log_error_verbosity"),
                    *(
                        "log_error_suppression_list",
                        "mysqlx",
                        "pxc_maint_mode",
                        "pxc_maint_transition_period",
                    ),
                ),
                my_cnf.OURS,
            ),
            "pxc_encrypt_cluster_traffic": "use network.encrypted for the traffic between the servers",
        },
    ),
}
