"""The main way, in the order in which a user walks it: up, clean diffs, changes, faults, scale, down."""

import signal
import socket
from pathlib import Path

import pymysql
import pytest

from tests.e2e.cloud import guests, kill_database, on_node, ordered, seen_on
from tests.e2e.cluster import Cluster
from tests.e2e.ledger import Ledger, ask, connect, endpoints_of, synced, wsrep
from tests.e2e.promotion import promoted_while_two_are_frozen
from tests.e2e.stack import Stack, await_condition
from tests.e2e.witness import watched

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

WHOLE_CRASH_LIMIT_SECONDS = 180
ANSWER_LIMIT_SECONDS = 30
"""Longest time without an acknowledged write in a rolling change, on a machine that is busy."""
_DEMO_USERS = "SELECT COUNT(*) FROM mysql.user WHERE User = 'demo'"
_READY = (
    "docker node ls --format '{{.Status}} {{.ManagerStatus}}' 2>/dev/null"
    " | grep -cE '^Ready (Leader|Reachable)' || true"
)


def test_up_ends_with_three_synced_members(stack: Stack) -> None:
    stack.up()
    outputs = stack.outputs()
    assert [server["hostname"] for server in outputs["servers"]] == ["spine-1", "spine-2", "spine-3"]
    assert outputs["swarm"] == {"managers": ["spine-1", "spine-2", "spine-3"], "workers": []}
    database = outputs["database"]
    assert (database["mode"], database["size"], database["state"]) == ("ordered", 3, "Synced")
    assert database["version"].startswith("10.11")
    endpoints = endpoints_of(outputs)
    assert synced(endpoints, outputs["databaseRootPassword"])
    uuids = {wsrep(e, outputs["databaseRootPassword"])["wsrep_cluster_state_uuid"] for e in endpoints}
    assert uuids == {database["clusterUuid"]}


def test_a_user_of_the_configuration_has_its_grants_and_no_more(stack: Stack) -> None:
    outputs = stack.outputs()
    password = outputs["databaseUserPasswords"]["demo@%"]
    for endpoint in endpoints_of(outputs):
        table = f"demo.`made on {endpoint.member}`"
        for statement in (f"CREATE TABLE {table} (n INT PRIMARY KEY)", f"DROP TABLE {table}"):
            ask(endpoint, password, statement, user="demo")
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            ask(endpoint, password, "SELECT user FROM mysql.user", user="demo")


def test_the_public_interface_stays_shut(stack: Stack) -> None:
    for server in stack.outputs()["servers"]:
        for port in (2377, 3306, 7946, 9200):
            with pytest.raises(OSError, match=r"timed out|refused|unreachable"):
                socket.create_connection((server["publicIp"], port), timeout=2).close()


def test_a_second_preview_and_one_after_refresh_show_no_change(stack: Stack) -> None:
    assert stack.changes() == {}
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}


def test_no_secret_is_in_a_log_or_in_the_open_state(stack: Stack) -> None:
    outputs = stack.outputs()
    key = Path(stack.config["cloud"]["sshKeyFile"]).read_text().splitlines()[2]
    secrets = {"root": outputs["databaseRootPassword"], "SSH key": key, "join token": "SWMTKN-"}
    secrets |= outputs["databaseUserPasswords"]
    places = {name: seen_on(name) for name in ("spine-1", "spine-2", "spine-3")}
    places["state"] = stack.run("export").stdout
    found = [(what, where) for what, secret in secrets.items() for where in places if secret in places[where]]
    assert found == []


def test_a_line_of_my_cnf_and_a_password_roll_through_while_sql_answers_and_a_user_goes(stack: Stack) -> None:
    outputs = stack.outputs()
    endpoints, before = endpoints_of(outputs), outputs["databaseRootPassword"]
    password = f"another-{before}"
    stack.set("database.myCnf", "[mariadb]\nslow_query_log_file = rolled.log\n")
    touched = {urn.split("::")[-1] for urns in stack.changes().values() for urn in urns}
    assert {name for name in touched if not name.startswith("galera-")} == set(), touched
    assert {"galera-1", "galera-2", "galera-3"} <= touched
    assert ask(endpoints[0], before, _DEMO_USERS) == [(1,)]
    stack.set("database.rootPassword", password)
    stack.set("database.users", [])
    with Ledger(endpoints, before) as ledger, watched(ledger) as watch:
        stack.up()
    assert ledger.acknowledged, "no row was written during the change"
    assert watch.most_away <= 1, "one member after another"
    print(f"my.cnf and a password rolled: {ledger.longest_pause_seconds:.1f} s without a write")
    assert ledger.longest_pause_seconds < ANSWER_LIMIT_SECONDS
    assert stack.outputs()["databaseRootPassword"] == password
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        connect(endpoints[0], before)
    assert synced(endpoints, password)
    assert ask(endpoints[0], password, _DEMO_USERS) == [(0,)], "dropped with a password that is gone"
    for endpoint in endpoints:
        assert ask(endpoint, password, "SELECT @@slow_query_log_file") == [("rolled.log",)]
        assert ledger.lost_on(endpoint) == set()


def test_tags_and_notes_change_the_servers_in_place(stack: Stack) -> None:
    before = [server["id"] for server in stack.outputs()["servers"]]
    stack.set("servers.tags", ["blue"])
    stack.set("servers.notes", "seen by the e2e test")
    planned = stack.changes()
    assert set(planned) == {"update"}
    assert len(planned["update"]) == 3
    stack.up()
    assert [server["id"] for server in stack.outputs()["servers"]] == before
    assert stack.changes() == {}


def test_another_datacenter_is_planned_for_one_server_and_refused_for_two(stack: Stack) -> None:
    stack.set("servers.overrides", {"spine-3": {"datacenter": "dal13"}})
    replaced = {urn.split("::")[-1] for urn in stack.changes()["replace"]}
    assert "spine-3" in replaced
    assert all("spine-3" in name or name.startswith("galera-3") for name in replaced), replaced
    stack.set("servers.overrides", {"spine-2": {"datacenter": "dal13"}, "spine-3": {"datacenter": "dal13"}})
    refused = stack.run("preview", check=False)
    assert refused.returncode != 0
    assert "spine-2" in refused.stdout + refused.stderr
    assert "can lose 1" in refused.stdout + refused.stderr
    stack.set("servers.overrides", {})
    assert stack.changes() == {}


def test_all_members_killed_at_once_come_back_with_every_acknowledged_row(stack: Stack) -> None:
    outputs = stack.outputs()
    endpoints, password = endpoints_of(outputs), outputs["databaseRootPassword"]
    with Ledger(endpoints, password) as ledger:
        await_condition("a hundred rows", lambda: len(ledger.acknowledged) >= 100, timeout=60)
        for hostname in ("spine-1", "spine-2", "spine-3"):
            kill_database(hostname)
        await_condition("the fall", lambda: not synced(endpoints, password), timeout=30)
        took = await_condition(
            "three Synced members", lambda: synced(endpoints, password), timeout=WHOLE_CRASH_LIMIT_SECONDS
        )
    print(f"all killed: {took:.1f} s to three Synced, {ledger.longest_pause_seconds:.1f} s without a write")
    for endpoint in endpoints:
        assert ledger.lost_on(endpoint) == set()
    assert wsrep(endpoints[0], password)["wsrep_cluster_state_uuid"] == outputs["database"]["clusterUuid"]


def test_three_to_five_to_three_keeps_the_data_and_a_clean_node_list(stack: Stack) -> None:
    outputs, before = stack.outputs(), ordered("spine-")
    endpoints, password = endpoints_of(outputs), outputs["databaseRootPassword"]
    with Ledger(endpoints, password) as ledger:
        stack.set("servers.count", 5)
        run = stack.start("up", "--yes", "--skip-preview")
        run.wait_for("an order", lambda: ordered("spine-") != before)
        run.kill(signal.SIGINT)
        stack.up()
        made = {name: count - before.get(name, 0) for name, count in ordered("spine-").items()}
        assert {name: count for name, count in made.items() if count} == {"spine-4": 1, "spine-5": 1}
        five = endpoints_of(stack.outputs())
        assert len(five) == 5
        assert synced(five, password)
        for endpoint in five[3:]:
            assert ledger.lost_on(endpoint) == set()
        assert stack.outputs()["database"]["size"] == 5
        stack.set("servers.count", 3)
        stack.up()
    assert stack.outputs()["database"]["size"] == 3
    assert synced(endpoints, password)
    for endpoint in endpoints:
        assert ledger.lost_on(endpoint) == set()
    nodes = on_node("spine-1", "docker node ls --format '{{.Hostname}} {{.Status}}'").splitlines()
    assert sorted(nodes) == ["spine-1 Ready", "spine-2 Ready", "spine-3 Ready"]
    assert guests("spine-") == ["spine-1", "spine-2", "spine-3"]
    assert stack.changes() == {}


def test_a_member_is_promoted_while_two_of_three_servers_are_frozen(stack: Stack) -> None:
    took = promoted_while_two_are_frozen(stack, Cluster.of(stack.outputs()))
    print(f"promoted: {took:.1f} s to rows again")
    for hostname in ("spine-1", "spine-2", "spine-3"):
        await_condition(
            f"three managers, by the word of {hostname}",
            lambda hostname=hostname: on_node(hostname, _READY).split() == ["3"],  # type: ignore[misc]
            timeout=180,
        )
