"""One member and its surroundings: stopping, health, partitions, init scripts, secrets, births cut short."""

import subprocess
import time
import urllib.error
import urllib.request

import pytest

from operations.galera.evidence import SCRIPTS
from tests.e2e.galera_service.members import NOTES, Ledger, Members, docker, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def lb(members: Members, n: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{members.address(n)}:9200/", timeout=4) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode().strip()
    except OSError as error:
        return 0, str(error)


def health(members: Members, n: int) -> tuple[int, str]:
    done = subprocess.run(
        ["docker", "exec", members.name(n), "/opt/galera-swarm/health"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout.strip()


def test_health_and_stop(members: Members) -> None:
    members.start(1)
    members.parked(1, "no data")
    assert health(members, 1) == (0, "parked")
    assert lb(members, 1) == (503, "parked")
    assert members.stop(1) < 30, "a parked member has nothing to finish"
    members.start(1, permit="permit-1")
    members.synced(1)
    assert health(members, 1) == (0, "primary")
    assert lb(members, 1) == (200, "Synced")
    for switch, word in (
        ("wsrep_desync=ON", "desynced"),
        ("wsrep_reject_queries=ALL", "rejects"),
        ("read_only=ON", "read"),
    ):
        name = switch.partition("=")[0]
        members.sql(1, f"SET GLOBAL {switch}")
        status, reason = lb(members, 1)
        assert status == 503
        assert word in reason
        back = "NONE" if name == "wsrep_reject_queries" else "OFF"
        members.root_client(1, f"SET GLOBAL {name}={back}")
        eventually("serves again", lambda: lb(members, 1)[0] == 200)
    members.stop(1)


def test_a_member_cut_off_waits_and_heals(members: Members) -> None:
    members.born(1, 2, 3)
    started = docker("inspect", "--format", "{{.State.StartedAt}}", members.name(3))
    with Ledger(members, (1, 2)) as ledger:
        docker("network", "disconnect", members.prefix, members.name(3))
        members.synced(1, 2)
        eventually(
            "it has lost the quorum",
            lambda: "nonprimary" in members.inside(3, "/opt/galera-swarm/health"),
        )
        eventually("it shows why it waits", lambda: "silence is not death" in members.evidence(3))
    docker("network", "connect", "--alias", f"{members.prefix}-peers", members.prefix, members.name(3))
    members.synced(1, 2, 3)
    ledger.verify(1, 2, 3)
    assert docker("inspect", "--format", "{{.State.StartedAt}}", members.name(3)) == started


def promote(members: Members, n: int) -> str:
    """As `make promote` does it on the member's server."""
    return docker(
        "exec", "--interactive", members.name(n), "bash", "-s", stdin=(SCRIPTS / "promote.sh").read_text()
    )


@pytest.fixture
def torn(members: Members) -> Members:
    """One of three was promoted while the others were Primary out of its sight: two components now.

    They have stopped looking for each other. Before, Galera itself would abort one of them, and not always
    the one that was left behind.
    """
    members.born(1, 2, 3)
    members.begun_anew(1, 2, 3)
    members.sql(1, "CREATE DATABASE app")
    members.sql(1, "CREATE TABLE app.t (i INT PRIMARY KEY)")
    docker("network", "disconnect", members.prefix, members.name(1))
    eventually(
        "it has lost the quorum", lambda: "nonprimary" in members.inside(1, "/opt/galera-swarm/health")
    )
    members.synced(2, 3)
    assert "promoted by the operator" in promote(members, 1)
    for n, gone in ((1, 2), (2, 1), (3, 1)):
        eventually("peers forgotten", lambda n=n, gone=gone: members.log(n).count(" cleaning up ") >= gone)  # type: ignore[misc]
    return members


def found_again(members: Members) -> None:
    docker("network", "connect", "--alias", f"{members.prefix}-peers", members.prefix, members.name(1))


def test_a_component_left_behind_with_nothing_to_lose_joins(torn: Members) -> None:
    members = torn
    members.root_client(1, "INSERT INTO app.t VALUES (1)")
    found_again(members)
    members.synced(1, 2, 3)
    for n in (1, 2, 3):
        assert members.sql(n, "SELECT i FROM app.t") == ((1,),)


def test_a_component_left_behind_parks_with_what_only_it_holds(torn: Members) -> None:
    members = torn
    members.root_client(1, "INSERT INTO app.t VALUES (1)")
    members.sql(2, "INSERT INTO app.t VALUES (2)")
    found_again(members)
    for n in (2, 3):
        members.parked(n, "the Primary went on without them")
    members.synced(1, size=1)
    assert members.sql(1, "SELECT i FROM app.t") == ((1,),), "the operator's choice goes on"
    members.kill(1)
    members.start(1)
    members.synced(1, size=1)
    assert members.sql(1, "SELECT i FROM app.t") == ((1,),), "and is the one that comes back"
    for n in (2, 3):
        members.in_volume(n, f"mkdir -p {NOTES}/operator && echo {members.uuid(1)} >{NOTES}/operator/discard")
    members.synced(1, 2, 3)
    for n in (1, 2, 3):
        assert members.sql(n, "SELECT i FROM app.t") == ((1,),)


def test_a_server_that_answers_nothing_is_started_again(members: Members) -> None:
    members.born(1, 2)
    members.start(3, more=["patience_mute=5"])
    members.synced(1, 2, 3)
    with Ledger(members, (1, 2)) as ledger:
        members.inside(3, "kill -STOP $(cat /run/mysqld/mysqld.pid)")
        eventually("it is started again", lambda: "starts it again" in members.evidence(3))
        members.synced(1, 2, 3)
    ledger.verify(1, 2, 3)


def test_init_scripts_run_once(members: Members) -> None:
    members.in_volume(
        1,
        f"d={NOTES}/birth/initdb.d && mkdir -p $d &&"
        " echo 'CREATE DATABASE app; CREATE TABLE app.t (i INT)' >$d/1.sql &&"
        " echo 'INSERT INTO app.t VALUES (1)' | gzip >$d/2.sql.gz &&"
        " echo 'mariadb -e \"INSERT INTO app.t VALUES (2)\"' >$d/3.sh",
    )
    members.born(1, 2)
    assert members.sql(2, "SELECT i FROM app.t ORDER BY i") == ((1,), (2,))
    members.kill(1, 2)
    members.start(1, 2)
    members.synced(1, 2)
    assert members.sql(1, "SELECT COUNT(*) FROM app.t") == ((2,),)


@pytest.mark.parametrize("after", [0.4, 0.8, 1.2, 1.6, 2.0, 2.6, 3.4])
def test_killed_during_birth(members: Members, after: float) -> None:
    members.start(1, permit="permit-1")
    time.sleep(after)
    members.kill(1)
    members.start(1)
    members.synced(1)
    members.start(2)
    members.synced(1, 2)
    eventually("born", lambda: members.inside(1, f"cat {NOTES}/born", check=False) == "permit-1")
    notes = set(members.inside(1, f"ls {NOTES}").split())
    assert notes - {"lineage", "quiet"} == {"born", "lock", "reserve", "view"}


def test_no_password_in_sight(members: Members) -> None:
    members.born(1, 2)
    seen = members.inside(1, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'") + members.log(
        1
    )
    for secret in (members.password, "monitor-word"):
        assert secret not in seen


def test_the_user_cannot_take_over_what_the_product_owns(members: Members) -> None:
    (members.scratch / "user.cnf").write_text(
        "[mariadbd]\nwsrep_cluster_name=mine\nwsrep_on=OFF\ndatadir=/tmp\nbinlog_format=STATEMENT\nmax_connections=77\n"
    )
    members.born(1)
    shown = "SELECT @@wsrep_cluster_name, @@wsrep_on, @@datadir, @@binlog_format, @@max_connections"
    assert members.sql(1, shown) == (("t", 1, "/var/lib/mysql/", "ROW", 77),)
