"""The proofs: one agent's, on which the next one waits, and that of Consul as a whole."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from providers.consul import ConsulError, WorkingAgentProvider, WorkingConsulProvider, agent_provider
from providers.pki import expired
from providers.ssh import Completed
from providers.swarm.errors import NoServiceError
from tests.unit.providers.consul.fake_consul import MANAGEMENT, FakeServer, FakeSites, ssh


class FakeManager(FakeServer):
    """Counts Consul's services."""

    services = 3

    def run(self, command: str, **how: Any) -> Completed:
        if command.startswith("docker service ls"):
            return Completed(exit_status=0, stdout="id\n" * self.services, stderr="")
        return Completed(exit_status=0, stdout="last words of the agent\n", stderr="")


@pytest.fixture
def manager(sites: FakeSites, monkeypatch: pytest.MonkeyPatch) -> FakeManager:
    """Every task runs by its present spec."""
    made = object.__new__(FakeManager)
    made.name = "db-1"
    task = SimpleNamespace(is_current=True, phase="running")
    monkeypatch.setattr(agent_provider, "task_view", lambda *_: task)
    for server in sites.servers.values():
        server.__class__ = type("FakeTold", (FakeManager,), {})
    monkeypatch.setattr(agent_provider, "any_manager", _opened(made))
    return made


def _opened(manager: FakeManager) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def any_manager(servers: object, *, patience_seconds: float) -> Any:
        yield manager, None

    return any_manager


def _raises(trouble: Exception) -> Any:
    def view(*_: object) -> Any:
        raise trouble

    return view


def agent(name: str = "db-2", **changes: Any) -> dict[str, Any]:
    return {
        "ssh": ssh(name),
        "server_id": "7",
        "manager_ssh": [ssh("db-1")],
        "node": name,
        "role": "server",
        "address": f"10.141.0.{9 + int(name[-1])}",
        "service": "consul-2",
        "volume": "consul-data",
        "peers": [],
        "expected": 3.0,
        "http_port": 8500.0,
        "rpc_port": 8300.0,
        "token": MANAGEMENT,
        "triggers": ["t"],
        "timeout_seconds": 5.0,
        **changes,
    }


def test_a_server_works_when_all_who_vote_are_healthy(sites: FakeSites, manager: FakeManager) -> None:
    assert WorkingAgentProvider().create(agent()).outs["state"] == "follower"
    assert WorkingAgentProvider().create(agent("db-1")).outs["state"] == "leader"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"unhealthy": {"db-3"}}, "not healthy: db-3"),
        ({"no_votes": {"db-2"}}, "not a voter yet"),
        ({"peers": ["db-1", "db-3"]}, "not among the servers yet"),
        ({"leader": None}, "no leader"),
    ],
)
def test_the_next_one_is_not_touched_while(
    sites: FakeSites, manager: FakeManager, trouble: dict[str, Any], words: str
) -> None:
    vars(sites.consul).update(trouble)
    with pytest.raises(ConsulError, match=words) as refused:
        WorkingAgentProvider().create(agent())
    assert "last words of the agent" in str(refused.value)


def test_the_first_servers_of_all_wait_for_nobody(sites: FakeSites, manager: FakeManager) -> None:
    sites.consul.leader, sites.consul.peers, sites.consul.management = None, [], None
    manager.services = 2
    assert WorkingAgentProvider().create(agent()).outs["state"] == "waits for its peers"


def test_one_that_has_lost_its_leader_is_no_first_start(sites: FakeSites, manager: FakeManager) -> None:
    sites.consul.leader, manager.services = None, 2
    with pytest.raises(ConsulError, match="no leader"):
        WorkingAgentProvider().create(agent())


def test_before_the_acl_system_a_leader_has_to_do(sites: FakeSites, manager: FakeManager) -> None:
    sites.consul.management = None
    assert WorkingAgentProvider().create(agent()).outs["state"] == "follower"


def test_one_whose_service_is_taken_away_is_told_at_once(
    sites: FakeSites, manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_provider, "task_view", _raises(NoServiceError("no such service: consul-2")))
    with pytest.raises(ConsulError, match="agent on db-2 is not there: no such service: consul-2"):
        WorkingAgentProvider().create(agent(timeout_seconds=600.0))


def test_a_client_works_when_it_knows_a_leader(sites: FakeSites, manager: FakeManager) -> None:
    assert WorkingAgentProvider().create(agent(role="client")).outs["state"] == "client"


def test_a_refresh_of_a_server_that_is_down_is_no_error(sites: FakeSites, manager: FakeManager) -> None:
    sites.servers["db-2"].is_up = False
    assert WorkingAgentProvider().read("db-2", agent(state="follower")).outs["state"] == "unreachable"


def test_another_server_replaces_the_proof_and_another_door_of_others_does_not() -> None:
    provider = WorkingAgentProvider()
    old = agent(state="follower")
    assert provider.diff("x", old, agent(server_id="8")).replaces == ["server_id"]
    assert provider.diff("x", old, agent(peers=[ssh("db-9")], manager_ssh=[])).changes is False
    assert provider.diff("x", old, agent(triggers=["u"])).changes is True


def whole(**changes: Any) -> dict[str, Any]:
    return {
        "servers": [ssh("db-1"), ssh("db-2"), ssh("db-3")],
        "server_names": ["db-1", "db-2", "db-3"],
        "agents": ["db-1", "db-2", "db-3"],
        "service": "db",
        "instances": ["galera-1", "galera-2"],
        "http_port": 8500.0,
        "token": MANAGEMENT,
        "triggers": [],
        "timeout_seconds": 5.0,
        **changes,
    }


def test_consul_works_when_everything_answers(sites: FakeSites) -> None:
    sites.consul.instances = {"galera-1", "galera-2"}
    outs = WorkingConsulProvider().create(whole()).outs
    assert (outs["leader"], outs["version"]) == ("db-1", "1.19.2")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"instances": {"galera-1"}}, "db does not answer with: galera-2"),
        ({"nodes": {"db-1", "db-2"}}, "not alive: db-3"),
        ({"unhealthy": {"db-2"}}, "not healthy voters: db-2"),
        ({"management": "other"}, "management token is not known"),
    ],
)
def test_what_is_missing_is_named(sites: FakeSites, trouble: dict[str, Any], words: str) -> None:
    sites.consul.instances = {"galera-1", "galera-2"}
    vars(sites.consul).update(trouble)
    with pytest.raises(ConsulError, match=words):
        WorkingConsulProvider().create(whole())


def test_a_server_that_is_to_go_may_be_ill(sites: FakeSites) -> None:
    sites.consul.instances, sites.consul.unhealthy = {"galera-1", "galera-2"}, {"db-3"}
    outs = WorkingConsulProvider().create(whole(server_names=["db-1", "db-2"])).outs
    assert outs["leader"] == "db-1"


GOOD, ENDED = datetime.now(UTC) + timedelta(days=700), datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("leader", "unhealthy", "shown", "lack"),
    [
        (None, set(), (GOOD, ENDED, ENDED), ""),
        (None, set(), (GOOD, GOOD, ENDED), "no leader"),
        (None, set(), (GOOD, ENDED, None), "no leader"),
        (None, set(), (GOOD, GOOD, GOOD), "no leader"),
        (None, set(), (ENDED, ENDED, ENDED), "no leader"),
        ("db-1", {"db-3"}, (GOOD, GOOD, ENDED), ""),
        ("db-1", {"db-3"}, (GOOD, ENDED, GOOD), "not healthy: db-3"),
        ("db-1", {"db-2", "db-3"}, (GOOD, None, ENDED), "not healthy: db-2, db-3"),
    ],
)
def test_servers_whose_certificates_have_expired_are_not_waited_for(
    sites: FakeSites,
    manager: FakeManager,
    monkeypatch: pytest.MonkeyPatch,
    leader: str | None,
    unhealthy: set[str],
    shown: tuple[datetime | None, ...],
    lack: str,
) -> None:
    addresses = [sites.consul.address(name) for name in sites.consul.names]
    until = dict(zip(addresses, shown, strict=True))
    monkeypatch.setattr(expired, "served_until", lambda _, host, port: until[f"{host}:{port}"])
    sites.consul.leader, sites.consul.unhealthy = leader, unhealthy
    renewed = agent("db-1", triggers=["renewed"], timeout_seconds=60.0)
    if lack:
        with pytest.raises(ConsulError, match=lack):
            WorkingAgentProvider().update("db-1", agent("db-1"), renewed)
    else:
        state = WorkingAgentProvider().update("db-1", agent("db-1"), renewed).outs["state"]
        assert state == ("leader" if leader else "waits for its peers")


def test_one_that_does_not_vote_yet_is_waited_for_whatever_has_expired(
    sites: FakeSites, manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = {"10.141.0.12": ENDED}
    monkeypatch.setattr(expired, "served_until", lambda _, host, _port: ends.get(host, GOOD))
    sites.consul.no_votes, sites.consul.unhealthy = {"db-2"}, {"db-3"}
    with pytest.raises(ConsulError, match="not a voter yet"):
        WorkingAgentProvider().create(agent(timeout_seconds=60.0))
