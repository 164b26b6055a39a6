"""A host: a delivered server made ready for the swarm over SSH, in as few round trips as possible."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components.host.plan import HostEntry, HostFacts, HostPlan
from components.host.scripts import (
    engine_settings_script,
    neighbours_script,
    prefetch_script,
    preparation_script,
    settings_for,
)

DIAL_ERROR_LIMIT = 30
"""How often SSH may fail to answer before a host is given up; a rebooting server needs a minute or two."""

PER_DIAL_TIMEOUT = 15
"""Seconds for one attempt to reach SSH."""


def connection_to(
    *,
    host: pulumi.Input[str],
    private_key: pulumi.Input[str],
    host_key: pulumi.Input[str] | None = None,
    user: pulumi.Input[str] = "root",
    port: pulumi.Input[float] = 22,
) -> remote.ConnectionArgs:
    """The way to a host.

    Only the key is a secret: a connection that is secret as a whole plans replacements by itself.
    """
    return remote.ConnectionArgs(
        host=host,
        port=port,
        user=user,
        host_key=host_key,
        private_key=pulumi.Output.secret(private_key),
        dial_error_limit=DIAL_ERROR_LIMIT,
        per_dial_timeout=PER_DIAL_TIMEOUT,
    )


@dataclass(frozen=True, kw_only=True)
class HostArgs:
    """One server to prepare.

    `hostname` is the short name. `public_ip` is None on a private-only server. `private_subnets` are the
    stack's, in CIDR form. `neighbours` (`address`, `hostname`, `domain` of each server of the stack) may
    become known late: only /etc/hosts waits for it. `disks_gb` are the ordered sizes, the system's disk
    first.
    """

    connection: pulumi.Input[remote.ConnectionArgs]
    server_id: pulumi.Input[str]
    hostname: pulumi.Input[str]
    domain: pulumi.Input[str]
    private_ip: pulumi.Input[str]
    public_ip: pulumi.Input[str | None]
    datacenter: pulumi.Input[str]
    instance_type: pulumi.Input[str]
    plan: HostPlan
    private_subnets: pulumi.Input[Sequence[str]] = ()
    disks_gb: pulumi.Input[Sequence[pulumi.Input[int]]] = ()


class Host(pulumi.ComponentResource):
    """Prepares one server: packages, names, time, data disk, firewall, engine (design sections 4 and 9).

    The preparation runs again, in place, when its plan or the size of a data disk changes, and never restarts
    a running engine; a changed daemon.json is applied by `EngineSettings`. Deleting a host does nothing on
    it: the server itself is cancelled.
    """

    prepared: pulumi.Output[str]
    """The id of the preparation: stable over later runs, new on a new or reloaded server."""

    def __init__(self, name: str, args: HostArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:host:Host", name, None, opts)
        script = _facts(args).apply(lambda facts: preparation_script(args.plan, facts))
        preparation = _run(
            f"{name}-preparation",
            connection=args.connection,
            server_id=args.server_id,
            script=script,
            command=pulumi.Output.all(args.datacenter, args.instance_type).apply(
                lambda place: _first_settings(args.plan, datacenter=place[0], instance_type=place[1])
            ),
            # They matter at the first start only; later ones are the business of EngineSettings.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["create"]),
        )
        self.prepared = preparation.stdout.apply(str.strip)
        self.register_outputs({"prepared": self.prepared})


@dataclass(frozen=True, kw_only=True)
class EngineSettingsArgs:
    """The host whose daemon.json is kept up to date."""

    connection: pulumi.Input[remote.ConnectionArgs]
    server_id: pulumi.Input[str]
    hostname: pulumi.Input[str]
    datacenter: pulumi.Input[str]
    instance_type: pulumi.Input[str]
    plan: HostPlan


class EngineSettings(pulumi.ComponentResource):
    """Applies daemon.json on a prepared host: by reload where that is enough, else by a restart of the
    engine.

    A no-op right after a first preparation. A restart takes the host's containers with it, so where a
    database runs each host's settings must depend on the previous host's, and on its member being Synced
    again: the caller orders them by `depends_on`.
    """

    restart_key: pulumi.Output[str]
    """Changes only when the engine was restarted for new settings."""

    def __init__(
        self, name: str, args: EngineSettingsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("galera-swarm:host:EngineSettings", name, None, opts)
        script = pulumi.Output.all(args.hostname, args.datacenter, args.instance_type).apply(
            lambda known: engine_settings_script(
                args.plan, known[0], settings_for(args.plan, datacenter=known[1], instance_type=known[2])
            )
        )
        command = _run(
            f"{name}-settings",
            connection=args.connection,
            server_id=args.server_id,
            script=script,
            command=_shell("engine-settings"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.restart_key = command.stdout.apply(str.strip)
        self.register_outputs({"restart_key": self.restart_key})


@dataclass(frozen=True, kw_only=True)
class NeighboursArgs:
    """The host, and the stack's servers as `address`, `hostname`, `domain`; its own may be among them."""

    connection: pulumi.Input[remote.ConnectionArgs]
    server_id: pulumi.Input[str]
    hostname: pulumi.Input[str]
    servers: pulumi.Input[Sequence[Mapping[str, str]]]


class Neighbours(pulumi.ComponentResource):
    """Names the stack's servers in one prepared host's /etc/hosts.

    Apart from `Host`, since it has to wait for the last server's address and preparation must not.
    """

    def __init__(self, name: str, args: NeighboursArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:host:Neighbours", name, None, opts)
        _run(
            f"{name}-neighbours",
            connection=args.connection,
            server_id=args.server_id,
            script=pulumi.Output.all(args.hostname, args.servers).apply(
                lambda known: neighbours_script(known[0], [HostEntry(**entry) for entry in known[1]])
            ),
            command=_shell("neighbours"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


@dataclass(frozen=True, kw_only=True)
class ImagePrefetchArgs:
    """The images one host shall have."""

    connection: pulumi.Input[remote.ConnectionArgs]
    server_id: pulumi.Input[str]
    hostname: pulumi.Input[str]
    images: pulumi.Input[Sequence[str]]


class ImagePrefetch(pulumi.ComponentResource):
    """Pulls images on one prepared host, beside whatever else happens; nothing has to wait for it."""

    def __init__(
        self, name: str, args: ImagePrefetchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("galera-swarm:host:ImagePrefetch", name, None, opts)
        _run(
            f"{name}-images",
            connection=args.connection,
            server_id=args.server_id,
            script=pulumi.Output.all(args.hostname, args.images).apply(
                lambda known: prefetch_script(known[0], known[1])
            ),
            command=_shell("images"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _facts(args: HostArgs) -> pulumi.Output[HostFacts]:
    return pulumi.Output.all(
        hostname=args.hostname,
        domain=args.domain,
        private_ip=args.private_ip,
        public_ip=args.public_ip,
        datacenter=args.datacenter,
        instance_type=args.instance_type,
        private_subnets=args.private_subnets,
        disks_gb=args.disks_gb,
    ).apply(
        lambda known: HostFacts(
            hostname=known["hostname"],
            domain=known["domain"],
            private_ip=known["private_ip"],
            public_ip=known["public_ip"] or None,
            datacenter=known["datacenter"],
            instance_type=known["instance_type"],
            private_subnets=tuple(known["private_subnets"] or ()),
            disks_gb=tuple(int(size) for size in known["disks_gb"]),
        )
    )


def _shell(purpose: str, *arguments: str) -> str:
    """The remote command line, as the plugin's error messages show it: bash as root, its script on stdin."""
    words = " ".join(shlex.quote(word) for word in ("bash", "-s", "--", *arguments))
    return f': galera-swarm {purpose}; [ "$(id -u)" -eq 0 ] || exec sudo -n {words}; exec {words}'


def _first_settings(plan: HostPlan, *, datacenter: str, instance_type: str) -> str:
    settings = settings_for(plan, datacenter=datacenter, instance_type=instance_type)
    return _shell("preparation", settings.without_driver, settings.restart_key)


def _run(
    name: str,
    *,
    connection: pulumi.Input[remote.ConnectionArgs],
    server_id: pulumi.Input[str],
    script: pulumi.Input[str],
    command: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> remote.Command:
    """One script on one host: progress on stderr is shown, the answer on stdout kept, no environment sent."""
    return remote.Command(
        name,
        connection=connection,
        create=command,
        stdin=script,
        triggers=[server_id],
        logging=remote.Logging.STDERR,
        add_previous_output_in_env=False,
        opts=opts,
    )
