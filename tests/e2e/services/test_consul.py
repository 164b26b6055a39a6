"""Consul beside the database and etcd, in the order in which a user meets it: up, names, faults."""

import contextlib
import http.client
import json
import socket
import ssl
from typing import Any

import pytest

from settings.model.database import Database
from settings.model.network import Network
from tests.e2e.cloud import docker, kill_database, node_container, on_node, seen_on
from tests.e2e.cluster import Cluster
from tests.e2e.services.agents import DB, addresses, api, names, resolves
from tests.e2e.stack import Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

SERVERS = ("services-1", "services-2", "services-3")
#: Seconds until what has to come is given up; the machine may be busy.
PATIENCE = 120.0


def test_up_ends_with_a_leader_and_every_server_answers_with_every_member(stack: Stack) -> None:
    outputs, where = stack.outputs(), addresses(stack)
    consul = outputs["consul"]
    assert consul["servers"] == list(SERVERS)
    assert consul["leader"] in SERVERS
    assert consul["datacenter"] == "dc1"
    for hostname in SERVERS:
        assert names(where[hostname], DB) == set(where.values())
        assert resolves(hostname, DB) == set(where.values())
        assert names(where[hostname], f"galera-2.{DB}") == {where["services-2"]}


@pytest.mark.parametrize("network", ["bridge", Network().name])
def test_a_container_resolves_the_members_as_its_server_does(stack: Stack, network: str) -> None:
    ask = f"docker run --rm --network {network} --entrypoint getent {Database().effective_image} ahostsv4"
    assert {line.split()[0] for line in on_node("services-1", f"{ask} {DB}").splitlines()} == set(
        addresses(stack).values()
    )


def test_a_preview_after_a_refresh_shows_no_change(stack: Stack) -> None:
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}


def test_keys_are_written_with_the_token_and_refused_without(stack: Stack) -> None:
    token = stack.outputs()["consulToken"]
    refused, _ = api("services-1", "/v1/kv/greeting", "-X PUT -d hello")
    assert refused == 403
    written, _ = api("services-1", "/v1/kv/greeting", "-X PUT -d hello", token=token)
    assert written == 200
    assert api("services-3", "/v1/kv/greeting?raw", token=token) == (200, "hello")
    assert api("services-3", "/v1/kv/greeting?raw")[0] == 403


def test_the_api_speaks_tls_by_the_stacks_own_authority(stack: Stack) -> None:
    consul = stack.outputs()["consul"]
    for door in consul["endpoints"]:
        assert https_status(door, ssl.create_default_context(cadata=consul["authority"])) == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        https_status(consul["endpoints"][0], ssl.create_default_context())


def https_status(door: dict[str, Any], trust: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection(door["host"], int(door["port"]), context=trust, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/v1/status/leader")
        return connection.getresponse().status


def test_no_secret_is_in_a_log_an_environment_or_the_open_state(stack: Stack) -> None:
    token = stack.outputs()["consulToken"]
    assert token not in stack.run("export").stdout
    for hostname in SERVERS:
        assert token not in seen_on(hostname)


def test_only_the_private_address_answers(stack: Stack) -> None:
    public = {server["hostname"]: server["publicIp"] for server in stack.outputs()["servers"]}
    for port in (8300, 8301, 8500, 8501, 9200):
        with pytest.raises(OSError), socket.create_connection((public["services-1"], port), timeout=2):  # noqa: PT011
            pass


def test_a_member_that_is_desynced_or_killed_leaves_the_answer_and_comes_back(stack: Stack) -> None:
    outputs, where = stack.outputs(), addresses(stack)
    cluster = Cluster.of(outputs)
    second = cluster.members[1]
    two = {where["services-1"], where["services-3"]}
    cluster.ask(second, "SET GLOBAL wsrep_desync = ON")
    for address in where.values():
        await_condition("the desynced member's leaving", lambda at=address: names(at, DB) == two, PATIENCE)
    cluster.ask(second, "SET GLOBAL wsrep_desync = OFF")
    await_condition("its return", lambda: names(where["services-1"], DB) == set(where.values()), PATIENCE)
    kill_database("services-2")
    left = await_condition(
        "the killed member's leaving",
        lambda: names(where["services-3"], DB) == two,
        PATIENCE,
        every=0.05,
    )
    back = await_condition(
        "its return", lambda: names(where["services-3"], DB) == set(where.values()), PATIENCE
    )
    print(f"killed member: out of the answer after {left:.1f} s, in it again after {back:.1f} s more")


def test_ordinary_names_are_resolved_as_before_also_without_consul(stack: Stack) -> None:
    """The agent is the first name server of its server, and must never be the only one."""
    assert "galera-swarm consul" in on_node("services-3", "cat /etc/resolv.conf")
    own = resolves("services-3", "services-1.sandbox.test")
    before = on_node("services-3", "getent ahostsv4 deb.debian.org || echo none")
    on_node("services-1", "docker service scale --detach consul-3=0")
    container = "docker ps -q --filter label=com.docker.swarm.service.name=consul-3"
    await_condition("the agent's end", lambda: not on_node("services-3", container), PATIENCE)
    assert resolves("services-3", DB) == set()
    assert resolves("services-3", "services-1.sandbox.test") == own
    assert on_node("services-3", "getent ahostsv4 deb.debian.org || echo none") == before
    on_node("services-1", "docker service scale --detach consul-3=1")
    await_condition("the agent's return", lambda: len(resolves("services-3", DB)) == 3, PATIENCE)
    assert stack.changes() == {}


def test_one_server_lost_leaves_a_leader_keys_and_names(stack: Stack) -> None:
    token, where = stack.outputs()["consulToken"], addresses(stack)
    container = node_container("services-1")
    docker("pause", container)
    try:
        two = {where["services-2"], where["services-3"]}
        for hostname in ("services-2", "services-3"):
            at = where[hostname]
            took = await_condition("its leaving", lambda at=at: names(at, DB) == two, PATIENCE)
            print(f"lost server: out of the answer of {hostname} after {took:.1f} s")
        status, _ = api("services-2", "/v1/kv/greeting", "-X PUT -d still", token=token)
        assert status == 200
    finally:
        docker("unpause", container)
    await_condition(
        "the lost server's return",
        lambda: names(where["services-2"], DB) == set(where.values()),
        PATIENCE,
    )
    assert api("services-1", "/v1/kv/greeting?raw", token=token) == (200, "still")
    Cluster.of(stack.outputs()).await_recovered()


def test_all_agents_killed_at_once_come_back_as_who_they_were(stack: Stack) -> None:
    token, where = stack.outputs()["consulToken"], addresses(stack)
    before = {hostname: node_id(hostname, token) for hostname in SERVERS}
    assert len(set(before.values())) == len(SERVERS)
    for hostname in SERVERS:
        on_node(hostname, "kill -9 $(pidof consul)")
    for hostname in SERVERS:
        at = where[hostname]
        await_condition("every name again", lambda at=at: names(at, DB) == set(where.values()), PATIENCE)
    assert {hostname: node_id(hostname, token) for hostname in SERVERS} == before
    for hostname in SERVERS:
        assert api(hostname, "/v1/kv/greeting?raw", token=token) == (200, "still")


def node_id(hostname: str, token: str) -> str:
    """The agent's own id, which it keeps in its volume."""
    status, body = api(hostname, "/v1/agent/self", token=token)
    assert status == 200, body
    return str(json.loads(body)["Config"]["NodeID"])
