"""Members that are started again after every end, as the swarm does it, and heard all the time."""

import contextlib
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.e2e.galera_service.members import NOTES, Members, docker, eventually

NUMBERS = (1, 2, 3)


class Ears:
    """Keeps every word of every container in a file for each member, and wakes who waits for one of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._heard = threading.Condition()
        self._lines: list[str] = []
        self._followers: list[subprocess.Popen[bytes]] = []

    def follow(self, member: int, container: str) -> None:
        """From the container's first word to its last."""
        follower = subprocess.Popen(
            ["docker", "logs", "--follow", "--timestamps", container],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._followers.append(follower)
        threading.Thread(target=self._listen, args=(member, follower), daemon=True).start()

    def _listen(self, member: int, follower: "subprocess.Popen[bytes]") -> None:
        assert follower.stdout is not None
        with (self.directory / f"galera-{member}.log").open("ab") as kept:
            kept.write(b"---- a new container\n")
            for line in follower.stdout:
                kept.write(line)
                kept.flush()
                with self._heard:
                    self._lines.append(f"galera-{member}: {line.decode(errors='replace')}")
                    self._heard.notify_all()

    def note(self, text: str) -> None:
        """A line of the test's own, with the time in the form of the containers' lines, in every file."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
        for member in NUMBERS:
            with (self.directory / f"galera-{member}.log").open("ab") as kept:
                kept.write(f"{stamp} #### {text}\n".encode())
        with (self.directory / "storm.log").open("a") as kept:
            kept.write(f"{stamp} {text}\n")

    def await_word(self, pattern: str, seconds: float) -> bool:
        """Until somebody says from now on what the pattern finds."""
        wanted, until = re.compile(pattern), time.monotonic() + seconds
        with self._heard:
            seen = len(self._lines)
            while (left := until - time.monotonic()) > 0:
                if any(wanted.search(line) for line in self._lines[seen:]):
                    return True
                seen = len(self._lines)
                self._heard.wait(left)
        return False

    def count(self, pattern: str) -> int:
        """How many lines so far the pattern finds."""
        wanted = re.compile(pattern)
        with self._heard:
            return sum(1 for line in self._lines if wanted.search(line))

    def close(self) -> None:
        for follower in self._followers:
            follower.kill()
            follower.wait()


class Supervised:
    """Each member in a new container soon after its last one ended, unless it is held down."""

    def __init__(self, members: Members, ears: Ears, chance: random.Random, permit: str = "") -> None:
        self.members, self.ears = members, ears
        self.starts = 0
        self._chance = chance
        self._permit = permit
        self._down: set[int] = set(NUMBERS)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._supervise, args=(n, chance.random())) for n in NUMBERS]

    def __enter__(self) -> "Supervised":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def release(self, *numbers: int) -> None:
        self._down -= set(numbers)

    def born(self, seconds: float) -> None:
        """All of them in one cluster, one after the other."""
        for n in NUMBERS:
            self.release(n)
            self.members.synced(n, size=n, seconds=seconds)

    def says(self, n: int, text: str, seconds: float) -> None:
        """Until the member has said so, in whichever of its containers."""
        eventually(
            f"galera-{n} says {text!r}",
            lambda: self.ears.count(rf"^galera-{n}: .*galera-swarm: .*{re.escape(text)}") > 0,
            seconds,
        )

    @contextlib.contextmanager
    def held_down(self, *numbers: int) -> Iterator[None]:
        """What ends meanwhile is not started again before the end of this."""
        self._down |= set(numbers)
        try:
            yield
        finally:
            self.release(*numbers)

    def _supervise(self, n: int, seed: float) -> None:
        chance = random.Random(seed)  # noqa: S311 - a seed to repeat is what is wanted
        permit = self._permit if n == 1 else ""
        while not self._over.wait(0.1):
            if n in self._down or self.running(n):
                continue
            if self._over.wait(chance.choice((0.0, 0.3, 1.0, 3.0))) or n in self._down:
                continue
            self.members.start(n, permit=permit)
            self.starts += 1
            permit = ""
            self.ears.follow(n, self.members.name(n))

    def running(self, n: int) -> bool:
        shown = docker("inspect", "--format", "{{.State.Running}}", self.members.name(n), check=False)
        return shown.endswith("true")

    def process(self, n: int) -> int:
        """The machine's number of the member's first process; 0 if it does not run."""
        shown = docker("inspect", "--format", "{{.State.Pid}}", self.members.name(n), check=False)
        return int(shown) if shown.isdigit() else 0

    def together(self, act: Callable[[int], object], *numbers: int) -> None:
        """Does something to several members at the same moment, as far as one machine can."""
        threads = [threading.Thread(target=act, args=(n,)) for n in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def notes(self, n: int) -> str:
        """What lies in the member's volume, for a human."""
        look = (
            f"cd {NOTES} && for f in view lineage vote born operator/*; do"
            ' [ ! -f $f ] || echo "$f: $(cat $f)"; done; cat ../grastate.dat; df -h . | tail -n 1'
        )
        return docker("exec", self.members.name(n), "bash", "-c", look, check=False)
