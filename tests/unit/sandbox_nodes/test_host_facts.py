"""What follows from a machine's facts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.nodes.host_facts import (
    CAPABILITIES,
    HostFacts,
    candidates,
    gather,
    is_local,
    missing_from,
    problems,
)
from tests.unit.sandbox_nodes.fakes import FakeDocker

GOOD = HostFacts(engine="27.0.1", api=(1, 46), cpus=2)


def test_a_good_machine_has_no_problems() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"linux": False}, ["Linux"]),
        ({"local": False}, ["DOCKER_HOST"]),
        ({"root": False}, ["root", "sudo"]),
        (
            {"engine": None, "engine_error": "no such file."},
            ["no such file", "apt-get install docker.io", "service docker start"],
        ),
        ({"rootless": True}, ["rootless"]),
        ({"api": (1, 40), "engine": "19.03"}, ["19.03", "20.10"]),
        ({"missing_capabilities": frozenset({"SYS_ADMIN", "SYS_TIME"})}, ["SYS_ADMIN", "VM"]),
        ({"loop_devices": False}, ["modprobe loop"]),
    ],
)
def test_each_lack_is_told_with_its_remedy(changes: dict[str, Any], words: list[str]) -> None:
    found = problems(replace(GOOD, **changes))
    assert len(found) == 1
    assert all(word in found[0] for word in words)


def test_all_lacks_are_told_at_once() -> None:
    assert len(problems(replace(GOOD, root=False, local=False, rootless=True, loop_devices=False))) == 4


def test_capabilities_that_servers_can_do_without_are_no_problem() -> None:
    assert problems(replace(GOOD, missing_capabilities=frozenset({"SYS_RESOURCE", "SYS_MODULE"}))) == []


def test_a_full_machine_tries_the_capabilities_before_privileged() -> None:
    first, second = candidates(GOOD)
    assert not first.privileged
    assert first.withheld == ("SYS_TIME",)
    assert second.privileged


def test_where_the_engine_lacks_capabilities_privileged_is_not_tried() -> None:
    (only,) = candidates(replace(GOOD, missing_capabilities=frozenset({"SYS_RESOURCE"})))
    assert only.withheld == ("SYS_RESOURCE", "SYS_TIME")


def test_capabilities_that_an_old_engine_may_not_know_are_also_tried_unnamed() -> None:
    first, second = candidates(replace(GOOD, missing_capabilities=frozenset({"SYS_RESOURCE", "BPF"})))
    assert first.withheld == ("BPF", "SYS_RESOURCE", "SYS_TIME")
    assert second.withheld == ("SYS_RESOURCE", "SYS_TIME")


@pytest.mark.parametrize(
    ("memory", "swap", "limited"), [(True, True, True), (True, False, False), (False, False, False)]
)
def test_memory_is_limited_only_where_swap_can_be_too(memory: bool, swap: bool, limited: bool) -> None:
    assert candidates(replace(GOOD, memory_limit=memory, swap_limit=swap))[0].memory_limit is limited


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("", True),
        ("unix:///var/run/docker.sock", True),
        ("tcp://192.0.2.1:2375", False),
        ("ssh://me@there", False),
    ],
)
def test_only_this_machines_engine_is_local(host: str, local: bool) -> None:
    assert is_local(host) is local


@given(st.sets(st.sampled_from(range(len(CAPABILITIES)))))
def test_a_bounding_set_lacks_exactly_the_bits_that_are_not_set(numbers: set[int]) -> None:
    bounding = sum(1 << number for number in numbers)
    assert missing_from(bounding) == {
        name for number, name in enumerate(CAPABILITIES) if number not in numbers
    }


def test_gathering_reads_the_engines_own_words() -> None:
    docker = FakeDocker(
        answers={
            "version": (0, '{"Version": "24.0.7", "ApiVersion": "1.43"}', ""),
            "info": (
                0,
                '{"CgroupVersion": "2", "NCPU": 8, "MemoryLimit": true, "SwapLimit": false,'
                ' "CpuCfsQuota": true,'
                ' "SecurityOptions": ["name=seccomp,profile=default", "name=userns"]}',
                "",
            ),
        }
    )
    facts = gather(docker)
    assert (facts.engine, facts.api, facts.cgroup_version, facts.cpus) == ("24.0.7", (1, 43), 2, 8)
    assert facts.user_namespaces
    assert not facts.rootless
    assert not facts.swap_limit


def test_gathering_without_an_engine_says_why() -> None:
    docker = FakeDocker(answers={"version": (1, "", "Cannot connect to the Docker daemon at unix:///x")})
    facts = gather(docker)
    assert facts.engine is None
    assert "Cannot connect" in facts.engine_error
