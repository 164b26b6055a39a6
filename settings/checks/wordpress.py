"""Rules of section `wordpress`."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from settings import grants
from settings.checks import accounts, names
from settings.checks.check import Check, Context
from settings.problems import Problem, show

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*")
_STOCK_IMAGE = re.compile(r"(docker\.io/)?(library/)?wordpress(:.*|@.*)?")
#: Variants of the stock image that have no web server in them.
_NO_APACHE = frozenset({"fpm", "cli"})
_USER = re.compile(r"[A-Za-z0-9 _.@-]{1,60}")


def needs(context: Context) -> Iterator[Problem]:
    """The load balancer, through which the site reaches its database and visitors reach the site."""
    if context.config.wordpress.enabled and not context.config.load_balancer.enabled:
        text = "needs the load balancer, which leads to the database and to the site: loadBalancer.enabled"
        yield Problem(key="wordpress.enabled", value=show(True), text=text)


def url(context: Context) -> Iterator[Problem]:
    """An address without anything behind the host."""
    given = context.config.wordpress.url
    if given is None:
        return
    try:
        parts = urlsplit(given)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.path or parts.query or parts.fragment or parts.username:
        text = "must be http:// or https://, a host and perhaps a port, such as https://blog.example.com"
        yield Problem(key="wordpress.url", value=show(given), text=text)


def public(context: Context) -> Iterator[Problem]:
    """A door to the world is worth a word: it speaks plain HTTP, log-ins among it."""
    config = context.config
    if not config.wordpress.public_ports:
        return
    text = "opens the site to the whole internet without TLS, passwords of its users among what goes over it"
    if config.servers.private_only:
        text = "has no effect: the servers have no public interface (servers.privateOnly)"
    yield Problem(key="wordpress.public", value=show(True), text=text, severity="warning")


def administrator(context: Context) -> Iterator[Problem]:
    """A first administrator that WordPress takes."""
    site = context.config.wordpress
    if not site.enabled:
        return
    if not _EMAIL.fullmatch(site.admin_email):
        text = "must be the administrator's mail address, such as admin@example.com"
        yield Problem(key="wordpress.adminEmail", value=show(site.admin_email), text=text)
    if not _USER.fullmatch(site.admin_user):
        text = "may hold letters, digits, blanks and _ . @ -, 60 at most"
        yield Problem(key="wordpress.adminUser", value=show(site.admin_user), text=text)
    if site.admin_password is not None and len(site.admin_password.get_secret_value()) < 12:
        text = "must have 12 characters or more (the value is not shown)"
        yield Problem(key="wordpress.adminPassword", text=text)


def database(context: Context) -> Iterator[Problem]:
    """A database and a user of its own, both of one name."""
    site, given = context.config.wordpress, context.config.wordpress.database
    flavor = context.config.database.of_flavor
    if not site.enabled:
        return
    taken = {one.name for one in context.config.database.databases}
    taken |= {one.name for one in context.config.database.users}
    if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", given) or given.lower() in grants.SYSTEM_DATABASES:
        text = "must hold letters, digits and _ only, and not be the server's own"
        yield Problem(key="wordpress.database", value=show(given), text=text)
    elif accounts.is_taken(given, flavor):
        text = "names the site's user too, and that account is the server's or galera-swarm's; choose another"
        yield Problem(key="wordpress.database", value=show(given), text=text)
    elif len(given) > flavor.longest_user:
        text = f"names the site's user too: {flavor.longest_user} characters at most"
        yield Problem(key="wordpress.database", value=show(given), text=text)
    elif given in taken:
        text = "is named in section database too; the site's database and user are made by themselves"
        yield Problem(key="wordpress.database", value=show(given), text=text)


def image(context: Context) -> Iterator[Problem]:
    """Of the stock image only the variants with Apache answer by themselves."""
    site = context.config.wordpress
    match = _STOCK_IMAGE.fullmatch(site.image)
    tag = (match[3] or "").partition("@")[0].lstrip(":") if match else ""
    if site.enabled and _NO_APACHE & set(tag.split("-")):
        text = "has no web server in it; name a variant with Apache, such as wordpress:6.1-apache"
        yield Problem(key="wordpress.image", value=show(site.image), text=text)


def uploads(context: Context) -> Iterator[Problem]:
    """A choice, and what belongs to it."""
    site, chosen = context.config.wordpress, context.config.wordpress.uploads
    if not site.enabled:
        return
    if chosen.kind is None:
        text = (
            "has to be chosen: volume (on one server), nfs (an NFS server of yours) or s3 (a bucket of yours)"
        )
        yield Problem(key="wordpress.uploads.kind", text=text)
    servers = context.config.servers.names
    if chosen.kind == "volume" and chosen.server is not None and chosen.server not in servers:
        text = f"is no server; the servers are {servers[0]} to {servers[-1]}"
        yield Problem(key="wordpress.uploads.server", value=show(chosen.server), text=text)
    if chosen.kind == "nfs":
        if not chosen.nfs_server or not names.is_host(chosen.nfs_server):
            text = "must be the name or address of the NFS server"
            yield Problem(key="wordpress.uploads.nfsServer", value=show(chosen.nfs_server), text=text)
        if not chosen.nfs_path.startswith("/"):
            text = "must be the exported directory, beginning with /"
            yield Problem(key="wordpress.uploads.nfsPath", value=show(chosen.nfs_path), text=text)


def start_empty(context: Context) -> Iterator[Problem]:
    """A permission that is meant for one change."""
    if context.config.wordpress.uploads.start_empty:
        text = (
            "lets a change leave the files behind that users uploaded; take it out when that change is made"
        )
        key = "wordpress.uploads.startEmpty"
        yield Problem(key=key, value=show(True), text=text, severity="warning")


def bucket(context: Context) -> Iterator[Problem]:
    """Everything that a bucket needs, and an image with the plugin that speaks to it."""
    site, chosen = context.config.wordpress, context.config.wordpress.uploads
    if not site.enabled or chosen.kind != "s3":
        return
    if not _BUCKET.fullmatch(chosen.s3_bucket):
        text = "must be the bucket's name, perhaps with a folder behind a /"
        yield Problem(key="wordpress.uploads.s3Bucket", value=show(chosen.s3_bucket), text=text)
    if not re.fullmatch(r"[a-z0-9-]+", chosen.s3_region):
        text = "must be the bucket's region, such as eu-central-1 (us-east-1 where the store has none)"
        yield Problem(key="wordpress.uploads.s3Region", value=show(chosen.s3_region), text=text)
    if not chosen.s3_access_key:
        text = "must be the id of an access key that may read, write and delete in the bucket"
        yield Problem(key="wordpress.uploads.s3AccessKey", value=show(chosen.s3_access_key), text=text)
    if chosen.s3_secret_key is None or not chosen.s3_secret_key.get_secret_value().strip():
        text = "is missing: set it as a secret, with tools/run pulumi config set --secret --path"
        yield Problem(key="wordpress.uploads.s3SecretKey", text=text)
    for key, given in (("s3Endpoint", chosen.s3_endpoint), ("s3PublicUrl", chosen.s3_public_url)):
        if given is not None and not _ADDRESS.fullmatch(given):
            text = "must be http:// or https:// and a host, without a / at its end"
            yield Problem(key=f"wordpress.uploads.{key}", value=show(given), text=text)
    if _STOCK_IMAGE.fullmatch(site.image):
        text = "has not the plugin S3 Uploads: name an image of yours that has it (docs/wordpress.md)"
        yield Problem(key="wordpress.image", value=show(site.image), text=text)


_ON = "wordpress.enabled"

CHECKS = (
    Check(reads=(_ON, "loadBalancer.enabled"), find=needs),
    Check(reads=("wordpress.url",), find=url),
    Check(reads=(_ON, "wordpress.public"), find=public),
    Check(reads=(_ON, "wordpress.adminEmail", "wordpress.adminUser"), find=administrator),
    Check(reads=(_ON, "wordpress.database", "database.flavor"), find=database),
    Check(reads=(_ON, "wordpress.image"), find=image),
    Check(reads=(_ON, "wordpress.uploads", "servers.count", "servers.hostnamePrefix"), find=uploads),
    Check(reads=("wordpress.uploads",), find=start_empty),
    Check(reads=(_ON, "wordpress.uploads", "wordpress.image"), find=bucket),
)
