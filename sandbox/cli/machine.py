"""`check` and `images`: the machine below the sandbox."""

import sys
from argparse import Namespace

from rich.console import Console
from rich.table import Table

from sandbox.cli.lifecycle import exclusive
from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.host_facts import gather, problems
from sandbox.nodes.images import NODE, REGISTRY, SERVICES, Images
from sandbox.nodes.layout import checkout_layout
from sandbox.nodes.probe import OPTIONAL_FEATURES, choose_profile
from sandbox.nodes.progress import Progress


def check(_: Namespace) -> int:
    """Show what was found about this machine; exit status 1 when no sandbox can run."""
    docker, layout, progress = Docker(), checkout_layout(), Progress()
    facts = gather(docker)
    found = problems(facts)
    for problem in found:
        print(f"sandbox: {problem}", file=sys.stderr)
    if found:
        return 1
    layout.state.mkdir(parents=True, exist_ok=True)
    image = Images(docker, layout, progress).ensure(NODE)
    profile, features = choose_profile(docker, layout, facts, image, fresh=True)
    table = Table(show_header=False, box=None)
    table.add_row(
        "engine", f"Docker {facts.engine}, cgroup version {facts.cgroup_version}, {facts.cpus} CPUs"
    )
    rights = "--privileged" if profile.privileged else f"all capabilities but {', '.join(profile.withheld)}"
    table.add_row("servers' rights", rights)
    limits = [name for name, there in (("memory", profile.memory_limit), ("CPU", profile.cpu_limit)) if there]
    table.add_row("limits", ", ".join(limits) or "none can be set")
    for name, there in features.items():
        lack = f"no: {OPTIONAL_FEATURES[name]} cannot be chosen here" if name in OPTIONAL_FEATURES else "no"
        table.add_row(name, "yes" if there else lack)
    Console().print(table)
    return 0


def images(options: Namespace) -> int:
    """Pull or build the images that are missing, of those asked for or of all, and show them."""
    docker, layout, progress = Docker(), checkout_layout(), Progress()
    known = {source.tag: source for source in (NODE, REGISTRY, *SERVICES)}
    unknown = sorted(set(options.name) - set(known))
    if unknown:
        print(f"sandbox: no image {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 1
    store = Images(docker, layout, progress)
    table = Table("image", "made", "size", box=None)
    with exclusive(layout, progress):
        for name in options.name or known:
            store.ensure(known[name])
            record = docker.inspect("image", name) or {}
            table.add_row(name, str(record.get("Created", ""))[:19], f"{record.get('Size', 0) / 1e6:.0f} MB")
    Console().print(table)
    return 0
