"""What a service's container is given from around it, in the form in which the provider reads it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi_docker as docker

from components.swarm_file import SwarmFile


@dataclass(frozen=True, kw_only=True)
class Health:
    """The container's health check. Durations in the provider's own form: "2s", "1m"."""

    command: Sequence[str]
    interval: str = "2s"
    timeout: str = "5s"
    start_period: str = "0s"
    retries: int = 5


#: No check, not even the image's own or that of an earlier spec, which leaving it out would keep.
NO_HEALTH_CHECK = Health(command=[], interval="0s", timeout="0s", retries=0)


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A named volume on the server that runs the container.

    options: of Docker's `local` driver, such as those of an NFS mount; without any, a plain directory.
    """

    name: str
    target: str
    options: Mapping[str, str] = field(default_factory=dict)


def config(file: SwarmFile) -> docker.ServiceTaskSpecContainerSpecConfigArgs:
    """A file that anybody may read."""
    return docker.ServiceTaskSpecContainerSpecConfigArgs(
        config_id=file.object_id,
        config_name=file.object_name,
        file_name=file.path,
        file_mode=file.mode,
        file_uid=str(file.owner),
        file_gid=str(file.owner),
    )


def secret(file: SwarmFile) -> docker.ServiceTaskSpecContainerSpecSecretArgs:
    """A file that the container has in memory only."""
    return docker.ServiceTaskSpecContainerSpecSecretArgs(
        secret_id=file.object_id,
        secret_name=file.object_name,
        file_name=file.path,
        file_mode=file.mode,
        file_uid=str(file.owner),
        file_gid=str(file.owner),
    )


def mount(volume: Volume) -> docker.ServiceTaskSpecContainerSpecMountArgs:
    """Where the volume lies; without options nothing is said of its driver."""
    options = docker.ServiceTaskSpecContainerSpecMountVolumeOptionsArgs(
        driver_name="local", driver_options=dict(volume.options)
    )
    return docker.ServiceTaskSpecContainerSpecMountArgs(
        type="volume",
        source=volume.name,
        target=volume.target,
        read_only=False,
        volume_options=options if volume.options else None,
    )


def healthcheck(health: Health) -> docker.ServiceTaskSpecContainerSpecHealthcheckArgs:
    """The check; one without a command switches that of the image off."""
    return docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
        tests=["CMD", *health.command] if health.command else ["NONE"],
        interval=health.interval,
        timeout=health.timeout,
        start_period=health.start_period,
        retries=health.retries,
    )
