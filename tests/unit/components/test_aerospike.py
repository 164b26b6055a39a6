"""The Aerospike cluster as the program declares it: one after another, undisturbed by growth."""

import base64
from pathlib import Path

import pytest

from components.aerospike_conf import NamespaceConf, NodeConf, aerospike_conf
from sandbox.images.aerospike.standin.conf import read
from tests.unit.components.fake_engine import FakeEngine, Registration, opened
from tests.unit.components.stacks import CONFIG, RUNNING, SECRET, SERVICE, Stacks, touched

JOINED = "pulumi-python:dynamic/aerospike:JoinedNode"
STABLE = "pulumi-python:dynamic/aerospike:StableCluster"
ON = {"aerospike.enabled": True}


def service(engine: FakeEngine, name: str) -> Registration:
    return engine[SERVICE, name]


def text_of(engine: FakeEngine, name: str) -> str:
    """Content of a secret file."""
    return base64.b64decode(engine[SECRET, name].plain["data"]).decode()


def test_nothing_is_declared_while_it_is_off(stacks: Stacks) -> None:
    engine = stacks.first()
    assert not [one for one in engine.registered.values() if "aerospike" in one.urn.lower()]
    assert "aerospike" not in engine.outputs


def test_each_node_waits_until_the_one_before_has_joined(stacks: Stacks) -> None:
    engine = stacks.deployed(ON | {"aerospike.replicas": 3})
    for number in (1, 2, 3):
        proof = engine[JOINED, f"aerospike-{number}-joined"]
        assert service(engine, f"aerospike-{number}").urn in engine.before(proof)
        if number > 1:
            before = engine.before(service(engine, f"aerospike-{number}"))
            assert engine[JOINED, f"aerospike-{number - 1}-joined"].urn in before
    assert engine[JOINED, "aerospike-3-joined"].urn in engine.before(engine[STABLE, "aerospike-stable"])


def test_the_output_names_nodes_size_key_and_endpoints(stacks: Stacks) -> None:
    found = opened(stacks.deployed(ON).outputs)["aerospike"]
    assert found["size"] == 2
    assert found["clusterKey"] == "1ADD691A3EE0"
    assert [node["server"] for node in found["nodes"]] == ["db-1", "db-2"]
    assert found["endpoints"] == [
        {"node": "aerospike-1", "host": "10.141.0.10", "port": 3000},
        {"node": "aerospike-2", "host": "10.141.0.11", "port": 3000},
    ]


def test_a_node_is_pinned_reachable_by_the_common_name_and_known_by_its_own(stacks: Stacks) -> None:
    spec = service(stacks.deployed(ON), "aerospike-2").plain
    task = spec["taskSpec"]
    inside = task["containerSpec"]
    assert task["placement"]["constraints"] == ["node.labels.galera-swarm.server==db-2"]
    assert task["networksAdvanceds"][0]["aliases"] == ["aerospike"]
    assert spec["endpointSpec"]["mode"] == "dnsrr"
    assert inside["hostname"] == "aerospike-2"
    assert inside["args"] == ["--config-file", "/run/secrets/aerospike.conf"]
    assert "commands" not in inside, "the image's own entrypoint stays"
    assert inside["healthcheck"]["tests"] == ["CMD", "asinfo", "-v", "status"]
    assert inside["mounts"][0]["source"] == "aerospike-data"


def test_config_and_script_are_secrets_with_the_modes_of_the_document(stacks: Stacks) -> None:
    engine = stacks.deployed(ON)
    modes = {
        one["fileName"]: one["fileMode"]
        for name in ("aerospike-1", "aerospike-discovery")
        for one in service(engine, name).plain["taskSpec"]["containerSpec"]["secrets"]
    }
    assert modes == {
        "/run/secrets/aerospike.conf": 0o440,
        "/run/secrets/discovery": 0o755,
        "/run/secrets/info_protocol.py": 0o444,
    }
    assert not [one for one in engine.of_type(CONFIG) if one.name.startswith("aerospike")]
    assert text_of(engine, "aerospike-discovery").startswith("#!/usr/bin/env python3\n")


def test_growing_leaves_the_nodes_that_are_there_alone(stacks: Stacks) -> None:
    before = stacks.deployed(ON)
    after = stacks.deployed(ON | {"aerospike.replicas": 3}, previous=before)
    changed = {name: how for name, how in touched(after).items() if "aerospike" in name.lower()}
    assert {name for name in changed if "aerospike-1" in name or "aerospike-2" in name} == set()
    assert changed[f"{STABLE} aerospike-stable"] == "update"


def test_shrinking_updates_the_cluster_before_services_are_deleted(stacks: Stacks) -> None:
    before = stacks.deployed(ON | {"aerospike.replicas": 3})
    after = stacks.deployed(ON, previous=before)
    changed = touched(after)
    assert changed[f"{STABLE} aerospike-stable"] == "update"
    assert changed[f"{SERVICE} aerospike-3"] == "delete"
    assert not [name for name in changed if "aerospike-1" in name or "aerospike-2" in name]
    assert opened(after.outputs)["aerospike"]["size"] == 2


def test_another_image_touches_every_node_and_its_proof(stacks: Stacks) -> None:
    before = stacks.deployed(ON)
    after = stacks.deployed(ON | {"aerospike.image": "aerospike/aerospike-server:8.1.2.4"}, previous=before)
    changed = touched(after)
    for number in (1, 2):
        assert changed[f"{SERVICE} aerospike-{number}"] == "update"
        assert changed[f"{JOINED} aerospike-{number}-joined"] == "update"
    assert f"{SERVICE} aerospike-discovery" not in changed


def test_the_agent_is_waited_for_beside_the_nodes(stacks: Stacks) -> None:
    engine = stacks.deployed(ON)
    proof = engine[RUNNING, "aerospike-discovery-running"]
    assert proof.plain["service"] == "aerospike-discovery"
    assert service(engine, "aerospike-discovery").urn in engine.before(proof)
    assert proof.urn not in engine.before(engine[STABLE, "aerospike-stable"])


def test_another_image_of_the_agent_is_waited_for(stacks: Stacks) -> None:
    after = stacks.deployed(ON | {"aerospike.agentImage": "python:3.13-slim"}, previous=stacks.deployed(ON))
    changed = touched(after)
    assert changed[f"{SERVICE} aerospike-discovery"] == "update"
    assert changed[f"{RUNNING} aerospike-discovery-running"] == "update"


NODE = NodeConf(
    cluster_name="shop",
    node="shop-3",
    number=3,
    seeds=["shop-1", "shop-2"],
    private_ip="10.0.0.3",
    port=3100,
    namespaces=[
        NamespaceConf(
            name="cache", replication_factor=2, storage="memory", size_mb=512, default_ttl_seconds=60
        ),
        NamespaceConf(name="orders", replication_factor=3, storage="device", size_mb=2048),
    ],
)


def test_the_file_is_read_back_as_it_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "aerospike.conf"
    path.write_text(aerospike_conf(NODE))
    conf = read(path)
    assert (conf.cluster_name, conf.node_id, conf.service_port) == ("shop", 0xA03, 3000)
    assert (conf.access_address, conf.alternate) == ("shop-3", "10.0.0.3")
    assert (conf.heartbeat_address, conf.seeds) == ("shop-3", [("shop-1", 3002), ("shop-2", 3002)])
    assert [(one.name, one.replication_factor) for one in conf.namespaces] == [("cache", 2), ("orders", 3)]


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("    data-size 512M", 1),
        ("    filesize 2048M", 1),
        ("    file /opt/aerospike/data/orders.dat", 1),
        ("  default-ttl 60", 1),
        ("  nsup-period 120", 1),
        ("    alternate-access-port 3100", 1),
    ],
)
def test_lines_of_the_file(line: str, times: int) -> None:
    assert aerospike_conf(NODE).splitlines().count(line) == times


@pytest.mark.parametrize(
    ("number", "seeds"), [(1, ["aerospike-2"]), (2, ["aerospike-1"]), (3, ["aerospike-1", "aerospike-2"])]
)
def test_the_first_two_nodes_are_everybody_s_seeds_but_their_own(
    stacks: Stacks, number: int, seeds: list[str]
) -> None:
    text = text_of(stacks.deployed(ON | {"aerospike.replicas": 3}), f"aerospike-{number}-conf")
    assert [line.split()[1] for line in text.splitlines() if "mesh-seed" in line] == seeds
    assert f"node-id A{number:02X}" in text


def test_the_guard_is_told_of_nodes_and_copies(stacks: Stacks) -> None:
    engine = stacks.deployed(ON | {"aerospike.replicas": 3})
    (guard,) = engine.of_type("pulumi-python:dynamic/topology:TopologyGuard")
    assert guard.plain["copies"] == {"aerospike": {"servers": ["db-1", "db-2", "db-3"], "copies": 2}}
