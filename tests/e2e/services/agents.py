"""What Consul's agents on the servers say: names over DNS, the API, since when they run."""

import socket
import struct
import subprocess

from tests.e2e.cloud import node_container, on_node
from tests.e2e.stack import Stack

DB = "db.service.consul"


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


def started(hostname: str, service: str) -> str:
    """When the container of a server's agent was started."""
    return on_node(
        hostname,
        "docker inspect -f '{{.State.StartedAt}}' "
        f"$(docker ps -q --filter label=com.docker.swarm.service.name={service})",
    )
