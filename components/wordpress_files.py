"""Everything that the replicas' stock image is given: scripts, facts of the site, secrets."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi

from components.swarm_file import SwarmFile, SwarmFileArgs
from providers.secrets import RandomPassword, RandomPasswordArgs
from settings.model.wordpress import Uploads, WordPress

#: Where the scripts lie inside the container, and where the site does.
INSIDE, WEB_ROOT = "/opt/galera-swarm", "/var/www/html"
#: Plugins that run without being switched on.
_MUST_USE = f"{WEB_ROOT}/wp-content/mu-plugins"
#: Uid and gid of the web server in the image.
_WWW_DATA = 33
_SCRIPTS = Path(__file__).resolve().parent.parent / "services" / "wordpress"


class SiteFiles:
    """The files of one site, as children of its component."""

    def __init__(self, name: str, site: WordPress, *, parent: pulumi.Resource) -> None:
        self._name, self._site = name, site
        self._child = pulumi.ResourceOptions(parent=parent)

    def password(self, role: str) -> pulumi.Output[str]:
        """A generated secret."""
        return RandomPassword(f"{self._name}-{role}", RandomPasswordArgs(), self._child).result

    def every_replica(
        self,
        *,
        database_host: str,
        database_password: pulumi.Input[str],
        addresses: pulumi.Input[Sequence[str]],
        files_server: str,
    ) -> list[SwarmFile]:
        """What all of them have.

        database_host: host and port. addresses: under which the site is asked for, while it has no `url`.
        files_server: the one with the uploads, if they lie on a server.
        """
        site, salt = self._site, self.password("file-salt")
        facts: dict[str, Any] = {
            "database": site.database,
            "user": site.database,
            "host": database_host,
            "url": site.url or "",
            "reachesOut": site.reaches_out,
            "uploads": files_server if site.uploads.kind == "volume" else "",
        }
        secrets = [
            self._secret("database-password", database_password, salt),
            self._secret("salt", self.password("salt"), salt),
        ]
        if site.uploads.kind == "s3":
            facts["s3"] = _bucket(site.uploads)
            secrets.append(self._secret("s3-secret-key", _secret_key(site.uploads), salt))
        content = pulumi.Output.from_input(addresses).apply(
            lambda known: json.dumps({**facts, "addresses": list(known)}, indent=1, sort_keys=True)
        )
        facts_path = f"{INSIDE}/site.json"
        return [
            SwarmFile(
                f"{self._name}-site-json", SwarmFileArgs(path=facts_path, content=content), self._child
            ),
            self._file("start", f"{INSIDE}/start", mode=0o555),
            self._file("health", f"{INSIDE}/health", mode=0o555),
            self._file("install.php", f"{INSIDE}/install.php"),
            self._file("wp-config.php", f"{WEB_ROOT}/wp-config.php"),
            self._file("htaccess", f"{WEB_ROOT}/.htaccess"),
            *secrets,
        ]

    def must_use(self, source: str) -> SwarmFile:
        """A plugin of ours that only some replicas have, or only some sites."""
        return self._file(source, f"{_MUST_USE}/{source}")

    def _file(self, source: str, path: str, mode: int = 0o444) -> SwarmFile:
        name = f"{self._name}-{source.replace('.', '-')}"
        content = (_SCRIPTS / source).read_text()
        return SwarmFile(name, SwarmFileArgs(path=path, content=content, mode=mode), self._child)

    def _secret(self, role: str, content: pulumi.Input[str], salt: pulumi.Output[str]) -> SwarmFile:
        path = f"/run/secrets/wordpress_{role.replace('-', '_')}"
        args = SwarmFileArgs(path=path, content=content, mode=0o400, salt=salt, owner=_WWW_DATA)
        return SwarmFile(f"{self._name}-{role}", args, self._child)


def _bucket(uploads: Uploads) -> dict[str, str]:
    """What wp-config.php and the plugin have to know, but for the secret."""
    return {
        "bucket": uploads.s3_bucket,
        "region": uploads.s3_region,
        "endpoint": uploads.s3_endpoint or "",
        "accessKey": uploads.s3_access_key,
        "publicUrl": uploads.public_url,
        "acl": uploads.s3_acl,
    }


def _secret_key(uploads: Uploads) -> pulumi.Output[str]:
    key = uploads.s3_secret_key
    return pulumi.Output.secret("" if key is None else key.get_secret_value())
