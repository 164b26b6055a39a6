"""The directory an SST is received in: what a killed one left in it, and how far one is told to be."""

import pytest

from tests.unit.services.galera.shell import Shell

FLAVORS = pytest.mark.parametrize(
    ("flavor", "received"), [("flavor", ".sst"), ("percona/flavor", "sst-xb-tmpdir")]
)
# Stands in for the server: it keeps what lay in the volume when it was started.
SERVER = "ls -A '{data}' >'{run}/found'"
START = 'node_address=10.0.0.1 view_floor=-1; {start} && wait; printf "%s " "$?" "${{server_pid:-none}}"'
JOIN = "start_server 10.0.0.2 - --wsrep-sst-donor=galera-2,"
BOOTSTRAP = 'start_server "" - --wsrep-new-cluster'
LEFT = {".sst", "sst-xb-tmpdir"}


def interrupted(shell: Shell, flavor: str) -> None:
    """Gives the member that flavor, and a volume in which an SST was killed."""
    shell.flavor = flavor
    for name in LEFT | {"sst-xb-tmpdir/mysql"}:
        (shell.data / name).mkdir(exist_ok=True, parents=True)
    (shell.data / "sst-xb-tmpdir" / "ibdata1").touch()
    (shell.data / "ibdata1").touch()
    for name in ("mariadbd", "mysqld"):
        shell.peers.program(name, SERVER.format(data=shell.data, run=shell.run_dir))


@pytest.mark.parametrize(
    ("flavor", "start", "left"),
    [
        ("flavor", JOIN, LEFT),
        ("flavor", BOOTSTRAP, LEFT),
        ("percona/flavor", JOIN, {".sst"}),
        ("percona/flavor", BOOTSTRAP, LEFT),
    ],
)
def test_what_a_server_finds_of_a_killed_sst(shell: Shell, flavor: str, start: str, left: set[str]) -> None:
    """Percona's script refuses to receive beside its own leftover; MariaDB's removes it."""
    interrupted(shell, flavor)
    shell.run(START.format(start=start))
    found = set((shell.run_dir / "found").read_text().split())
    assert found == left | {"ibdata1", ".galera-swarm"}


def test_no_server_is_started_beside_what_cannot_be_removed(shell: Shell) -> None:
    interrupted(shell, "percona/flavor")
    shell.peers.program("rm", '[[ $* != *sst-xb-tmpdir* ]] && exec /bin/rm "$@"')
    said = shell.run(START.format(start=JOIN)).splitlines()
    assert said == ["galera-swarm: cannot remove what a killed SST has left in its volume", "1 none "]
    assert not (shell.run_dir / "found").exists()


@FLAVORS
def test_how_far_an_sst_is(shell: Shell, flavor: str, received: str) -> None:
    shell.flavor = flavor
    (shell.data / received).mkdir()
    (shell.data / received / "ibdata1").write_bytes(b"x" * 700_000)
    said = shell.run("tell_transfer")
    assert said.startswith("galera-swarm: SST: ")
    assert 683 <= int(said.split()[2]) < 1000, said


@FLAVORS
def test_nothing_is_told_without_one(shell: Shell, flavor: str, received: str) -> None:
    shell.flavor = flavor
    for other in LEFT - {received}:
        (shell.data / other).mkdir()
    assert shell.run("tell_transfer") == ""
