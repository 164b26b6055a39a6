"""Which servers there are, and which one a name on the command line means."""

from dataclasses import dataclass

from sandbox.cli.control import NotRunningError, control
from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.errors import HostError
from sandbox.nodes.layout import GUEST_LABEL, NAME_LABEL, PRIVATE_NETWORK, PUBLIC_NETWORK, Layout


@dataclass(frozen=True)
class Server:
    """One server as the commands need it."""

    guest_id: int
    fqdn: str
    public_ip: str | None
    private_ip: str | None

    @property
    def hostname(self) -> str:
        """The name without the domain."""
        return self.fqdn.partition(".")[0]

    @property
    def address(self) -> str:
        """Where its sshd answers. Raises HostError when the server is powered off and so has no address."""
        found = self.public_ip or self.private_ip
        if not found:
            message = f"The server {self.fqdn} has no address; it is powered off."
            raise HostError(message)
        return found


def servers(docker: Docker, layout: Layout) -> list[Server]:
    """All servers: as the API knows them, or, when that does not run, as the engine does."""
    try:
        return [
            Server(each["id"], f"{each['hostname']}.{each['domain']}", each["publicIp"], each["privateIp"])
            for each in control("GET", "guests")
        ]
    except NotRunningError:
        purpose = "list the servers"
        names = docker.listed(
            "ps",
            "--all",
            "--format={{.Names}}",
            f"--filter=label={layout.label}",
            f"--filter=label={GUEST_LABEL}",
            purpose=purpose,
        )
        return [server for name in names if (server := _from_container(docker, name)) is not None]


def find(docker: Docker, layout: Layout, name: str) -> Server:
    """The server with this id, host name or full name. Raises HostError with the names that there are."""
    known = servers(docker, layout)
    found = [each for each in known if name in (str(each.guest_id), each.fqdn, each.hostname)]
    if len(found) == 1:
        return found[0]
    if found:
        message = (
            f"More than one server is called {name}; use one of {', '.join(each.fqdn for each in found)}."
        )
    elif known:
        message = (
            f"There is no server {name}; there are {', '.join(sorted(each.hostname for each in known))}."
        )
    else:
        message = f"There is no server {name}, nor any other."
    raise HostError(message)


def _from_container(docker: Docker, name: str) -> Server | None:
    record = docker.inspect("container", name)
    if record is None:
        return None
    labels, networks = record["Config"]["Labels"], record["NetworkSettings"]["Networks"]
    public = networks.get(PUBLIC_NETWORK, {}).get("IPAddress") or None
    private = networks.get(PRIVATE_NETWORK, {}).get("IPAddress") or None
    return Server(int(labels[GUEST_LABEL]), labels[NAME_LABEL], public, private)
