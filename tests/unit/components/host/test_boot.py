"""What a boot does: the engine starts behind the firewall and on its disk, or not at all."""

import subprocess
from pathlib import Path

import pytest

from components.host import FirewallPlan, HostFacts
from components.host.firewall import firewall
from tests.unit.components.host.bash import RECORD, calls, run_functions
from tests.unit.components.host.samples import FACTS, PRIVATE_FACTS

REQUIRED = "Requires=galera-swarm-firewall.service"
PLACES = """
runs_systemd() { [ -e "$room/systemd" ]; }
eval "$(declare -f put_file | sed '1s/put_file/put_real_file/')"
put_file() { put_real_file "$room/root$1" "$2" "$3"; }
"""


def install(room: Path, call: str, *, closes: bool = True, disk: str = "btrfs", systemd: bool = True) -> None:
    """One installing function, whose files are written below `room`/root."""
    if systemd:
        (room / "systemd").touch()
    done = run_functions(
        room,
        files=["firewall_install", "engine_start"],
        values={
            "firewall_closes": "yes" if closes else "no",
            "firewall_path": str(room / "fake-bin/firewall"),
            "disk_plan": disk,
            "disk_mark": "mark",
            "data_root": str(room / "docker"),
            "stop_program": str(room / "stop-containers"),
            "stop_seconds": 90,
            "shutdown_timeout": 60,
        },
        overrides=PLACES,
        fakes={"systemctl": RECORD, "update-rc.d": RECORD},
        call=call,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("plan", "facts", "closes"),
    [
        (FirewallPlan(), FACTS, "yes"),
        (FirewallPlan(), PRIVATE_FACTS, "no"),
        (FirewallPlan(enabled=False), FACTS, "no"),
        (FirewallPlan(restrict_private=True, trusted_subnets=("10.0.0.0/8",)), PRIVATE_FACTS, "yes"),
    ],
)
def test_the_engine_needs_a_firewall_that_closes_something(
    plan: FirewallPlan, facts: HostFacts, closes: str
) -> None:
    assert firewall(plan, facts).values["firewall_closes"] == closes


@pytest.mark.parametrize(
    ("closes", "disk", "head"),
    [
        (True, "btrfs", [REQUIRED, "After=galera-swarm-firewall.service", "RequiresMountsFor=ROOM/docker"]),
        (True, "none", [REQUIRED, "After=galera-swarm-firewall.service"]),
        (False, "xfs", ["RequiresMountsFor=ROOM/docker"]),
        (False, "none", []),
    ],
)
def test_the_engines_unit_requires_what_there_is(
    closes: bool, disk: str, head: list[str], tmp_path: Path
) -> None:
    install(tmp_path, "guard_engine", closes=closes, disk=disk)
    unit = tmp_path / "root/etc/systemd/system/docker.service.d/10-galera-swarm.conf"
    lines = unit.read_text().replace(str(tmp_path), "ROOM").splitlines()
    unit_section = ["[Unit]", *head, ""] if head else []
    service_section = ["[Service]", "ExecStop=-ROOM/stop-containers", "TimeoutStopSec=180"]
    assert lines == [*unit_section, *service_section]


def test_a_changed_unit_is_read_and_the_engine_left_alone(tmp_path: Path) -> None:
    install(tmp_path, "guard_engine", closes=False)
    install(tmp_path, "guard_engine")
    install(tmp_path, "guard_engine")
    assert calls(tmp_path) == ["systemctl daemon-reload"] * 2


def test_the_firewalls_unit_is_kept_from_a_stop_that_would_take_the_engine_along(tmp_path: Path) -> None:
    install(tmp_path, "start_firewall_at_boot")
    unit = (tmp_path / "root/etc/systemd/system/galera-swarm-firewall.service").read_text()
    for line in (
        "Before=docker.service",
        "RefuseManualStop=yes",
        f"ExecStart={tmp_path}/fake-bin/firewall boot",
    ):
        assert f"\n{line}\n" in unit


@pytest.mark.parametrize(
    ("closes", "status", "mounted", "starts", "says"),
    [
        (True, 0, True, True, ""),
        (True, 1, True, False, "galera-swarm: the firewall is not in place\n"),
        (True, 0, False, False, "galera-swarm: the data disk is not mounted\n"),
        (False, 1, True, True, ""),
    ],
)
def test_without_systemd_the_engines_own_script_ends_where_something_is_missing(
    closes: bool, status: int, mounted: bool, starts: bool, says: str, tmp_path: Path
) -> None:
    install(tmp_path, "guard_engine", closes=closes, systemd=False)
    for name, code in (("firewall", status), ("mount", 1)):
        (tmp_path / "fake-bin" / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / "fake-bin" / name).chmod(0o755)
    (tmp_path / "docker").mkdir()
    if mounted:
        (tmp_path / "docker/mark").touch()
    script = f'PATH="{tmp_path}/fake-bin:$PATH"; . {tmp_path}/root/etc/default/docker; echo starts'
    done = subprocess.run(
        ["sh", "-ec", script, "docker", "start"], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode == 0, done.stderr) == ("starts\n" if starts else "", starts, says)


def test_without_systemd_both_scripts_wait_for_the_rules(tmp_path: Path) -> None:
    install(tmp_path, "guard_engine", systemd=False)
    install(tmp_path, "start_firewall_at_boot", systemd=False)
    for path in ("default/docker", "init.d/galera-swarm-firewall"):
        assert f"{tmp_path}/fake-bin/firewall boot" in (tmp_path / "root/etc" / path).read_text()
