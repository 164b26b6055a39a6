"""The two networks."""

from pathlib import Path

import pytest

from sandbox.nodes.errors import DockerError, HostError
from sandbox.nodes.layout import PRIVATE_NETWORK, PUBLIC_NETWORK, Layout
from sandbox.nodes.networks import PLANS, create_command, ensure_networks, remove_networks
from tests.unit.sandbox_nodes.fakes import FakeDocker

LAYOUT = Layout(Path("/checkout"))


def test_the_private_network_comes_first_by_name_and_leads_nowhere() -> None:
    private, public = PLANS
    assert private.name < public.name
    words = create_command(private, LAYOUT)
    assert "--internal" not in words
    assert "--opt=com.docker.network.bridge.enable_ip_masquerade=false" in words
    assert "--opt=com.docker.network.bridge.enable_ip_masquerade=true" in create_command(public, LAYOUT)


def test_networks_have_subnet_gateway_and_label() -> None:
    docker = FakeDocker()
    ensure_networks(docker, LAYOUT)
    commands = docker.said("network", "create")
    assert [command[-1] for command in commands] == [PRIVATE_NETWORK, PUBLIC_NETWORK]
    assert all(f"--label={LAYOUT.label}" in command for command in commands)
    assert all("--label=galera-swarm.checkout=/checkout" in command for command in commands)
    assert "--subnet=10.141.0.0/24" in commands[0]
    assert "--gateway=10.141.0.1" in commands[0]


def test_networks_that_are_there_stay() -> None:
    labels = {"galera-swarm.sandbox": LAYOUT.sandbox_id}
    docker = FakeDocker(records={("network", plan.name): {"Labels": labels} for plan in PLANS})
    ensure_networks(docker, LAYOUT)
    assert not docker.said("network", "create")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"galera-swarm.sandbox": "other"}, "sandbox of other.*down --others"),
        (
            {"galera-swarm.sandbox": "other", "galera-swarm.checkout": "/elsewhere"},
            "sandbox of /elsewhere.*down --others",
        ),
        (None, "not the sandbox's"),
    ],
)
def test_somebody_elses_network_is_not_touched(labels: dict[str, str] | None, words: str) -> None:
    docker = FakeDocker(records={("network", PRIVATE_NETWORK): {"Labels": labels}})
    with pytest.raises(HostError, match=words):
        ensure_networks(docker, LAYOUT)
    assert not docker.said("network", "create")


def test_addresses_in_use_are_told_with_the_network() -> None:
    answers = {"network create": (1, "", "Error response from daemon: Pool overlaps with other one")}
    with pytest.raises(DockerError, match=r"galera-swarm-private.*10\.141\.0\.0/24: Pool overlaps"):
        ensure_networks(FakeDocker(answers=answers), LAYOUT)


def test_only_labelled_networks_are_removed() -> None:
    docker = FakeDocker(answers={"network ls": (0, f"{PRIVATE_NETWORK}\n", "")})
    remove_networks(docker, LAYOUT.label)
    assert f"--filter=label={LAYOUT.label}" in docker.commands[0]
    assert docker.said("network", "rm") == [["network", "rm", PRIVATE_NETWORK]]
