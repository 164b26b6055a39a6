"""Which images are built, and when."""

import io
from pathlib import Path
from typing import Any

import pytest

from sandbox.nodes import images
from sandbox.nodes.errors import HostError
from sandbox.nodes.images import NODE, SERVICES, Images, ImageSource, content_hash, mmdebstrap_command
from sandbox.nodes.layout import CONTENT_LABEL, Layout
from sandbox.nodes.progress import Progress
from tests.unit.sandbox_nodes.fakes import FakeDocker


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    return layout


def store(docker: FakeDocker, layout: Layout) -> Images:
    return Images(docker, layout, Progress(io.StringIO()))


def image(label: str | None) -> dict[str, Any]:
    return {"Config": {"Labels": {CONTENT_LABEL: label} if label else None}}


def test_the_hash_follows_names_contents_and_executable_bits(tmp_path: Path) -> None:
    seen = set()
    (tmp_path / "a").write_text("one")
    seen.add(content_hash(tmp_path))
    (tmp_path / "a").chmod(0o755)
    seen.add(content_hash(tmp_path))
    (tmp_path / "a").write_text("two")
    seen.add(content_hash(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    seen.add(content_hash(tmp_path))
    assert len(seen) == 4


def test_the_hash_does_not_follow_times(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    before = content_hash(tmp_path)
    (tmp_path / "a").write_text("one")
    assert content_hash(tmp_path) == before


def test_own_images_are_tagged_by_their_content_and_services_by_their_known_name() -> None:
    assert f"galera-swarm-node:{NODE.content}" == NODE.tag
    assert SERVICES[0].tag == "mariadb:10.11"
    assert all(source.tag == source.upstream for source in SERVICES)


def test_a_source_of_two_names_is_told_which_one_it_is_built_under(layout: Layout) -> None:
    docker = FakeDocker(records={("image", "debian:bookworm-slim"): image(None)})
    (enterprise,) = [source for source in SERVICES if "enterprise" in source.tag]
    store(docker, layout).ensure(enterprise)
    assert f"--build-arg=IMAGE={enterprise.tag}" in docker.said("build")[0]


def test_an_image_that_is_there_is_only_looked_at(layout: Layout) -> None:
    docker = FakeDocker(records={("image", NODE.tag): image(NODE.content)})
    assert store(docker, layout).ensure(NODE) == NODE.tag
    assert len(docker.commands) == 1


def test_an_image_of_the_same_name_that_somebody_pulled_is_used(layout: Layout) -> None:
    docker = FakeDocker(records={("image", "mariadb:10.11"): image(None)})
    store(docker, layout).ensure(SERVICES[0])
    assert not docker.said("build")


def test_an_image_of_older_source_is_built_anew(layout: Layout) -> None:
    docker = FakeDocker(
        records={("image", "mariadb:10.11"): image("old"), ("image", "debian:bookworm-slim"): image(None)}
    )
    store(docker, layout).ensure(SERVICES[0])
    (command,) = docker.said("build")
    assert "--network=host" in command
    assert "--tag=mariadb:10.11" in command
    assert f"--label={CONTENT_LABEL}={SERVICES[0].content}" in command


@pytest.mark.parametrize("label", [None, "built"])
@pytest.mark.parametrize("program", ["true", "false"])
def test_whoever_wants_stock_images_only_gets_them_or_an_error(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, label: str | None, program: str
) -> None:
    """`true` and `false` stand for a pull that works and one that does not."""
    monkeypatch.setenv(images.STOCK_ONLY, "1")
    source = SERVICES[0]
    docker = FakeDocker(
        program=program, records={("image", source.tag): image(source.content)} if label else {}
    )
    if program == "true":
        assert store(docker, layout).ensure(source) == source.tag
    else:
        with pytest.raises(HostError, match=r"mariadb:10\.11 cannot be pulled"):
            store(docker, layout).ensure(source)
    assert not docker.said("build")


def test_the_sandboxs_own_images_are_built_all_the_same(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(images.STOCK_ONLY, "1")
    docker = FakeDocker(records={("image", NODE.tag): image(NODE.content)})
    assert store(docker, layout).ensure(NODE) == NODE.tag


def test_a_new_build_takes_older_ones_of_the_same_source_away(layout: Layout) -> None:
    docker = FakeDocker(
        records={("image", "debian:bookworm-slim"): image(None)},
        answers={"image ls": (0, f"galera-swarm-node:old\n{NODE.tag}\n", "")},
    )
    store(docker, layout).ensure(NODE)
    assert docker.said("image", "rm") == [["image", "rm", "galera-swarm-node:old"]]


def test_without_registry_and_mmdebstrap_the_one_command_is_named(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images.shutil, "which", lambda name: None)
    docker = FakeDocker(program="false")
    with pytest.raises(HostError, match="apt-get install mmdebstrap"):
        store(docker, layout).ensure(ImageSource("node"))


def test_the_base_system_leaves_documentation_out_but_not_licences() -> None:
    words = mmdebstrap_command(Path("/out.tar"), Path("/sources"))
    assert "--dpkgopt=path-exclude=/usr/share/man/*" in words
    assert words.index("--dpkgopt=path-include=/usr/share/doc/*/copyright") > words.index(
        "--dpkgopt=path-exclude=/usr/share/doc/*"
    )
    assert words[-3:] == ["bookworm", "/out.tar", "/sources"]


def test_removing_takes_built_and_pulled_images_and_reports_what_stays(layout: Layout) -> None:
    layout.fetched.write_text("mariadb:10.11\n")
    docker = FakeDocker(
        answers={
            "image ls": (0, "galera-swarm-node:abc\n", ""),
            "image rm mariadb": (1, "", "Error response from daemon: image is in use"),
        }
    )
    assert store(docker, layout).remove() == ["galera-swarm-node:abc"]
    assert not layout.fetched.exists()
