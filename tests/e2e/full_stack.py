"""The stack of `Pulumi.dev-full.yaml` under another name, with its images ready first."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from settings import stack_file
from tests.e2e.cloud import bring_images
from tests.e2e.stack import ROOT, Stack, temporary_stack


@contextmanager
def full_stack(name: str, directory: Path) -> Iterator[Stack]:
    """The stack as the checkout has it, on the cloud and with the key of a test; the sandbox is up."""
    config = stack_file.read(ROOT / "Pulumi.dev-full.yaml")
    del config["cloud"]
    bring_images(*_images(), timeout=2700)
    with temporary_stack(name, directory, **config) as made:
        yield made


def _images() -> list[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "settings", "images", "--stack", "dev-full"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()
