"""A WordPress site: replicas on the overlay network, reached through the load balancer of any server.

The replicas are all alike: keys, database and address come from the same files, nothing is written into
them. What users upload lies where the configuration says, since that is the one thing a database cannot hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.database import Cluster
from components.ground import Ground
from components.load_balancer import ALIAS as BALANCER
from components.load_balancer import LoadBalancer
from components.load_balancer_config import WRITER_PORT, SitePlan
from components.sql_objects import SqlObjects, SqlObjectsArgs
from components.swarm_file import SwarmFile
from components.swarm_service import Health, Proof, SwarmService, SwarmServiceArgs, Volume
from components.wordpress_files import INSIDE, WEB_ROOT, SiteFiles
from providers.ssh import SshInputs
from providers.wordpress import InstalledSite, InstalledSiteArgs
from settings import Settings
from settings.model.database import DatabaseSchema, DatabaseUser, Grant
from settings.model.wordpress import WordPress

_UPLOADS = f"{WEB_ROOT}/wp-content/uploads"
#: Names: of the service of all replicas that are alike, of the one that keeps the files, of both in the DNS.
SERVICE, FILES_SERVICE, ALIAS = "wordpress", "wordpress-files", "wordpress-replicas"


@dataclass(frozen=True, kw_only=True)
class WordPressArgs:
    """What runs and where.

    addresses: `host:port` under which the site is asked for, while it has no `url` of its own.
    database_password: of the site's own user. servers, managers: SSH to them.
    """

    site: WordPress
    image: pulumi.Input[str]
    network_id: pulumi.Input[str]
    addresses: pulumi.Input[Sequence[str]]
    files_server: str
    database_password: pulumi.Input[str]
    servers: Sequence[SshInputs]
    managers: Sequence[SshInputs]


class WordPressSite(pulumi.ComponentResource):
    """The replicas, and the proof that the site is installed and answers on every server."""

    admin_password: pulumi.Output[str]
    """Password of the first administrator as it was at the installation, a secret."""
    installed: InstalledSite
    """The proof."""

    def __init__(self, name: str, args: WordPressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("galera-swarm:wordpress:Site", name, None, opts)
        self._name, self._args = name, args
        self._files = SiteFiles(name, args.site, parent=self)
        given = args.site.admin_password
        self.admin_password = (
            self._files.password("admin-password")
            if given is None
            else pulumi.Output.secret(given.get_secret_value())
        )
        services = self._services()
        self.installed = InstalledSite(
            f"{name}-installed",
            InstalledSiteArgs(
                servers=args.servers,
                managers=args.managers,
                services=replicas_of(args.site),
                port=args.site.port,
                title=args.site.title,
                admin_user=args.site.admin_user,
                admin_email=args.site.admin_email,
                admin_password=self.admin_password,
                triggers=[part for service in services for part in (service.service_id, service.spec_digest)],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=services),
        )
        self.register_outputs({"version": self.installed.version})

    def _services(self) -> list[SwarmService]:
        """One after another where there are two, the second when the first runs again: so no change takes all
        replicas at once, not even one that breaks them.
        """
        uploads, files = (
            self._args.site.uploads,
            self._files.every_replica(
                database_host=f"{BALANCER}:{WRITER_PORT}",
                database_password=self._args.database_password,
                addresses=self._args.addresses,
                files_server=self._args.files_server,
            ),
        )
        counts = replicas_of(self._args.site)
        if uploads.kind == "nfs":
            options = {
                "type": "nfs",
                "o": f"addr={uploads.nfs_server},rw,{uploads.nfs_options}",
                "device": f":{uploads.nfs_path}",
            }
            volume = Volume(name=f"{self._name}-uploads", target=_UPLOADS, options=options)
            return [self._service(SERVICE, counts[SERVICE], files, volumes=[volume])]
        if uploads.kind == "s3":
            plugin = self._files.must_use("uploads-on-s3.php")
            return [self._service(SERVICE, counts[SERVICE], [*files, plugin])]
        keeper = self._service(
            FILES_SERVICE,
            counts[FILES_SERVICE],
            files,
            server=self._args.files_server,
            volumes=[Volume(name=f"{self._name}-uploads", target=_UPLOADS)],
            proof=Proof(managers=self._args.managers),
        )
        no_uploads = self._files.must_use("uploads-elsewhere.php")
        others = self._service(
            SERVICE,
            counts[SERVICE],
            [*files, no_uploads],
            avoids=self._args.files_server if len(self._args.servers) > 1 else None,
            after=[keeper],
        )
        return [keeper, others]

    def _service(
        self,
        service: str,
        replicas: int,
        files: Sequence[SwarmFile],
        *,
        server: str | None = None,
        avoids: str | None = None,
        volumes: Sequence[Volume] = (),
        after: Sequence[pulumi.Resource] = (),
        proof: Proof | None = None,
    ) -> SwarmService:
        args = self._args
        return SwarmService(
            service,
            SwarmServiceArgs(
                service_name=service,
                image=args.image,
                command=[f"{INSIDE}/start"],
                server=server,
                avoids=avoids,
                replicas=replicas,
                network_id=args.network_id,
                aliases=[ALIAS],
                files=files,
                volumes=volumes,
                health=Health(command=[f"{INSIDE}/health"], start_period="30s"),
                memory_mb=args.site.memory_mb,
                proof=proof,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )


def _asked_for(address: str, port: int) -> str:
    """What a browser sends as the host."""
    return address if port == 80 else f"{address}:{port}"


def replicas_of(site: WordPress) -> dict[str, int]:
    """Services to the number of their replicas."""
    if site.uploads.kind == "volume":
        return {FILES_SERVICE: 1, SERVICE: site.replicas - 1}
    return {SERVICE: site.replicas}


def site_plan(settings: Settings) -> SitePlan | None:
    """What the load balancer has to know of the site; None while it is off."""
    site = settings.wordpress
    if not site.enabled:
        return None
    files = FILES_SERVICE if site.uploads.kind == "volume" else None
    return SitePlan(replicas_name=ALIAS, replicas=site.replicas, files_name=files)


def kept_uploads(settings: Settings) -> dict[str, str]:
    """Where the files lie that users upload: `kind`, with `volume` the `server`; nothing while it is off."""
    uploads = settings.wordpress.uploads
    if not settings.wordpress.enabled or uploads.kind is None:
        return {}
    return {"kind": uploads.kind} | ({"server": _keeper(settings)} if uploads.kind == "volume" else {})


def _keeper(settings: Settings) -> str:
    """The server with the files, where they lie on one."""
    return settings.wordpress.uploads.server or settings.servers[0].name


def declare_wordpress(ground: Ground, galera: Cluster, balancer: LoadBalancer) -> WordPressSite:
    """The site of a stack, its database and its user: reached through the load balancer, and so behind it."""
    settings, site = ground.settings, ground.settings.wordpress
    sql = _database_of(ground, galera)
    private = [server.private_ip for server in ground.servers]
    public = [server.public_ip for server in ground.servers] if site.public else []
    made = WordPressSite(
        "wordpress",
        WordPressArgs(
            site=site,
            image=ground.pinned("wordpress", site.image),
            network_id=ground.network.network_id,
            addresses=[]
            if site.url
            else pulumi.Output.all(*private, *public).apply(
                lambda known: [_asked_for(address, site.port) for address in known if address]
            ),
            files_server=_keeper(settings),
            database_password=sql.passwords[f"{site.database}@%"],
            servers=[server.ssh for server in ground.servers],
            managers=ground.managers,
        ),
        pulumi.ResourceOptions.merge(ground.on_swarm, pulumi.ResourceOptions(depends_on=[balancer, sql])),
    )
    _export(ground, made)
    return made


def _database_of(ground: Ground, galera: Cluster) -> SqlObjects:
    """The site's own database, and the one user that may do anything in it."""
    settings, site = ground.settings, ground.settings.wordpress
    return SqlObjects(
        "wordpress-sql",
        SqlObjectsArgs(
            cluster=galera,
            databases=[DatabaseSchema(name=site.database)],
            users=[
                DatabaseUser(
                    name=site.database, grants=(Grant(on=f"{site.database}.*", privileges=("ALL",)),)
                )
            ],
            servers=[server.ssh for server in ground.servers[: len(settings.members)]],
            port=settings.database.port,
            root_password=galera.root_password,
            flavor=settings.database.flavor,
        ),
        pulumi.ResourceOptions(depends_on=[galera]),
    )


def _export(ground: Ground, made: WordPressSite) -> None:
    settings, site = ground.settings, ground.settings.wordpress
    pulumi.export(
        "wordpress",
        {
            "version": made.installed.version,
            "url": site.url,
            "adminUser": site.admin_user,
            "uploads": site.uploads.kind,
            "endpoints": pulumi.Output.all(*[server.private_ip for server in ground.servers]).apply(
                lambda known: [
                    {"server": server.name, "host": address, "port": site.port}
                    for server, address in zip(settings.servers, known, strict=True)
                ]
            ),
        },
    )
    pulumi.export("wordpressAdminPassword", pulumi.Output.secret(made.admin_password))
