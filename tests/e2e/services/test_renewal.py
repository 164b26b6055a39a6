"""Certificates near their end are renewed by the next `up`, under clients that must not notice."""

import ssl
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.keys import KeyLedger, Keys
from tests.e2e.services.agents import DB, addresses, names
from tests.e2e.stack import Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


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
