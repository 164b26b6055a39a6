"""What a plan demands of a kernel, and what its daemon.json says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.host import DiskPlan, EnginePlan, Feature, Filesystem, HostPlan, required_features
from components.host.daemon_json import RELOADED, DaemonSettings, daemon_settings


@pytest.mark.parametrize(
    ("filesystem", "features"),
    [
        ("btrfs", (Feature.BTRFS, Feature.VXLAN)),
        ("ext4", (Feature.EXT4, Feature.VXLAN)),
        ("xfs", (Feature.XFS, Feature.VXLAN)),
        ("lvm-btrfs", (Feature.DEVICE_MAPPER, Feature.BTRFS, Feature.VXLAN)),
        ("none", (Feature.VXLAN,)),
    ],
)
def test_a_filesystem_asks_for_its_kernel_support(
    filesystem: Filesystem, features: tuple[Feature, ...]
) -> None:
    assert required_features(HostPlan(disk=DiskPlan(filesystem=filesystem))) == features


def test_options_ask_for_what_only_they_need() -> None:
    plan = HostPlan(disk=DiskPlan(filesystem="none"), encrypted_overlay=True, virtual_ips=True)
    assert required_features(plan) == (Feature.VXLAN, Feature.ESP, Feature.IPVS)


def settings(plan: EnginePlan, filesystem: Filesystem = "btrfs", datacenter: str = "dal13") -> DaemonSettings:
    """The settings of one server."""
    return daemon_settings(plan, filesystem=filesystem, datacenter=datacenter, instance_type="public_cloud")


@pytest.mark.parametrize(
    ("filesystem", "driver"),
    [("btrfs", "btrfs"), ("lvm-btrfs", "btrfs"), ("ext4", "overlay2"), ("xfs", "overlay2"), ("none", None)],
)
def test_the_filesystem_decides_the_storage_driver(filesystem: Filesystem, driver: str | None) -> None:
    assert json.loads(settings(EnginePlan(), filesystem).text).get("storage-driver") == driver


def test_everything_a_plan_says_is_in_the_file() -> None:
    plan = EnginePlan(
        log_max_size="50m",
        log_max_file=3,
        dns=("10.0.80.11",),
        dns_search=("example.com",),
        registry_mirrors=("http://10.0.0.2:5000",),
        labels=(("rack", "7"),),
        shutdown_timeout=90,
    )
    assert json.loads(settings(plan).text) == {
        "dns": ["10.0.80.11"],
        "dns-search": ["example.com"],
        "labels": ["dc=dal13", "instance_type=public_cloud", "rack=7"],
        "log-driver": "json-file",
        "log-opts": {"max-file": "3", "max-size": "50m"},
        "registry-mirrors": ["http://10.0.0.2:5000"],
        "shutdown-timeout": 90,
        "storage-driver": "btrfs",
    }


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=3), st.text(max_size=20))
def test_the_file_never_opens_the_engine_nor_keeps_containers_alive_without_it(
    dns: list[str], size: str
) -> None:
    keys = json.loads(settings(EnginePlan(dns=tuple(dns), log_max_size=size)).text).keys()
    assert not keys & {"hosts", "live-restore", "tls", "tlsverify"}


@pytest.mark.parametrize(
    ("changed", "restarts"),
    [
        (EnginePlan(registry_mirrors=("http://10.0.0.3:5000",)), False),
        (EnginePlan(labels=(("rack", "8"),)), False),
        (EnginePlan(shutdown_timeout=120), False),
        (EnginePlan(dns=("10.0.80.12",)), True),
        (EnginePlan(dns_search=("example.org",)), True),
        (EnginePlan(log_max_size="20m"), True),
        (EnginePlan(log_max_file=4), True),
    ],
)
def test_only_what_the_engine_cannot_reload_asks_for_a_restart(changed: EnginePlan, restarts: bool) -> None:
    before, after = settings(EnginePlan()), settings(changed)
    assert after.text != before.text
    assert (after.restart_key != before.restart_key) is restarts


def test_the_reloaded_keys_are_really_written() -> None:
    text = settings(EnginePlan(registry_mirrors=("http://10.0.0.3:5000",))).text
    assert json.loads(text).keys() >= RELOADED
