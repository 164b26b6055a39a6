"""The local registry: a container on the private network that the servers' engines use as their mirror of
Docker Hub.

Images go in over HTTP by the registry's own API, as uncompressed layers: a server that pulls then spends its
time on unpacking only, and this machine's engine needs no configuration to trust an unencrypted registry.
"""

import hashlib
import http.client
import json
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.errors import HostError
from sandbox.nodes.layout import (
    PRIVATE_NETWORK,
    REGISTRY_ADDRESS,
    REGISTRY_PORT,
    ROLE_LABEL,
    Layout,
)

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
PLAIN_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar"
GZIP_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20
ANSWER_SECONDS = 30.0


def run_command(layout: Layout, image: str) -> list[str]:
    """The arguments of `docker` that start the registry."""
    return [
        "run",
        "--detach",
        f"--name={layout.registry_container}",
        f"--label={layout.label}",
        f"--label={ROLE_LABEL}=registry",
        f"--network={PRIVATE_NETWORK}",
        f"--ip={REGISTRY_ADDRESS}",
        f"--volume={layout.registry_store.resolve()}:/var/lib/registry",
        "--log-driver=json-file",
        "--log-opt=max-size=1m",
        image,
    ]


def repository_of(image: str) -> tuple[str, str]:
    """The repository path and the tag under which the local registry serves the image."""
    name, _, tag = image.removeprefix(_other_registry(image)).partition(":")
    return (name if "/" in name else f"library/{name}"), tag or "latest"


def _other_registry(image: str) -> str:
    """The name of the registry, with its slash, where the image is not Docker Hub's."""
    first, slash, _ = image.partition("/")
    return first + slash if slash and ("." in first or ":" in first) else ""


@dataclass(frozen=True)
class Blob:
    """A layer or a configuration: its place in the image's archive, and what the manifest says of it."""

    member: str
    media_type: str
    digest: str
    size: int

    @property
    def descriptor(self) -> dict[str, Any]:
        """The blob as a manifest names it."""
        return {"mediaType": self.media_type, "size": self.size, "digest": self.digest}


class Registry:
    """The registry of one sandbox."""

    def __init__(self, docker: Docker, layout: Layout) -> None:
        self._docker = docker
        self._layout = layout

    def ensure(self, image: str) -> None:
        """Start the registry from `image` unless it runs, and wait until it answers. Raises HostError."""
        name = self._layout.registry_container
        record = self._docker.inspect("container", name)
        if record is not None and record["Config"]["Image"] != image:
            self._docker.run("rm", "--force", "--volumes", name, purpose="remove the old registry")
            record = None
        if record is None:
            self._layout.registry_store.mkdir(parents=True, exist_ok=True)
            self._docker.run(*run_command(self._layout, image), purpose="start the registry")
        elif record["State"]["Status"] != "running":
            self._docker.run("start", name, purpose="start the registry")
        self._await_answer()

    def publish(self, image: str) -> bool:
        """Put the image, as this machine's engine has it, into the registry; False when it is there. Raises
        HostError.
        """
        record = self._docker.inspect("image", image)
        if record is None:
            message = f"The image {image} is not on this machine; run 'python -m sandbox images' first."
            raise HostError(message)
        published = self._published()
        if published.get(image) == record["Id"] and self._holds(image):
            return False
        with tempfile.TemporaryDirectory(dir=self._layout.state, prefix="publish.") as directory:
            archive = Path(directory, "image.tar")
            self._docker.run(
                "save", f"--output={archive}", image, purpose=f"save the image {image}", timeout_seconds=600.0
            )
            with tarfile.open(archive) as tar:
                self._upload(tar, image)
        self._layout.published.write_text(json.dumps(published | {image: record["Id"]}, indent=2))
        return True

    def _published(self) -> dict[str, str]:
        if not self._layout.published.exists():
            return {}
        content: dict[str, str] = json.loads(self._layout.published.read_text())
        return content

    def _holds(self, image: str) -> bool:
        repository, tag = repository_of(image)
        status, _ = self._request(
            "HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFEST_TYPE}
        )
        return status == http.HTTPStatus.OK

    def _upload(self, tar: tarfile.TarFile, image: str) -> None:
        repository, tag = repository_of(image)
        config, layers = blobs_of(tar)
        for blob in [*layers, config]:
            self._upload_blob(tar, repository, blob)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.descriptor,
            "layers": [layer.descriptor for layer in layers],
        }
        status, _ = self._request(
            "PUT",
            f"/v2/{repository}/manifests/{tag}",
            headers={"Content-Type": MANIFEST_TYPE},
            body=json.dumps(manifest).encode(),
        )
        self._expect(status, http.HTTPStatus.CREATED, f"the manifest of {image}")

    def _upload_blob(self, tar: tarfile.TarFile, repository: str, blob: Blob) -> None:
        status, _ = self._request("HEAD", f"/v2/{repository}/blobs/{blob.digest}")
        if status == http.HTTPStatus.OK:
            return
        status, headers = self._request(
            "POST", f"/v2/{repository}/blobs/uploads/", headers={"Content-Length": "0"}
        )
        self._expect(status, http.HTTPStatus.ACCEPTED, f"an upload to {repository}")
        location = headers["location"].split(f":{REGISTRY_PORT}", 1)[-1]
        separator = "&" if "?" in location else "?"
        status, _ = self._request(
            "PUT",
            f"{location}{separator}digest={blob.digest}",
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)},
            body=tar.extractfile(blob.member),
        )
        self._expect(status, http.HTTPStatus.CREATED, f"the blob {blob.digest}")

    def _expect(self, status: int, wanted: int, what: str) -> None:
        if status != wanted:
            message = (
                f"The registry refused {what} with HTTP status {status}; see "
                f"'docker logs {self._layout.registry_container}'."
            )
            raise HostError(message)

    def _request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: Any = None
    ) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPConnection(
            REGISTRY_ADDRESS, REGISTRY_PORT, timeout=60.0, blocksize=CHUNK
        )
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}
        except (OSError, http.client.HTTPException) as exc:
            message = (
                f"The registry at {REGISTRY_ADDRESS}:{REGISTRY_PORT} does not answer ({exc}); "
                "run 'python -m sandbox up'."
            )
            raise HostError(message) from exc
        finally:
            connection.close()

    def _await_answer(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                status, _ = self._request("GET", "/v2/")
            except HostError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
                continue
            self._expect(status, http.HTTPStatus.OK, "a look")
            return


def blobs_of(tar: tarfile.TarFile) -> tuple[Blob, list[Blob]]:
    """The configuration and the layers of the one image in an archive of `docker save`."""
    index = tar.extractfile("manifest.json")
    if index is None:
        message = "The archive of 'docker save' has no manifest.json; the engine is too old."
        raise HostError(message)
    entry = json.load(index)[0]
    config = _blob(tar, entry["Config"], CONFIG_TYPE)
    return config, [_blob(tar, member, None) for member in entry["Layers"]]


def _blob(tar: tarfile.TarFile, member: str, media_type: str | None) -> Blob:
    stream = tar.extractfile(member)
    if stream is None:
        message = f"The archive of 'docker save' names {member} but does not hold it; save the image again."
        raise HostError(message)
    digest, size, beginning = hashlib.sha256(), 0, b""
    while chunk := stream.read(CHUNK):
        beginning = beginning or chunk[:2]
        digest.update(chunk)
        size += len(chunk)
    kind = media_type or (GZIP_LAYER_TYPE if beginning == GZIP_MAGIC else PLAIN_LAYER_TYPE)
    return Blob(member, kind, f"sha256:{digest.hexdigest()}", size)
