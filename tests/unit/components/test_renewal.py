"""Certificates that are about to end: an ordinary deployment renews them, and one server follows another."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.components.fake_engine import FakeEngine
from tests.unit.components.fake_world import World
from tests.unit.components.stacks import SERVICE, Stacks, numbered, touched

ON = {"etcd": {"enabled": True}, "consul": {"enabled": True}}
SOON = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0).isoformat()
ETCD_MEMBER = "pulumi-python:dynamic/etcd:EtcdMember"
AGENT = "pulumi-python:dynamic/consul:WorkingAgent"


@pytest.fixture(scope="module")
def renewed(stacks: Stacks) -> FakeEngine:
    """After a deployment whose servers' certificates are in their last month."""
    due = stacks.deployed(ON, world=World(certificates_until=SOON))
    return stacks.deployed(ON, previous=due, world=World())


def test_what_has_a_certificate_is_touched_and_nothing_else(renewed: FakeEngine) -> None:
    names = {what.split(" ")[1] for what in touched(renewed)}
    services = {one.name for one in renewed.of_type(SERVICE) if one.operation != "same"}
    assert services == {f"{system}-{number}" for system in ("etcd", "consul") for number in (1, 2, 3)}
    assert {name for name in names if not name.startswith(("etcd", "consul"))} == set()
    assert not [
        one.name for one in renewed.registered.values() if one.operation == "replace" and one.type == SERVICE
    ]


@pytest.mark.parametrize(
    ("service", "proof"),
    [("etcd-#", (ETCD_MEMBER, "etcd-#-member")), ("consul-#", (AGENT, "consul-#-working"))],
)
def test_the_new_ones_walk_from_server_to_server(
    renewed: FakeEngine, service: str, proof: tuple[str, str]
) -> None:
    services, proofs = numbered(renewed, SERVICE, service), numbered(renewed, *proof)
    assert len(services) == len(proofs) == 3
    for index in (0, 1, 2):
        assert proofs[index].operation == "update", "somebody looks whether it works with the new one"
        assert services[index].urn in renewed.before(proofs[index])
        assert index == 0 or proofs[index - 1].urn in renewed.before(services[index])


def test_a_renewed_authority_has_its_key_and_renews_no_certificate(stacks: Stacks) -> None:
    due = stacks.deployed(ON, world=World(authority_until=SOON))
    after = stacks.deployed(ON, previous=due, world=World())
    kinds = {what.split(" ")[0].rpartition(":")[2] for what in touched(after)}
    assert "Authority" in kinds
    assert "Certificate" not in kinds
    assert "Service" in kinds, "whoever checks by it learns the new one"
