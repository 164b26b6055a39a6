"""How to reach a server: the plain form inside a provider, and the form in which resources are given it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

import pulumi


class _SshInputsRequired(TypedDict):
    host: pulumi.Input[str]
    privateKey: pulumi.Input[str]


class SshInputs(_SshInputsRequired, total=False):
    """The `ssh` input of every resource that works on a server. Only `privateKey` is a secret.

    Wrapping the whole object as a secret would hide changes of the address in previews.
    """

    port: pulumi.Input[int]
    user: pulumi.Input[str]
    hostKey: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server's SSH door.

    host_key: "<type> <base64>" as recorded at first contact; None only for that contact.
    """

    host: str
    private_key: str = field(repr=False)
    host_key: str | None = None
    user: str = "root"
    port: int = 22

    @classmethod
    def from_inputs(cls, m: Mapping[str, Any]) -> "Target":
        """From the `ssh` input as it arrives in a provider (numbers are floats, absent keys are missing)."""
        return cls(
            host=str(m["host"]),
            private_key=str(m["privateKey"]),
            host_key=m.get("hostKey") or None,
            user=str(m.get("user") or "root"),
            port=int(m.get("port") or 22),
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port != 22 else self.host
