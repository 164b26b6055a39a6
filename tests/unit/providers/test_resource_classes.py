"""What each resource hands to the engine: exactly the inputs that its provider knows, secrets as secrets."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import Resource

from providers import (
    aerospike,
    consul,
    etcd,
    galera,
    load_balancer,
    pki,
    secrets,
    ssh,
    swarm,
    topology,
    wordpress,
)
from providers.stateless import StatelessProvider
from tests.unit.providers.declared_resources import RESOURCES


class FakeBase:
    """Keeps what a resource gives to its base class."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.provider: Any = None
        self.props: dict[str, Any] = {}
        self.opts: pulumi.ResourceOptions | None = None

        def init(
            _self: Resource, provider: Any, _name: str, props: Any, opts: pulumi.ResourceOptions | None = None
        ) -> None:
            self.provider, self.props, self.opts = provider, props, opts

        monkeypatch.setattr(Resource, "__init__", init)

    async def secrets(self) -> set[str]:
        """Names of the properties that are secret, as inputs or as outputs."""
        hidden = set((self.opts.additional_secret_outputs if self.opts else None) or ())
        for key, value in self.props.items():
            if isinstance(value, pulumi.Output) and await value.is_secret():
                hidden.add(key)
        return hidden


@pytest.mark.parametrize("name", RESOURCES)
def test_inputs_and_secrets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declare, hidden = RESOURCES[name]
    base = FakeBase(monkeypatch)

    async def declared() -> None:
        declare()
        assert await base.secrets() == hidden

    asyncio.run(declared())
    assert isinstance(base.provider, StatelessProvider)
    outputs = set(base.props) - set(base.provider.INPUTS)
    assert all(base.props[key] is None for key in outputs)
    assert set(base.provider.INPUTS) - set(base.props) <= {"in_flux"}
    assert outputs == set(_outputs_of(name))


def _outputs_of(name: str) -> list[str]:
    """The attributes that the class declares beside its inputs."""
    module = next(
        one
        for one in (
            aerospike,
            consul,
            ssh,
            swarm,
            etcd,
            galera,
            load_balancer,
            pki,
            secrets,
            topology,
            wordpress,
        )
        if hasattr(one, name)
    )
    known = getattr(module, f"{name}Provider").INPUTS
    return [key for key in getattr(module, name).__annotations__ if key not in known]
