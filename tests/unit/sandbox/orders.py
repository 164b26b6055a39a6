"""Orders as the tests beside this file place them."""

from typing import Any

from sandbox.api.cloud import Cloud
from sandbox.api.ordering import OrderFaults, create
from sandbox.api.requests import from_create


def request(**changes: Any) -> dict[str, Any]:
    """A create request without a flavor: two CPUs with 4 GB."""
    return {
        "hostname": "db",
        "domain": "example.com",
        "datacenter": {"name": "tor01"},
        "startCpus": 2,
        "maxMemory": 4096,
        "hourlyBillingFlag": True,
        "localDiskFlag": False,
        "operatingSystemReferenceCode": "DEBIAN_12_64",
        **changes,
    }


def order(cloud: Cloud, hostname: str, **changes: Any) -> None:
    """Order one such guest."""
    create(cloud, [from_create(request(hostname=hostname, **changes))], OrderFaults())
