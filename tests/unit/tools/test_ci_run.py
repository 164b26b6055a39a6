"""The closing line of .ci/run, and what it installs, on fake programs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.checkout import ROOT

#: What the script uses of a machine.
PROGRAMS = ("bash", "dirname", "mktemp", "rm", "tee", "grep", "awk")
MAKE = """#!/bin/sh
case "$1" in test) cat "{output}"; exit {status} ;; esac
"""


def program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def run(
    root: Path, output: str, *, status: int = 0, user: int = 0, make_there: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run .ci/run in a checkout of its own, where `make test` prints `output`."""
    programs, checkout = root / "bin", root / "checkout"
    for directory in (programs, checkout / ".ci", checkout / ".venv" / "bin"):
        directory.mkdir(parents=True)
    for name in PROGRAMS:
        (programs / name).symlink_to(shutil.which(name) or name)
    shutil.copy(ROOT / ".ci" / "run", checkout / ".ci" / "run")
    (root / "output").write_text(output)
    make = root / "make"
    program(make, MAKE.format(output=root / "output", status=status).replace("cat", str(shutil.which("cat"))))
    program(checkout / ".venv" / "bin" / "python", "#!/bin/sh\n")
    program(programs / "ip", "#!/bin/sh\n")
    program(programs / "id", f"#!/bin/sh\necho {user}\n")
    copy = f"{shutil.which('cp')} {make} {programs}/make"
    program(programs / "apt-get", f'#!/bin/sh\ncase "$*" in install*make*) {copy} ;; esac\n')
    if make_there:
        make.rename(programs / "make")
    return subprocess.run(
        [str(programs / "bash"), str(checkout / ".ci" / "run")],
        env={"PATH": str(programs), "TMPDIR": str(root)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("lines", "status", "counts", "left"),
    [
        (["12 passed in 3.45s"], 0, "12 passed, 0 failed, 0 skipped", 0),
        (
            [
                "1000 passed, 2 skipped in 80.11s (0:01:20)",
                "galera: === 7 passed, 3 deselected, 1 warning in 600.00s (0:10:00) ===",
                "services: === 4 deselected in 0.10s ===",
                "front: === 1 skipped in 0.10s ===",
            ],
            0,
            "1007 passed, 0 failed, 3 skipped",
            7,
        ),
        (["1 failed, 2 passed, 1 error in 3.00s"], 2, "2 passed, 2 failed, 0 skipped", 0),
        (["make: *** no rule"], 2, "0 passed, 1 failed, 0 skipped", 0),
    ],
)
def test_the_last_line_counts_all_runs(
    tmp_path: Path, lines: list[str], status: int, counts: str, left: int
) -> None:
    done = run(tmp_path, "\n".join(lines) + "\n", status=status)
    assert done.stdout.splitlines()[-2:] == [f"{left} tests marked long were left to: make test", counts]
    assert done.returncode == status


@pytest.mark.parametrize(
    ("user", "last"),
    [
        (0, "1 passed, 0 failed, 0 skipped"),
        (1000, "0 passed, 1 failed, 0 skipped"),
    ],
)
def test_root_gets_a_missing_make(tmp_path: Path, user: int, last: str) -> None:
    done = run(tmp_path, "1 passed in 0.10s\n", user=user, make_there=False)
    assert done.stdout.splitlines()[-1] == last
