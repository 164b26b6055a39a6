"""An SSH server and the connection properties that fit it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from tests.unit.tools.command.fake_ssh import FakeSshServer, fake_ssh_server


@pytest.fixture(scope="session")
def client_key() -> paramiko.PKey:
    return paramiko.ECDSAKey.generate()


@pytest.fixture
def ssh_server(tmp_path: Path, client_key: paramiko.PKey) -> Iterator[FakeSshServer]:
    root = tmp_path / "server"
    root.mkdir()
    with fake_ssh_server(root, client_key) as server:
        yield server


@pytest.fixture
def connection(ssh_server: FakeSshServer, client_key: paramiko.PKey) -> dict[str, Any]:
    text = io.StringIO()
    client_key.write_private_key(text)
    return {
        "host": "127.0.0.1",
        "port": float(ssh_server.port),
        "user": "root",
        "privateKey": text.getvalue(),
        "hostKey": ssh_server.public_host_key,
        "dialErrorLimit": 2.0,
        "perDialTimeout": 10.0,
    }
