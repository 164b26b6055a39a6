"""Each rule of the account and the servers: what it refuses, under which key, what it offers instead."""

import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import offers
from settings import catalogue
from settings.model.servers import Servers
from tests.unit.settings.config import MISSING, assert_refused, sound, spoil

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
    ("memory in odd megabytes", {"servers.memoryMb": 17000}, "servers.memoryMb", "multiple of 1024"),
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
    ("disk on no list", {"servers.disks": [25, 33]}, "servers.disks[1]", "30 or 40"),
    ("disk below every size", {"servers.disks": [25, 1]}, "servers.disks[1]", "nearest: 10"),
    ("fifth disk on no list", {"servers.disks": [25, 10, 20, 30, 1999]}, "servers.disks[4]", "1500 or 2000"),
    (
        "local disk on no list",
        {"servers.localDisk": True, "servers.disks": [100, 99]},
        "servers.disks[1]",
        "75 or 100",
    ),
    (
        "disk of a flavor on no list",
        {"servers.flavor": "B1_4X16X100", "servers.disks": [100, 110]},
        "servers.disks[1]",
        "100 or 125",
    ),
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
        "override with memory in odd megabytes",
        {"servers.overrides.db-2.memoryMb": 5000},
        "servers.overrides.db-2.memoryMb",
        "nearest: 4096 or 5120",
    ),
    (
        "override with a disk on no list",
        {"servers.overrides.db-3.disks": [25, 26]},
        "servers.overrides.db-3.disks[1]",
        "25 or 30",
    ),
    (
        "override with wrong disks",
        {"servers.overrides.db-3.disks": [50, 25]},
        "servers.overrides.db-3.disks",
        "25 or 100",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_mistake_is_refused_under_its_key_with_what_is_allowed(
    tmp_path: Path, changes: dict[str, Any], key: str, words: str
) -> None:
    assert_refused(changes, key, words, tmp_path)


def test_the_sizes_are_those_that_the_stand_in_cloud_sells() -> None:
    assert catalogue.CORES == offers.CORES
    assert tuple(size // 1024 for size in catalogue.MEMORY_MB) == offers.MEMORY_GB
    assert all(size % 1024 == 0 for size in catalogue.MEMORY_MB)
    assert catalogue.BOOT_DISKS_GB == offers.FIRST_DISKS_GB
    assert catalogue.FURTHER_DISKS_GB == offers.FURTHER_DISKS_GB


@pytest.mark.parametrize("cores", catalogue.CORES)
def test_cores_on_the_list_can_be_ordered(cores: int) -> None:
    sound(spoil({"servers.cpus": cores}))


@pytest.mark.parametrize("memory_mb", catalogue.MEMORY_MB)
def test_memory_on_the_list_can_be_ordered(memory_mb: int) -> None:
    sound(spoil({"servers.memoryMb": memory_mb}))


@pytest.mark.parametrize("size", catalogue.FURTHER_DISKS_GB)
def test_disks_on_the_list_can_be_ordered(size: int) -> None:
    sound(spoil({"servers.disks": [25, size], "servers.localDisk": size % 2 == 0}))


def test_the_reference_names_every_size() -> None:
    told = {
        name: {int(number) for number in re.findall(r"\b\d+\b", Servers.model_fields[name].description or "")}
        for name in ("cpus", "disks")
    }
    assert set(catalogue.CORES) <= told["cpus"]
    assert {*catalogue.BOOT_DISKS_GB, *catalogue.FURTHER_DISKS_GB} <= told["disks"]
