"""Section `wordpress`: a WordPress site on the database."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from settings.model.section import Section


class Uploads(Section):
    """Where the files lie that users upload."""

    kind: Literal["volume", "nfs", "s3"] | None = None
    """`volume`: on one server; `nfs`: on an NFS server of yours; `s3`: in a bucket of yours. To be chosen
    where WordPress is on."""

    server: str | None = None
    """With `volume`: host name of the server; the default is the first one."""

    start_empty: bool = False
    """Allow a change that leaves the uploaded files behind: another `kind` or `server`, or that server
    replaced or removed. For one `make up`."""

    nfs_server: str = ""
    """With `nfs`: name or address of the NFS server."""

    nfs_path: str = ""
    """With `nfs`: exported directory, for example `/export/uploads`, writable for user 33 (`www-data`)."""

    nfs_options: str = "nfsvers=4,soft,timeo=100"
    """With `nfs`: options of the mount."""

    s3_bucket: str = ""
    """With `s3`: name of the bucket, perhaps with a folder, for example `media/blog`."""

    s3_region: str = ""
    """With `s3`: region of the bucket, for example `eu-central-1`."""

    s3_endpoint: str | None = None
    """With `s3`: address of the store's API, for example
    `https://s3.eu-de.cloud-object-storage.appdomain.cloud`. The default is Amazon's of the region."""

    s3_public_url: str | None = None
    """With `s3`: address under which browsers find the bucket, for example that of a CDN. The default is the
    bucket's own."""

    s3_acl: Literal["public-read", "private", "bucket-owner-full-control"] = "public-read"
    """With `s3`: who may read what is uploaded. A bucket that knows no such lists takes the last one only."""

    s3_access_key: str = ""
    """With `s3`: id of the access key."""

    s3_secret_key: SecretStr | None = None
    """With `s3`: the secret of the access key, a secret."""

    @property
    def public_url(self) -> str:
        """Address under which browsers find the bucket, with its folder."""
        bucket, slash, folder = self.s3_bucket.partition("/")
        own = f"https://{bucket}.s3.{self.s3_region}.amazonaws.com"
        if self.s3_endpoint is not None:
            own = f"{self.s3_endpoint}/{bucket}"
        return self.s3_public_url or f"{own}{slash}{folder}"


class WordPress(Section):
    """A WordPress site."""

    enabled: bool = False
    """Run it. Needs `loadBalancer.enabled`."""

    image: str = "wordpress:6.1-apache"
    """Container image, a variant with Apache."""

    replicas: Annotated[int, Field(ge=2, le=50)] = 2
    """Number of replicas."""

    port: Annotated[int, Field(ge=80, le=65535)] = 8080
    """TCP port on which every server answers with the site."""

    public: bool = False
    """Let the port answer on the public interface too."""

    url: str | None = None
    """Address of the site for its visitors, for example `https://blog.example.com`. Without one, the site
    answers under the private and, with `public`, public address of each server."""

    title: str = "galera-swarm"
    """Title of the site when it is first installed."""

    admin_user: str = "admin"
    """Name of the first administrator."""

    admin_email: str = ""
    """Mail address of the first administrator."""

    admin_password: SecretStr | None = None
    """Password of the first administrator when the site is first installed, a secret. One is generated when
    there is none."""

    database: str = "wordpress"
    """Name of the site's database in the cluster, and of its user."""

    memory_mb: Annotated[int, Field(ge=64, le=524288)] | None = None
    """Memory limit of each replica's container in MB. Without it there is none."""

    reaches_out: bool = True
    """Let WordPress ask other hosts (news, update checks, links in posts)."""

    uploads: Uploads = Uploads()
    """Where uploaded files lie."""

    @property
    def public_ports(self) -> tuple[int, ...]:
        """The port, if it answers on the public interface."""
        return (self.port,) if self.enabled and self.public else ()
