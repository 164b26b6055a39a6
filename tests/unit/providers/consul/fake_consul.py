"""A Consul for tests: an HTTP server for each agent, one state behind them, and SSH that leads there."""

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from providers.ssh import Completed, Session, Target, UnreachableError

RPC_PORT = 8300
MANAGEMENT = "11111111-1111-4111-8111-111111111111"
#: What agents since 1.15 say in front of it until somebody has set the ACL system up.
NOT_SET_UP = "ACL system must be bootstrapped before making any requests that require authorization: "

_DOCKER = """#!/bin/sh
root=$(dirname "$0")
[ ! -e "$root/no-docker" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
case "$1 $2" in
"volume ls") mkdir -p "$root/volumes"; ls "$root/volumes" | grep -e "${5#name=}" || : ;;
"volume create") mkdir -p "$root/volumes/$3"; echo "$3" ;;
"volume inspect") for last; do :; done; [ -d "$root/volumes/$last" ] || exit 1; echo "$root/volumes/$last" ;;
"volume rm") [ ! -e "$root/in-use" ] || { echo "volume is in use" >&2; exit 1; }; rm -r "$root/volumes/$3" ;;
*) echo "unexpected: $*" >&2; exit 9 ;;
esac
"""


class FakeConsul:
    """What all agents know. `peers` are names of servers; `acl` is None before it was set up."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.peers = list(names)
        self.leader: str | None = names[0]
        self.unhealthy: set[str] = set()
        self.no_votes: set[str] = set()
        self.management: str | None = MANAGEMENT
        self.policies: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.nodes = set(names)
        self.instances: set[str] = set()
        self.not_ready = 0
        self.refusal: tuple[int, str] | None = None

    def address(self, name: str) -> str:
        return f"10.141.0.{10 + self.names.index(name)}:{RPC_PORT}"

    def answer(self, own: str, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        """Status and content; the paths that providers/consul asks for."""
        self.calls.append(f"{method} {path}")
        path, _, query = path.partition("?")
        if path == "/v1/status/leader":
            return 200, self.address(self.leader) if self.leader else ""
        if path == "/v1/status/peers":
            return 200, [self.address(peer) for peer in self.peers]
        if path == "/v1/acl/bootstrap":
            return self._bootstrap(body)
        if self.refusal:
            return self.refusal
        if not self.management or token != self.management:
            return 403, f"{'' if self.management else NOT_SET_UP}ACL not found"
        if path.startswith("/v1/acl/"):
            return self._acl(method, path.removeprefix("/v1/acl/"), body)
        return self._rest(own, method, path, query)

    def _bootstrap(self, body: Any) -> tuple[int, Any]:
        if self.not_ready:
            self.not_ready -= 1
            return 500, "The ACL system is currently in legacy mode."
        if self.management:
            return 403, "Permission denied: ACL bootstrap no longer allowed (reset index: 13)"
        self.management = body["BootstrapSecret"]
        return 200, {"SecretID": self.management}

    def _acl(self, method: str, what: str, body: Any) -> tuple[int, Any]:
        kind, _, key = what.partition("/")
        if what == "token/self":
            return 200, {}
        if kind == "policy":
            key = key.removeprefix("name/")
            if method == "GET":
                return (200, self.policies[key]) if key in self.policies else (404, "not found")
            if method == "DELETE":
                self.policies = {name: one for name, one in self.policies.items() if one["ID"] != key}
                return 200, True
            self.policies[body["Name"]] = {"ID": f"id-of-{body['Name']}", **body}
            return 200, {}
        if method == "GET":
            return (200, self.tokens[key]) if key in self.tokens else (404, "not found")
        if method == "DELETE":
            self.tokens.pop(key)
            return 200, True
        self.tokens[body["AccessorID"]] = body
        return 200, {}

    def _rest(self, own: str, method: str, path: str, query: str) -> tuple[int, Any]:
        if path == "/v1/operator/autopilot/health":
            servers = [self._server(name) for name in self.peers]
            return (200 if all(one["Healthy"] for one in servers) else 429), {"Servers": servers}
        if path == "/v1/agent/leave":
            self._gone(own)
            return 200, None
        if path.startswith("/v1/agent/force-leave/"):
            self.nodes.discard(path.rpartition("/")[2])
            return 200, None
        if path == "/v1/operator/raft/peer":
            self._gone(next(name for name in self.peers if self.address(name) in query))
            return 200, None
        if path == "/v1/health/state/passing":
            return 200, [{"Node": name, "CheckID": "serfHealth"} for name in sorted(self.nodes)]
        return 200, [{"Service": {"ID": one}} for one in sorted(self.instances)]

    def _server(self, name: str) -> dict[str, Any]:
        return {
            "Name": name,
            "Address": self.address(name),
            "Voter": name not in self.no_votes,
            "Leader": name == self.leader,
            "Healthy": name not in self.unhealthy,
            "SerfStatus": "failed" if name in self.unhealthy else "alive",
            "Version": "1.19.2",
        }

    def _gone(self, name: str) -> None:
        self.peers = [peer for peer in self.peers if peer != name]
        self.nodes.discard(name)
        if self.leader == name:
            self.leader = self.peers[0] if self.peers else None


class FakeServer(Session):
    """A server with a shell in a directory of its own, a `docker` that knows volumes, and an agent."""

    def __init__(self, root: Path, name: str, port: int) -> None:
        self.name, self.root, self.port = name, root, port
        self.is_up, self.has_agent = True, True
        root.mkdir()
        (root / "docker").write_text(_DOCKER)
        (root / "docker").chmod(0o755)

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            env={"PATH": f"{self.root}:/usr/bin:/bin"},
            check=False,
        )
        return Completed(exit_status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def open_channel(self, host: str, port: int) -> Any:
        if not self.has_agent:
            said = f"no channel from {self.name} to {host}:{port}: Connection refused"
            raise UnreachableError(said)
        return socket.create_connection(("127.0.0.1", self.port))

    def volume_file(self, name: str) -> Path:
        return self.root / "volumes" / "consul-data" / name


class FakeSites:
    """The servers of a test by the name in their `ssh` input."""

    def __init__(self, root: Path, consul: FakeConsul) -> None:
        self.consul = consul
        self.doors = [_door(consul, name) for name in consul.names]
        self.servers = {
            name: FakeServer(root / name, name, door.server_address[1])
            for name, door in zip(consul.names, self.doors, strict=True)
        }

    @contextmanager
    def connect(self, target: Target, *, deadline_seconds: float) -> Iterator[FakeServer]:
        server = self.servers[target.host]
        if not server.is_up:
            said = f"no SSH session to {target}"
            raise UnreachableError(said)
        yield server

    def close(self) -> None:
        for door in self.doors:
            door.shutdown()
            door.server_close()


def ssh(name: str) -> dict[str, Any]:
    """The `ssh` input that leads to a server."""
    return {"host": name, "port": 22.0, "user": "root", "hostKey": "k k", "privateKey": "p"}


def seat(name: str = "db-3", **changes: Any) -> dict[str, Any]:
    """The inputs of an `AgentSeat`."""
    return {
        "ssh": ssh(name),
        "server_id": "7",
        "node": name,
        "role": "server",
        "address": f"10.141.0.{9 + int(name[-1])}",
        "volume": "consul-data",
        "peers": [ssh("db-1"), ssh("db-2"), ssh("db-3")],
        "peer_addresses": ["10.141.0.10", "10.141.0.11", "10.141.0.12"],
        "http_port": 8500.0,
        "rpc_port": 8300.0,
        "token": MANAGEMENT,
        **changes,
    }


def _door(consul: FakeConsul, name: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("X-Consul-Token") or ""
            status, content = consul.answer(name, self.command, self.path, body, token)
            text = content if isinstance(content, str) and status != 200 else json.dumps(content)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_DELETE = _answer  # noqa: N815 -- the base class' names

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
