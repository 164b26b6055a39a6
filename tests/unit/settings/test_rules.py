"""Each rule of hosts, swarm and network, what is let through, and what is only warned of."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import MISSING, SOUND, assert_refused, problems_of, sound, spoil

UUID = "2d8a2a8e-7d0f-4b9a-9b62-0d0a1c8d6f10"

# What is changed in the sound configuration, the key that is named, and words that must be in the sentence.
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
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
    ("trusted host", {"host.trustedSubnets": ["10.0.0.1/24"]}, "host.trustedSubnets[0]", "CIDR"),
    (
        "trusted subnets without a firewall",
        {
            "host.trustedSubnets": ["10.141.0.0/24"],
            "host.firewall": False,
            "servers.privateOnly": True,
            "cloud.sshOver": "private",
        },
        "host.trustedSubnets",
        "needs host.firewall",
    ),
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
    ("public subnet", {"network.subnet": "172.100.100.0/24"}, "network.subnet", "public addresses"),
    ("public pool", {"swarm.addressPool": "8.8.0.0/17"}, "swarm.addressPool", "public addresses"),
    ("subnet half public", {"network.subnet": "192.168.0.0/15"}, "network.subnet", "192.168.0.0/16"),
    ("subnet of protocols", {"network.subnet": "192.0.0.0/24"}, "network.subnet", "public addresses"),
    ("pool around the shared range", {"swarm.addressPool": "100.0.0.0/9"}, "swarm.addressPool", "public"),
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
    # systems of later releases
    ("consul by a word", {"consul": True}, "consul", "a mapping"),
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
    assert_refused(changes, key, words, tmp_path)


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
    ("trusted subnets", {"host.trustedSubnets": ["10.141.0.0/24"]}),
    (
        "no firewall where nobody comes from outside",
        {"host.firewall": False, "servers.privateOnly": True, "cloud.sshOver": "private"},
    ),
    ("larger gcache", {"database.gcacheMb": 4096}),
    ("subnet in the range of measurements", {"network.subnet": "198.18.5.0/24"}),
    ("subnet in a range of examples", {"network.subnet": "203.0.113.0/24"}),
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
    ("later system switched off", {"etcd": {"enabled": False}, "backup": False}),
    ("small container", {"database.memoryMb": 256}),
    ("smallest flavor", {"servers.flavor": "C1_1X1X25"}),
    ("options of the user", {"database.myCnf": "[mysqld]\nslow_query_log = ON\nwsrep_sync_wait=1\n"}),
]


@pytest.mark.parametrize("changes", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_what_works_is_let_through_without_a_word(changes: dict[str, Any]) -> None:
    assert sound(spoil(changes)).warnings == ()


WARNED: list[tuple[str, dict[str, Any], str, str]] = [
    ("new datacenter", {"servers.datacenter": "tor09"}, "servers.datacenter", "the cloud will decide"),
    ("memory on no list", {"servers.memoryMb": 17408}, "servers.memoryMb", "nearest: 16384 or 24576"),
    ("cores on no list", {"servers.cpus": 3}, "servers.cpus", "the cloud will decide; the nearest: 2 or 4"),
    ("unlisted flavor", {"servers.flavor": "B1_3X5X25"}, "servers.flavor", "the cloud will decide"),
    ("flavor of unknown form", {"servers.flavor": "b1_4x16x25"}, "servers.flavor", "B1_4X16X25"),
    ("two members", {"servers.count": 2}, "servers.count", "quorum"),
    ("two members of three", {"database.members": 2}, "database.members", "quorum"),
    ("image without a tag", {"database.image": "mariadb"}, "database.image", "no tag"),
    ("subnet in the shared range", {"network.subnet": "100.64.7.0/24"}, "network.subnet", "carriers"),
    ("pool in the shared range", {"swarm.addressPool": "100.96.0.0/17"}, "swarm.addressPool", "carriers"),
    ("no firewall", {"host.firewall": False}, "host.firewall", "3306 of the database"),
    ("most are absent", {"database.absent": ["galera-1", "galera-2"]}, "database.absent", "without a quorum"),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in WARNED], ids=[case[0] for case in WARNED]
)
def test_what_may_work_is_a_warning_and_stops_nothing(changes: dict[str, Any], key: str, words: str) -> None:
    (warning,) = sound(spoil(changes)).warnings
    assert (warning.key, warning.severity) == (key, "warning")
    assert words in warning.text


def test_the_shipped_stacks_are_sound() -> None:
    from settings import stack_file

    root = Path(__file__).resolve().parents[3]
    dev = stack_file.read(root / "Pulumi.dev.yaml")
    assert sound(dev, root, secret_keys=set()).warnings == ()
    prod = stack_file.read(root / "Pulumi.prod.yaml.example")
    credentials = {"SL_USERNAME": "u", "SL_API_KEY": "k"}
    assert sound(prod, root, environ=credentials, secret_keys=set()).warnings == ()
    assert SOUND["cloud"]["endpoint"] == prod["cloud"]["endpoint"]


def test_an_even_number_of_managers_is_told_also_where_the_count_is_wrong(tmp_path: Path) -> None:
    found = problems_of(spoil({"servers.count": 0, "swarm.managers": 2}), tmp_path)
    assert {problem.key for problem in found} == {"servers.count", "swarm.managers"}


def test_the_provider_gives_the_api_as_long_as_the_settings_say() -> None:
    from providers.softlayer.credentials import DEFAULT_TIMEOUT_SECONDS, from_config

    assert sound(spoil({})).cloud.timeout_seconds == DEFAULT_TIMEOUT_SECONDS
    assert from_config({"username": "u", "apiKey": "k"}).timeout_seconds == DEFAULT_TIMEOUT_SECONDS
