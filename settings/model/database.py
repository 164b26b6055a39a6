"""Section `database`: the Galera cluster, its databases and its users."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from settings import flavors
from settings.model.section import Section


class DatabaseSchema(Section):
    """A database inside the cluster."""

    name: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """Name of the database."""

    charset: str = "utf8mb4"
    """Character set of new tables."""

    collation: str | None = None
    """Collation of new tables; the default is the character set's own."""

    allow_drop: bool = False
    """Drop the database, with its data, when it leaves the configuration. Otherwise it is only forgotten."""

    def effective_collation(self, flavor: flavors.Name = "mariadb") -> str:
        """The collation, chosen or the flavor's default."""
        return self.collation or flavors.FLAVORS[flavor].collations[self.charset]


class Grant(Section):
    """Privileges of a user on one object."""

    on: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """What the privileges are for: `*.*`, `shop.*` or `shop.orders`."""

    privileges: Annotated[tuple[str, ...], Field(min_length=1)] = ("ALL",)
    """Privileges by their SQL names, for example `[SELECT, INSERT]`, or `[ALL]`."""

    grant_option: bool = False
    """Let the user pass these privileges on."""


class DatabaseUser(Section):
    """An account inside the cluster."""

    name: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """Name of the user."""

    host: str = "%"
    """Hosts from which the user may come, `%` and `_` being wildcards."""

    password: SecretStr | None = None
    """Password, a secret. One is generated when there is none."""

    grants: tuple[Grant, ...] = ()
    """What the user may do."""


class MemberGroup(Section):
    """A further service of the same cluster, in mode `homogeneous`: members on a port of their own."""

    name: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """Name of the group; its service and its volume are called by it: `galera-NAME`."""

    servers: Annotated[tuple[str, ...], Field(min_length=1, json_schema_extra={"required": True})] = ()
    """Names of the servers that carry a member each; the last of them is the first to go."""

    port: Annotated[int, Field(ge=1024, le=65535)] = 3307
    """TCP port on which these servers answer SQL for the group's members."""


class Database(Section):
    """The Galera cluster."""

    mode: Literal["ordered", "homogeneous"] = "ordered"
    """`ordered`: one pinned service for each member. `homogeneous`: one service of equal members that find
    each other through etcd (section `etcd`); a single member does without."""

    storage: Literal["persistent", "ephemeral"] = "persistent"
    """`persistent`: data in a volume on each server. `ephemeral`, in mode `homogeneous`: data that goes with
    its container, and comes back from the other members only."""

    groups: tuple[MemberGroup, ...] = ()
    """Further services of the same cluster, in mode `homogeneous`."""

    flavor: flavors.Name = "mariadb"
    """`mariadb`, or `percona-xtradb-cluster` (8.0), which has not been run yet (docs/percona.md). It
    cannot be changed once the cluster is born."""

    image: str | None = None
    """Container image of the members: MariaDB 10.6 or newer, `mariadb:10.11` by default, or of the other
    flavor `percona/percona-xtradb-cluster:8.0`."""

    members: Annotated[int, Field(ge=1, le=100)] | None = None
    """Number of members, at most one for each server; the default is one on each server. An odd number,
    with those of `groups`, keeps the quorum when the network parts."""

    cluster_name: str = "galera"
    """Name of the Galera cluster; the members are called by it: `galera-1`, `galera-2`, …"""

    port: Annotated[int, Field(ge=1024, le=65535)] = 3306
    """TCP port on which each server answers SQL."""

    my_cnf: str = ""
    """Text of an option file for the server (my.cnf), without what galera-swarm sets itself."""

    memory_mb: Annotated[int, Field(ge=256, le=524288)] | None = None
    """Memory limit of each member's container in MB. Without it there is none."""

    buffer_pool_mb: Annotated[int, Field(ge=16, le=524288)] | None = None
    """InnoDB buffer pool in MB; the default is half of `memoryMb`, or of the server's memory: two members
    on one server share it."""

    gcache_mb: Annotated[int, Field(ge=16, le=1048576)] | None = None
    """Size in MB of each member's file of past writes (Galera's gcache, on the data disk), 256 by default. A
    member that was away for less than it holds comes back by these writes, else by a full copy. Take the
    write rate times the longest absence: 1 MB/s for an hour is 3600."""

    max_connections: Annotated[int, Field(ge=10, le=100000)] = 151
    """Most client connections to each member at a time."""

    init_scripts: str | None = None
    """Directory, relative to the project, of `.sql`, `.sql.gz` and `.sh` files that run once, in order of
    their names, when the cluster is born."""

    databases: tuple[DatabaseSchema, ...] = ()
    """Databases to keep in the cluster."""

    users: tuple[DatabaseUser, ...] = ()
    """Users to keep in the cluster."""

    root_password: SecretStr | None = None
    """Password of `root`, a secret. One is generated when there is none."""

    absent: tuple[str, ...] = ()
    """Members that are gone for good, by name: a cluster that is down then starts without hearing them."""

    sst_method: flavors.SstMethod | None = None
    """How a member without data gets a full copy while its donor goes on answering: by default the flavor's
    own and only way, `mariabackup` or `xtrabackup-v2`."""

    @property
    def of_flavor(self) -> flavors.Flavor:
        """What the flavor at hand has of its own."""
        return flavors.FLAVORS[self.flavor]

    @property
    def effective_image(self) -> str:
        """The image, chosen or the flavor's default."""
        return self.image or self.of_flavor.image
