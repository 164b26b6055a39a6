"""Every script that a plan can give: clean for shellcheck, safe against any value, complete when it runs."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.host import HostEntry, HostFacts, HostPlan, TimePlan
from components.host.firewall import firewall_program
from components.host.script import Part, assignment, render
from components.host.scripts import (
    engine_settings_script,
    neighbours_script,
    prefetch_script,
    preparation_script,
    settings_for,
)
from tests.unit.components.host.samples import FACTS, FULL_PLAN, PRIVATE_FACTS

SHELLCHECK = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")


def scripts() -> dict[str, tuple[str, str]]:
    """Name → (dialect, text) of everything that reaches a host."""
    settings = settings_for(FULL_PLAN, datacenter="dal13", instance_type="public_cloud")
    entries = [HostEntry(address="10.0.0.12", hostname="galera-2", domain="example.com")]
    return {
        "full": ("bash", preparation_script(FULL_PLAN, FACTS)),
        "private": ("bash", preparation_script(HostPlan(time=TimePlan(enabled=False)), PRIVATE_FACTS)),
        "settings": ("bash", engine_settings_script(FULL_PLAN, "galera-1", settings)),
        "neighbours": ("bash", neighbours_script("galera-1", entries)),
        "no neighbours": ("bash", neighbours_script("galera-1", [])),
        "images": ("bash", prefetch_script("galera-1", ["mariadb:10.11"])),
        "firewall": ("sh", firewall_program(FULL_PLAN.firewall, FACTS)),
        "no firewall": ("sh", firewall_program(FULL_PLAN.firewall, PRIVATE_FACTS)),
    }


@pytest.mark.parametrize("name", scripts())
def test_shellcheck_finds_nothing(name: str) -> None:
    dialect, text = scripts()[name]
    # SC2016: the firewall program travels as a quoted value. SC2034: not every script reads every variable.
    done = subprocess.run(
        [str(SHELLCHECK), "-s", dialect, "-e", "SC2016,SC2034", "-"],
        input=text,
        capture_output=True,
        text=True,
    )
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize("name", [name for name, (dialect, _) in scripts().items() if dialect == "bash"])
def test_a_script_cut_off_in_transit_runs_nothing(name: str, tmp_path: Path) -> None:
    _, text = scripts()[name]
    last = text.rindex("main ")
    done = subprocess.run(
        [str(shutil.which("bash")), "-s"],
        input=text[: last - 1],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert (done.stdout, done.returncode) == ("", 0)


HOSTILE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_a_value_arrives_as_it_is(value: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f'{assignment("x", value)}\nprintf %s "$x"'], capture_output=True, check=True
    )
    assert done.stdout.decode() == value


@settings(max_examples=40, deadline=None)
@given(st.lists(HOSTILE, max_size=4))
def test_a_list_arrives_as_it_is(values: list[str]) -> None:
    show = '\nprintf "%s\\0" ${x[@]+"${x[@]}"}' if values else ""
    done = subprocess.run(["bash", "-c", assignment("x", values) + show], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == values


def test_a_hostile_name_stays_a_value() -> None:
    facts = HostFacts(
        hostname="$(touch /tmp/never)`id`'; exit 9; '",
        domain='"; reboot; "',
        private_ip="10.0.0.11",
        public_ip=None,
        datacenter="dal13",
        instance_type="x",
    )
    script = preparation_script(HostPlan(), facts)
    assert assignment("short_name", facts.hostname) in script
    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0


def test_steps_are_numbered_in_order() -> None:
    parts = [
        Part(title="first", functions="one() { :; }", call="one"),
        Part(functions="helper() { :; }"),
        Part(title="second", functions="two() { :; }", call="two"),
    ]
    script = render(host="galera-1", parts=parts, closing="answer done")
    assert [line.split("'")[1] for line in script.splitlines() if line.startswith("  step ")] == [
        "[1/2] first",
        "[2/2] second",
    ]


def test_what_can_refuse_a_host_comes_before_the_first_change() -> None:
    main = preparation_script(FULL_PLAN, FACTS).split("main() {")[1]
    order = [line.strip() for line in main.splitlines()]
    first_step = next(index for index, line in enumerate(order) if line.startswith("step "))
    assert [line for line in order[:first_step] if line.startswith(("check_", "find_"))] == [
        "check_family",
        "check_kernel",
        "find_disk",
    ]


def test_the_first_settings_reach_the_engine_as_json() -> None:
    settings = settings_for(FULL_PLAN, datacenter="dal13", instance_type="public_cloud")
    words = shlex.split(f"bash -s -- {shlex.quote(settings.text)} {settings.restart_key}")
    assert json.loads(words[3])["labels"] == ["dc=dal13", "instance_type=public_cloud", "rack=7"]
