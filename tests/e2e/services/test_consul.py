"""Consul on a real swarm, in the order in which a user meets it: up, names, faults, growth, gone.

The tests of this module share one stack and run in order; each leaves three Synced members behind.
"""

import json
import socket
import struct
import subprocess
from collections.abc import Iterator

import pytest

from settings.model.consul import Consul
from tests.e2e.cloud import bring_images, docker, kill_database, node_container, on_node, sandbox_up
from tests.e2e.cluster import Cluster
from tests.e2e.stack import Stack, await_condition, temporary_stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3000)]

SERVERS = ("consul-1", "consul-2", "consul-3")
DB = "db.service.consul"
PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Three servers with Consul on each."""
    directory = tmp_path_factory.mktemp("consul")
    with sandbox_up():
        bring_images(Consul().image, timeout=2700)
        with temporary_stack(
            "consul", directory, servers__hostnamePrefix="consul", consul__enabled=True
        ) as made:
            made.up(timeout=1800)
            yield made


def names(server: str, name: str) -> set[str]:
    """IPv4 addresses that the DNS server at an address gives for a name, asked over UDP as `dig` would."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = struct.pack(">HHHHHH", 0x4711, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(5)
        door.sendto(question, (server, 53))
        try:
            answer = door.recv(4096)
        except TimeoutError:
            return set()
    count, at, found = struct.unpack(">H", answer[6:8])[0], len(question), set()
    for _ in range(count):
        while answer[at] & 0xC0 != 0xC0 and answer[at]:
            at += answer[at] + 1
        at += 2 if answer[at] & 0xC0 == 0xC0 else 1
        kind, _, _, size = struct.unpack(">HHIH", answer[at : at + 10])
        at += 10
        if kind == 1:
            found.add(socket.inet_ntoa(answer[at : at + size]))
        at += size
    return found


def resolves(hostname: str, name: str) -> set[str]:
    """What a server's own resolver says, past SSH."""
    said = on_node(hostname, f"getent ahostsv4 {name} || true")
    return {line.split()[0] for line in said.splitlines() if line.strip()}


def api(hostname: str, path: str, *options: str, token: str = "") -> tuple[int, str]:
    """Status and body of the agent's API on a server; the token goes in on stdin."""
    words = " ".join(options)
    done = subprocess.run(
        [
            *("docker", "exec", "-i", node_container(hostname), "sh", "-c"),
            f"curl -s -w '\\n%{{http_code}}' -H @- {words} http://127.0.0.1:8500{path}",
        ],
        input=f"X-Consul-Token: {token}\n" if token else "X-None: none\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def addresses(stack: Stack) -> dict[str, str]:
    return {server["hostname"]: server["privateIp"] for server in stack.outputs()["servers"]}


def test_up_ends_with_a_leader_and_every_server_answers_with_every_member(stack: Stack) -> None:
    outputs, where = stack.outputs(), addresses(stack)
    consul = outputs["consul"]
    assert consul["servers"] == list(SERVERS)
    assert consul["leader"] in SERVERS
    assert consul["datacenter"] == "dc1"
    for hostname in SERVERS:
        assert names(where[hostname], DB) == set(where.values())
        assert resolves(hostname, DB) == set(where.values())
        assert names(where[hostname], f"galera-2.{DB}") == {where["consul-2"]}


def test_a_second_preview_and_one_after_refresh_show_no_change(stack: Stack) -> None:
    assert stack.changes() == {}
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}


def test_keys_are_written_with_the_token_and_refused_without(stack: Stack) -> None:
    token = stack.outputs()["consulToken"]
    refused, _ = api("consul-1", "/v1/kv/greeting", "-X PUT -d hello")
    assert refused == 403
    written, _ = api("consul-1", "/v1/kv/greeting", "-X PUT -d hello", token=token)
    assert written == 200
    assert api("consul-3", "/v1/kv/greeting?raw", token=token) == (200, "hello")
    assert api("consul-3", "/v1/kv/greeting?raw")[0] == 403


def test_no_secret_is_in_a_log_an_environment_or_the_open_state(stack: Stack) -> None:
    token = stack.outputs()["consulToken"]
    assert token not in stack.run("export").stdout
    for hostname in SERVERS:
        assert token not in on_node(hostname, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ")
        everything = on_node(
            hostname, "for c in $(docker ps -q); do docker logs $c 2>&1; docker inspect $c; done"
        )
        assert token not in everything


def test_only_the_private_address_answers(stack: Stack) -> None:
    public = {server["hostname"]: server["publicIp"] for server in stack.outputs()["servers"]}
    for port in (8300, 8301, 8500, 8501, 9200):
        with pytest.raises(OSError), socket.create_connection((public["consul-1"], port), timeout=2):  # noqa: PT011
            pass


def test_a_member_that_is_desynced_or_killed_leaves_the_answer_and_comes_back(stack: Stack) -> None:
    outputs, where = stack.outputs(), addresses(stack)
    cluster = Cluster.of(outputs)
    second = cluster.members[1]
    two = {where["consul-1"], where["consul-3"]}
    cluster.ask(second, "SET GLOBAL wsrep_desync = ON")
    for address in where.values():
        await_condition("the desynced member's leaving", lambda at=address: names(at, DB) == two, 30)
    cluster.ask(second, "SET GLOBAL wsrep_desync = OFF")
    await_condition("its return", lambda: names(where["consul-1"], DB) == set(where.values()), 30)
    kill_database("consul-2")
    left = await_condition(
        "the killed member's leaving", lambda: names(where["consul-3"], DB) == two, 30, every=0.05
    )
    back = await_condition(
        "its return", lambda: names(where["consul-3"], DB) == set(where.values()), PATIENCE_SECONDS
    )
    print(f"killed member: out of the answer after {left:.1f} s, in it again after {back:.1f} s more")


def test_ordinary_names_are_resolved_as_before_also_without_consul(stack: Stack) -> None:
    """The agent is the first name server of its server, and must never be the only one."""
    assert "galera-swarm consul" in on_node("consul-3", "cat /etc/resolv.conf")
    own = resolves("consul-3", "consul-1.sandbox.test")
    before = on_node("consul-3", "getent ahostsv4 deb.debian.org || echo none")
    on_node("consul-1", "docker service scale --detach consul-3=0")
    container = "docker ps -q --filter label=com.docker.swarm.service.name=consul-3"
    await_condition("the agent's end", lambda: not on_node("consul-3", container), 60)
    assert resolves("consul-3", DB) == set()
    assert resolves("consul-3", "consul-1.sandbox.test") == own
    assert on_node("consul-3", "getent ahostsv4 deb.debian.org || echo none") == before
    on_node("consul-1", "docker service scale --detach consul-3=1")
    await_condition("the agent's return", lambda: len(resolves("consul-3", DB)) == 3, PATIENCE_SECONDS)
    assert stack.changes() == {}


def test_one_server_lost_leaves_a_leader_keys_and_names(stack: Stack) -> None:
    token, where = stack.outputs()["consulToken"], addresses(stack)
    container = node_container("consul-1")
    docker("pause", container)
    try:
        two = {where["consul-2"], where["consul-3"]}
        for hostname in ("consul-2", "consul-3"):
            at = where[hostname]
            took = await_condition("its leaving", lambda at=at: names(at, DB) == two, PATIENCE_SECONDS)
            print(f"lost server: out of the answer of {hostname} after {took:.1f} s")
        status, _ = api("consul-2", "/v1/kv/greeting", "-X PUT -d still", token=token)
        assert status == 200
    finally:
        docker("unpause", container)
    await_condition(
        "the lost server's return",
        lambda: names(where["consul-2"], DB) == set(where.values()),
        PATIENCE_SECONDS,
    )
    assert api("consul-1", "/v1/kv/greeting?raw", token=token) == (200, "still")
    Cluster.of(stack.outputs()).await_synced()


def test_three_to_five_to_three_keeps_the_keys_and_restarts_nobody(stack: Stack) -> None:
    token = stack.outputs()["consulToken"]
    before = {name: _started(name) for name in SERVERS}
    stack.set("servers.count", 5)
    stack.set("consul", {"enabled": True, "servers": 5})
    stack.up(timeout=1500)
    assert len(json.loads(api("consul-5", "/v1/status/peers")[1])) == 5
    assert {name: _started(name) for name in SERVERS} == before
    stack.set("consul", {"enabled": True})
    stack.up(timeout=1500)
    assert len(json.loads(api("consul-5", "/v1/status/peers")[1])) == 3
    stack.set("servers.count", 3)
    stack.up(timeout=1500)
    assert len(json.loads(api("consul-1", "/v1/status/peers")[1])) == 3
    assert {name: _started(name) for name in SERVERS} == before
    assert api("consul-2", "/v1/kv/greeting?raw", token=token) == (200, "still")
    assert stack.changes() == {}


def test_switched_off_nothing_of_it_is_left(stack: Stack) -> None:
    stack.set("consul", {"enabled": False})
    stack.up(timeout=1500)
    for hostname in SERVERS:
        assert "consul" not in on_node(hostname, "docker ps -a --format '{{.Names}}'; docker volume ls -q")
        assert "consul" not in on_node(hostname, "cat /etc/resolv.conf")
    assert "consul" not in stack.outputs()
    listed = on_node("consul-1", "docker service ls --format '{{.Name}}'; docker config ls; docker secret ls")
    assert "consul-working" not in listed
    assert not [line for line in listed.splitlines() if line.startswith("consul")]
    assert stack.changes() == {}


def _started(service: str) -> str:
    """When the container of a server's agent was started."""
    return on_node(
        service,
        "docker inspect -f '{{.State.StartedAt}}' "
        f"$(docker ps -q --filter label=com.docker.swarm.service.name={service})",
    )
