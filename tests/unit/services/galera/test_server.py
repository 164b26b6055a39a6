"""The server's configuration, the member's address, and the SQL of the accounts."""

import pytest

from tests.unit.services.galera.shell import Shell

ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth1 00000000 010012AC 0003 0 0 0 00000000 0 0 0
eth0 0000000A 00000000 0001 0 0 0 00FFFFFF 0 0 0
eth1 000012AC 00000000 0001 0 0 0 0000FFFF 0 0 0
"""


def test_the_networks_of_the_kernel(shell: Shell) -> None:
    lines = shell.run("local_networks", stdin=ROUTES).splitlines()
    assert lines == [
        "0 0 eth1",
        f"{10 << 24} {0xFFFFFF00} eth0",
        f"{(172 << 24) | (18 << 16)} {0xFFFF0000} eth1",
    ]


def test_an_address_as_a_number(shell: Shell) -> None:
    assert shell.run("ip_number 10.141.0.2") == str((10 << 24) | (141 << 16) | 2)


@pytest.mark.parametrize(
    ("resolved", "heard", "address"),
    [
        ("10.0.0.5 10.0.0.6", "", "10.0.0.5"),
        ("172.18.0.3", "10.0.0.9", "172.18.0.3"),
        ("10.0.0.9", "10.0.0.9", "10.0.0.5"),
        ("", "", "10.0.0.5"),
    ],
)
def test_our_address_is_the_one_peers_can_reach(
    shell: Shell, resolved: str, heard: str, address: str
) -> None:
    shell.peers.program("hostname", "echo '172.18.0.3 10.0.0.5 fe80::1 '")
    shell.peers.program("getent", f"printf '%s STREAM\\n' {resolved}" if resolved else "exit 2")
    script = f"own_address {heard}"
    routes = shell.run_dir / "routes"
    routes.write_text(ROUTES)
    body = f"eval \"$(declare -f own_address | sed 's#/proc/net/route#{routes}#')\"; {script}"
    assert shell.run(body) == address


def test_what_the_product_owns_comes_last(shell: Shell) -> None:
    conf = shell.run_dir / "conf.d"
    conf.mkdir()
    shell.run(
        "galera_library() { printf /lib/galera.so; }; write_server_config",
        GALERA_BUFFER_POOL_MB="64",
        GALERA_MAX_CONNECTIONS="9",
        config_dir=str(shell.run_dir),
    )
    lines = (shell.run_dir / "my.cnf").read_text().splitlines()
    user = lines.index(f"!includedir {conf}/")
    assert lines.index("innodb_buffer_pool_size=64M") < user
    assert lines.index("max_connections=9") < user
    for owned in ("wsrep_on=ON", "wsrep_cluster_name=test", "binlog_format=ROW", "wsrep_sst_auth=mysql:"):
        assert lines.index(owned) > user
    assert "wsrep_cluster_address" not in "\n".join(lines), "who is in the cluster is no configuration"
    assert (shell.run_dir / "my.cnf").stat().st_mode & 0o077 == 0


def test_an_sst_clears_the_data_and_nothing_else(shell: Shell) -> None:
    """By the pattern as find reads it. lost+found is root's: to clear it would fail every SST."""
    data = {"ibdata1", "mysql", "storm"}
    kept = {"lost+found", "galera.cache", "grastate.dat", "a.err", ".sst", "sst-xb-tmpdir"}
    for name in data | kept:
        (shell.data / name).mkdir()
    shell.run(
        "galera_library() { printf /lib/galera.so; }; write_server_config", config_dir=str(shell.run_dir)
    )
    config = (shell.run_dir / "my.cnf").read_text()
    pattern = next(line for line in config.splitlines() if line.startswith("cpat=")).partition("=")[2]
    cleared = shell.run(f'find "$data_dir" -mindepth 1 -prune -regex {pattern} -o -printf "%f\n"')
    assert set(cleared.split()) == data


def test_passwords_are_quoted_for_sql_and_for_clients(shell: Shell) -> None:
    secrets = shell.peers.root / "secrets"
    (secrets / "galera_root_password").write_text("a'b\\c\"d\n")
    (secrets / "galera_monitor_password").write_text("m\n")
    sql = shell.run("account_statements")
    assert "ALTER USER root@localhost IDENTIFIED BY 'a''b\\\\c\"d';" in sql
    assert all(line.endswith(";") for line in sql.splitlines()), "--bootstrap reads one statement a line"
    shell.run('client_config "$run_dir/c.cnf" root "$secrets_dir/galera_root_password"')
    assert 'password="a\'b\\\\c\\"d"' in (shell.run_dir / "c.cnf").read_text()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["wsrep_cluster_status\tPrimary", "wsrep_ready\tON", "wsrep_local_state\t4"], (0, "Synced")),
        (["wsrep_cluster_status\tPrimary", "wsrep_ready\tON", "wsrep_local_state\t2"], (0, "Donor")),
        (["wsrep_cluster_status\tPrimary", "wsrep_ready\tON", "wsrep_local_state\t3"], (1, "local state 3")),
        (
            ["wsrep_cluster_status\tnon-Primary", "wsrep_ready\tOFF", "wsrep_local_state\t0"],
            (1, "non-Primary"),
        ),
        (["wsrep_cluster_status\tPrimary", "wsrep_ready\tOFF", "wsrep_local_state\t4"], (1, "not ready")),
        (["ERROR 1040 (08004): Too many connections"], (0, "full of clients")),
        (["ERROR 2002 (HY000): Can't connect to server"], (1, "Can't connect")),
        ([], (1, "no answer")),
    ],
)
def test_what_a_load_balancer_is_told(shell: Shell, lines: list[str], expected: tuple[int, str]) -> None:
    (shell.run_dir / "phase").write_text("joining\n")
    (shell.run_dir / "status").write_text("synced yes u\n")
    text = "\n".join(lines)
    shell.peers.program("mariadb", f"cat <<'END'\n{text}\nEND")
    answer = shell.run('"$program_dir/lb-health"', stdin="GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition("\n\n") if "\n\n" in answer else answer.partition("\r\n\r\n")
    assert ("200 OK" in head) == (expected[0] == 0)
    assert expected[1] in body


def test_what_a_process_has_started_is_found_down_to_the_last(shell: Shell) -> None:
    script = """
(sleep 30 & (sleep 30 & echo $! >"$run_dir/last"; wait) & wait) & first=$!
sleep 30 & other=$!
until [[ -s $run_dir/last ]]; do sleep 0.05; done
found=$(with_descendants <<<"$first")
for pid in "$first" "$(cat "$run_dir/last")"; do grep -qx "$pid" <<<"$found" || echo "not found"; done
! grep -qx -e "$other" -e "$$" <<<"$found" || echo "too much"
wc -l <<<"$found"
kill -KILL $found $other
wait 2>/dev/null
"""
    assert shell.run(f"{{ {script} }} 2>/dev/null") == "4"
