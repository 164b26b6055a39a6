"""`up` and `down`: everything there, or nothing left."""

import fcntl
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sandbox.cli import serving
from sandbox.nodes import https_door
from sandbox.nodes.disks import Disks
from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.docker_driver import DockerDriver
from sandbox.nodes.errors import HostError
from sandbox.nodes.host_facts import gather, problems
from sandbox.nodes.images import NODE, REGISTRY, Images, sources_of
from sandbox.nodes.layout import (
    API_KEY,
    API_USERNAME,
    CHECKOUT_LABEL,
    SANDBOX_LABEL,
    Layout,
    checkout_layout,
    label_of,
)
from sandbox.nodes.networks import ensure_networks, remove_networks
from sandbox.nodes.probe import choose_profile
from sandbox.nodes.progress import Progress
from sandbox.nodes.registry import Registry

CLIENT_TIMEOUT_SECONDS = 60


def up(options: Namespace) -> int:
    """Networks, images, registry, servers that were there, API; each only where it is missing."""
    layout, docker, progress = checkout_layout(), Docker(), Progress()
    facts = gather(docker)
    found = problems(facts)
    if found:
        for problem in found:
            print(f"sandbox: {problem}", file=sys.stderr)
        return 1
    with exclusive(layout, progress):
        ensure_networks(docker, layout)
        images = Images(docker, layout, progress)
        with ThreadPoolExecutor(max_workers=2) as pool:
            node, registry_image, *services = pool.map(
                images.ensure, (NODE, REGISTRY, *sources_of(options.image))
            )
        profile, _ = choose_profile(docker, layout, facts, node)
        registry = Registry(docker, layout)
        registry.ensure(registry_image)
        https_door.ensure(docker, layout, registry_image)
        for image in services:
            if registry.publish(image):
                progress.say(f"published {image} in the local registry")
        back = DockerDriver(layout, profile, node, docker).recover()
        if back:
            progress.say(f"brought back the servers that were down: {len(back)}")
        serving.ensure_running(layout, options.provision_seconds, progress)
        _write_slcli_conf(layout)
        progress.say(f"the sandbox is up: {serving.ENDPOINT}; SLCLI_CONFIG=.sandbox/slcli.conf slcli vs list")
    return 0


def down(options: Namespace) -> int:
    """Remove everything that carries this sandbox's label, and its files; the images only when asked to.

    With `--others` the sandboxes of all other checkouts instead, running or left behind.
    """
    layout, docker, progress = checkout_layout(), Docker(), Progress()
    if options.others:
        return _down_others(docker, layout, progress)
    with exclusive(layout, progress):
        _remove(docker, layout, progress)
        if options.images:
            for name in Images(docker, layout, progress).remove():
                progress.say(f"removed the image {name}")
            shutil.rmtree(layout.state)
        else:
            progress.say(
                "kept the images and the registry's store for the next up ('down --images' removes them)"
            )
    return 0


def _down_others(docker: Docker, layout: Layout, progress: Progress) -> int:
    found = {name: path for name, path in sandboxes(docker).items() if name != layout.sandbox_id}
    left = serving.elsewhere(layout)
    for pid, served in left.items():
        progress.say(f"stopping the API of {served}")
        serving.end(pid)
    for name, checkout in sorted(found.items()):
        progress.say(f"removing the sandbox of {checkout or name}")
        if checkout and checkout.is_dir():
            _remove(docker, Layout(checkout), progress)
        else:
            disks = Disks(Layout(checkout).disks) if checkout else None
            _remove_objects(docker, label_of(name), progress, disks=disks)
    if not found and not left:
        progress.say("no other checkout has a sandbox on this machine")
    return 0


def sandboxes(docker: Docker) -> dict[str, Path | None]:
    """The id of each sandbox that this machine's engine holds something of, with its checkout if known."""
    found: dict[str, Path | None] = {}
    shown = f'--format={{{{.Label "{SANDBOX_LABEL}"}}}}\t{{{{.Label "{CHECKOUT_LABEL}"}}}}'
    for listing in (("ps", "--all"), ("volume", "ls"), ("network", "ls")):
        wanted = f"--filter=label={SANDBOX_LABEL}"
        for line in docker.listed(*listing, shown, wanted, purpose="list what sandboxes hold"):
            name, _, checkout = line.partition("\t")
            found[name] = Path(checkout) if checkout else found.get(name)
    return found


def _remove(docker: Docker, layout: Layout, progress: Progress) -> None:
    """Everything of one checkout's sandbox but its images and the registry's store."""
    if serving.stop(layout):
        progress.say("stopped the API")
    _remove_objects(docker, layout.label, progress, disks=Disks(layout.disks))
    for path in (layout.slcli_conf, layout.known_hosts, layout.host_report):
        path.unlink(missing_ok=True)
    for path in layout.state.glob(f"{layout.database.name}*"):
        path.unlink()
    for directory in (layout.disks, layout.halted, layout.https):
        shutil.rmtree(directory, ignore_errors=True)


def _remove_objects(docker: Docker, label: str, progress: Progress, disks: Disks | None = None) -> None:
    removed = _remove_containers(docker, label)
    if disks:
        disks.remove_all()
    remove_networks(docker, label)
    _remove_volumes(docker, label)
    progress.say(f"removed {removed} containers with their disks, and the networks")


@contextmanager
def exclusive(layout: Layout, progress: Progress) -> Iterator[None]:
    """Hold the sandbox's lock; a second `up` or `down` waits for the first."""
    layout.state.mkdir(parents=True, exist_ok=True)
    with layout.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another 'up' or 'down' to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_containers(docker: Docker, label: str) -> int:
    purpose = "list the sandbox's containers"
    names = docker.listed("ps", "--all", "--quiet", f"--filter=label={label}", purpose=purpose)
    if names:
        docker.run(
            "rm",
            "--force",
            "--volumes",
            *names,
            purpose="remove the sandbox's containers",
            timeout_seconds=300.0,
        )
    return len(names)


def _remove_volumes(docker: Docker, label: str) -> None:
    purpose = "list the sandbox's volumes"
    names = docker.listed("volume", "ls", "--quiet", f"--filter=label={label}", purpose=purpose)
    if names:
        docker.run("volume", "rm", *names, purpose="remove the sandbox's volumes")


def _write_slcli_conf(layout: Layout) -> None:
    if not serving.running(layout):
        message = f"The API ended right after its start; see {layout.api_log}."
        raise HostError(message)
    layout.slcli_conf.write_text(
        "[softlayer]\n"
        f"username = {API_USERNAME}\n"
        f"api_key = {API_KEY}\n"
        f"endpoint_url = {serving.ENDPOINT}\n"
        f"timeout = {CLIENT_TIMEOUT_SECONDS}\n"
    )
    layout.slcli_conf.chmod(0o600)
