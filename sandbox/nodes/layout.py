"""Where things are and what they are called: the state directory, the labels, the fixed addresses.

Every object of a sandbox carries the label `galera-swarm.sandbox=<id>` and is found by it. The id follows
from the checkout's path, so that even a sandbox whose state directory was deleted can be found and removed.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

SANDBOX_LABEL = "galera-swarm.sandbox"
CHECKOUT_LABEL = "galera-swarm.checkout"
GUEST_LABEL = "galera-swarm.guest"
NAME_LABEL = "galera-swarm.fqdn"
ROLE_LABEL = "galera-swarm.role"
CONTENT_LABEL = "galera-swarm.image"

PUBLIC_NETWORK = "galera-swarm-public"
PRIVATE_NETWORK = "galera-swarm-private"
PUBLIC_SUBNET = "10.140.0.0/24"
PUBLIC_GATEWAY = "10.140.0.1"
PRIVATE_SUBNET = "10.141.0.0/24"
PRIVATE_GATEWAY = "10.141.0.1"
REGISTRY_ADDRESS = "10.141.0.2"
REGISTRY_PORT = 5000
HTTPS_ADDRESS = "10.141.0.3"

API_HOST = "127.0.0.1"
API_PORT = 18080
API_PATH = "/xmlrpc/v3.1"
API_USERNAME = "sandbox"
API_KEY = "sandbox-key"
"""Known to everybody: the API answers on the loopback interface only, and nothing behind it costs money."""


@dataclass(frozen=True)
class Layout:
    """The paths and labels of the sandbox of one checkout."""

    checkout: Path

    @property
    def sandbox_id(self) -> str:
        """Ten hexadecimal digits that follow from the checkout's path."""
        return hashlib.sha256(str(self.checkout.resolve()).encode()).hexdigest()[:10]

    @property
    def label(self) -> str:
        """The label of everything that belongs to this sandbox, as `docker --label` and `--filter label=`
        take it.
        """
        return label_of(self.sandbox_id)

    @property
    def state(self) -> Path:
        """The directory of everything that the sandbox writes."""
        return self.checkout / ".sandbox"

    @property
    def database(self) -> Path:
        """The API's records."""
        return self.state / "cloud.sqlite"

    @property
    def disks(self) -> Path:
        """The files behind the servers' further disks."""
        return self.state / "disks"

    @property
    def halted(self) -> Path:
        """One empty file for each server that was powered off on purpose."""
        return self.state / "halted"

    @property
    def registry_store(self) -> Path:
        """The local registry's blobs."""
        return self.state / "registry"

    @property
    def https(self) -> Path:
        """Key and certificate with which the local registry answers for registries other than Docker Hub."""
        return self.state / "registry-https"

    @property
    def https_certificate(self) -> Path:
        """The certificate of it."""
        return self.https / "certificate.pem"

    @property
    def published(self) -> Path:
        """Which image each tag in the local registry was made from."""
        return self.state / "published.json"

    @property
    def fetched(self) -> Path:
        """The images that were pulled, and not there before, one a line."""
        return self.state / "fetched-images"

    @property
    def host_report(self) -> Path:
        """What the last probe of this machine found."""
        return self.state / "host.json"

    @property
    def slcli_conf(self) -> Path:
        """The configuration for the stock client."""
        return self.state / "slcli.conf"

    @property
    def known_hosts(self) -> Path:
        """The servers' SSH host keys, for `python -m sandbox ssh`."""
        return self.state / "known_hosts"

    @property
    def api_log(self) -> Path:
        """Output of the API process."""
        return self.state / "api.log"

    @property
    def api_pid(self) -> Path:
        """Process id of the API."""
        return self.state / "api.pid"

    @property
    def lock(self) -> Path:
        """Held by `up` and `down`, so that two of them never run at once."""
        return self.state / "lock"

    def container(self, guest_id: int) -> str:
        """The name of a server's container."""
        return f"galera-swarm-{self.sandbox_id}-{guest_id}"

    @property
    def registry_container(self) -> str:
        """The name of the local registry's container."""
        return f"galera-swarm-{self.sandbox_id}-registry"

    @property
    def https_container(self) -> str:
        """The name of the container that answers HTTPS for it."""
        return f"galera-swarm-{self.sandbox_id}-registry-https"


def label_of(sandbox_id: str) -> str:
    """The label of everything that belongs to the sandbox of that id."""
    return f"{SANDBOX_LABEL}={sandbox_id}"


def checkout_layout() -> Layout:
    """The layout of the checkout that this code lies in."""
    return Layout(Path(__file__).resolve().parents[2])
