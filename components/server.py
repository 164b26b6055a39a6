"""One server of the stack: ordered, met over SSH for the first time, prepared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.host import (
    EngineSettingsArgs,
    Host,
    HostArgs,
    HostPlan,
    ImagePrefetch,
    ImagePrefetchArgs,
    connection_to,
)
from providers.softlayer import VirtualGuest, VirtualGuestArgs
from providers.ssh import HostKey, HostKeyArgs, SshInputs


@dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """What is ordered, and how it is prepared.

    guest: the order.
    private_key: SSH key that opens the server; a secret.
    ssh_over: "public" or "private", the address that answers SSH for whoever runs the program.
    plan: what host preparation makes of it.
    instance_type: becomes the engine's label of that name.
    images: pulled as soon as the engine runs, beside everything else.
    recorded: the stack's output `servers` of the last deployment: lets a preview know the addresses of a
        guest that changes in place.
    ssh_timeout_seconds: how long a new server may take until SSH answers steadily.
    unjudged: whether the guard has not judged this server as it is declared, since the run leaves it out.
    """

    guest: VirtualGuestArgs
    private_key: pulumi.Input[str]
    plan: HostPlan
    ssh_over: str = "public"
    instance_type: str = "public_cloud"
    images: Sequence[str] = ()
    recorded: pulumi.Input[Sequence[Mapping[str, Any]] | None] = None
    ssh_timeout_seconds: int = 900
    unjudged: pulumi.Input[bool] | None = None


class Server(pulumi.ComponentResource):
    """A prepared server, with Docker running and nothing on it yet."""

    hostname: str
    guest_id: pulumi.Output[int]
    public_ip: pulumi.Output[str]
    private_ip: pulumi.Output[str]
    datacenter: str
    shape: str
    """What the cloud can change of the guest in place. It reboots the guest for that, so every proof that
    something runs there has it among its triggers."""
    server_id: pulumi.Output[str]
    """Id of the guest, unknown only while the server is being replaced: the trigger of everything done
    on it.
    """
    ssh: SshInputs
    """How to reach it, in the form of `providers.ssh`."""
    host: Host
    """The preparation without the images, for what can begin while they are still being pulled."""
    prepared: pulumi.Output[str]
    """Changes when the host was prepared anew."""
    ready: list[pulumi.Resource]
    """What a service on it waits for. Whoever waits for the server itself also waits for its engine's
    settings, which come after the database where it carries no member."""
    engine: EngineSettingsArgs
    """The engine's settings, to be applied in an order that only the owner of its containers knows."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:server:Server", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.hostname, self.datacenter = str(args.guest.hostname), str(args.guest.datacenter)
        order = args.guest
        self.shape = f"{order.cpus} {order.memory_mb} {order.flavor} {order.disks}"
        guest = VirtualGuest(name, order, child, unjudged=args.unjudged)
        self.guest_id = guest.guest_id
        self.public_ip = _address(guest, guest.public_ip, args.recorded, "publicIp")
        self.private_ip = _address(guest, guest.private_ip, args.recorded, "privateIp")
        self.server_id = guest.id
        address = self.private_ip if args.ssh_over == "private" else self.public_ip
        key = HostKey(
            f"{name}-host-key",
            HostKeyArgs(
                server_id=self.server_id,
                host=address,
                port=22,
                user="root",
                private_key=args.private_key,
                timeout_seconds=args.ssh_timeout_seconds,
            ),
            child,
        )
        self.ssh = {
            "host": address,
            "port": 22,
            "user": "root",
            "hostKey": key.host_key,
            "privateKey": pulumi.Output.secret(args.private_key),
        }
        self._prepare(name, args, key.host_key, address)
        self.prepared = self.host.prepared
        self.register_outputs({"guest_id": self.guest_id, "prepared": self.prepared})

    def _prepare(
        self, name: str, args: ServerArgs, host_key: pulumi.Output[str], address: pulumi.Output[str]
    ) -> None:
        """Everything over SSH; the engine's settings are only described, for whoever owns its containers."""
        child = pulumi.ResourceOptions(parent=self)
        connection = connection_to(host=address, private_key=args.private_key, host_key=host_key)
        self.host = Host(
            name,
            HostArgs(
                connection=connection,
                server_id=self.server_id,
                hostname=self.hostname,
                domain=args.guest.domain,
                private_ip=self.private_ip,
                public_ip=self.public_ip,
                datacenter=self.datacenter,
                instance_type=args.instance_type,
                plan=args.plan,
                disks_gb=args.guest.disks,
            ),
            child,
        )
        self.ready = [self.host]
        if args.images:
            prefetch = ImagePrefetch(
                name,
                ImagePrefetchArgs(
                    connection=connection,
                    server_id=self.server_id,
                    hostname=self.hostname,
                    images=list(args.images),
                ),
                pulumi.ResourceOptions(parent=self, depends_on=[self.host]),
            )
            self.ready.append(prefetch)
        self.engine = EngineSettingsArgs(
            connection=connection,
            server_id=self.server_id,
            hostname=self.hostname,
            datacenter=self.datacenter,
            instance_type=args.instance_type,
            plan=args.plan,
        )


def _address(
    guest: VirtualGuest,
    told: pulumi.Output[str],
    recorded: pulumi.Input[Sequence[Mapping[str, Any]] | None],
    field: str,
) -> pulumi.Output[str]:
    """The guest's address; in a preview what was recorded for the same guest.

    A dynamic provider cannot say which outputs an update leaves alone, so a preview takes all of them for
    unknown, and with them everything on the server. An address never changes without the guest's id.
    """
    if not pulumi.runtime.is_dry_run():
        return told

    def known(pair: Sequence[Any]) -> pulumi.Output[str]:
        identity, servers = pair
        for server in servers or ():
            if str(int(server["id"])) == str(identity) and server.get(field):
                return pulumi.Output.from_input(str(server[field]))
        return told

    return pulumi.Output.all(guest.id, recorded).apply(known)


def ssh_options(server: Server, key_file: str) -> Sequence[pulumi.Input[str]]:
    """Options with which OpenSSH opens the server by its recorded host key, with no file of known hosts
    to keep.

    `KnownHostsCommand` (OpenSSH 8.5 and newer) hands the one key over; any other key is refused.
    """
    host_key = pulumi.Output.from_input(server.ssh.get("hostKey", ""))
    return [
        "-i",
        key_file,
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=15",
        "-o",
        "ServerAliveInterval=15",
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        host_key.apply(lambda key: f"KnownHostsCommand=/bin/echo * {key}"),
    ]
