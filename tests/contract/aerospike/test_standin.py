"""The Aerospike stand-in: a real cluster view, the server's own words, an inventory that notices losses."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from providers.aerospike.info_protocol import InfoError, RefusedError, ask, number, pairs, seeds
from tests.contract.aerospike.nodes import ENTERPRISE, HOME, cluster, eventually, is_one, lost

pytestmark = pytest.mark.timeout(300)


def test_nodes_find_each_other_and_share_one_key_and_all_copies(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.1", 3) as nodes:
        eventually("one cluster", lambda: is_one(nodes))
        assert sum(number(node.facts(), "stand_in_partitions_held") for node in nodes) == 2 * 4096
        assert {node.facts()["cluster_principal"] for node in nodes} == {"A03"}
        assert lost(nodes) == 0
        key = nodes[0].facts()["cluster_key"]
        assert nodes[1].ask("cluster-stable:size=3;ignore-migrations=false") == key
        with pytest.raises(RefusedError, match="cluster not specified size"):
            nodes[1].ask("cluster-stable:size=4")
        with pytest.raises(RefusedError, match="bad size"):
            nodes[1].ask("cluster-stable:size=x")


def test_the_loss_of_one_is_survived_and_of_two_at_once_is_counted(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.2", 4) as nodes:
        eventually("one cluster", lambda: is_one(nodes))
        nodes[0].kill()
        eventually("a cluster of three", lambda: is_one(nodes[1:]))
        assert lost(nodes[1:]) == 0
        nodes[1].kill()
        nodes[2].kill()
        eventually("a cluster of one", lambda: is_one(nodes[3:]))
        assert lost(nodes[3:]) > 0


def test_a_node_without_a_seed_joins_by_a_tip_and_a_tip_can_be_cleared(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.3", 2, seeds=()) as (first, second):
        eventually("two clusters of one", lambda: is_one([first]) and is_one([second]))
        assert first.ask(f"tip:host={second.address};port=3002") == "ok"
        eventually("one cluster", lambda: is_one([first, second]))
        assert seeds(first.ask("get-config:context=network")) == [(second.address, 3002)]
        with pytest.raises(RefusedError):
            first.ask(f"tip:host={second.address};port=3002")
        assert first.ask(f"tip-clear:host-port-list={second.address}:3002") == "ok"
        with pytest.raises(RefusedError, match="0 cleared, 1 not found"):
            first.ask(f"tip-clear:host-port-list={second.address}:3002")
        assert seeds(first.ask("get-config:context=network")) == []
        assert is_one([first, second]), "a cleared tip of a node that is heard takes nothing apart"


def test_a_seed_that_is_the_node_itself_is_dropped(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.4", 1) as (only,):
        eventually("a cluster of one", lambda: is_one([only]))
        eventually("no seed", lambda: seeds(only.ask("get-config:context=network")) == [])


def test_alumni_are_remembered_until_they_are_reset(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.5", 2) as (first, second):
        eventually("one cluster", lambda: is_one([first, second]))
        assert second.address in first.ask("peers-clear-std")
        second.stop()
        eventually("a cluster of one", lambda: is_one([first]))
        assert second.address not in first.ask("peers-clear-std")
        assert second.address in first.ask("alumni-clear-std")
        assert first.ask("services-alumni-reset") == "ok"
        assert second.address not in first.ask("alumni-clear-std")


def test_community_edition_has_no_quiesce(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.6", 1) as (only,):
        eventually("a cluster of one", lambda: is_one([only]))
        with pytest.raises(RefusedError) as caught:
            only.ask("quiesce")
        assert (caught.value.code, caught.value.reason) == (25, "enterprise only")


def test_a_quiesced_node_hands_everything_over_at_the_next_recluster(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.7", 3, edition=ENTERPRISE, copies=1) as nodes:
        eventually("one cluster", lambda: is_one(nodes))
        before = nodes[0].facts()["cluster_key"]
        assert nodes[0].ask("quiesce") == "ok"
        facts = pairs(nodes[0].ask("namespace/test"))
        assert (facts["pending_quiesce"], facts["effective_is_quiesced"]) == ("true", "false")
        assert nodes[0].ask("recluster") == "ignored-by-non-principal"
        assert nodes[2].ask("recluster") == "ok"
        eventually("another key", lambda: nodes[0].facts()["cluster_key"] != before)
        eventually("nothing left to move", lambda: is_one(nodes))
        assert pairs(nodes[0].ask("namespace/test"))["effective_is_quiesced"] == "true"
        nodes[0].stop()
        eventually("a cluster of two", lambda: is_one(nodes[1:]))
        assert lost(nodes[1:]) == 0, "one copy each, and none was lost"


def test_the_text_port_speaks_text_and_the_binary_form_too(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.8", 1) as (only,):
        eventually("a cluster of one", lambda: is_one([only]))
        with socket.create_connection((only.address, 3003), timeout=20) as stream:
            stream.sendall(b"status\nnamespaces\nnonsense\n")
            lines = stream.makefile().readline
            assert [lines(), lines(), lines()] == ["ok\n", "test\n", "ERROR:4:unrecognized command\n"]
        with socket.create_connection((only.address, 3003), timeout=20) as stream:
            assert ask(stream, "status", "service-clear-alt") == {
                "status": "ok",
                "service-clear-alt": "10.0.0.1",
            }


@pytest.mark.parametrize("noise", [b"\x02\x03\x00\x00\x00\x00\x00\x01x", b"\x02\x01" + b"\xff" * 6, b"GET /"])
def test_noise_on_the_service_port_ends_the_connection_and_nothing_else(tmp_path: Path, noise: bytes) -> None:
    with cluster(tmp_path, "127.11.9", 1) as (only,):
        eventually("a cluster of one", lambda: is_one([only]))
        with socket.create_connection((only.address, 3000), timeout=20) as stream:
            stream.sendall(noise)
            stream.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert stream.recv(100) == b""
        assert only.ask("status") == "ok"


def test_asinfo_tells_by_its_exit_status_whether_the_node_answers(tmp_path: Path) -> None:
    def asinfo(address: str, value: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(HOME / "asinfo"), "-h", address, "-v", value]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    with cluster(tmp_path, "127.11.10", 1) as (only,):
        eventually("an answer", lambda: bool(only.facts()))
        good, bad = asinfo(only.address, "status"), asinfo(only.address, "quiesce")
        assert (good.returncode, good.stdout) == (0, "ok\n")
        assert (bad.returncode, bad.stdout) == (1, "ERROR:25:enterprise only\n")
    assert asinfo("127.11.10.1", "status").returncode == 1


def test_a_silent_node_answers_no_facts(tmp_path: Path) -> None:
    with cluster(tmp_path, "127.11.12", 1, start=False) as (only,):
        assert only.facts() == {}
        with pytest.raises((OSError, InfoError)):
            only.ask("status")
