"""The resource VirtualGuest: one server, ordered once, known by its name and this stack's mark."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pulumi

from providers.softlayer.guest_inputs import DEFAULT_PROVISION_TIMEOUT_MINUTES
from providers.softlayer.guest_provider import UNJUDGED, VirtualGuestProvider

_OUTPUTS = (
    "guest_id",
    "public_ip",
    "private_ip",
    "fqdn",
    "datacenter_name",
    "status",
    "account_id",
    "order_id",
    "hourly_fee",
    "monthly_fee",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class VirtualGuestArgs:
    """A guest's declaration.

    Its size is a `flavor`, or `cpus` and `memory_mb` (MB, a multiple of 1024); its system an `os_code` or an
    `image_id` (global identifier). `disks` are GB, the first is the boot disk; `nic_speed` is Mbps for both
    interfaces; `mark` is the text by which this stack knows its guests, the same for all of them.
    `user_data` must be a comment-tolerant text (a shell script or cloud-config), since the mark is its last
    line.
    """

    endpoint: pulumi.Input[str]
    hostname: pulumi.Input[str]
    domain: pulumi.Input[str]
    datacenter: pulumi.Input[str]
    mark: pulumi.Input[str]
    cpus: pulumi.Input[int] | None = None
    memory_mb: pulumi.Input[int] | None = None
    flavor: pulumi.Input[str] | None = None
    os_code: pulumi.Input[str] | None = None
    image_id: pulumi.Input[str] | None = None
    hourly: pulumi.Input[bool] = True
    local_disk: pulumi.Input[bool] = False
    disks: pulumi.Input[Sequence[pulumi.Input[int]]] = (25,)
    nic_speed: pulumi.Input[int] = 1000
    private_only: pulumi.Input[bool] = False
    public_vlan_id: pulumi.Input[int] | None = None
    private_vlan_id: pulumi.Input[int] | None = None
    ssh_key_ids: pulumi.Input[Sequence[pulumi.Input[int]]] = ()
    tags: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    notes: pulumi.Input[str] = ""
    user_data: pulumi.Input[str] = ""
    placement_group_id: pulumi.Input[int] | None = None
    post_install_uri: pulumi.Input[str] | None = None
    dedicated: pulumi.Input[bool] = False
    dedicated_host_id: pulumi.Input[int] | None = None
    provision_timeout_minutes: pulumi.Input[int] = DEFAULT_PROVISION_TIMEOUT_MINUTES


class VirtualGuest(pulumi.dynamic.Resource, module="softlayer", name="VirtualGuest"):
    """A virtual guest; its outputs are known once it is provisioned and has its addresses."""

    guest_id: pulumi.Output[int]
    public_ip: pulumi.Output[str]
    private_ip: pulumi.Output[str]
    fqdn: pulumi.Output[str]
    datacenter_name: pulumi.Output[str]
    status: pulumi.Output[str]
    account_id: pulumi.Output[int | None]
    order_id: pulumi.Output[int | None]
    hourly_fee: pulumi.Output[str | None]
    monthly_fee: pulumi.Output[str | None]

    def __init__(
        self,
        name: str,
        args: VirtualGuestArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        unjudged: pulumi.Input[bool] | None = None,
    ) -> None:
        """Declare a guest; see VirtualGuestArgs.

        unjudged: whether the run leaves out the guard, which has not judged the guest as it is declared: a
        guest that is there is not changed then. Kept nowhere.
        """
        # One name, one guest: also where the user asks for a replacement that no diff has planned.
        first = pulumi.ResourceOptions(delete_before_replace=True)
        super().__init__(
            VirtualGuestProvider(),
            name,
            {**_props(args), UNJUDGED: unjudged},
            pulumi.ResourceOptions.merge(opts, first),
        )


def _props(args: VirtualGuestArgs) -> dict[str, Any]:
    """The declaration as properties; sequences as lists, outputs seeded so that they become attributes."""
    declared = {field.name: getattr(args, field.name) for field in dataclasses.fields(args)}
    plain = {field: list(value) if isinstance(value, tuple) else value for field, value in declared.items()}
    return {**plain, **dict.fromkeys(_OUTPUTS)}
