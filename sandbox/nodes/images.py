"""The images: pulled where a registry answers, else built from `sandbox/images/<name>/Dockerfile` under the
same names.

Built images carry the hash of their source as a label and, the sandbox's own, as their tag, so that a second
`up` only looks. They belong to the machine, not to one sandbox: they are expensive, so `down` keeps them
unless it is told otherwise.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.nodes.docker_cli import Docker, last_line
from sandbox.nodes.errors import HostError
from sandbox.nodes.go_programs import build_context, needs_go
from sandbox.nodes.layout import CONTENT_LABEL, Layout
from sandbox.nodes.progress import Progress

BASE_IMAGE = "debian:bookworm-slim"
SOURCES = Path(__file__).resolve().parents[1] / "images"

STOCK_ONLY = "GALERA_SWARM_STOCK_IMAGES"
"""The environment variable that wants the services' images as they are published, or an error."""
FIRST_WORD_SECONDS = 15.0
"""A registry that has not even named the image by then counts as not reachable."""
PULL_SECONDS = 900.0
BUILD_SECONDS = 1800.0
BASE_SECONDS = 25.0
"""What mmdebstrap usually takes."""

SUITES = (
    "deb http://deb.debian.org/debian bookworm main\n"
    "deb http://deb.debian.org/debian bookworm-updates main\n"
    "deb http://deb.debian.org/debian-security bookworm-security main\n"
)
LEFT_OUT = ("man", "doc", "info", "locale")


@dataclass(frozen=True)
class ImageSource:
    """An image and the directory of `sandbox/images` that it can be built from.

    `upstream` is the name under which registries and the program know it; without one it is the sandbox's
    own. `is_told_its_name`: the build is given it as the argument IMAGE, where one source serves two names.
    `go_seconds`: what its programs usually take to be built from Go modules, on two cores.
    """

    directory: str
    upstream: str | None = None
    is_told_its_name: bool = False
    go_seconds: float | None = None

    @property
    def content(self) -> str:
        """Twelve digits that follow from the names, modes and contents of the source's files."""
        return content_hash(SOURCES / self.directory)

    @property
    def tag(self) -> str:
        """The name of the image on this machine."""
        return self.upstream or f"galera-swarm-{self.directory}:{self.content}"


NODE = ImageSource("node")
REGISTRY = ImageSource("registry")
SERVICES = (
    ImageSource("mariadb", "mariadb:10.11"),
    ImageSource("haproxy", "haproxy:2.6"),
    ImageSource("wordpress", "wordpress:6.1-apache"),
    ImageSource("etcd", "quay.io/coreos/etcd:v3.6.6", go_seconds=60.0),
    ImageSource("consul", "hashicorp/consul:1.19.2", go_seconds=240.0),
    ImageSource("python", "python:3.11-slim"),
    ImageSource("aerospike", "aerospike/aerospike-server:8.1.2.3", is_told_its_name=True),
    ImageSource("aerospike", "aerospike/aerospike-server-enterprise:8.1.2.3", is_told_its_name=True),
)
"""The images that the program's services use; the local registry serves those that were asked for."""


def sources_of(names: Collection[str]) -> list[ImageSource]:
    """The sources of these images and of the database's; what has no source is the servers' own to pull."""
    return [source for source in SERVICES if source is SERVICES[0] or source.upstream in names]


def content_hash(directory: Path) -> str:
    """A short hash of every file below the directory, with its path and whether it is executable."""
    digest = hashlib.sha256()
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"{path.relative_to(directory)}\0{executable}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Images:
    """Brings images onto this machine's engine."""

    def __init__(self, docker: Docker, layout: Layout, progress: Progress) -> None:
        self._docker = docker
        self._layout = layout
        self._progress = progress
        self._base = threading.Lock()

    def ensure(self, source: ImageSource) -> str:
        """Pull or build the image unless it is there, and return its name. Raises HostError."""
        stock_only = bool(source.upstream and os.environ.get(STOCK_ONLY))
        record = self._docker.inspect("image", source.tag)
        label = record and (record["Config"].get("Labels") or {}).get(CONTENT_LABEL)
        if record is not None and (label is None or (label == source.content and not stock_only)):
            return source.tag
        if source.upstream and (record is None or stock_only) and self._pull(source.upstream):
            return source.tag
        if stock_only:
            message = (
                f"the image {source.tag} cannot be pulled, and with {STOCK_ONLY} set nothing is built in its"
                " place: run this where its registry answers, or unset the variable"
            )
            raise HostError(message)
        self._ensure_base()
        if needs_go(SOURCES / source.directory):
            self._build_with_go(source)
        else:
            self._build(source, SOURCES / source.directory)
        return source.tag

    def remove(self) -> list[str]:
        """Remove every image that was built or pulled here and is not used; returns their names."""
        purpose = "list the built images"
        built = self._docker.listed(
            "image",
            "ls",
            "--format={{.Repository}}:{{.Tag}}",
            f"--filter=label={CONTENT_LABEL}",
            purpose=purpose,
        )
        fetched = self._layout.fetched.read_text().splitlines() if self._layout.fetched.exists() else []
        removed = [name for name in dict.fromkeys([*built, *fetched]) if self._remove_one(name)]
        self._layout.fetched.unlink(missing_ok=True)
        return removed

    def _remove_one(self, name: str) -> bool:
        done = self._docker.attempt(
            "image", "rm", name, purpose=f"remove the image {name}", timeout_seconds=120.0
        )
        if done.returncode != 0:
            self._progress.say(f"the image {name} stays: {last_line(done.stderr)}")
        return done.returncode == 0

    def _pull(self, name: str) -> bool:
        """Pull the image; False, quickly, when no registry answers."""
        with self._progress.during(f"pulling {name}"):
            reason = self._pulled(name)
        if reason is not None:
            self._progress.say(f"no registry gives {name} ({reason})")
        return reason is None

    def _pulled(self, name: str) -> str | None:
        """Why it could not be pulled; None if it was."""
        with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as complaint:
            process = subprocess.Popen(
                [self._docker.program, "pull", name],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=complaint,
            )
            began = time.monotonic()
            while process.poll() is None:
                limit = PULL_SECONDS if os.fstat(words.fileno()).st_size else FIRST_WORD_SECONDS
                if time.monotonic() - began > limit:
                    process.kill()
                time.sleep(0.05)
            if process.returncode == 0:
                with self._layout.fetched.open("a") as stream:
                    stream.write(f"{name}\n")
                return None
            complaint.seek(0)
            return last_line(complaint.read()) if process.returncode > 0 else "it does not answer"

    def _ensure_base(self) -> None:
        with self._base:
            if self._docker.inspect("image", BASE_IMAGE) is None and not self._pull(BASE_IMAGE):
                self._make_base()

    def _make_base(self) -> None:
        """Debian's minimal system by mmdebstrap, without the documentation, imported under the base image's
        name.
        """
        if shutil.which("mmdebstrap") is None:
            message = (
                f"The image {BASE_IMAGE} can neither be pulled nor made, since mmdebstrap is missing; "
                "install it with 'apt-get install mmdebstrap'."
            )
            raise HostError(message)
        with (
            self._progress.during(f"making {BASE_IMAGE} with mmdebstrap", BASE_SECONDS),
            tempfile.TemporaryDirectory(dir=self._layout.state, prefix="base.") as directory,
        ):
            archive, sources = Path(directory, "base.tar"), Path(directory, "sources.list")
            sources.write_text(SUITES)
            done = subprocess.run(
                mmdebstrap_command(archive, sources), capture_output=True, check=False, timeout=BUILD_SECONDS
            )
            if done.returncode != 0:
                message = (
                    f"Cannot make {BASE_IMAGE}: mmdebstrap said '{last_line(done.stderr)}'; "
                    "check the way to deb.debian.org."
                )
                raise HostError(message)
            self._docker.run(
                "import",
                f"--change=LABEL {CONTENT_LABEL}=base",
                '--change=CMD ["bash"]',
                str(archive),
                BASE_IMAGE,
                purpose=f"import {BASE_IMAGE}",
                timeout_seconds=300.0,
            )

    def _build_with_go(self, source: ImageSource) -> None:
        with tempfile.TemporaryDirectory(dir=self._layout.state, prefix="build.") as directory:
            what = f"building the programs of {source.tag} from Go modules"
            with self._progress.during(what, source.go_seconds):
                build_context(SOURCES / source.directory, Path(directory))
            self._build(source, Path(directory))

    def _build(self, source: ImageSource, context: Path) -> None:
        with self._progress.during(f"building {source.tag}"):
            self._docker.run(
                "build",
                "--quiet",
                "--network=host",
                f"--label={CONTENT_LABEL}={source.content}",
                f"--tag={source.tag}",
                *([f"--build-arg=IMAGE={source.tag}"] if source.is_told_its_name else []),
                str(context),
                purpose=f"build the image {source.tag}",
                timeout_seconds=BUILD_SECONDS,
            )
        self._progress.say(f"built {source.tag}")
        if source.upstream is None:
            self._remove_outdated(source)

    def _remove_outdated(self, source: ImageSource) -> None:
        """Remove the images of older source; those that a container still uses stay."""
        purpose = f"list the images of {source.directory}"
        repository = source.tag.partition(":")[0]
        for name in self._docker.listed(
            "image", "ls", "--format={{.Repository}}:{{.Tag}}", repository, purpose=purpose
        ):
            if name != source.tag:
                self._docker.attempt("image", "rm", name, purpose=f"remove the image {name}")


def mmdebstrap_command(archive: Path, sources: Path) -> list[str]:
    """The command that writes the base system to `archive`."""
    return [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        '--aptopt=APT::Install-Recommends "false"',
        *left_out(LEFT_OUT),
        "bookworm",
        str(archive),
        str(sources),
    ]


def left_out(names: Iterable[str]) -> list[str]:
    """Options that keep documentation out, all but the licences."""
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in names]
    return [*excluded, "--dpkgopt=path-include=/usr/share/doc/*/copyright"]
