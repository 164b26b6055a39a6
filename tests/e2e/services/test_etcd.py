"""etcd beside database and Consul: TLS, a server lost, one replaced, a volume lost, a snapshot restored."""

import socket
import subprocess
from pathlib import Path

import pytest

from providers.pki import AuthorityProvider, CertificateProvider
from tests.e2e.cloud import docker, node_container, on_node, sandbox, seen_on
from tests.e2e.cluster import Cluster
from tests.e2e.keys import KeyLedger, Keys
from tests.e2e.services.conftest import NAME
from tests.e2e.stack import ROOT, Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

MEMBERS = ["etcd-1", "etcd-2", "etcd-3"]
ANSWER_LIMIT_SECONDS = 30.0
"""Longest time without an acknowledged write when a server is killed, on a machine that is busy."""
LONG_LOG = 5500
"""Entries: more than 5000, which is how far a member may be behind before etcd calls it overloaded."""


def test_three_members_vote_and_each_answers_with_what_another_took(stack: Stack, keys: Keys) -> None:
    etcd = stack.outputs()["etcd"]
    assert (etcd["health"], etcd["version"]) == ("3 of 3 members vote", "3.6.6")
    assert [member["name"] for member in etcd["members"]] == keys.voters() == MEMBERS
    assert {member["name"]: member["id"] for member in etcd["members"]} == {
        name: member_id for name, (member_id, _) in keys.members().items()
    }
    for number, endpoint in enumerate(keys.endpoints):
        keys.put(f"through/{number}", endpoint, endpoint)
    for endpoint in keys.endpoints:
        assert [keys.get(f"through/{n}", endpoint) for n in range(3)] == list(keys.endpoints)


def test_only_a_certificate_of_the_stacks_authority_opens_it(
    stack: Stack, keys: Keys, tmp_path: Path
) -> None:
    outputs = stack.outputs()
    own = dict(
        AuthorityProvider().create({"common_name": "other", "valid_days": 9, "renew_days": 1}).outs or {}
    )
    forged = dict(
        CertificateProvider()
        .create(
            {
                "authority_certificate": own["certificate"],
                "authority_key": own["private_key"],
                "common_name": "client",
                "usages": ["client"],
                "valid_days": 5,
                "renew_days": 1,
            }
        )
        .outs
        or {}
    )
    for identity in ({"certificate": forged["certificate"], "key": forged["private_key"]}, {}):
        with pytest.raises(OSError, match=r"(?i)certificate|alert|reset|closed|broken pipe|eof"):
            Keys(outputs, tmp_path, identity).put("forged", "x", outputs["etcd"]["endpoints"][0])
        assert keys.get("forged", keys.endpoints[0]) is None


def test_on_the_public_interface_nothing_answers(stack: Stack) -> None:
    for server in stack.outputs()["servers"]:
        for port in (2379, 2380):
            with pytest.raises(OSError, match=r"timed out|refused|unreachable"):
                socket.create_connection((server["publicIp"], port), timeout=1).close()


def test_no_key_is_in_the_open_state_or_in_what_docker_shows(stack: Stack) -> None:
    assert "PRIVATE KEY" not in stack.run("export").stdout
    for server in stack.outputs()["servers"]:
        assert "PRIVATE KEY" not in seen_on(server["hostname"])


def test_a_killed_server_is_not_missed_and_comes_back(stack: Stack, keys: Keys) -> None:
    container = node_container(f"{NAME}-2")
    with KeyLedger(keys, "killed/") as ledger:
        await_condition("the first keys", lambda: len(ledger.acknowledged) > 20, timeout=60)
        docker("kill", container)
        before = len(ledger.acknowledged)
        await_condition("more keys", lambda: len(ledger.acknowledged) > before + 20, timeout=60)
    print(f"one server killed: {ledger.longest_pause_seconds:.1f} s without a write")
    assert ledger.longest_pause_seconds < ANSWER_LIMIT_SECONDS
    assert ledger.lost() == set()
    assert sandbox("up").returncode == 0
    await_condition("the member's answer", lambda: _answers(keys, keys.endpoints[1]), timeout=180, every=1.0)
    Cluster.of(stack.outputs()).await_synced()


def test_a_replaced_server_takes_the_place_of_its_member(stack: Stack, keys: Keys) -> None:
    old = keys.members()["etcd-2"][0]
    stack.set("servers.overrides", {f"{NAME}-2": {"datacenter": "dal13"}})
    with KeyLedger(keys, "replaced/") as ledger:
        stack.up(timeout=1800)
    now = Keys(stack.outputs(), Path(stack.config_file).parent)
    print(f"server replaced: {ledger.longest_pause_seconds:.1f} s without a write")
    assert now.voters() == MEMBERS
    assert now.members()["etcd-2"][0] != old
    assert ledger.acknowledged
    assert ledger.lost() == set()
    assert Cluster.of(stack.outputs()).synced()
    assert stack.changes() == {}


def test_a_member_whose_volume_is_gone_gets_back_in_also_after_a_long_log(stack: Stack, keys: Keys) -> None:
    keys.lengthen(LONG_LOG)
    old = keys.members()["etcd-3"][0]
    on_node(f"{NAME}-1", "docker service scale --detach etcd-3=0")
    gone = "docker ps -aq --filter label=com.docker.swarm.service.name=etcd-3 | xargs -r docker rm -f"
    on_node(f"{NAME}-3", f"{gone}; docker volume rm -f etcd-data")
    stack.run("refresh", "--yes", "--skip-preview")
    stack.up(timeout=1800)
    assert keys.voters() == MEMBERS
    assert keys.members()["etcd-3"][0] != old
    assert keys.get("through/0", keys.endpoints[2]) == keys.endpoints[0]


def test_a_snapshot_is_restored_on_all_members(stack: Stack, keys: Keys, tmp_path: Path) -> None:
    keys.put("state", "good")
    file = tmp_path / "etcd.snapshot"
    _operate("snapshot", str(file))
    assert file.stat().st_mode & 0o077 == 0
    keys.put("state", "spoiled")
    keys.put("late", "x")
    _operate("restore", str(file))
    for endpoint in keys.endpoints:
        assert (keys.get("state", endpoint), keys.get("late", endpoint)) == ("good", None)
    _operate("defrag")
    assert keys.voters() == MEMBERS


def _operate(*words: str) -> None:
    done = subprocess.run(
        [str(ROOT / "tools" / "run"), "python", "-m", "operations.etcd", *words, "--stack", NAME],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _answers(keys: Keys, endpoint: str) -> bool:
    try:
        keys.get("through/0", endpoint)
    except OSError:
        return False
    return True
