"""A throw-away SSH server on loopback for each test."""

from collections.abc import Iterator

import pytest

from providers.ssh import Session, Target, connect
from tests.unit.providers.ssh.fake_sshd import FakeSshd, running, written


@pytest.fixture
def sshd() -> Iterator[FakeSshd]:
    with running(FakeSshd()) as server:
        yield server


@pytest.fixture
def target(sshd: FakeSshd) -> Target:
    return Target(
        host="127.0.0.1", port=sshd.port, private_key=sshd.client_key, host_key=written(sshd.host_keys[0])
    )


@pytest.fixture
def session(target: Target) -> Iterator[Session]:
    with connect(target, deadline_seconds=5) as opened:
        yield opened
