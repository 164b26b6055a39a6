"""Members of an etcd cluster under the alarm of a full database, and everything that they are told."""

import pytest

from operations.etcd.cluster import Member
from tests.unit.operations.fake_member import FakeMember


@pytest.fixture
def said() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def members(said: list[tuple[str, str]]) -> list[Member]:
    alarms = {"NOSPACE"}
    servers = [FakeMember(number, said) for number in (1, 2, 3)]
    for server in servers:
        server.alarms = alarms
    return [Member(name=server.name, session=server) for server in servers]
