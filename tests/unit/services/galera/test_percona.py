"""The parts of a member that are Percona XtraDB Cluster's own: its command lines, its paths, its words.

The lines of its log are as its servers print them (PXC-3475 for the position, the forum's logs for the rest).
"""

import pytest

from tests.unit.services.galera.shell import FakePeers, Shell
from tests.unit.services.galera.tables import UUID_A
from tests.unit.services.galera.test_state import FIND, NULL, grastate, with_data

STAMP = "2024-03-28T01:03:00.697760Z 0 [Note] [MY-000000]"
VIEW = f"""{STAMP} [Galera] ================================================
View:
  id: {UUID_A}:4
  status: primary
  protocol_version: 4
  capabilities: MULTI-MASTER, CERTIFICATION, PARALLEL_APPLYING, REPLAY, ISOLATION, PAUSE, STREAMING
  final: no
  own_index: 0
  members(2):
\t0: 0a1b2c3d-ecd4-11ee-8a51-0242ac110002, galera-1
\t1: 1b2c3d4e-ecd4-11ee-9b62-0242ac110003, galera-2
=================================================
"""

# Stands in for the server: it keeps its command line, and writes what it is told into the log it is named.
MYSQLD = """
printf '%s\\n' "$@" >>'{run}/mysqld.args'; printf -- '--\\n' >>'{run}/mysqld.args'
for word; do
    case $word in
    --log-error=*) cat '{run}/says' >>"${{word#*=}}" 2>/dev/null ;;
    --datadir=*) data=${{word#*=}} ;;
    --pid-file=*) pid_file=${{word#*=}} ;;
    --socket=*) touch "${{word#*=}}" ;;
    esac
done
case " $* " in
*' --initialize-insecure '*) mkdir "$data/mysql" && touch "$data/ibdata1" "$data/mysql.ibd" ;;
*' --wsrep-recover '*) ;;
*) echo $$ >"$pid_file"; trap 'exit 0' TERM; while :; do sleep 0.05; done ;;
esac
"""


@pytest.fixture
def percona(peers: FakePeers) -> Shell:
    """A member whose image has mysqld, mysql and chroot, and neither MariaDB's programs nor gosu."""
    made = peers.member("galera-1", "10.0.0.1")
    made.flavor = "percona/flavor"
    (peers.programs / "gosu").unlink()
    peers.program(
        "chroot", '[[ $1 == --userspec=mysql: && $2 == --skip-chdir && $3 == / ]] && shift 3 && exec "$@"'
    )
    peers.program("mysqld", MYSQLD.format(run=made.run_dir))
    (made.run_dir / "says").touch()
    for role, word in (("root", "p'q\\\\"), ("monitor", "m")):
        (peers.root / "secrets" / f"galera_{role}_password").write_text(f"{word}\n")
    return made


def calls(shell: Shell) -> list[list[str]]:
    """The command line of each start of the server."""
    text = (shell.run_dir / "mysqld.args").read_text()
    return [call.splitlines() for call in text.split("--\n") if call]


def says(shell: Shell, *lines: str) -> None:
    (shell.run_dir / "says").write_text("".join(f"{line}\n" for line in lines))


class TestConfiguration:
    def lines(self, shell: Shell) -> list[str]:
        shell.run(
            "galera_library() { printf /usr/lib64/galera4/libgalera_smm.so; }; write_server_config",
            config_dir=str(shell.run_dir),
        )
        return (shell.run_dir / "my.cnf").read_text().splitlines()

    def test_what_the_product_owns_comes_after_the_users(self, percona: Shell) -> None:
        conf = percona.run_dir / "conf.d"
        conf.mkdir()
        lines = self.lines(percona)
        user = lines.index(f"!includedir {conf}/")
        for free in (
            "wsrep_applier_threads=4",
            "pxc_strict_mode=ENFORCING",
            "innodb_flush_log_at_trx_commit=1",
        ):
            assert lines.index(free) < user
        for owned in (
            "wsrep_provider=/usr/lib64/galera4/libgalera_smm.so",
            "wsrep_sst_method=xtrabackup-v2",
            "pxc_encrypt_cluster_traffic=OFF",
            "pxc_maint_transition_period=0",
            "log_error_verbosity=3",
            "binlog_format=ROW",
        ):
            assert lines.index(owned) > user

    def test_nothing_of_mariadb_is_in_it(self, percona: Shell) -> None:
        """mysqld ends at start when it meets an option that it does not know."""
        names = {line.partition("=")[0] for line in self.lines(percona)}
        assert not names & {
            *("wsrep_on", "wsrep_sst_auth", "wsrep_slave_threads", "ignore_db_dirs"),
            *("aria_pagecache_buffer_size", "[client-server]", "[mariadbd]"),
        }

    def test_an_sst_leaves_the_members_notes_alone(self, percona: Shell) -> None:
        pattern = next(line for line in self.lines(percona) if line.startswith("cpat=")).partition("=")[2]
        for name in (
            "ibdata1",
            "mysql.ibd",
            "undo_001",
            "#innodb_redo",
            "auto.cnf",
            "grastate.dat",
            "server-key.pem",
            "sst-xb-tmpdir",
        ):
            (percona.data / name).touch()
        cleared = percona.run(f'find "$data_dir" -mindepth 1 -regex {pattern} -prune -o -printf "%f\\n"')
        assert set(cleared.split()) == {"ibdata1", "mysql.ibd", "undo_001", "#innodb_redo", "auto.cnf"}

    def test_the_library_is_where_the_image_has_it(self, percona: Shell) -> None:
        body = percona.run("declare -f galera_library")
        assert "/usr/lib64/galera4/libgalera_smm.so" in body


class TestPosition:
    def test_it_is_read_from_the_servers_own_log(self, percona: Shell) -> None:
        with_data(percona, grastate(UUID_A, -1))
        says(percona, f"{STAMP} [WSREP] Recovered position: {UUID_A}:1234")
        assert percona.run(FIND) == f"position {UUID_A} 1234 0"
        (call,) = calls(percona)
        assert "--wsrep-recover" in call
        assert f"--log-error={percona.run_dir}/recovery.err" in call
        assert "--log-error-verbosity=3" in call
        assert not {"--wsrep-on=ON", "--disable-log-error"} & set(call), "these are MariaDB's"

    def test_an_older_runs_log_says_nothing(self, percona: Shell) -> None:
        with_data(percona, grastate(UUID_A, -1))
        (percona.run_dir / "recovery.err").write_text(f"{STAMP} [WSREP] Recovered position: {UUID_A}:9\n")
        assert percona.run(FIND).startswith("unknown")

    def test_data_of_a_birth_has_none_yet(self, percona: Shell) -> None:
        with_data(percona)
        (percona.data / "galera-swarm-birth").write_text("permit-1\n")
        says(percona, f"{STAMP} [WSREP] Recovered position: {NULL}:-1")
        assert percona.run(FIND) == "none - - -"

    def test_data_of_mariadb_is_not_touched(self, percona: Shell) -> None:
        with_data(percona, grastate(UUID_A, 7))
        (percona.data / "aria_log_control").touch()
        assert percona.run(f'{FIND}; echo; echo "$why"').splitlines() == [
            "unknown - - 0",
            "the data is that of MariaDB, which this image does not run: set database.flavor back",
        ]

    def test_what_a_joiner_left_is_no_data(self, percona: Shell) -> None:
        for name in ("auto.cnf", "sst-xb-tmpdir", "mysqld.post.processing.log", "ca.pem"):
            (percona.data / name).touch()
        assert percona.run(FIND) == "none - - -"


def test_data_of_mysql_is_not_touched_by_mariadb(shell: Shell) -> None:
    with_data(shell, grastate(UUID_A, 7))
    (shell.data / "mysql.ibd").touch()
    assert "the data is that of MySQL 8" in shell.run(f'{FIND}; echo; echo "$why"')


class TestBirth:
    def test_data_and_accounts_are_made(self, percona: Shell) -> None:
        percona.peers.program("mysql", f"cat >>'{percona.run_dir}/sql'")
        percona.run('mkdir "$data_dir/new"; install_data "$data_dir/new"')
        made, served = calls(percona)
        assert {"--initialize-insecure", f"--datadir={percona.data}/new", "--wsrep-provider=none"} <= set(
            made
        )
        assert {"--skip-networking", "--wsrep-provider=none", f"--datadir={percona.data}/new"} <= set(served)
        sql = (percona.run_dir / "sql").read_text()
        assert "ALTER USER root@localhost IDENTIFIED BY 'p''q\\\\\\\\';" in sql
        assert "CREATE USER galera_swarm_monitor@'127.0.0.1' IDENTIFIED BY 'm';" in sql
        assert not {"unix_socket", "global_priv", "BINLOG MONITOR"} & set(sql.split()), "these are MariaDB's"

    def test_a_statement_that_fails_fails_the_birth(self, percona: Shell) -> None:
        percona.peers.program("mysql", '[[ " $* " == *" -e "* ]] || { cat >/dev/null; exit 1; }')
        assert percona.run('mkdir "$data_dir/new"; install_data "$data_dir/new"; echo "$?"') == "1"

    def test_no_password_is_on_a_command_line(self, percona: Shell) -> None:
        percona.peers.program("mysql", f"printf '%s\\n' \"$@\" >>'{percona.run_dir}/args'; cat >/dev/null")
        percona.run('mkdir "$data_dir/new"; install_data "$data_dir/new"')
        words = (percona.run_dir / "args").read_text() + (percona.run_dir / "mysqld.args").read_text()
        assert "p'q" not in words


class TestWhatTheLogSays:
    @pytest.mark.parametrize(
        ("line", "met"),
        [
            (f"{STAMP} [Galera] Shifting OPEN -> PRIMARY (TO: 5)", "yes"),
            (f"{STAMP} [Galera] Shifting CLOSED -> OPEN (TO: 0)", "no"),
        ],
    )
    def test_a_primary_that_was_met(self, percona: Shell, line: str, met: str) -> None:
        percona.log.write_text(f"{line}\n")
        assert percona.run("met_primary && printf yes || printf no") == met

    def test_the_seqno_of_a_view(self, percona: Shell) -> None:
        assert percona.run(f"logged_seqno {UUID_A} galera-1,galera-2", stdin=VIEW) == "4"

    def test_another_view_does_not_count(self, percona: Shell) -> None:
        assert percona.run(f"logged_seqno {UUID_A} galera-1,galera-3", stdin=VIEW) == "-1"


class TestWithoutTheProgramsOfOtherImages:
    def test_programs_run_as_the_servers_user(self, percona: Shell) -> None:
        assert percona.run("as_mysql printf '%s' there") == "there"

    def test_a_lock_without_flock(self, percona: Shell) -> None:
        """By socat, which is what this image has; here it only has to be asked in the right way."""
        percona.peers.program("socat", f"printf '%s ' \"$@\" >>'{percona.run_dir}/socat.args'")
        script = 'command() { [[ $2 != flock ]] && builtin command "$@"; }; take_lock 9; take_lock 8 now'
        percona.run(script)
        asked = (percona.run_dir / "socat.args").read_text()
        assert asked.split() == ["-u", "/dev/null", "FD:9,flock-ex", "-u", "/dev/null", "FD:8,flock-ex-nb"]


class TestHealth:
    def test_a_load_balancer_is_told_by_mysql(self, percona: Shell) -> None:
        for name, text in (("phase", "joining"), ("status", "synced yes u"), ("was_primary", "yes")):
            (percona.run_dir / name).write_text(f"{text}\n")
        lines = "wsrep_cluster_status\\tPrimary\\nwsrep_ready\\tON\\nwsrep_local_state\\t4\\n"
        percona.peers.program("mysql", f"printf '{lines}'")
        assert "200 OK" in percona.run('"$program_dir/lb-health"', stdin="GET / HTTP/1.1\r\n\r\n")


class TestSessionsThatAreEnded:
    # A session of the client: two idle sessions at the first look, one of which is gone by itself.
    CLIENT = """
look=0
while IFS= read -r line; do
    printf '%s\\n' "$line" >>'{run}/sql'
    case $line in
    *"SELECT 'all';"*) ((look++)) || printf '11\\n12\\n'; echo all ;;
    *'SELECT COUNT'*) echo "$((2 - look))" ;;
    esac
done
"""

    def test_idle_ones_are_ended_until_none_is_left(self, percona: Shell) -> None:
        percona.peers.program("mysql", self.CLIENT.format(run=percona.run_dir))
        assert percona.run("end_idle login %:% 5 100") == "0"
        sql = (percona.run_dir / "sql").read_text()
        assert "KILL CONNECTION 11; KILL CONNECTION 12; " in sql
        assert "p.time_ms >= 100 AND t.trx_id IS NULL" in sql
        assert "NOT ATOMIC" not in sql, "MySQL has no such block"

    def test_a_server_that_does_not_answer_is_told_as_such(self, percona: Shell) -> None:
        percona.peers.program("mysql", "cat >/dev/null")
        assert percona.run("end_idle login %:% 0 100 2>/dev/null") == ""
