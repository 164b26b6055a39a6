"""Servers of etcd members for tests: what they were told, and what they answer."""

import json
import re
import subprocess
from pathlib import Path

from operations.etcd.cluster import Member
from providers.ssh import Completed, ConnectionLostError, Session

_EXEC = re.compile(r'exec docker exec "\$c" (.*)$', re.MULTILINE)


class FakeMember(Session):
    """A member's server: notes what it is told, and answers as a healthy member of three would."""

    def __init__(self, number: int, said: list[tuple[str, str]]) -> None:
        self.name, self.number, self._said = f"etcd-{number}", number, said
        self.failing = ""
        self.breaks_off = False
        self.alarms = {"NOSPACE"}
        """Those that stand until they are disarmed; one set for all members."""
        self.alarms_come_back = False
        self.volume: Path | None = None
        """A directory in the place of its volume, in which a real shell works."""
        self.interrupted_by = ""
        """Words of a command in the middle of which somebody presses Ctrl-C."""
        self.loses = ""
        """Words of a command that works, but whose end nobody hears of."""

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        if self.breaks_off:
            said = f"the SSH session to {self.name} broke off"
            raise ConnectionLostError(said)
        found = _EXEC.search(command)
        text = found[1] if found else command.strip()
        self._said.append((self.name, text))
        if self.failing and self.failing in text:
            return Completed(exit_status=1, stdout="", stderr="no")
        if "endpoint health" in text:
            return self._health()
        if "alarm disarm" in text and not self.alarms_come_back:
            self.alarms.clear()
        if self.interrupted_by and self.interrupted_by in text:
            raise KeyboardInterrupt
        done = Completed(exit_status=0, stdout=self._answer(text), stderr="")
        if self.volume is not None:
            done = self._worked(self.volume, text) or done
        if self.loses and self.loses in text:
            said = f"the SSH session to {self.name} broke off"
            raise ConnectionLostError(said)
        return done

    @staticmethod
    def _worked(volume: Path, text: str) -> Completed | None:
        if "etcdutl snapshot restore" in text:
            (volume / "restore.data" / "member").mkdir(parents=True)
            (volume / "restore.data" / "is").write_text("restored")
        if not text.startswith("cd "):
            return None
        done = subprocess.run(["/bin/sh", "-c", text], capture_output=True, text=True, check=False)
        return Completed(exit_status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def _health(self) -> Completed:
        """As etcdctl 3.6.6 does: every member is called unhealthy, with status 1, while any alarm stands."""
        told = {"endpoint": "https://127.0.0.1:2379", "health": not self.alarms, "took": "1ms"}
        if self.alarms:
            told["error"] = f"Active Alarm(s): {' '.join(sorted(self.alarms))} "
        return Completed(exit_status=int(bool(self.alarms)), stdout=json.dumps([told]), stderr="Error")

    def _answer(self, text: str) -> str:
        if "endpoint status" in text:
            header = {"cluster_id": 1, "member_id": self.number}
            status = {"header": header, "leader": 1, "dbSize": 4096, "raftAppliedIndex": self.number}
            return json.dumps([{"Status": {**status, "errors": sorted(self.alarms)}}])
        if "snapshot status" in text:
            return json.dumps({"revision": 6, "totalKey": 5})
        if "volume inspect" in text:
            return f"{self.volume or '/volumes/etcd-data'}\n"
        if "etcd.yaml" in text:
            return json.dumps({"initial-advertise-peer-urls": f"https://10.141.0.{self.number}:2380"})
        return "image@sha256:1\n" if "service inspect" in text else ""


def where(said: list[tuple[str, str]], words: str) -> list[int]:
    """Positions of the commands with these words."""
    return [position for position, (_, text) in enumerate(said) if words in text]


def server_of(member: Member) -> FakeMember:
    assert isinstance(member.session, FakeMember)
    return member.session


def failing(member: Member, words: str) -> None:
    server_of(member).failing = words
