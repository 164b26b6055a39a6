"""Birth: once, only where nobody has data, and brought to its end after an interruption."""

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from providers.galera import ClusterBirthProvider, GaleraError, birth_provider
from providers.galera.birth_provider import permit_id
from tests.unit.providers.galera.fake_server import FakeClock, FakeNetwork, FakeServer, ssh

UUID = "bd20a5df-e562-11f1-9d00-2b39ce0b5308"
OTHER = "19315fbe-e563-11f1-a62e-9a7048377e9b"
PERMIT = permit_id("galera", "galera-1", "galera-data")


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    made = FakeNetwork(tmp_path, 3)
    monkeypatch.setattr(birth_provider, "connect", made.connect)
    return made


def props(network: FakeNetwork, **more: Any) -> dict[str, Any]:
    return {
        "ssh_of_members": [
            {"member": f"galera-{n}", "ssh": ssh(server), "volume": "galera-data"}
            for n, server in enumerate(network.servers, start=1)
        ],
        "first": "galera-1",
        "cluster_name": "galera",
        "init_scripts": {},
        "timeout_seconds": 60.0,
        **more,
    }


def volume(server: FakeServer) -> Path:
    return server.volume("galera-data")


def has_data(server: FakeServer, uuid: str = UUID) -> None:
    at = volume(server)
    (at / "ibdata1").write_text("tables")
    (at / "grastate.dat").write_text(f"# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   -1\n")


def was_born(server: FakeServer, permit: str = PERMIT, uuid: str = UUID) -> None:
    has_data(server, uuid)
    keep = volume(server) / ".galera-swarm"
    keep.mkdir(exist_ok=True)
    (keep / "born").write_text(permit + "\n")
    (volume(server) / "galera-swarm-birth").write_text(permit + "\n")


def was_destroyed(server: FakeServer) -> None:
    shutil.rmtree(volume(server))
    volume(server)


def starts(clock: FakeClock, server: FakeServer, after_seconds: float = 5.0) -> None:
    """A member that uses its permit after a while, as services/galera does."""

    def live() -> None:
        birth = volume(server) / ".galera-swarm" / "birth"
        if clock.now < after_seconds or not (birth / "permit").exists():
            return
        was_born(server, (birth / "permit").read_text().strip())
        for one in sorted(birth.rglob("*"), reverse=True):
            one.rmdir() if one.is_dir() else one.unlink()
        birth.rmdir()

    volume(server)
    clock.on_sleep = live


def born(network: FakeNetwork, **more: Any) -> str:
    outs = ClusterBirthProvider().create(props(network, **more)).outs
    assert outs is not None
    return str(outs["cluster_uuid"])


def test_the_first_member_is_permitted_and_its_history_kept(network: FakeNetwork, clock: FakeClock) -> None:
    starts(clock, network.servers[0])
    assert born(network) == UUID
    assert not (network.servers[1].root / "volumes" / "galera-data").exists()


def test_the_volume_may_appear_late(network: FakeNetwork, clock: FakeClock) -> None:
    def live() -> None:
        if clock.now > 3:
            starts(clock, network.servers[0])

    clock.on_sleep = live
    assert born(network) == UUID


def test_init_scripts_lie_there_before_the_permit_does(network: FakeNetwork, clock: FakeClock) -> None:
    seen: dict[str, bytes] = {}
    starts(clock, network.servers[0])
    birth = volume(network.servers[0]) / ".galera-swarm" / "birth"
    live = clock.on_sleep

    def look() -> None:
        if (birth / "permit").exists():
            seen.update({one.name: one.read_bytes() for one in (birth / "initdb.d").iterdir()})
        live()

    clock.on_sleep = look
    scripts = {"01 a'b.sql": b"select 1;", "02.sql.gz": bytes(range(256))}
    born(network, init_scripts={name: base64.b64encode(text).decode() for name, text in scripts.items()})
    assert seen == scripts


@pytest.mark.parametrize("name", ["../../etc/passwd", ".hidden"])
def test_an_init_script_stays_in_its_place(network: FakeNetwork, clock: FakeClock, name: str) -> None:
    volume(network.servers[0])
    with pytest.raises(GaleraError, match="plain file name"):
        born(network, init_scripts={name: ""})


@pytest.mark.parametrize("holder", [0, 1, 2])
def test_data_anywhere_stops_the_birth(network: FakeNetwork, clock: FakeClock, holder: int) -> None:
    volume(network.servers[0])
    has_data(network.servers[holder])
    with pytest.raises(GaleraError, match=rf"galera-{holder + 1}: \d+ KiB with tables, history {UUID}"):
        born(network)
    assert not list(network.servers[0].root.rglob("permit"))


@pytest.mark.parametrize(
    "trace",
    [
        "ibdata1",
        "mysql/",
        "galera-swarm-birth",
        ".galera-swarm/born",
        ".galera-swarm/birth/permit",
        "grastate.dat",
    ],
)
def test_any_trace_of_a_cluster_is_data(network: FakeNetwork, clock: FakeClock, trace: str) -> None:
    at = volume(network.servers[1]) / trace
    at.parent.mkdir(parents=True, exist_ok=True)
    if trace.endswith("/"):
        at.mkdir()
    else:
        at.write_text(f"uuid:    {OTHER}\n" if trace == "grastate.dat" else "somebody\n")
    with pytest.raises(GaleraError, match="no cluster is born where data lies already"):
        born(network)


def test_notes_and_a_null_state_are_not_data(network: FakeNetwork, clock: FakeClock) -> None:
    starts(clock, network.servers[0])
    at = volume(network.servers[1])
    (at / ".galera-swarm").mkdir()
    (at / ".galera-swarm" / "lock").write_text("")
    (at / "grastate.dat").write_text("uuid:    00000000-0000-0000-0000-000000000000\nseqno:   -1\n")
    assert born(network) == UUID


def test_a_birth_that_was_completed_is_recognised(network: FakeNetwork, clock: FakeClock) -> None:
    was_born(network.servers[0])
    has_data(network.servers[1])
    assert born(network) == UUID
    assert clock.now == 0.0


def test_a_birth_that_was_interrupted_is_completed(network: FakeNetwork, clock: FakeClock) -> None:
    starts(clock, network.servers[0])
    birth = volume(network.servers[0]) / ".galera-swarm" / "birth"
    birth.mkdir(parents=True)
    (birth / "permit").write_text(PERMIT + "\n")
    assert born(network) == UUID
    assert not any("birth.draft" in command for command in network.servers[0].commands)


def test_a_recognised_birth_beside_another_history_is_refused(network: FakeNetwork, clock: FakeClock) -> None:
    was_born(network.servers[0])
    has_data(network.servers[2], OTHER)
    with pytest.raises(GaleraError, match=f"galera-3: .*{OTHER}"):
        born(network)


def test_a_cluster_born_by_another_permit_is_not_taken(network: FakeNetwork, clock: FakeClock) -> None:
    was_born(network.servers[0], permit="birth-of-another-stack")
    with pytest.raises(GaleraError, match="born by permit birth-of-another-stack"):
        born(network)


def test_a_server_that_does_not_answer_stops_the_birth(network: FakeNetwork, clock: FakeClock) -> None:
    volume(network.servers[0])
    network.servers[2].is_up = False
    with pytest.raises(Exception, match=r"no SSH session to 10\.140\.0\.3"):
        born(network)
    assert not list(network.servers[0].root.rglob("permit"))


def test_a_docker_that_does_not_answer_is_not_an_empty_volume(network: FakeNetwork, clock: FakeClock) -> None:
    (network.servers[1].root / "docker").write_text("#!/bin/sh\necho no daemon >&2\nexit 1\n")
    with pytest.raises(Exception, match="no daemon"):
        born(network)


def test_a_session_that_breaks_off_is_opened_again(network: FakeNetwork, clock: FakeClock) -> None:
    server = network.servers[0]
    starts(clock, server, after_seconds=1.0)
    born(network)
    taken, looked = len(server.commands), 1
    assert taken > looked + 3
    for breaks_after in range(looked, taken):
        was_destroyed(server)
        server.commands.clear()
        server.breaks_after, clock.now = breaks_after, 0.0
        assert born(network) == UUID
        assert server.breaks_after is None


def test_a_server_that_stays_away_is_named(network: FakeNetwork, clock: FakeClock) -> None:
    def leave() -> None:
        server.is_up, server.breaks_after = False, len(server.commands)

    server = network.servers[0]
    clock.on_sleep = leave
    with pytest.raises(GaleraError, match=r"nothing has moved for 60 s.* no SSH session to 10\.140\.0\.1"):
        born(network)


def test_a_member_that_stays_parked_is_shown_with_its_evidence(
    network: FakeNetwork, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    volume(network.servers[0])
    network.servers[0].says(
        "noise", "galera-swarm: parked for 60 s: no Primary", "galera-swarm:   galera-2 silent"
    )
    with pytest.raises(GaleraError) as caught:
        born(network)
    assert "nothing has moved for 60 s" in str(caught.value)
    assert str(caught.value).endswith(
        "\n  galera-swarm: parked for 60 s: no Primary\n  galera-swarm:   galera-2 silent"
    )
    assert "galera-1: galera-2 silent" in " ".join(capsys.readouterr().err.split())


def test_init_scripts_that_work_for_long_are_waited_for(network: FakeNetwork, clock: FakeClock) -> None:
    at = volume(network.servers[0])
    starts(clock, network.servers[0], after_seconds=100.0)
    live = clock.on_sleep

    def grow() -> None:
        with (at / "undo").open("ab") as file:
            file.write(b"x" * 8192)
        live()

    clock.on_sleep = grow
    assert born(network) == UUID
    assert clock.now > 100.0 > props(network)["timeout_seconds"]


def test_init_scripts_that_fail_again_and_again_are_given_up(network: FakeNetwork, clock: FakeClock) -> None:
    """Each try fills the volume, fails, and begins anew."""
    at = volume(network.servers[0])
    turn = iter(range(10**6))

    def fill() -> None:
        (at / "undo").write_bytes(b"x" * (next(turn) % 20) * 65536)

    clock.on_sleep = fill
    with pytest.raises(GaleraError, match="nothing has moved for 60 s"):
        born(network)
    assert clock.now < 600.0


@pytest.mark.parametrize(
    "news", [{}, {"cluster_name": "x"}, {"ssh_of_members": []}, {"init_scripts": UNKNOWN}, {"first": "y"}]
)
def test_nothing_is_ever_born_twice(network: FakeNetwork, news: dict[str, Any]) -> None:
    old = {**props(network), "cluster_uuid": UUID}
    result = ClusterBirthProvider().diff("b", old, {**props(network), **news})
    assert (result.changes, result.replaces) == (False, [])


def test_refresh_keeps_the_fact(network: FakeNetwork) -> None:
    old = {**props(network), "cluster_uuid": UUID}
    assert ClusterBirthProvider().read("b", old).outs == old
