"""Images of other registries: served by HTTPS in their names, to servers that trust just that."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from sandbox.nodes import https_door
from sandbox.nodes.images import SERVICES
from sandbox.nodes.layout import Layout
from sandbox.nodes.registry import repository_of
from tests.unit.sandbox_nodes.fakes import FakeDocker

IMAGE = "galera-swarm-registry:1"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    return layout


def test_every_other_registry_of_an_image_is_answered_for() -> None:
    firsts = [source.tag.partition("/") for source in SERVICES]
    others = {first for first, slash, _ in firsts if slash and "." in first}
    assert others <= set(https_door.REGISTRIES)


def test_the_certificate_is_made_once_and_names_the_registries(layout: Layout) -> None:
    https_door.ensure(FakeDocker(), layout, IMAGE)
    made = layout.https_certificate.read_bytes()
    https_door.ensure(FakeDocker(), layout, IMAGE)
    assert layout.https_certificate.read_bytes() == made
    names = x509.load_pem_x509_certificate(made).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert tuple(names.value.get_values_for_type(x509.DNSName)) == https_door.REGISTRIES
    key = layout.https / "key.pem"
    assert key.stat().st_mode & 0o077 == 0
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(layout.https_certificate, key)


def test_a_server_trusts_it_for_these_names_only(layout: Layout) -> None:
    assert https_door.first_boot_files(layout) == {}
    https_door.ensure(FakeDocker(), layout, IMAGE)
    files = https_door.first_boot_files(layout)
    assert set(files) == {"etc/docker/certs.d/quay.io/ca.crt"}
    assert "10.141.0.3 quay.io\n" in https_door.hosts_lines()


def test_the_container_reads_the_store_and_is_on_the_private_network_only(layout: Layout) -> None:
    words = https_door.run_command(layout, IMAGE)
    assert "--network=galera-swarm-private" in words
    assert any(word.endswith(":/var/lib/registry:ro") for word in words)
    assert not [word for word in words if word.startswith(("-p", "--publish"))]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (None, ["run"]),
        ({"Config": {"Image": IMAGE}, "State": {"Status": "exited"}}, ["start"]),
        ({"Config": {"Image": IMAGE}, "State": {"Status": "running"}}, []),
        ({"Config": {"Image": "older"}, "State": {"Status": "running"}}, ["rm", "run"]),
    ],
)
def test_it_runs_from_the_registrys_image(
    layout: Layout, record: dict[str, object] | None, said: list[str]
) -> None:
    docker = FakeDocker(records={("container", layout.https_container): record} if record else {})
    https_door.ensure(docker, layout, IMAGE)
    assert [command[0] for command in docker.commands if command[1] != "inspect"] == said


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("quay.io/coreos/etcd:v3.6.6", ("coreos/etcd", "v3.6.6")),
        ("localhost:5000/one:2", ("library/one", "2")),
    ],
)
def test_the_store_knows_images_by_their_path(image: str, expected: tuple[str, str]) -> None:
    assert repository_of(image) == expected
