"""What follows from the configuration: servers, managers, members, sizes, paths."""

from pathlib import Path
from typing import Any

import pydantic
import pytest

from settings import catalogue
from tests.unit.settings.config import SOUND, sound, spoil

#: Equal members on three servers, and one more in a group on a fourth.
GROUPED: dict[str, Any] = {
    "servers.count": 4,
    "database.mode": "homogeneous",
    "database.members": 3,
    "database.groups": [{"name": "more", "servers": ["db-4"]}],
    "etcd.enabled": True,
}


def test_servers_are_numbered_and_take_turns_among_datacenters() -> None:
    raw = spoil({"servers.datacenter": None, "servers.datacenters": ["tor01", "tor04"], "servers.count": 3})
    servers = sound(raw).servers
    assert [server.fqdn for server in servers] == [
        "db-1.db.example.com",
        "db-2.db.example.com",
        "db-3.db.example.com",
    ]
    assert [server.datacenter for server in servers] == ["tor01", "tor04", "tor01"]


def test_an_override_changes_its_server_only() -> None:
    own: dict[str, Any] = {
        "datacenter": "tor04",
        "flavor": "B1_4X16X100",
        "tags": [],
        "protect": True,
        "billing": "monthly",
        "notes": "",
    }
    raw = spoil({"servers.overrides": {"db-2": own}, "servers.tags": ["a"], "servers.notes": "common"})
    first, second, third = sound(raw).servers
    assert (first.cpus, first.memory_mb, first.flavor, first.disks_gb) == (2, 4096, None, (25, 25))
    assert (second.cpus, second.memory_mb, second.flavor) == (None, None, "B1_4X16X100")
    assert second.disks_gb == (100, 25)
    assert (second.datacenter, second.tags, second.protect, second.notes) == ("tor04", (), True, "")
    assert not second.hourly
    assert (third.tags, third.protect, third.hourly, third.notes) == (("a",), False, True, "common")


def test_an_image_stands_in_for_the_operating_system() -> None:
    image = "2d8a2a8e-7d0f-4b9a-9b62-0d0a1c8d6f10"
    raw = spoil({"servers.image": image, "servers.overrides.db-1.os": "UBUNTU_24_64"})
    first, second, _ = sound(raw).servers
    assert (first.os, first.image) == ("UBUNTU_24_64", None)
    assert (second.os, second.image) == (None, image)


@pytest.mark.parametrize(
    ("count", "managers"), [(1, 1), (2, 1), (3, 3), (4, 3), (5, 5), (6, 5), (7, 7), (8, 7), (20, 7)]
)
def test_managers_are_the_largest_odd_number_that_docker_advises(count: int, managers: int) -> None:
    settings = sound(spoil({"servers.count": count}))
    assert len(settings.managers) == managers
    assert len(settings.workers) == count - managers


def test_members_are_pinned_to_the_first_servers() -> None:
    raw = spoil({"servers.count": 5, "database.members": 3, "database.clusterName": "orders"})
    assert [(member.name, member.server.name) for member in sound(raw).members] == [
        ("orders-1", "db-1"),
        ("orders-2", "db-2"),
        ("orders-3", "db-3"),
    ]


@pytest.mark.parametrize(
    ("changes", "pool"),
    [
        ({}, 2048),
        ({"database.bufferPoolMb": 100}, 100),
        ({"database.memoryMb": 1024}, 512),
        ({"database.memoryMb": 300}, 128),
        ({"servers.flavor": "B1_4X16X25"}, 8192),
        ({"servers.flavor": "NEW"}, 512),
        ({"servers.overrides.db-2.memoryMb": 2048}, 1024),
        ({"servers.overrides.db-2.memoryMb": 2048, "database.members": 1}, 2048),
        ({**GROUPED, "servers.overrides.db-4.memoryMb": 2048}, 1024),
        ({**GROUPED, "database.groups": [{"name": "more", "servers": ["db-2"]}]}, 1024),
        (
            {**GROUPED, "database.groups": [{"name": "more", "servers": ["db-2"]}], "database.memoryMb": 900},
            384,
        ),
    ],
)
def test_the_buffer_pool_is_half_of_what_a_member_may_use(changes: dict[str, Any], pool: int) -> None:
    assert sound(spoil(changes)).buffer_pool_mb == pool


def test_the_gateway_is_the_first_address() -> None:
    assert sound().network.gateway_address == "172.16.100.1"
    assert sound(spoil({"network.gateway": "172.16.100.9"})).network.gateway_address == "172.16.100.9"


def test_the_collation_is_the_character_sets_own() -> None:
    shop, blog = sound().database.databases
    assert (shop.effective_collation(), blog.effective_collation()) == (
        "utf8mb4_general_ci",
        "latin1_swedish_ci",
    )
    (chosen, _) = sound(spoil({"database.databases[0].collation": "utf8mb4_bin"})).database.databases
    assert chosen.effective_collation() == "utf8mb4_bin"


def test_paths_lie_below_the_project(tmp_path: Path) -> None:
    (tmp_path / "init").mkdir()
    for name in ("20.sh", "10.sql", ".hidden"):
        (tmp_path / "init" / name).touch()
    settings = sound(spoil({"database.initScripts": "init"}), tmp_path)
    assert [path.name for path in settings.init_scripts] == ["10.sql", "20.sh"]
    assert settings.ssh_key_path == tmp_path / ".secrets/dev/ssh_ed25519"
    assert sound(spoil({"cloud.sshKeyFile": "/k"}), tmp_path).ssh_key_path == Path("/k")
    assert sound(SOUND, tmp_path).init_scripts == ()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(pydantic.ValidationError):
        sound().cloud.username = "other"


@pytest.mark.parametrize(
    ("name", "cpus", "memory_mb", "boot_gb", "most_disks", "listed"),
    [
        ("B1_2X8X25", 2, 8192, 25, 5, True),
        ("U1_1X2X100", 1, 2048, 100, 2, True),
        ("BL2_4X8X100", 4, 8192, 100, 5, True),
        ("ACL_8X60X100", 8, 61440, 100, 5, True),
        ("B1_3X5X25", 3, 5120, 25, 5, False),
        ("ZZ9_1X1X25", 1, 1024, 25, 5, False),
    ],
)
def test_a_flavor_says_its_size(
    name: str, cpus: int, memory_mb: int, boot_gb: int, most_disks: int, listed: bool
) -> None:
    flavor = catalogue.flavor(name)
    assert flavor is not None
    assert (flavor.cpus, flavor.memory_mb, flavor.boot_gb) == (cpus, memory_mb, boot_gb)
    assert (flavor.most_disks, flavor.listed) == (most_disks, listed)


@pytest.mark.parametrize("name", ["", "b1_2x8x25", "B1-2X8X25", "B1_2X8X50", "2X8X25"])
def test_what_has_not_the_form_of_a_flavor_says_nothing(name: str) -> None:
    assert catalogue.flavor(name) is None


def test_no_datacenter_is_both_open_and_closed() -> None:
    assert not catalogue.DATACENTERS & catalogue.CLOSED_DATACENTERS
