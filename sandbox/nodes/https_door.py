"""Registries other than Docker Hub: a second container over the local registry's store, with HTTPS.

An engine's `registry-mirrors` stand for Docker Hub alone. An image of another registry is asked for at that
registry by HTTPS. The servers find its name in their hosts file, with this container's address, and its
certificate where their engine looks for the authorities of that registry.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.layout import HTTPS_ADDRESS, PRIVATE_NETWORK, ROLE_LABEL, Layout

REGISTRIES = ("quay.io",)
"""Whose images the sandbox has sources for."""

_VALID = timedelta(days=3650)
_INSIDE = "/etc/registry-https"


def ensure(docker: Docker, layout: Layout, image: str) -> None:
    """Have the certificate, and the container running from `image`."""
    _ensure_certificate(layout)
    record = docker.inspect("container", layout.https_container)
    if record is not None and record["Config"]["Image"] != image:
        docker.run("rm", "--force", "--volumes", layout.https_container, purpose="remove the old registry")
        record = None
    if record is None:
        docker.run(*run_command(layout, image), purpose="start the registry's HTTPS")
    elif record["State"]["Status"] != "running":
        docker.run("start", layout.https_container, purpose="start the registry's HTTPS")


def run_command(layout: Layout, image: str) -> list[str]:
    """The arguments of `docker` that start the container."""
    return [
        "run",
        "--detach",
        f"--name={layout.https_container}",
        f"--label={layout.label}",
        f"--label={ROLE_LABEL}=registry-https",
        f"--network={PRIVATE_NETWORK}",
        f"--ip={HTTPS_ADDRESS}",
        f"--volume={layout.registry_store.resolve()}:/var/lib/registry:ro",
        f"--volume={layout.https.resolve()}:{_INSIDE}:ro",
        "--env=REGISTRY_HTTP_ADDR=:443",
        f"--env=REGISTRY_HTTP_TLS_CERTIFICATE={_INSIDE}/certificate.pem",
        f"--env=REGISTRY_HTTP_TLS_KEY={_INSIDE}/key.pem",
        "--log-driver=json-file",
        "--log-opt=max-size=1m",
        image,
    ]


def first_boot_files(layout: Layout) -> dict[str, tuple[int, str]]:
    """What a server is handed over so that its engine trusts the container in these registries' names."""
    if not layout.https_certificate.exists():
        return {}
    certificate = layout.https_certificate.read_text()
    return {f"etc/docker/certs.d/{name}/ca.crt": (0o644, certificate) for name in REGISTRIES}


def hosts_lines() -> str:
    """Lines of a server's hosts file."""
    return "".join(f"{HTTPS_ADDRESS} {name}\n" for name in REGISTRIES)


def _ensure_certificate(layout: Layout) -> None:
    if layout.https_certificate.exists():
        return
    layout.https.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "galera-swarm sandbox registry")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in REGISTRIES]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    secret = layout.https / "key.pem"
    secret.touch(mode=0o600)
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    layout.https_certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
