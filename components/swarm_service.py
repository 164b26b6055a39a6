"""A swarm service whose spec stays clean: after `up`, and after `refresh`, a preview shows no change.

Everything Docker fills in by itself is spelled out in the form in which the provider reads it back; what is
left out, or written in another form, shows as a change for ever or replaces the service (design section 5).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_docker as docker

from components.container_parts import NO_HEALTH_CHECK as NO_HEALTH_CHECK
from components.container_parts import Health as Health
from components.container_parts import Volume as Volume
from components.container_parts import config, healthcheck, mount, secret
from components.swarm_file import SwarmFile
from providers.ssh import SshInputs
from providers.swarm import Proof as Proof
from providers.swarm import RunningService, RunningServiceArgs, TaskCount, TaskCountArgs

#: The label that SwarmNode puts on each node it has verified.
SERVER_LABEL = "galera-swarm.server"
_ROLLING: dict[str, Any] = {
    "parallelism": 1,
    "delay": "0s",
    "failure_action": "pause",
    "monitor": "5s",
    "max_failure_ratio": "0.0",
    "order": "stop-first",
}
_RESTARTING: dict[str, Any] = {"condition": "any", "delay": "1s", "max_attempts": 0, "window": "0s"}


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of the container, opened on the server that runs it (host mode: no ingress mesh in between)."""

    target: int
    published: int
    protocol: str = "tcp"


@dataclass(frozen=True, kw_only=True)
class Seats:
    """Servers that a service may run on, one task at most on each.

    label: the node label that marks them. Whoever gives it also says how many tasks there are.
    managers: SSH to the swarm's managers, who are asked for that number before a change.
    """

    label: str
    managers: Sequence[SshInputs]


@dataclass(frozen=True, kw_only=True)
class SwarmServiceArgs:
    """What runs, where, and with what around it.

    service_name: the name in the swarm and in its DNS.
    server: hostname of the one server it is pinned to; None lets the swarm choose.
    avoids: hostname of a server that the swarm must not choose.
    seats: the servers it may run on, where somebody else gives them out; `replicas` is not looked at then.
    network_id: id of the overlay network (never its name: that replaces the service after a refresh).
    command: in place of the image's entrypoint. arguments: in place of the image's command.
    hostname: the containers' own; None for Docker's.
    user: as whom the command starts; None for the image's own choice.
    aliases: further DNS names on that network, shared with other services if they carry the same.
    memory_mb: limit for the container in MiB; None for no limit.
    health: how the swarm finds out whether a container is well; None for the image's own check.
    stop_grace: how long a stop may take before the kill, in the provider's form ("1m", never "1m0s"). A
        container that needs all of it makes `destroy` fail, so the process inside must end well before.
    proof: wait until the containers run; None where somebody else looks at them.
    """

    service_name: str
    image: pulumi.Input[str]
    network_id: pulumi.Input[str]
    command: Sequence[str] = ()
    arguments: Sequence[str] = ()
    hostname: str | None = None
    user: str | None = None
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    server: str | None = None
    avoids: str | None = None
    seats: Seats | None = None
    replicas: int = 1
    aliases: Sequence[str] = ()
    files: Sequence[SwarmFile] = ()
    ports: Sequence[Port] = ()
    volumes: Sequence[Volume] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    health: Health | None = None
    memory_mb: int | None = None
    stop_grace: str = "1m"
    proof: Proof | None = None


class SwarmService(pulumi.ComponentResource):
    """One service, pinned or replicated, with DNS round robin in place of a virtual address.

    A virtual address drops idle database connections after 900 s, and needs a kernel with IPVS.
    """

    service_id: pulumi.Output[str]
    """Id of the service in the swarm."""
    spec_digest: pulumi.Output[str]
    """Changes exactly when the containers have to be made anew: the trigger for whoever waits for them."""

    def __init__(self, name: str, args: SwarmServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:swarm:Service", name, None, opts)
        self.spec_digest = spec_digest(args)
        replicas = self._replicas(name, args)
        self._service = docker.Service(
            name,
            name=args.service_name,
            task_spec=_task_spec(args),
            mode=docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=replicas)),
            labels=[
                docker.ServiceLabelArgs(label=key, value=args.labels[key]) for key in sorted(args.labels)
            ],
            endpoint_spec=docker.ServiceEndpointSpecArgs(
                mode="dnsrr",
                ports=[
                    docker.ServiceEndpointSpecPortArgs(
                        target_port=port.target,
                        published_port=port.published,
                        protocol=port.protocol,
                        publish_mode="host",
                    )
                    for port in args.ports
                ],
            ),
            update_config=docker.ServiceUpdateConfigArgs(**_ROLLING),
            # The provider asks the registry and writes down for itself which platforms the image is made for.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["taskSpec.placement.platforms"]),
        )
        self.service_id = self._service.id
        if args.proof:
            triggers = [self.service_id, self.spec_digest, replicas]
            RunningService(
                f"{name}-running",
                RunningServiceArgs(service=args.service_name, triggers=triggers, **vars(args.proof)),
                pulumi.ResourceOptions(parent=self, depends_on=[self._service]),
            )
        self.register_outputs({"service_id": self.service_id, "spec_digest": self.spec_digest})

    def _replicas(self, name: str, args: SwarmServiceArgs) -> pulumi.Input[int]:
        """With seats, as many as there are: what the engine remembers is older than the last seat."""
        if args.seats is None:
            return args.replicas
        rest = json.dumps([dict(args.labels), _ROLLING, _RESTARTING], sort_keys=True)
        spec = self.spec_digest.apply(
            lambda digest: hashlib.sha256((digest + rest).encode()).hexdigest()[:16]
        )
        count = TaskCount(
            f"{name}-tasks",
            TaskCountArgs(service=args.service_name, managers=args.seats.managers, spec=spec),
            pulumi.ResourceOptions(parent=self),
        )
        return count.tasks.apply(int)


def _task_spec(args: SwarmServiceArgs) -> docker.ServiceTaskSpecArgs:
    constraints = [f"node.labels.{SERVER_LABEL}=={args.server}"] if args.server else []
    if args.avoids:
        constraints.append(f"node.labels.{SERVER_LABEL}!={args.avoids}")
    if args.seats:
        constraints.append(f"node.labels.{args.seats.label}==yes")
    return docker.ServiceTaskSpecArgs(
        container_spec=_container_spec(args),
        networks_advanceds=[
            docker.ServiceTaskSpecNetworksAdvancedArgs(id=args.network_id, aliases=list(args.aliases))
        ],
        placement=docker.ServiceTaskSpecPlacementArgs(
            constraints=constraints, max_replicas=1 if args.seats else None
        ),
        resources=docker.ServiceTaskSpecResourcesArgs(
            limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=args.memory_mb * 1024 * 1024)
        )
        if args.memory_mb
        else None,
        restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(**_RESTARTING),
        force_update=0,
        runtime="container",
    )


def _container_spec(args: SwarmServiceArgs) -> docker.ServiceTaskSpecContainerSpecArgs:
    return docker.ServiceTaskSpecContainerSpecArgs(
        image=args.image,
        commands=list(args.command) or None,
        args=list(args.arguments) or None,
        hostname=args.hostname,
        user=args.user,
        env=dict(args.env) or None,
        configs=[config(file) for file in args.files if not file.is_secret],
        secrets=[secret(file) for file in args.files if file.is_secret],
        mounts=[mount(volume) for volume in args.volumes],
        healthcheck=healthcheck(args.health) if args.health else None,
        stop_grace_period=args.stop_grace,
    )


def spec_digest(args: SwarmServiceArgs) -> pulumi.Output[str]:
    """What the swarm compares when it decides whether running tasks still fit their service.

    `SwarmService.spec_digest` says it of a service; this also to who is asked before the service changes.
    """
    fixed: dict[str, object] = {
        "command": list(args.command),
        "server": args.server,
        **({"avoids": args.avoids} if args.avoids else {}),
        "aliases": list(args.aliases),
        "ports": [vars(port) for port in args.ports],
        "volumes": [{key: value for key, value in vars(volume).items() if value} for volume in args.volumes],
        "health": vars(args.health) | {"command": list(args.health.command)} if args.health else None,
        "memory_mb": args.memory_mb,
        "stop_grace": args.stop_grace,
        "files": [(file.path, file.mode, file.owner) for file in args.files],
    }
    # Only where they are used, so that the digests of services that do without stay what they were.
    if args.arguments:
        fixed["arguments"] = list(args.arguments)
    if args.hostname:
        fixed["hostname"] = args.hostname
    if args.user:
        fixed["user"] = args.user
    moving = pulumi.Output.all(
        args.image, args.network_id, dict(args.env), [file.object_name for file in args.files]
    )
    return moving.apply(
        lambda parts: hashlib.sha256(json.dumps([fixed, *parts], sort_keys=True).encode()).hexdigest()[:16]
    )
