"""Which profile makes a server on this machine, found out with a throw-away container, and what such a server
can do.

The answer is kept for as long as the machine's boot, its engine and the servers' image stay the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sandbox.nodes.docker_cli import Docker
from sandbox.nodes.errors import DockerError, HostError
from sandbox.nodes.guest import GuestProfile, machine_arguments
from sandbox.nodes.host_facts import HostFacts, candidates
from sandbox.nodes.layout import Layout

NEEDED_FEATURES = ("mount", "cgroups", "devices", "overlayfs", "bridge", "veth", "vxlan")
OPTIONAL_FEATURES: Mapping[str, str] = {
    "btrfs": "host.dataDisk.filesystem btrfs",
    "xfs": "host.dataDisk.filesystem xfs",
    "device-mapper": "host.dataDisk.filesystem lvm-btrfs",
    "ipvs": "endpoint mode vip and the ingress mesh",
    "esp": "an encrypted overlay network",
}
"""What a server can be without, and what its config then cannot choose."""


def try_profile(docker: Docker, layout: Layout, profile: GuestProfile, image: str) -> dict[str, bool]:
    """What a container with this profile can do, by the image's own check. Raises DockerError when none
    starts.
    """
    output = docker.run(
        "run",
        "--rm",
        f"--label={layout.label}",
        "--network=none",
        *machine_arguments(profile),
        *(["--volume=/lib/modules:/lib/modules:ro"] if Path("/lib/modules").is_dir() else []),
        "--entrypoint=/usr/local/sbin/node-check",
        image,
        purpose="try a server's rights",
    )
    return features_of(output)


def features_of(output: str) -> dict[str, bool]:
    """The answers of `node-check`."""
    words = [line.split() for line in output.splitlines()]
    return {line[1]: line[0] == "yes" for line in words if len(line) == 2 and line[0] in ("yes", "no")}


def lacking_features(features: Mapping[str, bool]) -> list[str]:
    """The needed features that are not there."""
    return [name for name in NEEDED_FEATURES if not features.get(name, False)]


def choose_profile(
    docker: Docker, layout: Layout, facts: HostFacts, image: str, *, fresh: bool = False
) -> tuple[GuestProfile, dict[str, bool]]:
    """The first profile that works, and what its servers can do. Raises HostError with what is missing.

    The answer is remembered for the same boot, engine and image; `fresh` asks again.
    """
    key = _identity(facts, image)
    remembered = None if fresh else _remembered(layout, key)
    if remembered is not None:
        return remembered
    refusals = []
    for profile in candidates(facts):
        name = "--privileged" if profile.privileged else "the capability set"
        try:
            features = try_profile(docker, layout, profile, image)
        except DockerError as exc:
            refusals.append(f"with {name}: {exc}")
            continue
        lacking = lacking_features(features)
        if not lacking:
            _remember(layout, key, profile, features)
            return profile, features
        refusals.append(f"with {name} there is no {', '.join(lacking)}")
    reasons = "; ".join(refusals)
    message = f"This machine's containers cannot be servers ({reasons}); use a machine or VM of its own."
    raise HostError(message)


def _identity(facts: HostFacts, image: str) -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {facts.engine} {image} {','.join(sorted(facts.missing_capabilities))}"


def _remember(layout: Layout, key: str, profile: GuestProfile, features: Mapping[str, bool]) -> None:
    layout.state.mkdir(parents=True, exist_ok=True)
    content = {"key": key, "profile": asdict(profile), "features": dict(features)}
    layout.host_report.write_text(json.dumps(content, indent=2))


def _remembered(layout: Layout, key: str) -> tuple[GuestProfile, dict[str, bool]] | None:
    if not layout.host_report.exists():
        return None
    content = json.loads(layout.host_report.read_text())
    if content.get("key") != key:
        return None
    profile = content["profile"] | {"withheld": tuple(content["profile"]["withheld"])}
    return GuestProfile(**profile), content["features"]


def option_notes(features: Mapping[str, bool]) -> Sequence[str]:
    """What configs cannot choose on this machine."""
    return [f"no {name}: {what}" for name, what in OPTIONAL_FEATURES.items() if not features.get(name, False)]
