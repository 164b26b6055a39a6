"""Certificates near their end are renewed by the next `up`, under clients that must not notice.

Those that have all expired, the authority's among them, are renewed by one `up` too.
"""

import json
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from providers.pki.x509 import Names, end_of, self_signed, signed
from tests.e2e.cloud import on_node
from tests.e2e.cluster import Cluster
from tests.e2e.keys import KeyLedger, Keys
from tests.e2e.services.agents import DB, addresses, api, names
from tests.e2e.stack import ROOT, Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

#: How long certificates live that shall expire: longer than the `up` takes that brings them to every server.
LIFE = timedelta(minutes=10)


def test_certificates_near_their_end_are_renewed_member_by_member(stack: Stack, keys: Keys) -> None:
    where = addresses(stack)
    doors = {(urlsplit(one).hostname or "", urlsplit(one).port or 0) for one in keys.endpoints}
    doors |= {(address, 8501) for address in where.values()}
    before = {door: ssl.get_server_certificate(door, timeout=10) for door in doors}
    stack.edit_state(_ends_tomorrow)
    assert set(stack.changes()) <= {"update", "replace", "create-replacement", "delete-replaced"}
    with KeyLedger(keys, "renewed/") as ledger:
        stack.up(timeout=1500)
    print(f"certificates renewed: {ledger.longest_pause_seconds:.1f} s without a key written")
    assert len(ledger.acknowledged) > 20
    assert ledger.lost() == set()
    for door in doors:
        assert ssl.get_server_certificate(door, timeout=10) != before[door], f"{door} has its old certificate"
    assert stack.changes() == {}
    for address in where.values():
        await_condition(
            "the members' names", lambda at=address: names(at, DB) == set(where.values()), timeout=60
        )
    assert Cluster.of(stack.outputs()).synced()


def _ends_tomorrow(resource: dict[str, Any]) -> None:
    """A certificate of a member, client or agent; the authority stays as it is."""
    if resource["type"].endswith("pki:Certificate"):
        resource["outputs"]["expires"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_certificates_that_have_all_expired_are_renewed_by_one_up(
    stack: Stack, keys: Keys, tmp_path: Path
) -> None:
    where, token = addresses(stack), stack.outputs()["consulToken"]
    peers = {(address, 2380) for address in where.values()}
    doors = peers | {(address, 8501) for address in where.values()}
    voters = keys.voters()
    keys.put("expired/before", "kept")
    assert api("services-1", "/v1/kv/expired", "-X PUT -d kept", token=token)[0] == 200

    soon = datetime.now(UTC).replace(microsecond=0) + LIFE
    stack.edit_state(_signed_until(stack, soon))
    stack.up(timeout=1500)
    assert {door: _end(door) for door in doors} == dict.fromkeys(doors, soon)
    await_condition("their end", lambda: datetime.now(UTC) > soon, LIFE.total_seconds(), every=1.0)
    for hostname in where:  # What was connected before stays so: from now on nobody is.
        on_node(hostname, "kill -9 $(pidof etcd) $(pidof consul)")
    await_condition("them all again", lambda: {_end(door) for door in doors} == {soon}, 180, every=1.0)
    status = _status(stack)
    assert "certificates that have expired" in status
    for service in ("etcd expired", "consul expired", "authority expired"):
        assert service in status

    stack.edit_state(lambda resource: _recorded(resource, soon))
    stack.up(timeout=1800)
    assert all((_end(door) or soon) > soon + timedelta(days=300) for door in doors)
    assert stack.changes() == {}
    now = Keys(stack.outputs(), tmp_path)
    assert now.voters() == voters
    for endpoint in now.endpoints:
        assert now.get("expired/before", endpoint) == "kept"
    assert api("services-3", "/v1/kv/expired?raw", token=token) == (200, "kept")
    for address in where.values():
        await_condition(
            "the members' names", lambda at=address: names(at, DB) == set(where.values()), timeout=60
        )
    assert Cluster.of(stack.outputs()).synced()
    assert "expired" not in _status(stack)


def _end(door: tuple[str, int]) -> datetime | None:
    try:
        return end_of(ssl.get_server_certificate(door, timeout=10))
    except OSError:
        return None


def _status(stack: Stack) -> str:
    """What `make status` shows, each run of spaces as one."""
    command = [str(ROOT / "tools" / "run"), "python", "-m", "status", "--stack", stack.name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return "\n".join(" ".join(line.split()) for line in done.stdout.splitlines())


def _signed_until(stack: Stack, end: datetime) -> Callable[[dict[str, Any]], None]:
    """The authority and all that it has signed, with the keys they have, but ending at another time.

    When they end stays recorded as it was, so that nothing is due for renewal.
    """
    state = json.loads(stack.run("export", "--show-secrets").stdout)["deployment"]["resources"]
    outs = {
        one["urn"]: {key: _plain(value) for key, value in one.get("outputs", {}).items()} for one in state
    }
    begins = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    root = next(outs[one["urn"]] for one in state if one["type"].endswith("pki:Authority"))
    authority = self_signed(root["private_key"], root["common_name"], begins=begins, ends=end)

    def change(resource: dict[str, Any]) -> None:
        own = outs[resource["urn"]]
        if resource["type"].endswith("pki:Authority"):
            resource["outputs"]["certificate"] = authority
        elif resource["type"].endswith("pki:Certificate"):
            resource["outputs"]["certificate"] = signed(
                own["private_key"],
                Names(
                    common_name=own["common_name"],
                    dns_names=tuple(own.get("dns_names") or ()),
                    addresses=tuple(own.get("addresses") or ()),
                    usages=tuple(own["usages"]),
                ),
                authority_certificate=authority,
                authority_key=root["private_key"],
                begins=begins,
                ends=end,
            )

    return change


def _recorded(resource: dict[str, Any], end: datetime) -> None:
    """As it would be recorded had these been made in the ordinary way."""
    if resource["type"].endswith(("pki:Authority", "pki:Certificate")):
        resource["outputs"]["expires"] = end.isoformat()


def _plain(value: Any) -> Any:
    """A value of the state, as exported with its secrets."""
    return json.loads(value["plaintext"]) if isinstance(value, dict) and "plaintext" in value else value
