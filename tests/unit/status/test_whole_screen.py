"""The screen of `make status` as a whole: who answers, who is parked and why, and what nobody answers for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from providers.etcd.control import MemberStatus
from providers.ssh import Completed, Session, Target, UnreachableError
from status import __main__ as command
from status import consul, etcd_members, live
from status.consul import AgentNow
from status.live import StackNow, ask_stack
from status.screen import screen

HOSTS = ("db-1", "db-2", "db-3")
UUID, OTHER = "11111111-0000-0000-0000-111111111111", "22222222-0000-0000-0000-222222222222"
SYNCED = (
    "wsrep_local_state_comment=Synced\nwsrep_cluster_status=Primary\nwsrep_cluster_size=3\n"
    f"wsrep_cluster_state_uuid={UUID}\n"
)
PARKED = "phase=parked\nsaid=parked for 60 s: no Primary\nsaid=  galera-3 silent\n"


def ok(stdout: str) -> Completed:
    return Completed(exit_status=0, stdout=stdout, stderr="")


class FakeServer(Session):
    """A server that says of its member what the test wants; the first one is a manager."""

    def __init__(self, name: str, member: Completed) -> None:
        self.name, self._member = name, member

    def run(self, command: str, **_how: Any) -> Completed:
        if command.startswith("docker node ls"):
            rows = [{"Hostname": host, "Status": "Ready", "Availability": "Active"} for host in HOSTS]
            return (
                ok("\n".join(map(json.dumps, rows)))
                if self.name == "10.0.0.1"
                else Completed(exit_status=1, stdout="", stderr="not a manager")
            )
        if command.startswith("docker service ls"):
            return ok(json.dumps({"Name": "mine", "Replicas": "2/2", "Image": "nginx"}))
        return self._member


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Completed | Exception]:
    """What each server's member says, by address."""
    told: dict[str, Completed | Exception] = {}

    @contextmanager
    def connect(target: Target, *, deadline_seconds: float) -> Iterator[Session]:
        said = told[target.host]
        if isinstance(said, Exception):
            raise said
        yield FakeServer(target.host, said)

    monkeypatch.setattr(live, "connect", connect)
    return told


def outputs(**more: Any) -> dict[str, Any]:
    numbered = list(enumerate(HOSTS, 1))
    return {
        "access": {
            "keyFile": "key",
            "hosts": [
                {
                    "hostname": host,
                    "address": f"10.0.0.{n}",
                    "hostKey": "k k",
                    "members": [{"member": f"galera-{n}", "service": f"galera-{n}"}],
                }
                for n, host in numbered
            ],
        },
        "servers": [
            {"hostname": host, "id": 100.0 + n, "privateIp": f"10.0.0.{n}", "datacenter": "tor01"}
            for n, host in numbered
        ],
        "database": {
            "clusterName": "galera",
            "clusterUuid": UUID,
            "endpoints": [
                {"member": f"galera-{n}", "host": f"10.0.0.{n}", "port": 3306.0} for n, _ in numbered
            ],
        },
        **more,
    }


def asked(tmp_path: Path, given: dict[str, Any]) -> StackNow:
    (tmp_path / "key").write_text("private")
    return ask_stack(given, tmp_path)


def shown(given: dict[str, Any], now: StackNow) -> list[str]:
    console = Console(width=200)
    with console.capture() as lines:
        for part in screen("dev", given, now):
            console.print(part)
    return [" ".join(line.split()) for line in lines.get().splitlines()]


def test_one_synced_one_parked_one_silent(servers: dict[str, Any], tmp_path: Path) -> None:
    servers["10.0.0.1"], servers["10.0.0.2"] = ok(SYNCED), ok(PARKED)
    servers["10.0.0.3"] = UnreachableError("no SSH session to 10.0.0.3")
    lines = shown(outputs(), asked(tmp_path, outputs()))
    assert lines[0] == "stack dev: 1 of 3 members Synced, 2 servers answer"
    assert "db-1 101 - 10.0.0.1 tor01 answers Ready, Active -" in lines
    assert "db-3 103 - 10.0.0.3 tor01 silent Ready, Active -" in lines
    assert "galera-1 db-1 Synced Primary 3 - 10.0.0.1:3306" in lines
    assert "galera-2 db-2 parked - - - 10.0.0.2:3306" in lines
    assert "galera-3 db-3 silent - - - 10.0.0.3:3306" in lines
    assert "mine 2/2 nginx" in lines
    assert lines[-6:] == [
        "",
        "no SSH session to 10.0.0.3",
        "",
        "galera-2 last said:",
        "parked for 60 s: no Primary",
        "galera-3 silent",
    ]


def test_a_member_without_a_container_is_not_running(servers: dict[str, Any], tmp_path: Path) -> None:
    gone = Completed(exit_status=3, stdout="", stderr="")
    servers |= {f"10.0.0.{n}": gone for n in (1, 2, 3)}
    now = asked(tmp_path, outputs())
    assert {member.state for member in now.members} == {"not running"}


def test_a_synced_member_keeps_its_past_to_itself(servers: dict[str, Any], tmp_path: Path) -> None:
    servers |= {f"10.0.0.{n}": ok(SYNCED + "said=is Primary\n") for n in (1, 2, 3)}
    assert not any("last said" in line for line in shown(outputs(), asked(tmp_path, outputs())))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([SYNCED] * 3, 0),
        ([SYNCED, SYNCED, PARKED], 2),
        ([SYNCED, SYNCED, ""], 2),
        ([SYNCED, SYNCED, SYNCED.replace(UUID, OTHER)], 2),
        ([SYNCED, SYNCED, SYNCED.replace("Primary", "non-Primary")], 2),
    ],
)
def test_its_exit_status_is_whether_the_cluster_is_whole(
    servers: dict[str, Any], said: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers |= {f"10.0.0.{n}": ok(text) for n, text in enumerate(said, 1)}
    (tmp_path / "key").write_text("private")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "_outputs", lambda _stack: outputs())
    assert command.main(["--stack", "dev"]) == code


def test_a_stack_without_members_is_not_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("private")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    nobody = {"access": {"keyFile": "key", "hosts": []}}
    monkeypatch.setattr(command, "_outputs", lambda _stack: nobody)
    assert command.main(["--stack", "dev"]) == 2
    assert "0 of 0 members Synced, but no member is known; 0 servers answer" in capsys.readouterr().out


def test_a_split_cluster_is_named_with_its_parts(servers: dict[str, Any], tmp_path: Path) -> None:
    servers |= {f"10.0.0.{n}": ok(SYNCED) for n in (1, 2)}
    servers["10.0.0.3"] = ok(SYNCED.replace(UUID, OTHER).replace("size=3", "size=1"))
    lines = shown(outputs(), asked(tmp_path, outputs()))
    assert lines[0] == "stack dev: 3 of 3 members Synced, but in 2 clusters; 3 servers answer"
    assert any(line.endswith(f"recorded UUID {UUID}") for line in lines)
    assert lines[-3:] == ["clusters by UUID:", f"{UUID}: galera-1, galera-2", f"{OTHER}: galera-3"]


def test_another_cluster_than_the_recorded_one_is_said_so(servers: dict[str, Any], tmp_path: Path) -> None:
    servers |= {f"10.0.0.{n}": ok(SYNCED.replace(UUID, OTHER)) for n in (1, 2, 3)}
    lines = shown(outputs(), asked(tmp_path, outputs()))
    assert f"but in cluster {OTHER}, while the stack recorded {UUID};" in lines[0]


def test_several_members_of_one_server_are_all_judged(servers: dict[str, Any], tmp_path: Path) -> None:
    """Mode `homogeneous` with a further group: two members on a server, each of a service of its own."""
    given = outputs()
    given["access"]["hosts"] = given["access"]["hosts"][:1]
    given["access"]["hosts"][0]["members"] = [
        {"member": f"{service}-db-1", "service": service} for service in ("galera", "more")
    ]
    servers["10.0.0.1"] = ok(SYNCED)
    assert shown(given, asked(tmp_path, given))[0] == "stack dev: 2 of 2 members Synced, 1 servers answer"
    servers["10.0.0.1"] = ok(SYNCED.replace("size=3", "size=1"))
    headline = shown(given, asked(tmp_path, given))[0]
    assert "galera-db-1 is in a component of 1, more-db-1 is in a component of 1;" in headline


def test_a_stack_that_is_not_there_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_outputs", lambda _stack: {})
    assert command.main([]) == 0
    assert "nothing is deployed; make up does that" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seen", "healthy", "state"),
    [
        (None, True, "does not answer -"),
        ({"is_learner": True}, True, "learner healthy"),
        ({"leader": "a"}, True, "leader healthy"),
        ({"leader": "b"}, True, "follower healthy"),
        ({"leader": ""}, False, "no leader unhealthy"),
    ],
)
def test_each_member_of_etcd_has_a_line(
    seen: dict[str, Any] | None, healthy: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = {"member_id": "a", "cluster_id": "c", "version": "3.6.6", "db_bytes": 1 << 20, "errors": ()}
    status = None if seen is None else MemberStatus(**({**member, "leader": "a", "is_learner": False} | seen))
    monkeypatch.setattr(etcd_members, "member_status", lambda *_: status)
    health = Completed(exit_status=0 if healthy else 1, stdout="", stderr="")
    monkeypatch.setattr(etcd_members, "etcdctl", lambda *_: health)
    now = etcd_members.ask_etcd(FakeServer("10.0.0.1", ok("")), "db-1", "etcd-1")
    given = {
        "etcd": {"members": [{"name": "etcd-1", "server": "db-1"}], "endpoints": ["https://10.0.0.1:2379"]}
    }
    console = Console(width=200)
    with console.capture() as lines:
        console.print(etcd_members.etcd_table(given, [now]))
    (_, line) = lines.get().splitlines()
    assert " ".join(line.split()).startswith(f"etcd-1 db-1 {state}")
    assert line.rstrip().endswith("https://10.0.0.1:2379")


def test_each_agent_of_consul_has_a_line() -> None:
    given = {
        "servers": ["db-1"],
        "endpoints": [
            {"server": host, "host": f"10.0.0.{n}", "port": 8501.0} for n, host in enumerate(HOSTS, 1)
        ],
    }
    agents = [
        AgentNow(server="db-1", answers=True, leader="10.0.0.1:8300", voters=1),
        AgentNow(server="db-2", answers=True),
    ]
    console = Console(width=200)
    with console.capture() as lines:
        console.print(consul.consul_table(given, agents))
    assert [" ".join(line.split()) for line in lines.get().splitlines()[1:]] == [
        "db-1 server answers db-1 1 https://10.0.0.1:8501",
        "db-2 client answers none 0 https://10.0.0.2:8501",
        "db-3 client silent - - https://10.0.0.3:8501",
    ]
