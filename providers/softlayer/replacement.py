"""Before a server is replaced: nothing is cancelled for an order that would be refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.softlayer.client import connect
from providers.softlayer.credentials import from_config
from providers.softlayer.errors import CloudError
from providers.softlayer.guest_inputs import GuestInputs
from providers.softlayer.price import verified_order


def ensure_orderable(cloud: Any, props: Mapping[str, Any]) -> None:
    """Stop where the cloud would not take the order of a replacement; asking buys nothing.

    cloud: the config's object of that name. props: the new guest's, all of them known.
    Raises the CloudError that the order would raise.
    """
    wanted = GuestInputs.from_props(props)
    try:
        verified_order(connect(wanted.endpoint, from_config(cloud), wanted.subject), wanted)
    except CloudError as exc:
        message = (
            f"{exc}; this order was to replace the server that runs, which is left as it is: take the change "
            "back, or, if the cloud has room for the new one only once the old one is gone, see 'Replace one "
            "server' in docs/operations.md"
        )
        raise type(exc)(message) from exc
