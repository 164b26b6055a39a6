"""Each rule of the configuration: what it refuses, under which key, and what it offers instead."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import MISSING, SOUND, problems_of, sound, spoil

UUID = "2d8a2a8e-7d0f-4b9a-9b62-0d0a1c8d6f10"

# What is changed in the sound configuration, the key that is named, and words that must be in the sentence.
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    # cloud
    ("no endpoint", {"cloud.endpoint": MISSING}, "cloud.endpoint", "is required"),
    ("endpoint without scheme", {"cloud.endpoint": "api.softlayer.com"}, "cloud.endpoint", "must be a URL"),
    (
        "endpoint with a bad port",
        {"cloud.endpoint": "https://a:b/xmlrpc/v3.1"},
        "cloud.endpoint",
        "must be a URL",
    ),
    (
        "endpoint with blanks",
        {"cloud.endpoint": "https://a b/xmlrpc/v3.1"},
        "cloud.endpoint",
        "must be a URL",
    ),
    ("http far away", {"cloud.endpoint": "http://10.0.0.1/xmlrpc/v3.1"}, "cloud.endpoint", "must be https"),
    (
        "REST endpoint",
        {"cloud.endpoint": "https://api.softlayer.com/rest/v3.1"},
        "cloud.endpoint",
        "/xmlrpc/v3.1",
    ),
    (
        "endpoint with password",
        {"cloud.endpoint": "https://u:geheim@h/xmlrpc/v3"},
        "cloud.endpoint",
        "credentials",
    ),
    ("no user", {"cloud.username": MISSING}, "cloud.username", "SL_USERNAME"),
    ("empty user", {"cloud.username": ""}, "cloud.username", "SL_USERNAME"),
    ("user with a blank", {"cloud.username": "a b"}, "cloud.username", "blanks"),
    ("no key", {"cloud.apiKey": MISSING}, "cloud.apiKey", "pulumi config set --secret --path"),
    ("key with a line end", {"cloud.apiKey": "geheim\n"}, "cloud.apiKey", "line ends"),
    ("timeout of 0", {"cloud.timeoutSeconds": 0}, "cloud.timeoutSeconds", "from 5 to 3600"),
    ("SSH over neither", {"cloud.sshOver": "vpn"}, "cloud.sshOver", "public or private"),
    ("SSH over public to private servers", {"servers.privateOnly": True}, "cloud.sshOver", "must be private"),
    ("key file is a directory", {"cloud.sshKeyFile": "."}, "cloud.sshKeyFile", "must name a file"),
    # servers
    ("no servers", {"servers.count": 0}, "servers.count", "from 1 to 100"),
    ("fewer than no servers", {"servers.count": -3}, "servers.count", "from 1 to 100"),
    ("count as text", {"servers.count": "three"}, "servers.count", "a whole number"),
    ("count as quoted number", {"servers.count": "3"}, "servers.count", "a whole number"),
    ("half a server", {"servers.count": 2.5}, "servers.count", "a whole number"),
    ("count as a truth", {"servers.count": True}, "servers.count", "a whole number"),
    ("no domain", {"servers.domain": MISSING}, "servers.domain", "is required"),
    ("domain of one label", {"servers.domain": "local"}, "servers.domain", "two labels"),
    ("domain that ends in digits", {"servers.domain": "example.c0m"}, "servers.domain", "letters a-z only"),
    ("domain with underscore", {"servers.domain": "my_db.example.com"}, "servers.domain", "my_db"),
    ("domain with an empty label", {"servers.domain": "db..com"}, "servers.domain", "must not be empty"),
    ("domain too long", {"servers.domain": ".".join(["a" * 62] * 4) + ".com"}, "servers.domain", "253"),
    (
        "prefix with underscore",
        {"servers.hostnamePrefix": "my_db"},
        "servers.hostnamePrefix",
        "single dashes",
    ),
    (
        "prefix ends in a dash",
        {"servers.hostnamePrefix": "db-"},
        "servers.hostnamePrefix",
        "no dash at either end",
    ),
    ("prefix in capitals", {"servers.hostnamePrefix": "DB"}, "servers.hostnamePrefix", "lower case"),
    ("empty prefix", {"servers.hostnamePrefix": ""}, "servers.hostnamePrefix", "must not be empty"),
    ("prefix with a dot", {"servers.hostnamePrefix": "db.a"}, "servers.hostnamePrefix", "single dashes"),
    ("prefix too long", {"servers.hostnamePrefix": "a" * 62}, "servers.hostnamePrefix", "63"),
    ("no datacenter", {"servers.datacenter": MISSING}, "servers.datacenter", "is required"),
    ("two ways to a datacenter", {"servers.datacenters": ["tor04"]}, "servers.datacenter", "keep one"),
    ("closed datacenter", {"servers.datacenter": "dal05"}, "servers.datacenter", "is closed"),
    ("datacenter in capitals", {"servers.datacenter": "TOR01"}, "servers.datacenter", "did you mean tor01?"),
    (
        "closed datacenter in a list",
        {"servers.datacenter": MISSING, "servers.datacenters": ["tor01", "sea01"]},
        "servers.datacenters[1]",
        "is closed",
    ),
    ("memory between", {"servers.memoryMb": 4000}, "servers.memoryMb", "3072 or 4096"),
    (
        "cpus beside a flavor",
        {"servers.flavor": "B1_4X16X25", "servers.cpus": 4},
        "servers.cpus",
        "servers.flavor",
    ),
    (
        "memory beside a flavor",
        {"servers.flavor": "B1_4X16X25", "servers.memoryMb": 4096},
        "servers.memoryMb",
        "servers.flavor",
    ),
    (
        "os beside image",
        {"servers.os": "DEBIAN_12_64", "servers.image": UUID},
        "servers.os",
        "keep one of the two",
    ),
    ("os in words", {"servers.os": "Debian 12"}, "servers.os", "DEBIAN_12_64"),
    ("os not prepared", {"servers.os": "WIN_2022-STD_64"}, "servers.os", "ROCKYLINUX"),
    ("image by name", {"servers.image": "golden"}, "servers.image", "UUID"),
    ("billing", {"servers.billing": "daily"}, "servers.billing", "hourly or monthly"),
    ("speed", {"servers.nicSpeed": 500}, "servers.nicSpeed", "one of 10, 100, 1000"),
    ("no disk", {"servers.disks": []}, "servers.disks", "at least 1 item"),
    ("six disks", {"servers.disks": [25] * 6}, "servers.disks", "at most 5 items"),
    ("odd system disk", {"servers.disks": [30, 25]}, "servers.disks", "25 or 100"),
    ("huge disk", {"servers.disks": [25, 2001]}, "servers.disks[1]", "from 1 to 2000"),
    ("disk as text", {"servers.disks": [25, "25"]}, "servers.disks[1]", "a whole number"),
    (
        "disk not the flavor's",
        {"servers.flavor": "B1_4X16X100", "servers.disks": [25, 25]},
        "servers.disks",
        "with 100",
    ),
    (
        "three disks on U1",
        {"servers.flavor": "U1_2X4X25", "servers.disks": [25, 25, 25]},
        "servers.disks",
        "most 2",
    ),
    (
        "three local disks",
        {"servers.localDisk": True, "servers.disks": [25, 25, 25]},
        "servers.disks",
        "most 2",
    ),
    (
        "no disk for Docker on one server",
        {"servers.overrides.db-2.disks": [25]},
        "servers.overrides.db-2.disks",
        "leaves db-2 no disk",
    ),
    ("no disk for Docker", {"servers.disks": [25]}, "servers.disks", "host.dataDisk.filesystem to none"),
    (
        "placement group too full",
        {"servers.count": 7, "servers.placementGroup": 77},
        "servers.placementGroup",
        "takes 5",
    ),
    (
        "public VLAN of private servers",
        {"servers.privateOnly": True, "cloud.sshOver": "private", "servers.publicVlan": 5},
        "servers.publicVlan",
        "privateOnly",
    ),
    (
        "one VLAN in two datacenters",
        {"servers.privateVlan": 77, "servers.overrides.db-2.datacenter": "tor04"},
        "servers.privateVlan",
        "asked for in tor01, tor04",
    ),
    ("VLAN by number 0", {"servers.privateVlan": 0}, "servers.privateVlan", "a whole number"),
    ("tag with a comma", {"servers.tags": ["a,b"]}, "servers.tags[0]", "64"),
    ("script over http", {"servers.postInstallUri": "http://a/b.sh"}, "servers.postInstallUri", "https"),
    ("user data as JSON", {"servers.userData": ' {"a": 1}'}, "servers.userData", "JSON"),
    ("notes with a bell", {"servers.notes": "ding\a"}, "servers.notes", "control character"),
    ("override of nobody", {"servers.overrides.db-4.cpus": 4}, "servers.overrides.db-4", "db-1 to db-3"),
    (
        "override in a closed place",
        {"servers.overrides.db-2.datacenter": "mel01"},
        "servers.overrides.db-2.datacenter",
        "is closed",
    ),
    (
        "override with odd memory",
        {"servers.overrides.db-2.memoryMb": 5000},
        "servers.overrides.db-2.memoryMb",
        "4096 or 5120",
    ),
    (
        "override with wrong disks",
        {"servers.overrides.db-3.disks": [50, 25]},
        "servers.overrides.db-3.disks",
        "25 or 100",
    ),
    # host
    ("device by name", {"host.dataDisk.device": "xvdc"}, "host.dataDisk.device", "/dev/xvdc"),
    ("file system", {"host.dataDisk.filesystem": "zfs"}, "host.dataDisk.filesystem", "btrfs, ext4, xfs"),
    ("DNS by name", {"host.dns": ["ns1.example.com"]}, "host.dns[0]", "an IP address"),
    ("search domain", {"host.searchDomains": ["-bad-"]}, "host.searchDomains[0]", "a domain"),
    (
        "mirror without scheme",
        {"host.registryMirrors": ["mirror:5000"]},
        "host.registryMirrors[0]",
        "https://",
    ),
    (
        "mirror with a path",
        {"host.registryMirrors": ["https://m/x"]},
        "host.registryMirrors[0]",
        "host and port",
    ),
    ("time server", {"host.ntpServers": ["a b"]}, "host.ntpServers[0]", "a host name"),
    ("log size", {"host.logMaxSize": "10MB"}, "host.logMaxSize", "10m"),
    ("no log file", {"host.logMaxFiles": 0}, "host.logMaxFiles", "from 1 to 1000"),
    ("own label", {"host.labels.dc": "x"}, "host.labels.dc", "set by galera-swarm"),
    ("label as number", {"host.labels.rack": 7}, "host.labels.rack", "text (quote"),
    # swarm
    ("even managers", {"swarm.managers": 2}, "swarm.managers", "must be odd"),
    ("no managers", {"swarm.managers": 0}, "swarm.managers", "from 1 to 7"),
    ("managers beyond servers", {"swarm.managers": 5}, "swarm.managers", "3 or less"),
    ("managers beyond seven", {"servers.count": 9, "swarm.managers": 9}, "swarm.managers", "from 1 to 7"),
    ("pool", {"swarm.addressPool": "172.20.0.0"}, "swarm.addressPool", "CIDR"),
    ("pool smaller than its networks", {"swarm.addressPoolMask": 16}, "swarm.addressPoolMask", "17 or more"),
    (
        "pool in the private network",
        {"swarm.addressPool": "10.0.0.0/8"},
        "swarm.addressPool",
        "private network",
    ),
    ("gossip port", {"swarm.dataPathPort": 7946}, "swarm.dataPathPort", "gossip"),
    # network
    ("network of Docker's", {"network.name": "ingress"}, "network.name", "Docker's own"),
    ("network name", {"network.name": "-x"}, "network.name", "letter or digit"),
    ("subnet in words", {"network.subnet": "somewhere"}, "network.subnet", "CIDR"),
    ("subnet with host bits", {"network.subnet": "172.16.100.1/24"}, "network.subnet", "without host bits"),
    ("subnet of version 6", {"network.subnet": "fd00::/64"}, "network.subnet", "IPv4"),
    ("subnet too small", {"network.subnet": "172.16.100.0/30"}, "network.subnet", "from 8 to 29"),
    ("subnet too small for members", {"network.subnet": "172.16.100.0/29"}, "network.subnet", "need 9"),
    (
        "subnet in the private network",
        {"network.subnet": "10.141.0.0/24"},
        "network.subnet",
        "private network",
    ),
    ("subnet on docker0", {"network.subnet": "172.17.5.0/24"}, "network.subnet", "docker0"),
    (
        "subnet around docker0",
        {"network.subnet": "172.16.0.0/12", "swarm.addressPool": "192.168.0.0/17"},
        "network.subnet",
        "docker0",
    ),
    ("subnet on the pool", {"network.subnet": "172.16.200.0/24"}, "network.subnet", "swarm.addressPool"),
    (
        "subnet over a mirror",
        {"network.subnet": "192.168.5.0/24", "host.registryMirrors": ["http://192.168.5.9:5000"]},
        "network.subnet",
        "host.registryMirrors[0]",
    ),
    (
        "subnet over a DNS server",
        {"network.subnet": "192.168.5.0/24", "host.dns": ["192.168.5.1"]},
        "network.subnet",
        "host.dns[0]",
    ),
    ("gateway outside", {"network.gateway": "172.16.101.1"}, "network.gateway", "172.16.100.0/24"),
    ("gateway is the network", {"network.gateway": "172.16.100.0"}, "network.gateway", "host address"),
    ("tiny packets", {"network.mtu": 100}, "network.mtu", "from 576 to 9000"),
    # memory
    (
        "container beyond server",
        {"servers.memoryMb": 4096, "database.memoryMb": 4096},
        "database.memoryMb",
        "3712 or less",
    ),
    (
        "pool beyond container",
        {"database.memoryMb": 1024, "database.bufferPoolMb": 1024},
        "database.bufferPoolMb",
        "896 or less",
    ),
    ("pool beyond server", {"database.bufferPoolMb": 4000}, "database.bufferPoolMb", "3584 or less"),
    (
        "pool beyond flavor",
        {"servers.flavor": "C1_1X1X25", "database.bufferPoolMb": 900},
        "database.bufferPoolMb",
        "512 or less",
    ),
    (
        "pool beyond the smallest server",
        {"servers.memoryMb": 8192, "servers.overrides.db-3.memoryMb": 2048, "database.bufferPoolMb": 4096},
        "database.bufferPoolMb",
        "1536 or less",
    ),
    # database
    ("homogeneous", {"database.mode": "homogeneous"}, "database.mode", "not build it yet"),
    ("percona", {"database.flavor": "percona-xtradb-cluster"}, "database.flavor", "not build it yet"),
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
    # systems of later releases
    ("etcd", {"etcd": {"members": 3}}, "etcd", "not build it yet"),
    ("consul by a word", {"consul": True}, "consul", "not build it yet"),
    ("load balancer", {"loadBalancer": {}}, "loadBalancer", "not build it yet"),
    ("wordpress", {"wordpress": {"enabled": True}}, "wordpress", "not build it yet"),
    ("aerospike", {"aerospike": {}}, "aerospike", "not build it yet"),
    ("backup", {"backup": {}}, "backup", "not build it yet"),
    # unknown keys
    ("typo", {"servers.coutn": 5}, "servers.coutn", "did you mean galera-swarm:servers.count?"),
    ("other spelling", {"servers.memory_mb": 5}, "servers.memory_mb", "galera-swarm:servers.memoryMb?"),
    ("section", {"server": {}}, "server", "did you mean galera-swarm:servers?"),
    ("wrong section", {"servers.port": 3307}, "servers.port", "did you mean galera-swarm:database.port?"),
    ("unlike any", {"cloud.zzz": 1}, "cloud.zzz", "known here are apiKey, endpoint"),
    (
        "in a list",
        {"database.users[1].pasword": "geheim"},
        "database.users[1].pasword",
        "galera-swarm:database.users[1].password?",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_mistake_is_refused_under_its_key_with_what_is_allowed(
    tmp_path: Path, changes: dict[str, Any], key: str, words: str
) -> None:
    found = problems_of(spoil(changes), tmp_path)
    matching = [problem for problem in found if problem.key == key and words in problem.text]
    assert matching, [str(problem) for problem in found]
    assert matching[0].severity == "error"
    assert "geheim" not in "\n".join(str(problem) for problem in found)
    # One mistake is told once: nothing else is concluded from it.
    assert len([problem for problem in found if problem.severity == "error"]) == 1, list(map(str, found))


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("as it is", {}),
    ("http to this machine", {"cloud.endpoint": "http://127.0.0.1:18080/xmlrpc/v3.1"}),
    ("http to this machine by name", {"cloud.endpoint": "http://localhost:18080/xmlrpc/v3"}),
    ("numeric prefix", {"servers.hostnamePrefix": "7"}),
    ("numeric label of a domain", {"servers.domain": "1.example.com"}),
    ("one server", {"servers.count": 1}),
    ("null is absence", {"servers.flavor": None, "host": None, "database.members": None}),
    ("five managers of seven", {"servers.count": 7, "swarm.managers": 5}),
    ("flavor", {"servers.flavor": "M1_8X64X100"}),
    (
        "override of a flavor by a size",
        {"servers.flavor": "B1_4X16X25", "servers.overrides.db-2.memoryMb": 8192},
    ),
    ("image", {"servers.image": UUID}),
    (
        "os of one server, image of others",
        {"servers.image": UUID, "servers.overrides.db-1.os": "UBUNTU_24_64"},
    ),
    ("latest os", {"servers.os": "UBUNTU_LATEST"}),
    ("Rocky", {"servers.os": "ROCKYLINUX_9_64"}),
    ("no data disk", {"servers.disks": [100], "host.dataDisk.filesystem": "none"}),
    ("data disk by path", {"host.dataDisk.device": "/dev/disk/by-id/x-1"}),
    ("sandbox's mirror", {"host.registryMirrors": ["http://10.141.0.2:5000"]}),
    ("private servers", {"servers.privateOnly": True, "cloud.sshOver": "private"}),
    (
        "a VLAN for each datacenter",
        {
            "servers.datacenter": MISSING,
            "servers.datacenters": ["tor01", "tor04", "tor05"],
            "servers.publicVlan": 1,
            "servers.overrides": {"db-2": {"publicVlan": 2}, "db-3": {"publicVlan": 3}},
        },
    ),
    ("gateway at the end", {"network.gateway": "172.16.100.254"}),
    ("image by digest", {"database.image": "reg.example.com:5000/db/mariadb@sha256:" + "a" * 64}),
    ("image of a user", {"database.image": "example/my-mariadb:11.4.2"}),
    ("one absent", {"database.absent": ["galera-2"]}),
    ("grant option", {"database.users[0].grants[0].grantOption": True}),
    ("lower-case privilege", {"database.users[0].grants[0].privileges": ["select", "create  view"]}),
    ("everything", {"database.users[0].grants[0]": {"on": "*.*", "privileges": ["ALL PRIVILEGES"]}}),
    ("pattern of databases", {"database.users[0].grants[0].on": "shop%.*"}),
    ("user named like the cluster", {"database.users[0].name": "galera_app"}),
    ("same user from two hosts", {"database.users[1].name": "shop"}),
    ("later system switched off", {"etcd": {"enabled": False}, "consul": False}),
    ("small container", {"database.memoryMb": 256}),
    ("smallest flavor", {"servers.flavor": "C1_1X1X25"}),
    ("options of the user", {"database.myCnf": "[mysqld]\nslow_query_log = ON\nwsrep_sync_wait=1\n"}),
]


@pytest.mark.parametrize("changes", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_what_works_is_let_through_without_a_word(changes: dict[str, Any]) -> None:
    assert sound(spoil(changes)).warnings == ()


WARNED: list[tuple[str, dict[str, Any], str, str]] = [
    ("new datacenter", {"servers.datacenter": "tor09"}, "servers.datacenter", "the cloud will decide"),
    ("unlisted flavor", {"servers.flavor": "B1_3X5X25"}, "servers.flavor", "the cloud will decide"),
    ("flavor of unknown form", {"servers.flavor": "b1_4x16x25"}, "servers.flavor", "B1_4X16X25"),
    ("two members", {"servers.count": 2}, "servers.count", "quorum"),
    ("two members of three", {"database.members": 2}, "database.members", "quorum"),
    ("image without a tag", {"database.image": "mariadb"}, "database.image", "no tag"),
    ("public subnet", {"network.subnet": "172.100.100.0/24"}, "network.subnet", "public range"),
    ("most are absent", {"database.absent": ["galera-1", "galera-2"]}, "database.absent", "without a quorum"),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in WARNED], ids=[case[0] for case in WARNED]
)
def test_what_may_work_is_a_warning_and_stops_nothing(changes: dict[str, Any], key: str, words: str) -> None:
    (warning,) = sound(spoil(changes)).warnings
    assert (warning.key, warning.severity) == (key, "warning")
    assert words in warning.text


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


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", None),
        (b"ssh-ed25519 AAAA", "a private SSH key"),
    ],
    ids=["private key", "public key"],
)
def test_a_key_file_that_is_there_holds_a_private_key(
    tmp_path: Path, content: bytes, words: str | None
) -> None:
    (tmp_path / "key").write_bytes(content)
    found = problems_of(spoil({"cloud.sshKeyFile": "key"}), tmp_path)
    assert [problem.key for problem in found] == ([] if words is None else ["cloud.sshKeyFile"])
    assert words is None or words in found[0].text


def test_the_shipped_stacks_are_sound() -> None:
    from settings import stack_file

    root = Path(__file__).resolve().parents[3]
    dev = stack_file.read(root / "Pulumi.dev.yaml")
    assert sound(dev, root, secret_keys=set()).warnings == ()
    prod = stack_file.read(root / "Pulumi.prod.yaml.example")
    credentials = {"SL_USERNAME": "u", "SL_API_KEY": "k"}
    assert sound(prod, root, environ=credentials, secret_keys=set()).warnings == ()
    assert SOUND["cloud"]["endpoint"] == prod["cloud"]["endpoint"]
