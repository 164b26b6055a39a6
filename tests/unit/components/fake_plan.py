"""What the fake engine plans: dynamic resources by their own providers, everything else by its inputs."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Protocol

import dill
from pulumi.dynamic import DiffResult, ResourceProvider

from tests.unit.components.fake_wire import opened

Operation = Literal["create", "same", "update", "replace"]


class RefusedError(Exception):
    """A provider's `check` did not accept what the program declared."""


class Prior(Protocol):
    """What the last run left of a resource."""

    @property
    def id(self) -> str: ...
    @property
    def checked(self) -> dict[str, Any]: ...
    @property
    def outputs(self) -> dict[str, Any]: ...


def provider(inputs: Mapping[str, Any]) -> ResourceProvider | None:
    """The resource's own provider, taken from where the program pickles it; None if it has none."""
    pickled = inputs.get("__provider")
    if pickled is None:
        return None
    assert isinstance(pickled, str), "a provider holds a secret"
    return _unpickled(pickled)


@cache
def _unpickled(pickled: str) -> ResourceProvider:
    provider = dill.loads(base64.b64decode(pickled))  # noqa: S301 -- as the dynamic provider's host does
    assert isinstance(provider, ResourceProvider)
    return provider


def checked(
    provider: ResourceProvider | None, prior: Prior | None, inputs: dict[str, Any], urn: str
) -> dict[str, Any]:
    """The inputs as the provider wants them to be known. Raises RefusedError."""
    if provider is None:
        return inputs
    result = provider.check(dict(prior.checked) if prior else {}, dict(inputs))
    if result.failures:
        raise RefusedError(f"{urn}: " + "; ".join(failure.reason for failure in result.failures))
    return result.inputs


def operation(
    provider: ResourceProvider | None,
    prior: Prior | None,
    new: Mapping[str, Any],
    type_: str,
    ignored: tuple[str, ...],
) -> Operation:
    """What is done to the resource."""
    if prior is None:
        return "create"
    differing = {key for key in {*prior.checked, *new} if prior.checked.get(key) != new.get(key)} - {*ignored}
    if provider is None:
        if differing & _REPLACING.get(type_, set()):
            return "replace"
        return "update" if differing else "same"
    olds = opened(prior.outputs)
    found: DiffResult = provider.diff(prior.id, olds, dict(new))
    if found.replaces:
        return "replace"
    return "update" if (differing if found.changes is None else found.changes) else "same"


_REPLACING: Mapping[str, set[str]] = {
    "docker:index/serviceConfig:ServiceConfig": {"name", "data"},
    "docker:index/secret:Secret": {"name", "data", "labels"},
    "docker:index/network:Network": {"name", "driver", "ipamConfigs", "ipamDriver", "options", "attachable"},
    "docker:index/service:Service": {"name"},
    "command:remote:Command": {"triggers"},
}
"""Inputs whose change makes another object of what no provider of ours stands behind."""
