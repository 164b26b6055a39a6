"""The resource SshKey: a public key registered with the account, to be put on ordered guests."""

from __future__ import annotations

import dataclasses

import pulumi

from providers.softlayer.ssh_key_provider import SshKeyProvider


@dataclasses.dataclass(frozen=True, kw_only=True)
class SshKeyArgs:
    """A key's declaration: the OpenSSH public key line, the label it is listed under, and notes.

    The label (or the notes) tells a later run that a key found in the account is its own.
    """

    endpoint: pulumi.Input[str]
    label: pulumi.Input[str]
    public_key: pulumi.Input[str]
    notes: pulumi.Input[str] = ""


class SshKey(pulumi.dynamic.Resource, module="softlayer", name="SshKey"):
    """A registered SSH key."""

    key_id: pulumi.Output[int]
    fingerprint: pulumi.Output[str]

    def __init__(self, name: str, args: SshKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a key; see SshKeyArgs."""
        props = {field.name: getattr(args, field.name) for field in dataclasses.fields(args)}
        super().__init__(SshKeyProvider(), name, {**props, "key_id": None, "fingerprint": None}, opts)
