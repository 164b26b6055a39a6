"""An etcd cluster for tests: servers whose volumes are directories, and one model of who is a member."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.ssh import Completed, Session, Target, UnreachableError

_DOCKER = """#!/bin/sh
root=$(dirname "$0")
case "$1 $2" in
"volume ls") name=${5#name=^}; name=${name%\\$}; [ -d "$root/volumes/$name" ] && echo "$name"; exit 0 ;;
"volume create") mkdir -p "$root/volumes/$3"; echo "$3" ;;
"volume inspect") echo "$root/volumes/$5" ;;
"ps -aq") echo container ;;
"logs --tail") cat "$root/log" 2>/dev/null; exit 0 ;;
*) echo "unexpected: $*" >&2; exit 9 ;;
esac
"""
_ETCDCTL = re.compile(r'exec docker exec "\$c" etcdctl --command-timeout=\d+s (.*)$', re.MULTILINE)


@dataclass
class Entry:
    """A member in the cluster's list."""

    member_id: int
    name: str
    url: str
    is_learner: bool = False

    @property
    def client_url(self) -> str:
        """Where clients reach it."""
        return self.url.replace(":2380", ":2379")


class FakeEtcdServer(Session):
    """One server: a real shell for its volume, the model for etcdctl."""

    def __init__(self, cluster: "FakeEtcd", root: Path, number: int) -> None:
        self.name, self.root, self.cluster = f"10.141.0.{number}", root, cluster
        self.member, self.url = f"etcd-{number}", f"https://10.141.0.{number}:2380"
        self.is_up, self.is_running = True, False
        (root / "volumes").mkdir(parents=True)
        (root / "docker").write_text(_DOCKER)
        (root / "docker").chmod(0o755)

    @property
    def volume(self) -> Path:
        return self.root / "volumes" / "etcd-data"

    @property
    def config(self) -> dict[str, Any]:
        return dict(json.loads((self.volume / "etcd.yaml").read_text()))

    def start(self) -> None:
        """What the container does: reads the seat's file, makes data, takes its place by its peer URL."""
        config = self.config
        if config["initial-cluster-state"] == "new" and not self.has_data:
            self.cluster.add(self.member, self.url)
        (self.volume / "data" / "member").mkdir(parents=True, exist_ok=True)
        for entry in self.cluster.entries:
            if entry.url == self.url:
                entry.name = self.member
        self.is_running = True

    @property
    def has_data(self) -> bool:
        return (self.volume / "data" / "member").exists()

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        words = _ETCDCTL.search(command)
        if words:
            return self.cluster.etcdctl(self, shlex.split(words[1]))
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            env={**os.environ, "PATH": f"{self.root}:{os.environ['PATH']}"},
            check=False,
        )
        return Completed(exit_status=done.returncode, stdout=done.stdout, stderr=done.stderr)


class FakeEtcd:
    """Servers `10.141.0.1` and on, each of which may carry `etcd-1` and on."""

    def __init__(self, root: Path, count: int) -> None:
        self.servers = [FakeEtcdServer(self, root / f"db{n}", n) for n in range(1, count + 1)]
        self.entries: list[Entry] = []
        self.refusals = 0
        """How often the leader still finds a learner too far behind."""
        self.unsettled = 0
        """How often a change of the members still comes too early."""
        self.leaderless = 0
        """How many questions that need a leader still meet none."""
        self.unheard = 0
        """How many changes of the members still come about without an answer."""
        self.growth = 0
        """Bytes by which the data grow from one answer to the next."""
        self.alarms: list[str] = []
        """Alarms that stand; under any of them etcdctl calls every member unhealthy."""
        self.needs_an_entry: FakeEtcdServer | None = None
        """A member with a snapshot of a long log, which answers nobody before the next entry."""
        self.expired: set[FakeEtcdServer] = set()
        """Members whose certificate has expired: no member and no client connects to them."""
        self._bytes = 20480
        self._ids = iter(range(0xA0000000000001, 0xA0000000000100))

    def add(self, name: str, url: str, *, is_learner: bool = False) -> Entry:
        entry = Entry(next(self._ids), name, url, is_learner)
        self.entries.append(entry)
        return entry

    def running(self, entry: Entry) -> bool:
        return any(
            server.url == entry.url and server.is_running and server.is_up and server not in self.expired
            for server in self.servers
        )

    @property
    def has_majority(self) -> bool:
        voters = [entry for entry in self.entries if not entry.is_learner]
        return sum(map(self.running, voters)) * 2 > len(voters)

    def grow(self, count: int) -> None:
        """A cluster of so many members that run."""
        for server in self.servers[:count]:
            server.volume.mkdir(exist_ok=True)
            self.add(server.member, server.url)
            (server.volume / "data" / "member").mkdir(parents=True)
            (server.volume / "etcd.yaml").write_text("{}")
            server.is_running = True

    @contextmanager
    def connect(self, target: Target, *, deadline_seconds: float) -> Iterator[FakeEtcdServer]:
        server = next(server for server in self.servers if server.name == target.host)
        if not server.is_up:
            said = f"no SSH session to {target}"
            raise UnreachableError(said)
        yield server

    def served_until(self, server: FakeEtcdServer, host: str, port: int) -> datetime | None:
        """What the door for the peers shows: open as soon as the member runs."""
        shows = next(one for one in self.servers if one.url == f"https://{host}:{port}")
        if not (shows.is_running and shows.is_up):
            return None
        return datetime.now(UTC) + timedelta(days=-1 if shows in self.expired else 700)

    def peers(self, count: int) -> list[dict[str, Any]]:
        return [
            {"name": one.member, "ssh": {"host": one.name, "privateKey": "p"}, "peer_url": one.url}
            for one in self.servers[:count]
        ]

    def etcdctl(self, server: FakeEtcdServer, words: list[str]) -> Completed:
        if not server.is_running:
            return _failed("no container of it runs")
        if server in self.expired or (self.expired and not self.has_majority):
            return _failed("context deadline exceeded")
        if server is self.needs_an_entry:
            return _failed("context deadline exceeded")
        mine = next((entry for entry in self.entries if entry.url == server.url), None)
        if words[:2] == ["endpoint", "status"]:
            return _said([{"Status": self._status(mine)}]) if mine else _failed("member was removed")
        if self.leaderless:
            self.leaderless -= 1
            return _failed("etcdserver: no leader")
        if not self.has_majority or mine is None or mine.is_learner:
            return _failed("context deadline exceeded")
        if words[:2] == ["endpoint", "health"]:
            asked = self.entries if "--cluster" in words else [mine]
            return self._health([entry for entry in asked if entry.name])
        if words[0] == "member" and words[1] in ("add", "remove") and self.unsettled:
            self.unsettled -= 1
            return _failed("etcdserver: unhealthy cluster")
        if words[:2] == ["lease", "grant"]:
            self.needs_an_entry = None
            return _said("granted")
        if words[:2] == ["member", "add"]:
            added = self.add("", words[3].removeprefix("--peer-urls="), is_learner="--learner" in words)
            return _said({"member": {"ID": added.member_id}, **self._list()})
        if words[:2] == ["member", "list"]:
            return _said(self._list())
        entry = next(one for one in self.entries if f"{one.member_id:x}" == words[2])
        if words[1] == "remove":
            self.entries.remove(entry)
            if self.unheard:
                self.unheard -= 1
                return _failed("etcdserver: request timed out, possibly due to previous leader failure")
        elif words[1] == "update":
            entry.url = words[3].removeprefix("--peer-urls=")
        elif self.refusals:
            self.refusals -= 1
            return _failed("can only promote a learner member which is in sync with leader")
        else:
            entry.is_learner = False
        return _said("done")

    def _health(self, asked: list[Entry]) -> Completed:
        """The JSON on stdout, and status 1 if any endpoint has an error, as of 3.6.6."""
        told: list[dict[str, Any]] = []
        for entry in asked:
            error = "".join(f"{alarm} " for alarm in self.alarms)
            error = f"Active Alarm(s): {error}" if error else ""
            if not self.running(entry):
                error = "context deadline exceeded"
            elif entry.is_learner:
                error = "etcdserver: rpc not supported for learner"
            told.append({"endpoint": entry.client_url, "health": not error, "took": "1ms"})
            if error:
                told[-1]["error"] = error
        is_sick = any("error" in one for one in told)
        return Completed(
            exit_status=int(is_sick),
            stdout=json.dumps(told),
            stderr="Error: unhealthy cluster" if is_sick else "",
        )

    def _status(self, mine: Entry) -> dict[str, Any]:
        self._bytes += self.growth
        return {
            "header": {"cluster_id": 0xC1, "member_id": mine.member_id},
            "version": "3.6.6",
            "dbSize": self._bytes,
            "leader": 1 if self.has_majority and not self.leaderless else 0,
            "isLearner": mine.is_learner,
        }

    def _list(self) -> dict[str, Any]:
        return {
            "header": {"cluster_id": 0xC1},
            "members": [
                {
                    "ID": one.member_id,
                    "name": one.name,
                    "peerURLs": [one.url],
                    "clientURLs": [one.client_url] if one.name else [],
                    "isLearner": one.is_learner,
                }
                for one in self.entries
            ],
        }


def _said(answer: Any) -> Completed:
    return Completed(exit_status=0, stdout=json.dumps(answer), stderr="")


def _failed(reason: str) -> Completed:
    return Completed(exit_status=1, stdout="", stderr=reason)
