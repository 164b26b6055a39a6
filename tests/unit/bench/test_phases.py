"""Spans become phases and a critical path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.event_log import Span
from bench.phases import covered, critical_path, phase_of, phases

DYNAMIC = "pulumi-python:dynamic/"


def span(name: str, started: float, ended: float, kind: str = "x:y:Z") -> Span:
    return Span(urn=name, kind=kind, name=name, operation="create", started=started, ended=ended)


@pytest.mark.parametrize(
    ("kind", "name", "phase"),
    [
        (DYNAMIC + "softlayer:VirtualGuest", "bench-1", "servers"),
        (DYNAMIC + "softlayer:SshKey", "ssh-key", "servers"),
        (DYNAMIC + "ssh:HostKey", "bench-1-host-key", "servers"),
        ("command:remote:Command", "bench-1-preparation", "host prep"),
        ("command:remote:Command", "bench-1-images", "image pull"),
        ("command:remote:Command", "bench-1-neighbours", "names"),
        ("command:remote:Command", "bench-1-settings", "members"),
        (DYNAMIC + "swarm:SwarmInit", "swarm-init", "swarm"),
        (DYNAMIC + "swarm:SwarmNode", "swarm-bench-1", "swarm"),
        ("pulumi:providers:docker", "docker", "swarm"),
        ("docker:index/network:Network", "network", "network"),
        ("docker:index/serviceConfig:ServiceConfig", "galera-scripts", "files"),
        ("docker:index/secret:Secret", "galera-root-password", "files"),
        (DYNAMIC + "secrets:RandomPassword", "galera-root-password", "files"),
        (DYNAMIC + "galera:ClusterBirth", "galera-birth", "birth"),
        ("docker:index/service:Service", "galera-1", "members"),
        (DYNAMIC + "galera:SyncedMember", "galera-1-synced", "members"),
        (DYNAMIC + "galera:Database", "demo", "sql"),
        (DYNAMIC + "galera:DatabaseUser", "demo", "sql"),
        (DYNAMIC + "topology:TopologyGuard", "topology", "program"),
        ("pulumi:providers:command", "default_1_2_1", "program"),
        ("aws:s3:Bucket", "bucket", "other"),
    ],
)
def test_each_resource_belongs_to_its_phase(kind: str, name: str, phase: str) -> None:
    assert phase_of(span(name, 0, 1, kind)) == phase


def test_the_critical_path_follows_what_was_there_last() -> None:
    work = [
        span("quick", 0, 1),
        span("slow", 0, 5),
        span("member", 6, 9),
        span("beside", 0, 8.5),
    ]
    needs = {"member": {"quick", "slow"}, "beside": set()}
    path = critical_path(work, {name: set(of) for name, of in needs.items()})
    assert [(link.name, link.gap, link.seconds) for link in path] == [("slow", 0, 5), ("member", 1, 3)]


def test_a_component_stands_for_what_it_needed() -> None:
    work = [span("guest", 0, 4), span("service", 5, 6)]
    path = critical_path(work, {"service": {"component"}, "component": {"guest", "component"}})
    assert [link.name for link in path] == ["guest", "service"]


def test_no_work_has_no_path_and_no_phases() -> None:
    assert critical_path([], {}) == []
    assert phases([], {}) == []


def test_phases_come_in_the_order_of_their_start_with_what_they_waited_for() -> None:
    guest = span("bench-1", 1, 3, DYNAMIC + "softlayer:VirtualGuest")
    prepared = span("bench-1-preparation", 4, 9, "command:remote:Command")
    later = span("bench-2-preparation", 10, 12, "command:remote:Command")
    found = phases([later, prepared, guest], {prepared.urn: {guest.urn}})
    assert [phase.name for phase in found] == ["servers", "host prep"]
    assert (found[1].started, found[1].ended, found[1].busy) == (4, 12, 7)
    assert (found[1].resources, found[1].waited_for) == (2, "bench-1")


_INTERVALS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair))), max_size=12
)


@given(_INTERVALS)
def test_covered_counts_each_moment_once(intervals: list[tuple[int, int]]) -> None:
    moments = {moment for start, end in intervals for moment in range(start, end)}
    assert covered((float(start), float(end)) for start, end in intervals) == len(moments)
