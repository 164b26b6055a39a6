"""A site that is installed, by the program and exactly once, and answers on every server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.ssh import SshInputs
from providers.wordpress.site_provider import InstalledSiteProvider


@dataclass(frozen=True, kw_only=True)
class InstalledSiteArgs:
    """What is installed, and when it counts as there.

    servers: SSH to every server; the site has to answer on each. managers: those that manage the swarm.
    services: the services whose tasks are the replicas, and how many each has.
    port: where the site answers on each server (127.0.0.1).
    title, admin_user, admin_email, admin_password: read when the site is first installed, never again.
    triggers: whatever starts replicas anew; a change means to look again.
    timeout_seconds: how long it may take without a sign of progress.
    """

    servers: Sequence[SshInputs]
    managers: Sequence[SshInputs]
    services: dict[str, int]
    port: int
    title: str
    admin_user: str
    admin_email: str
    admin_password: pulumi.Input[str]
    triggers: Sequence[pulumi.Input[Any]] = field(default_factory=tuple)
    timeout_seconds: int = 300


class InstalledSite(Resource, module="wordpress", name="InstalledSite"):
    """One site: replicas running by their current spec, installed, answering on every server."""

    version: pulumi.Output[str]
    """Version of WordPress; empty if a refresh found no replica."""

    def __init__(
        self, name: str, args: InstalledSiteArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props: dict[str, Any] = {
            "servers": list(args.servers),
            "managers": list(args.managers),
            "services": dict(args.services),
            "port": args.port,
            "title": args.title,
            "admin_user": args.admin_user,
            "admin_email": args.admin_email,
            "admin_password": pulumi.Output.secret(args.admin_password),
            "triggers": list(args.triggers),
            "timeout_seconds": args.timeout_seconds,
            "version": None,
        }
        super().__init__(InstalledSiteProvider(), name, props, opts)
