"""Finds a Python that is new enough: the one that runs this, else the newest python3.N on PATH. As a program
it prints which. Every Python 3 has to be able to read this file."""

import os
import shutil
import subprocess
import sys

MINIMUM = (3, 11)
_NEWEST_MINOR = 40


def suitable() -> str:
    """The path of a Python that is new enough; empty when there is none."""
    if sys.version_info[:2] >= MINIMUM:
        return sys.executable
    for minor in range(_NEWEST_MINOR, MINIMUM[1] - 1, -1):
        found = shutil.which("python3." + str(minor))
        if found and _works(found):
            return found
    return ""


def require() -> str:
    """The path of a Python that is new enough. Ends this program with the remedy when there is none."""
    found = suitable()
    if not found:
        wanted, present = (".".join(map(str, version[:2])) for version in (MINIMUM, sys.version_info))
        sys.exit(
            "galera-swarm needs Python " + wanted + " or newer; python3 is " + present + ", and there is no"
            " newer python3.N on PATH\n"
            "  put it right with:  apt-get install python" + wanted + " python" + wanted + "-venv"
        )
    return found


def become() -> None:
    """Go on in a Python that is new enough: in this one, or in another one in its place."""
    found = require()
    if found != sys.executable:
        os.execv(found, [found, *sys.argv])  # noqa: S606


def _works(program: str) -> bool:
    # A version manager has programs of that name also for versions that it then does not find.
    code = "import sys; sys.exit(sys.version_info[:2] < " + repr(MINIMUM) + ")"
    return subprocess.call([program, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


if __name__ == "__main__":
    print(require())
