"""The very image that a tag means today: all tasks of a service run the same one, now and after a restart.

A tag moves. And the docker provider, given a bare tag, lets the swarm add the digest behind its back, which
shows as a change for ever (measured with docker 5.2 where a registry answers).
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, Resource, UpdateResult

from providers.ssh import Session, SshError, SshInputs, Target, connect
from providers.stateless import StatelessProvider, without_provider
from providers.swarm.errors import SwarmError

#: Seconds for a server to answer; it was prepared just before.
PATIENCE_SECONDS = 30.0
#: Seconds for a pull, if the image is not there yet.
PULL_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class PinnedImageArgs:
    """image: name and tag, or a reference that is pinned already. servers: asked in this order."""

    image: str
    servers: Sequence[SshInputs]


class PinnedImageProvider(StatelessProvider):
    """Looks once for each image that is asked for; a replaced server never moves a running database."""

    INPUTS: ClassVar = ("image", "servers")
    COMPARED: ClassVar = ("image",)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raises SwarmError when no server can have the image."""
        return CreateResult(str(props["image"]), outs=_resolved(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Another image was asked for."""
        return UpdateResult(outs=_resolved(_news))


class PinnedImage(Resource, module="swarm", name="PinnedImage"):
    """An image by its digest."""

    reference: pulumi.Output[str]
    """"mariadb:10.11@sha256:..."; the bare name where the image comes from no registry."""

    def __init__(self, name: str, args: PinnedImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"image": args.image, "servers": list(args.servers), "reference": None}
        super().__init__(PinnedImageProvider(), name, props, opts)


def pinned(image: str, repo_digests: Sequence[str]) -> str:
    """The reference with the digest of its own repository; those of the image's other names do not count."""
    if "@" in image:
        return image
    last = image.rsplit("/", 1)[-1]
    repository = image[: -len(last)] + last.split(":", 1)[0]
    known = {repository, f"docker.io/{repository}", f"docker.io/library/{repository}"}
    for reference in repo_digests:
        name, _, digest = reference.partition("@")
        if name in known and digest:
            return f"{image}@{digest}"
    return image


def _resolved(props: Mapping[str, Any]) -> dict[str, Any]:
    image, silent = str(props["image"]), []
    for ssh in props["servers"]:
        try:
            with connect(Target.from_inputs(ssh), deadline_seconds=PATIENCE_SECONDS) as server:
                return {**without_provider(props), "reference": pinned(image, _digests(server, image))}
        except SshError as exc:
            silent.append(str(exc))
    said = f"image {image} cannot be had on any server: {'; '.join(silent)}"
    raise SwarmError(said)


def _digests(server: Session, image: str) -> list[str]:
    name = shlex.quote(image)
    inspect = f"docker image inspect --format '{{{{json .RepoDigests}}}}' {name}"
    said = server.must(
        f"{inspect} 2>/dev/null || {{ docker pull -q {name} >/dev/null && {inspect}; }}",
        doing=f"looking for image {image}",
        timeout_seconds=PULL_SECONDS,
    )
    return list(json.loads(said or "[]") or [])
