"""The HTTP server: SoftLayer's XML-RPC under /xmlrpc, the control plane under /control.

Threads, HTTP/1.1 with kept connections, a Content-Length on every answer, and faults as HTTP 200.
"""

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import sandbox.api.services  # noqa: F401 - registers the methods
from sandbox.api.calls import CallLog
from sandbox.api.cloud import Cloud
from sandbox.api.control import Control
from sandbox.api.dispatch import Call, dispatch
from sandbox.api.driver import NodeDriver
from sandbox.api.errors import ApiError, refuse, refuse_as
from sandbox.api.faults import ORDER_KINDS, Faults, FaultScript
from sandbox.api.store import Store
from sandbox.api.subjects import hostnames
from sandbox.api.transactions import Transactions
from sandbox.api.wire import Credentials, decode, encode, encode_fault

log = logging.getLogger(__name__)

_XML = "application/xml; charset=UTF-8"
_STALL_SECONDS = 3600.0
_STOP_SECONDS = 10.0


class Server:
    """A running server. `url` is the endpoint that clients are given."""

    def __init__(self, cloud: Cloud, host: str, port: int) -> None:
        self._cloud = cloud
        self._http = _HttpServer((host, port), cloud)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="api", daemon=True
        )
        self._closed = False
        cloud.transactions.resume()
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on, also when it was asked for as 0."""
        return int(self._http.server_address[1])

    @property
    def base_url(self) -> str:
        """The server's root; the control plane is `/control` below it."""
        return f"http://{self._http.server_address[0]!s}:{self.port}"

    @property
    def url(self) -> str:
        """The endpoint of the API."""
        return f"{self.base_url}/xmlrpc/v3.1"

    def close(self) -> None:
        """Stop at once: open connections are cut, unfinished transactions stay in the database."""
        if self._closed:
            return
        self._closed = True
        self._http.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.cut_connections()
        self._cloud.transactions.stop(_STOP_SECONDS)
        self._cloud.store.close()


@contextmanager
def serve(
    *,
    host: str,
    port: int,
    database: Path,
    driver: NodeDriver,
    provision_seconds: float,
    username: str,
    api_key: str,
) -> Iterator[Server]:
    """Run the API until the block ends; unfinished transactions of the database are resumed first.

    Port 0 takes any free one. Raises OSError when the address is taken and ValueError when it is not
    loopback.
    """
    if host != "localhost" and not ip_address(host).is_loopback:
        message = f"The sandbox serves loopback addresses only, and {host} is none."
        raise ValueError(message)
    store = Store(database)
    try:
        transactions = Transactions(store, driver, provision_seconds)
        cloud = Cloud(store, driver, transactions, username, api_key)
        server = Server(cloud, host, port)
    except BaseException:
        store.close()
        raise
    try:
        yield server
    finally:
        server.close()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], cloud: Cloud) -> None:
        self.cloud = cloud
        self.faults = Faults()
        self.calls = CallLog()
        self.control = Control(cloud, self.faults, self.calls)
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection %s of %s broke", request, client_address, exc_info=True)

    def cut_connections(self) -> None:
        with self._guard:
            open_now = list(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class _Reply:
    """What goes over the wire; no status means that the connection is dropped."""

    status: int | None
    body: bytes = b""
    total: int | None = None
    truncated: bool = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "galera-swarm-sandbox"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _HttpServer

    def do_POST(self) -> None:
        """XML-RPC, or a control request."""
        self._handle()

    def do_GET(self) -> None:
        """A control request."""
        self._handle()

    def do_DELETE(self) -> None:
        """A control request."""
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        log.debug("%s %s", self.address_string(), format % args)

    def _handle(self) -> None:
        length = self.headers.get("Content-Length")
        if length is None and self.command == "POST":
            self._send(411, b"", "text/plain")
            return
        body = self.rfile.read(int(length)) if length and length.isdigit() else b""
        path = self.path.partition("?")[0]
        if path.startswith("/control/"):
            self._control(path, body)
        elif self.command == "POST" and path.startswith("/xmlrpc/"):
            self._xmlrpc(path.rstrip("/").rpartition("/")[2], body)
        else:
            self._send(404, b"not found", "text/plain")

    def _control(self, path: str, body: bytes) -> None:
        if not ip_address(self.client_address[0]).is_loopback:
            self._send(403, b"{}", "application/json")
            return
        try:
            status, value = self.server.control.answer(self.command, path, body)
        except Exception:
            log.exception("%s %s failed", self.command, path)
            status, value = 500, {"error": "Internal error: see the log of the API."}
        self._send(status, json.dumps(value).encode(), "application/json")

    def _xmlrpc(self, service: str, body: bytes) -> None:
        reply = _answer(self.server, service, body, self.headers.get("Authorization"))
        if reply.status is None:
            self.close_connection = True
        elif reply.truncated:
            self.close_connection = True
            self._send(reply.status, reply.body, _XML, sent=len(reply.body) // 2)
        else:
            self._send(reply.status, reply.body, _XML, total=reply.total)

    def _send(
        self, status: int, body: bytes, kind: str, *, total: int | None = None, sent: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if total is not None:
            self.send_header("softlayer-total-items", str(total))
        self.end_headers()
        self.wfile.write(body[:sent])
        self.wfile.flush()


def _answer(server: _HttpServer, service: str, body: bytes, authorization: str | None) -> _Reply:
    """Authenticate, let a fault script act, dispatch, and record the call."""
    started = time.time()
    try:
        credentials, call = decode(service, body, authorization)
    except ApiError as fault:
        return _Reply(200, encode_fault(fault))
    names = hostnames(server.cloud, call)
    outcome = "ok"
    try:
        _authenticate(server.cloud, credentials)
        script = server.faults.take(call.service, call.method, names)
        if script is None:
            return _run(server.cloud, call)
        outcome = f"fault-script:{script.kind}:{script.when}"
        return _run_faulty(server, call, script)
    except ApiError as fault:
        outcome = fault.code if outcome == "ok" else outcome
        return _Reply(200, encode_fault(fault))
    finally:
        server.calls.add(started, call.service, call.method, call.object_id, names, outcome)


def _authenticate(cloud: Cloud, given: Credentials) -> None:
    if given.username is None or given.api_key is None:
        refuse("Access Denied. No valid authentication headers found.")
    if not cloud.accepts(given.username, given.api_key):
        refuse_as("InvalidLegacyToken", "Invalid API token.")


def _run(cloud: Cloud, call: Call) -> _Reply:
    """Dispatch. A bug answers as the cloud's own internal error does, and is logged."""
    try:
        answer = dispatch(cloud, call)
        return _Reply(200, encode(answer.value), answer.total)
    except ApiError:
        raise
    except Exception:
        log.exception("SoftLayer_%s::%s failed", call.service, call.method)
        refuse_as("-32603", "Internal Error")


def _run_faulty(server: _HttpServer, call: Call, script: FaultScript) -> _Reply:
    """What the client gets when a fault script fires."""
    if script.kind in ORDER_KINDS:
        return _run(server.cloud, replace(call, order_faults=script.order_faults()))
    reply = _Reply(200)
    if script.when == "after" or script.kind in ("slow", "truncate"):
        reply = _run(server.cloud, call)
    wait = script.delay or (_STALL_SECONDS if script.kind == "stall" else 0)
    if wait:
        server.stopping.wait(wait)
    error = script.error()
    if error is not None:
        raise error
    if script.kind == "http":
        return _Reply(script.status, script.body.encode())
    if script.kind in ("bad-body", "empty-body"):
        return _Reply(200, script.body.encode() if script.kind == "bad-body" else b"")
    if script.kind == "truncate":
        return replace(reply, truncated=True)
    return reply if script.kind == "slow" else _Reply(None)
