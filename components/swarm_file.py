"""A file inside the containers of a service: a Docker config, or a Docker secret where its content is one.

Configs and secrets cannot be changed once made, so the content's digest is in the name: new content is a new
object that the service takes up before the old one goes (design section 5).
"""

import asyncio
import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import cast

import pulumi
import pulumi_docker as docker


@dataclass(frozen=True, kw_only=True)
class SwarmFileArgs:
    """What the file is and where it appears.

    path: absolute path inside the container.
    content: the text; a pulumi secret where `salt` is given.
    mode: permission bits inside the container, such as 0o444.
    salt: makes the file a Docker secret. The digest in its name is keyed with it, so that a name seen in
        `docker secret ls` tells nothing about a short password.
    owner: uid and gid (one number for both) that own the file inside the container.
    """

    path: str
    content: pulumi.Input[str]
    mode: int = 0o444
    salt: pulumi.Input[str] | None = None
    owner: int = 0


class SwarmFile(pulumi.ComponentResource):
    """One Docker config or secret, named after its content."""

    path: str
    mode: int
    owner: int
    is_secret: bool
    object_id: pulumi.Output[str]
    object_name: pulumi.Output[str]

    def __init__(self, name: str, args: SwarmFileArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:swarm:File", name, None, opts)
        self.path, self.mode, self.owner = args.path, args.mode, args.owner
        self.is_secret = args.salt is not None
        content = _of_nobody(pulumi.Output.from_input(args.content))
        data = content.apply(lambda text: base64.b64encode(text.encode()).decode())
        # Said aloud, since the provider takes a name that is not its own for one that cannot exist twice.
        child = pulumi.ResourceOptions(parent=self, delete_before_replace=False)
        made: docker.Secret | docker.ServiceConfig
        if args.salt is None:
            made = docker.ServiceConfig(
                name, data=data, name=content.apply(lambda text: _named(name, text, salt="")), opts=child
            )
        else:
            label = pulumi.Output.all(content, args.salt).apply(lambda both: _named(name, both[0], both[1]))
            hidden: pulumi.Output[str] = pulumi.Output.secret(data)
            made = docker.Secret(name, data=hidden, name=pulumi.Output.unsecret(label), opts=child)
        self.object_id, self.object_name = made.id, made.name
        self.register_outputs({"object_name": self.object_name})


def _of_nobody(content: pulumi.Output[str]) -> pulumi.Output[str]:
    """The same content, by which the engine does not see whose properties it is made of.

    A server is replaced by deleting it first, and with it the engine deletes whatever would be replaced for
    an unknown property of it. A config or secret would, while its service is updated only, and Docker keeps
    what a service uses: the run would fail, and each later one too. Made of nobody's property, the new object
    comes when its content is known, and the old one goes after the service has let go of it.
    """

    async def value() -> str:
        return cast(str, await content.future(with_unknowns=True))

    begun = asyncio.ensure_future
    return pulumi.Output(set(), begun(value()), begun(content.is_known()), begun(content.is_secret()))


def _named(name: str, text: str, salt: str) -> str:
    """Docker allows 64 characters in the name of a config or secret; 12 of them are the digest."""
    digest = hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()[:12]
    return f"{name[:51]}-{digest}"
