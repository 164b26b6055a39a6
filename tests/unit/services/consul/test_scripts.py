"""The resolver's script on files of its own, and what the entrypoint makes of them."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[4] / "services" / "consul"
BEFORE = "# written by the cloud\nnameserver 10.0.80.11\nnameserver 10.0.80.12\nsearch example.com\n"


@pytest.fixture
def resolv(tmp_path: Path) -> Path:
    path = tmp_path / "resolv.conf"
    path.write_text(BEFORE)
    return path


def resolver(resolv: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-s", "--", *words],
        input=(SCRIPTS / "resolver").read_text(),
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "RESOLV_CONF": str(resolv),
            "RESOLVED_DIR": str(resolv.parent / "resolved.conf.d"),
        },
    )


def name_servers(resolv: Path) -> list[str]:
    return [line.split()[1] for line in resolv.read_text().splitlines() if line.startswith("nameserver")]


def test_the_agent_is_asked_first_and_the_others_stay_behind_it(resolv: Path) -> None:
    assert resolver(resolv, "set", "10.141.0.10", "consul").returncode == 0
    assert name_servers(resolv) == ["10.141.0.10", "10.0.80.11", "10.0.80.12"]
    assert "search example.com" in resolv.read_text()


def test_set_again_it_is_there_once_with_the_new_address(resolv: Path) -> None:
    resolver(resolv, "set", "10.141.0.10", "consul")
    resolver(resolv, "set", "10.141.0.99", "consul")
    assert name_servers(resolv) == ["10.141.0.99", "10.0.80.11", "10.0.80.12"]


def test_taken_back_everything_is_as_it_was(resolv: Path) -> None:
    resolver(resolv, "set", "10.141.0.10", "consul")
    assert resolver(resolv, "look").returncode == 0
    for _ in range(2):
        assert resolver(resolv, "remove").returncode == 0
        assert resolv.read_text() == BEFORE
    assert resolver(resolv, "look").returncode != 0


def test_a_link_stays_a_link(resolv: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.conf"
    link.symlink_to(resolv)
    resolver(link, "set", "10.141.0.10", "consul")
    assert link.is_symlink()
    assert name_servers(resolv)[0] == "10.141.0.10"


def test_an_unknown_word_is_refused_and_touches_nothing(resolv: Path) -> None:
    assert resolver(resolv, "unset").returncode != 0
    assert resolv.read_text() == BEFORE


def started(root: Path, role: str, *, name_server: str = "10.0.80.11", recursors: str = "") -> list[str]:
    """The command that the entrypoint ends in, its paths moved below `root`."""
    (root / "etc").mkdir()
    (root / "etc" / "resolv.conf").write_text(
        f"nameserver 10.141.0.11\nnameserver 127.0.0.53\nnameserver {name_server}\n"
    )
    programs = root / "bin"
    programs.mkdir()
    for name, body in {
        "su-exec": 'shift; printf "%s\\n" "$@"',
        "chown": "exit 0",
        "setcap": f'echo "$@" >{root}/capabilities',
        "consul": "exit 0",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    script = (SCRIPTS / "entrypoint").read_text()
    script = script.replace("/consul/data", f"{root}/data").replace("/etc/resolv", f"{root}/etc/resolv")
    done = subprocess.run(
        ["sh", "-s"],
        input=script,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={
            "PATH": f"{programs}:/usr/bin:/bin",
            "CONSUL_ROLE": role,
            "CONSUL_ADDRESS": "10.141.0.11",
            "CONSUL_DNS_PORT": "53",
            "CONSUL_GOSSIP_PORT": "8301",
            "CONSUL_RECURSORS": recursors,
        },
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    (made / "raft").mkdir(parents=True)
    (made / "galera-swarm-peers").write_text("10.141.0.10\n10.141.0.11\n")
    return made


def test_an_agent_joins_all_its_peers_and_asks_whom_its_server_asks(data: Path) -> None:
    command = started(data.parent, "server")
    assert "-retry-join=10.141.0.10:8301" in command
    assert "-retry-join=10.141.0.11:8301" in command
    assert [word for word in command if word.startswith("-recursor")] == ["-recursor=10.0.80.11"]
    assert "cap_net_bind_service" in (data.parent / "capabilities").read_text()
    assert (data / "raft").exists()


def test_it_never_asks_itself_and_takes_the_recursors_it_is_told(data: Path) -> None:
    command = started(data.parent, "server", recursors="1.1.1.1 10.141.0.11 9.9.9.9")
    assert [word for word in command if word.startswith("-recursor")] == [
        "-recursor=1.1.1.1",
        "-recursor=9.9.9.9",
    ]


def test_a_client_forgets_what_it_knew_as_a_server(data: Path) -> None:
    (data / "galera-swarm-left").write_text("server\n")
    started(data.parent, "client")
    assert not (data / "raft").exists()
    assert not (data / "galera-swarm-left").exists()


def test_who_has_left_waits_in_the_same_role(data: Path) -> None:
    (data / "galera-swarm-left").write_text("server\n")
    room = data.parent
    # The third wait is its last.
    three = f"echo >>{room}/slept; [ $(wc -l <{room}/slept) -lt 3 ] || kill -KILL $PPID"
    (room / "sleep").write_text(f"#!/bin/sh\n{three}\n")
    (room / "sleep").chmod(0o755)
    done = subprocess.run(
        ["sh", "-s"],
        input=(SCRIPTS / "entrypoint").read_text().replace("/consul/data", str(data)),
        text=True,
        timeout=30,
        check=False,
        env={"PATH": f"{room}:/usr/bin:/bin", "CONSUL_ROLE": "server"},
    )
    assert done.returncode == -signal.SIGKILL, "nothing else ends it"
    assert (data / "galera-swarm-left").exists()
