"""Galera members as plain containers: started, killed, stopped, wiped, and asked over SQL."""

import contextlib
import functools
import json
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pymysql

SERVICE = Path(__file__).parents[3] / "services" / "galera"
IMAGE = "mariadb:10.11"
NOTES = "/var/lib/mysql/.galera-swarm"
LIMIT_SECONDS = 150.0
"""Until something that has to come is given up: long, since the machine may be busy with other tests."""


def docker(*words: str, stdin: str | None = None, check: bool = True, timeout: float = 120) -> str:
    done = subprocess.run(
        ["docker", *words], input=stdin, capture_output=True, text=True, timeout=timeout, check=False
    )
    if check:
        assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def eventually(what: str, ask: Callable[[], bool], seconds: float = LIMIT_SECONDS) -> float:
    """Waits for a condition and tells how long it took."""
    start = time.monotonic()
    while not ask():
        assert time.monotonic() - start < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.25)
    return time.monotonic() - start


@dataclass
class Members:
    """A cluster of its own: network, volumes and secrets under one prefix; `close` leaves nothing."""

    scratch: Path
    image: str = IMAGE
    flavor: str = ""
    """Directory of the service with the scripts of a flavor that is not MariaDB."""
    prefix: str = field(default_factory=lambda: f"gsvc-{secrets.token_hex(3)}")
    password: str = "p'q\\\"r"
    started: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        docker("network", "create", self.prefix)
        (self.scratch / "secrets").mkdir()
        self._secret("root_password", self.password)
        self._secret("monitor_password", "monitor-word")
        self._secret("exchange_token", secrets.token_hex(16))
        (self.scratch / "user.cnf").write_text("[mysqld]\nmax_connections=77\n")

    def _secret(self, name: str, value: str) -> None:
        (self.scratch / "secrets" / f"galera_{name}").write_text(value + "\n")

    def name(self, n: int) -> str:
        return f"{self.prefix}-{n}"

    def start(self, *numbers: int, absent: str = "", permit: str = "", more: Sequence[str] = ()) -> None:
        """more: settings beside the usual ones, each as NAME=VALUE."""
        for n in numbers:
            docker("rm", "-f", self.name(n), check=False)
            if permit:
                self.in_volume(n, f"mkdir -p {NOTES}/birth && echo {permit} >{NOTES}/birth/permit")
            docker(
                *("run", "--detach", "--name", self.name(n), "--network", self.prefix),
                *("--network-alias", f"{self.prefix}-peers", "--entrypoint", "/opt/galera-swarm/entrypoint"),
                *(
                    "--volume",
                    f"{self.name(n)}:/var/lib/mysql",
                    "--volume",
                    f"{SERVICE}:/opt/galera-swarm:ro",
                ),
                *self._of_flavor(),
                *("--volume", f"{self.scratch / 'secrets'}:/run/secrets:ro"),
                *("--volume", f"{self.scratch / 'user.cnf'}:/etc/mysql/conf.d/50-user.cnf:ro"),
                *("--env", f"GALERA_MEMBER=galera-{n}", "--env", f"GALERA_PEERS={self.prefix}-peers"),
                *("--env", "GALERA_CLUSTER_NAME=t", "--env", f"GALERA_ABSENT={absent}"),
                *(f"--env={setting}" for setting in more),
                *("--env", "GALERA_BUFFER_POOL_MB=32", self.image),
            )
            self.started.add(n)

    def _of_flavor(self) -> list[str]:
        """As the program does it: its scripts in the place of those of the same name, started as root."""
        if not self.flavor:
            return []
        scripts = sorted((SERVICE / self.flavor).iterdir())
        mounts = [f"--volume={script}:/opt/galera-swarm/{script.name}:ro" for script in scripts]
        return ["--user=0", *mounts]

    def born(self, *numbers: int) -> None:
        """A new cluster of these members, each Synced before the next one starts; or the one that is there.

        Two that join one at the same moment may leave all three without quorum; the program never does that
        either.
        """
        if self.started.issuperset(numbers):
            self.start(*(n for n in numbers if not self.running(n)))
            self.synced(*numbers)
            return
        first, *others = numbers
        self.start(first, permit="permit-1")
        self.synced(first, size=1)
        for count, n in enumerate(others, start=2):
            self.start(n)
            self.synced(n, size=count)

    def begun_anew(self, *numbers: int) -> None:
        """From now on a member whose server ends by itself is started again, as the swarm does.

        Two that join one at the same moment may cut each other's SST short, which ends a joiner's server.
        """
        docker("update", "--restart", "on-failure", *map(self.name, numbers))

    def kill(self, *numbers: int) -> None:
        """kill -9 of whole containers, all of them in one call."""
        docker("kill", *map(self.name, numbers))

    def stop(self, n: int) -> float:
        """Ends a member, which does so by itself; tells how long it took."""
        start = time.monotonic()
        docker("stop", "--time", "100", self.name(n))
        took = time.monotonic() - start
        code = docker("inspect", "--format", "{{.State.ExitCode}}", self.name(n))
        assert code != "137", f"galera-{n} did not end within 100 s and was killed"
        return took

    def wipe(self, n: int) -> None:
        docker("rm", "-f", self.name(n))
        docker("volume", "rm", self.name(n))

    def in_volume(self, n: int, script: str) -> str:
        """Runs a shell script beside the member, with its volume."""
        volume = f"{self.name(n)}:/var/lib/mysql"
        return docker("run", "--rm", "--volume", volume, "--entrypoint", "bash", self.image, "-c", script)

    def inside(self, n: int, script: str, check: bool = True) -> str:
        return docker("exec", self.name(n), "bash", "-c", script, check=check)

    def log(self, n: int) -> str:
        done = subprocess.run(
            ["docker", "logs", self.name(n)], capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout + done.stderr

    def evidence(self, n: int) -> str:
        return "\n".join(line for line in self.log(n).splitlines() if line.startswith("galera-swarm:"))

    def running(self, n: int) -> bool:
        return docker("inspect", "--format", "{{.State.Running}}", self.name(n)) == "true"

    def address(self, n: int) -> str:
        networks = json.loads(
            docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", self.name(n))
        )
        return str(networks[self.prefix]["IPAddress"])

    @contextlib.contextmanager
    def connection(self, n: int, seconds: int = 3) -> Iterator["pymysql.Connection[pymysql.cursors.Cursor]"]:
        """seconds: for each answer."""
        made = pymysql.connect(
            host=self.address(n),
            user="root",
            password=self.password,
            autocommit=True,
            connect_timeout=seconds,
            read_timeout=seconds,
            write_timeout=seconds,
        )
        with made:
            yield made

    def sql(self, n: int, statement: str, seconds: int = 60) -> tuple[tuple[object, ...], ...]:
        with self.connection(n, seconds) as made, made.cursor() as cursor:
            cursor.execute(statement)
            return tuple(cursor.fetchall())

    def root_client(self, n: int, statement: str) -> str:
        """SQL through the member's socket, where even a member that rejects queries can be set right."""
        program = "$(command -v mariadb || command -v mysql) --socket=/run/mysqld/mysqld.sock"
        client = f'MYSQL_PWD="$(cat /run/secrets/galera_root_password)" {program} -uroot -NBe "{statement}"'
        return self.inside(n, client)

    def status(self, n: int) -> dict[str, str]:
        try:
            rows = self.sql(n, "SHOW GLOBAL STATUS LIKE 'wsrep_%'", seconds=3)
        except (pymysql.Error, AssertionError):
            return {}
        return {str(name): str(value) for name, value in rows}

    def is_synced(self, n: int, size: int) -> bool:
        status = self.status(n)
        return (
            status.get("wsrep_local_state_comment") == "Synced"
            and status.get("wsrep_cluster_status") == "Primary"
            and status.get("wsrep_cluster_size") == str(size)
        )

    def synced(self, *numbers: int, size: int = 0, seconds: float = LIMIT_SECONDS) -> float:
        """Until all of these are Synced in a Primary of that size; tells how long the last one took."""
        start = time.monotonic()
        wanted = size or len(numbers)
        for n in numbers:
            eventually(f"galera-{n} Synced", functools.partial(self.is_synced, n, wanted), seconds)
        return time.monotonic() - start

    def parked(self, n: int, *texts: str, seconds: float = LIMIT_SECONDS) -> str:
        """Until the member says that it is parked, with these words."""

        def says() -> bool:
            lines = [line for line in self.evidence(n).splitlines() if ": parked for " in line]
            return bool(lines) and all(text in lines[-1] for text in texts)

        eventually(f"galera-{n} parked, saying {texts}", says, seconds)
        return self.evidence(n)

    def uuid(self, n: int) -> str:
        return self.status(n)["wsrep_cluster_state_uuid"]

    def close(self) -> None:
        for n in self.started:
            docker("rm", "-f", "-v", self.name(n), check=False)
            docker("volume", "rm", self.name(n), check=False)
        docker("network", "rm", self.prefix, check=False)


class Ledger:
    """Writes rows through some members until it is stopped; knows which were acknowledged, and when."""

    def __init__(self, members: Members, numbers: tuple[int, ...]) -> None:
        self.members = members
        self.acknowledged: list[tuple[float, str]] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in numbers]
        members.sql(numbers[0], "CREATE DATABASE IF NOT EXISTS ledger")
        members.sql(numbers[0], "CREATE TABLE IF NOT EXISTS ledger.rows_ (id VARCHAR(40) PRIMARY KEY)")

    def __enter__(self) -> "Ledger":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, n: int) -> None:
        while not self._stop.is_set():
            try:
                with self.members.connection(n) as made, made.cursor() as cursor:
                    while not self._stop.is_set():
                        row = f"{n}-{secrets.token_hex(8)}"
                        cursor.execute("INSERT INTO ledger.rows_ VALUES (%s)", (row,))
                        self.acknowledged.append((time.monotonic(), row))
                        self._stop.wait(0.05)
            except (pymysql.Error, OSError, AssertionError):
                self._stop.wait(0.1)

    def longest_gap(self, since: float) -> float:
        """The longest time without an acknowledged row after a moment."""
        moments = sorted(moment for moment, _ in self.acknowledged if moment >= since)
        return max((b - a for a, b in zip([since, *moments], moments, strict=False)), default=float("inf"))

    def verify(self, *numbers: int) -> None:
        """Every acknowledged row is on every one of these members."""
        wanted = {row for _, row in self.acknowledged}
        assert wanted, "nothing was written"
        for n in numbers:
            have = {str(row[0]) for row in self.members.sql(n, "SELECT id FROM ledger.rows_")}
            assert wanted <= have, f"galera-{n} lost {len(wanted - have)} of {len(wanted)} acknowledged rows"
