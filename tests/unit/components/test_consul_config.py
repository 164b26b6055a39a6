"""What an agent is told, and what is never in it."""

import base64
import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from components.consul_config import (
    AgentFacts,
    DatabaseMember,
    Ports,
    agent_config,
    agent_rules,
    agent_secrets,
    certificate_names,
    derived_gossip_key,
    derived_uuid,
    dns_rules,
)

PORTS = Ports(dns=53, http=8500, https=8501, rpc=8300, gossip=8301)
MEMBER = DatabaseMember(name="galera-2", cluster="galera", port=3306, health_port=9200)


def config(*, is_server: bool = True, member: DatabaseMember | None = MEMBER) -> dict[str, object]:
    facts = AgentFacts(node="db-2", address="10.141.0.11", is_server=is_server, member=member)
    text = agent_config(facts, expected=3, datacenter="dc1", domain="consul", ports=PORTS)
    return dict(json.loads(text))


def test_nothing_listens_anywhere_but_on_the_private_and_the_loopback_address() -> None:
    told = config()
    assert told["bind_addr"] == told["advertise_addr"] == "10.141.0.11"
    assert told["client_addr"] == "127.0.0.1"
    assert told["addresses"] == {"dns": "10.141.0.11", "https": "10.141.0.11"}
    assert {name: port for name, port in dict(told["ports"]).items() if port == -1} == {  # type: ignore[call-overload]
        "grpc": -1,
        "grpc_tls": -1,
        "serf_wan": -1,
    }


def test_only_a_server_is_told_how_many_elect_the_first_leader() -> None:
    assert config()["bootstrap_expect"] == 3
    assert "bootstrap_expect" not in config(is_server=False)


def test_no_peer_is_named_so_that_one_more_restarts_nobody() -> None:
    assert not {"retry_join", "start_join", "recursors"} & set(config())


def test_the_member_of_the_server_is_answered_for_while_it_may_take_clients() -> None:
    (service,) = config()["services"]  # type: ignore[misc]
    assert (service["id"], service["name"], service["address"]) == ("galera-2", "db", "10.141.0.11")
    assert service["check"]["http"] == "http://127.0.0.1:9200/"
    assert config()["dns_config"]["only_passing"] is True  # type: ignore[index]
    assert "services" not in config(member=None)


def test_what_nobody_may_read_is_in_the_secrets_and_nowhere_else() -> None:
    secrets = json.loads(agent_secrets(gossip_key="g", agent_token="a", dns_token="d"))
    assert secrets["encrypt"] == "g"
    assert secrets["acl"]["tokens"]["agent"] == "a"
    assert secrets["acl"]["tokens"]["dns"] == "d"
    assert "tokens" not in json.dumps(config())
    assert "encrypt" not in config()


def test_an_agent_writes_itself_and_the_database_only() -> None:
    assert 'node "db-2" { policy = "write" }' in agent_rules("db-2")
    assert agent_rules("db-2").count('"write"') == 3
    assert "write" not in dns_rules()
    assert "key" not in agent_rules("db-2")


def test_only_a_server_is_certified_as_one() -> None:
    assert certificate_names("dc1", "consul", is_server=True)[0] == "server.dc1.consul"
    assert "server.dc1.consul" not in certificate_names("dc1", "consul", is_server=False)


@given(seed=st.text(min_size=12), purposes=st.lists(st.text(), min_size=2, max_size=4, unique=True))
def test_tokens_follow_from_the_seed_and_differ_by_purpose(seed: str, purposes: list[str]) -> None:
    made = [derived_uuid(seed, purpose) for purpose in purposes]
    assert made == [derived_uuid(seed, purpose) for purpose in purposes]
    assert len(set(made)) == len(purposes)
    assert all(uuid.UUID(one).version == 4 for one in made)
    assert len(base64.b64decode(derived_gossip_key(seed))) == 32
