"""What the local registry is given."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from sandbox.nodes.layout import Layout
from sandbox.nodes.registry import GZIP_LAYER_TYPE, PLAIN_LAYER_TYPE, blobs_of, repository_of, run_command


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("mariadb:10.11", ("library/mariadb", "10.11")),
        ("mariadb", ("library/mariadb", "latest")),
        ("hashicorp/consul:1.19.2", ("hashicorp/consul", "1.19.2")),
    ],
)
def test_images_lie_where_a_mirror_of_docker_hub_serves_them(image: str, expected: tuple[str, str]) -> None:
    assert repository_of(image) == expected


def test_the_registry_is_reached_on_the_private_network_only() -> None:
    words = run_command(Layout(Path("/checkout")), "registry:1")
    assert "--network=galera-swarm-private" in words
    assert "--ip=10.141.0.2" in words
    assert not [word for word in words if word.startswith(("-p", "--publish"))]


def test_a_saved_image_becomes_blobs_with_their_digests() -> None:
    plain, packed, config = b"layer" * 1000, gzip.compress(b"layer"), b'{"rootfs": {}}'
    members = {
        "a/layer.tar": plain,
        "b/layer.tar": packed,
        "c.json": config,
        "manifest.json": json.dumps(
            [{"Config": "c.json", "Layers": ["a/layer.tar", "b/layer.tar"]}]
        ).encode(),
    }
    saved = io.BytesIO()
    with tarfile.open(fileobj=saved, mode="w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    with tarfile.open(fileobj=io.BytesIO(saved.getvalue())) as tar:
        described, layers = blobs_of(tar)
    assert described.descriptor == {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": len(config),
        "digest": f"sha256:{hashlib.sha256(config).hexdigest()}",
    }
    assert [layer.media_type for layer in layers] == [PLAIN_LAYER_TYPE, GZIP_LAYER_TYPE]
    assert layers[0].digest == f"sha256:{hashlib.sha256(plain).hexdigest()}"


def test_a_repeated_layer_of_a_saved_image_may_be_a_link() -> None:
    saved = io.BytesIO()
    with tarfile.open(fileobj=saved, mode="w") as tar:
        for name, content in {
            "a/layer.tar": b"layer",
            "c.json": b"{}",
            "manifest.json": json.dumps(
                [{"Config": "c.json", "Layers": ["a/layer.tar", "b/layer.tar"]}]
            ).encode(),
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("b/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../a/layer.tar"
        tar.addfile(link)
    with tarfile.open(fileobj=io.BytesIO(saved.getvalue())) as tar:
        _, layers = blobs_of(tar)
    assert layers[0].digest == layers[1].digest
