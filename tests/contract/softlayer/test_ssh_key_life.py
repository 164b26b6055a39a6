"""A registered key's life against the sandbox: registered or adopted, relabelled, removed."""

from __future__ import annotations

import json
from typing import Any

import pytest
import SoftLayer
from pulumi.runtime.rpc import UNKNOWN

from providers.softlayer.errors import OwnershipError
from tests.contract.conftest import RunningCloud
from tests.contract.softlayer.harness import keys


@pytest.fixture
def props(cloud: RunningCloud, public_key: str) -> dict[str, Any]:
    return {"endpoint": cloud.url, "label": "galera-swarm:contract", "public_key": public_key, "notes": "n"}


def test_registered_read_and_removed(props: dict[str, Any], client: SoftLayer.API.BaseClient) -> None:
    provider = keys()
    created = provider.create(props)
    assert created.outs["key_id"] == int(created.id)
    assert ":" in created.outs["fingerprint"]
    read = provider.read(created.id, created.outs)
    assert (read.id, read.inputs) == (created.id, props)
    assert provider.diff(created.id, read.outs, props).changes is False
    provider.delete(created.id, created.outs)
    provider.delete(created.id, created.outs)
    assert client.call("Account", "getSshKeys") == []
    assert provider.read(created.id, created.outs).id == ""


FAULTS: list[dict[str, Any]] = [
    {"method": "createObject", "kind": "drop", "when": "after"},
    {"method": "createObject", "kind": "drop", "when": "before"},
    {"method": "createObject", "kind": "rate-limit", "times": 2},
    {"method": "createObject", "kind": "bad-body", "when": "after"},
    {"method": "getSshKeys", "kind": "http", "status": 502, "times": 2},
]


@pytest.mark.parametrize("script", FAULTS, ids=[json.dumps(script) for script in FAULTS])
def test_registered_once_whatever_fails(
    cloud: RunningCloud, props: dict[str, Any], client: SoftLayer.API.BaseClient, script: dict[str, Any]
) -> None:
    cloud.fault(**script)
    created = keys().create(props)
    assert [key["id"] for key in client.call("Account", "getSshKeys")] == [int(created.id)]


def test_our_own_key_is_adopted(props: dict[str, Any]) -> None:
    first = keys().create(props)
    again = keys().create({**props, "public_key": props["public_key"].rsplit(" ", 1)[0] + " another comment"})
    assert again.id == first.id


def test_somebody_elses_key_is_refused(props: dict[str, Any]) -> None:
    keys().create({**props, "label": "laptop", "notes": ""})
    with pytest.raises(OwnershipError, match=r"already has this key as 'laptop'.*slcli sshkey edit"):
        keys().create(props)


def test_label_and_notes_change_in_place(props: dict[str, Any]) -> None:
    provider = keys()
    created = provider.create(props)
    news = {**props, "label": "other", "notes": ""}
    assert provider.diff(created.id, created.outs, news).replaces == []
    updated = provider.update(created.id, created.outs, news)
    read = provider.read(created.id, updated.outs)
    assert (read.inputs["label"], read.inputs["notes"]) == ("other", "")


def test_another_key_text_is_another_key(props: dict[str, Any]) -> None:
    provider = keys()
    created = provider.create(props)
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtherKeyBodyOtherKeyBodyOtherKeyBodyOtherKey"
    assert provider.diff(created.id, created.outs, {**props, "public_key": other}).replaces == ["public_key"]
    unknown = provider.diff(created.id, created.outs, {**props, "public_key": UNKNOWN})
    assert (unknown.changes, unknown.replaces) == (None, [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"public_key": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "public_key"),
        ({"public_key": "AAAA"}, "public_key"),
        ({"label": ""}, "label"),
        ({"endpoint": "http://api.softlayer.com/xmlrpc/v3.1"}, "endpoint"),
    ],
)
def test_refused(props: dict[str, Any], change: dict[str, Any], field: str) -> None:
    assert [failure.property for failure in keys().check({}, {**props, **change}).failures] == [field]
