"""A running sandbox cloud for contract tests: the real server over loopback, servers in memory, no Docker."""

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import SoftLayer
from SoftLayer.auth import BasicAuthentication
from SoftLayer.transports import XmlRpcTransport

from sandbox.api import Server, serve
from sandbox.api.memory import MemoryDriver

USERNAME = "sandbox"
API_KEY = "sandbox-key"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGgnXFLbR0sIDRyKvxBqYXMVYYFrMGTRBCIbkzaMVpLf contract"


class RunningCloud:
    """A server with the memory driver. `url`, `username` and `api_key` are what a client needs.

    `restart()` closes it, with whatever was under way left in the database, and starts another on the same
    database and driver, at a new `url`.
    """

    username = USERNAME
    api_key = API_KEY

    def __init__(self, database: Path, *, provision_seconds: float = 0) -> None:
        self.database = database
        self.driver = MemoryDriver()
        self._seconds = provision_seconds
        self._stack = ExitStack()
        self._server = self._start()

    def _start(self) -> Server:
        return self._stack.enter_context(
            serve(
                host="127.0.0.1",
                port=0,
                database=self.database,
                driver=self.driver,
                provision_seconds=self._seconds,
                username=USERNAME,
                api_key=API_KEY,
            )
        )

    @property
    def url(self) -> str:
        """The XML-RPC endpoint."""
        return self._server.url

    def client(self, *, timeout: float = 10) -> SoftLayer.API.BaseClient:
        """A stock client that reads no configuration of the machine."""
        return SoftLayer.API.BaseClient(
            auth=BasicAuthentication(USERNAME, API_KEY),
            transport=XmlRpcTransport(endpoint_url=self.url, timeout=timeout),
            config_file=os.devnull,
        )

    def control(self, verb: str, path: str, value: Any = None) -> Any:
        """A request to the control plane, for example `control("GET", "orders")`."""
        body = None if value is None else json.dumps(value).encode()
        url = f"{self._server.base_url}/control/{path}"
        request = urllib.request.Request(url, data=body, method=verb)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.load(answer)

    def fault(self, **script: Any) -> dict[str, Any]:
        """Put a fault script in force; fields as in `sandbox.api.faults.FaultScript`."""
        added: list[dict[str, Any]] = self.control("POST", "faults", script)
        return added[0]

    def orders(self) -> dict[str, Any]:
        """Counters of committed orders; `orderedByName` counts guests ever ordered by FQDN."""
        found: dict[str, Any] = self.control("GET", "orders")
        return found

    def call_count(self, service: str, method: str) -> int:
        """How often a method was called, in whatever way the call ended."""
        counts: dict[str, int] = self.control("GET", "calls")["counts"]
        return counts.get(f"SoftLayer_{service.removeprefix('SoftLayer_')}::{method}", 0)

    def restart(self) -> None:
        """Stop the server and start it again on the same database."""
        self._stack.close()
        self._server = self._start()

    def close(self) -> None:
        """Stop the server."""
        self._stack.close()


@pytest.fixture
def start_cloud(tmp_path: Path) -> Iterator[Callable[..., RunningCloud]]:
    """Start clouds with options, for example `start_cloud(provision_seconds=0.5)`."""
    with ExitStack() as stack:

        def start(*, provision_seconds: float = 0, database: Path | None = None) -> RunningCloud:
            cloud = RunningCloud(database or tmp_path / "cloud.sqlite", provision_seconds=provision_seconds)
            stack.callback(cloud.close)
            return cloud

        yield start


@pytest.fixture
def cloud(start_cloud: Callable[..., RunningCloud]) -> RunningCloud:
    """A running cloud in which provisioning takes no time."""
    return start_cloud()


@pytest.fixture
def client(cloud: RunningCloud) -> SoftLayer.API.BaseClient:
    """A stock client of `cloud`."""
    return cloud.client()


@pytest.fixture
def public_key() -> str:
    """An SSH public key."""
    return PUBLIC_KEY
