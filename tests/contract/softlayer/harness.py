"""Driving the providers as the engine does: configured once, then method by method."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pulumi.dynamic.config import Config

from providers.softlayer.client import Api, connect
from providers.softlayer.clock import SystemClock
from providers.softlayer.credentials import from_config
from providers.softlayer.guest_provider import VirtualGuestProvider
from providers.softlayer.ssh_key_provider import SshKeyProvider
from tests.contract.conftest import API_KEY, USERNAME, RunningCloud

MARK = "galera-swarm:contract"
FQDN = "db-1.example.com"
P = TypeVar("P", bound=ResourceProvider)


def configured(make: Callable[[], P], **cloud: Any) -> P:
    """A provider that has read the stack config's `cloud` object, as JSON text."""
    provider = make()
    given = {"username": USERNAME, "apiKey": API_KEY, "timeoutSeconds": 5, "orderDoubtSeconds": 2, **cloud}
    config = Config({"galera-swarm:cloud": json.dumps(given)}, "galera-swarm")
    provider.configure(ConfigureRequest(config))
    return provider


def guests(**cloud: Any) -> VirtualGuestProvider:
    """The provider of guests."""
    return configured(VirtualGuestProvider, **cloud)


class FakeHurriedClock(SystemClock):
    """A clock on which a minute lasts a tenth of a second."""

    def monotonic(self) -> float:
        return super().monotonic() * 600


class HurriedGuests(VirtualGuestProvider):
    """The provider of guests, whose deadlines come soon."""

    def connect(self, props: Mapping[str, Any], subject: str) -> Api:
        return connect(str(props["endpoint"]), from_config(self._cloud), subject, FakeHurriedClock())


def hurried_guests() -> HurriedGuests:
    """The provider of guests in a hurry."""
    return configured(HurriedGuests, orderDoubtSeconds=3600)


def keys(**cloud: Any) -> SshKeyProvider:
    """The provider of SSH keys."""
    return configured(SshKeyProvider, **cloud)


def guest_props(cloud: RunningCloud, **more: Any) -> dict[str, Any]:
    """A guest's inputs as the engine delivers them: numbers are floats."""
    return {
        "endpoint": cloud.url,
        "hostname": "db-1",
        "domain": "example.com",
        "datacenter": "tor01",
        "mark": MARK,
        "flavor": "B1_2X4X25",
        "os_code": "DEBIAN_12_64",
        "disks": [25.0, 25.0],
        "nic_speed": 1000.0,
        "tags": ["db"],
        "notes": "a database server",
        "__provider": "pickled",
        **more,
    }


def assert_one_order_one_guest(cloud: RunningCloud, fqdn: str = FQDN) -> None:
    """Exactly one order was ever committed for the name, and one guest lives."""
    orders = cloud.orders()
    assert orders["orderedByName"] == {fqdn: 1}
    assert orders["guests"] == 1
