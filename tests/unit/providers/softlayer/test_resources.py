"""The resources as a program declares them: every output becomes an attribute, every input a property."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, mocks

from providers.softlayer import SshKey, SshKeyArgs, VirtualGuest, VirtualGuestArgs
from providers.softlayer.guest_inputs import PARSERS, GuestInputs, problems
from tests.unit.providers.softlayer.fakes import declared


class FakeEngine(Mocks):
    """Knows every resource as the cloud would answer."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.inputs[args.name] = dict(args.inputs)
        known = {"guest_id": 100, "private_ip": "10.0.0.1", "fqdn": "db-1.example.com", "key_id": 7}
        return "100", {**args.inputs, **known}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def engine() -> FakeEngine:
    made = FakeEngine()
    # The mocks register on the thread's event loop, which a test before this one may have closed.
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(made)
    return made


def test_arguments_inputs_and_parsers_name_the_same_fields() -> None:
    args = {field.name for field in dataclasses.fields(VirtualGuestArgs)}
    assert args == {field.name for field in dataclasses.fields(GuestInputs)} == set(PARSERS)


def test_arguments_and_inputs_have_the_same_defaults() -> None:
    ours = {field.name: field.default for field in dataclasses.fields(GuestInputs)}
    theirs = {field.name: field.default for field in dataclasses.fields(VirtualGuestArgs)}
    assert ours == theirs


@pulumi.runtime.test
def test_a_guest_and_its_key(engine: FakeEngine) -> Any:
    key = SshKey("key", SshKeyArgs(endpoint="https://x", label="l", public_key="ssh-ed25519 AAAA"))
    base = {name: value for name, value in declared().to_props().items() if name != "ssh_key_ids"}
    guest = VirtualGuest("db-1", VirtualGuestArgs(**base, ssh_key_ids=[key.key_id]))

    def check(values: list[Any]) -> None:
        assert values == [100, "10.0.0.1", "db-1.example.com", 7]
        seen = {name: value for name, value in engine.inputs["db-1"].items() if value is not None}
        assert seen["ssh_key_ids"] == [7]
        assert problems(seen) == []

    return pulumi.Output.all(guest.guest_id, guest.private_ip, guest.fqdn, key.key_id).apply(check)


def test_declaring_resources_does_not_import_the_softlayer_package() -> None:
    program = "import sys, providers.softlayer; sys.exit('SoftLayer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
