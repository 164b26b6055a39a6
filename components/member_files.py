"""Everything that the members' image is given, in both modes: scripts, the user's settings, passwords."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.script_bundle import bundle
from components.swarm_file import SwarmFile, SwarmFileArgs
from providers.secrets import RandomPassword, RandomPasswordArgs
from settings.flavors import Name

#: Where the scripts lie inside the container, once PROGRAM, with which it starts, has unpacked them.
INSIDE = "/opt/galera-swarm"
PROGRAM = f"{INSIDE}.sh"
#: Directories with a flavor's own scripts; MariaDB's are the ones that others stand in the place of.
_OF_FLAVOR: Mapping[Name, tuple[str, ...]] = {"mariadb": (), "percona-xtradb-cluster": ("percona",)}
_SCRIPTS = Path(__file__).resolve().parent.parent / "services" / "galera"


@dataclass(frozen=True, kw_only=True)
class MemberFiles:
    """The files themselves, and the one password that users need."""

    files: list[SwarmFile]
    root_password: pulumi.Output[str]
    salt: pulumi.Output[str]
    """For further secret files of the same members."""


def member_files(
    name: str,
    *,
    parent: pulumi.Resource,
    my_cnf: str,
    root_password: pulumi.Input[str] | None = None,
    instead: Sequence[str] = (),
    flavor: Name = "mariadb",
) -> MemberFiles:
    """The files of the members of one cluster.

    instead: directories below `services/galera` whose scripts come on top of the others, or in the place of
        those of the same name.
    flavor: whose own scripts are taken.
    """
    child = pulumi.ResourceOptions(parent=parent)

    def password(role: str) -> pulumi.Output[str]:
        return RandomPassword(f"{name}-{role}-password", RandomPasswordArgs(), child).result

    root = password("root") if root_password is None else pulumi.Output.secret(root_password)
    salt = password("file-salt")
    scripts = {
        script.name: script
        for directory in (_SCRIPTS, *(_SCRIPTS / one for one in (*_OF_FLAVOR[flavor], *instead)))
        for script in directory.iterdir()
        if script.is_file() and script.suffix != ".md"
    }
    texts = {script: path.read_text() for script, path in scripts.items()}
    files = [
        SwarmFile(
            f"{name}-scripts",
            SwarmFileArgs(path=PROGRAM, content=bundle(texts, into=INSIDE, start="entrypoint"), mode=0o555),
            child,
        )
    ]
    files.append(
        SwarmFile(
            f"{name}-my-cnf",
            SwarmFileArgs(path="/etc/mysql/conf.d/50-user.cnf", content=my_cnf or "\n"),
            child,
        )
    )
    secrets = {
        "root_password": root,
        "monitor_password": password("monitor"),
        "exchange_token": password("exchange"),
    }
    files += [secret_file(name, role, content, salt, child) for role, content in secrets.items()]
    return MemberFiles(files=files, root_password=root, salt=salt)


def container_user(flavor: Name) -> str | None:
    """As whom the members' entrypoint starts, where the image would not have it start as root."""
    return "0" if flavor == "percona-xtradb-cluster" else None


def secret_file(
    name: str,
    role: str,
    content: pulumi.Input[str],
    salt: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> SwarmFile:
    """A secret of the members, such as `root_password`, where they look for it."""
    return SwarmFile(
        f"{name}-{role.replace('_', '-')}",
        SwarmFileArgs(path=f"/run/secrets/galera_{role}", content=content, mode=0o400, salt=salt),
        opts,
    )
