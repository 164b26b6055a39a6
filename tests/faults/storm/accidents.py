"""What can happen to members, each kind of it as one frozen description that a seed draws."""

import random
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.galera_service.members import docker
from tests.faults.storm.supervised import NUMBERS, Supervised

#: Words after which it hurts most: a position is recovered, a vote, a bootstrap, a join, an IST, an SST.
MOMENTS = (
    r"galera-swarm: holds ",
    r"galera-swarm: (parked|waits) for ",
    r"galera-swarm: decided after .* to bootstrap",
    r"galera-swarm: bootstraps ",
    r"galera-swarm: joins ",
    r"galera-swarm: is Primary",
    r"galera-swarm: stops its server to vote",
    r"galera-swarm: has lost the quorum",
    r"WSREP: .*Shifting OPEN -> PRIMARY",
    r"WSREP: .*Shifting PRIMARY -> JOINER",
    r"WSREP: .*Shifting JOINER -> JOINED",
    r"WSREP: .*Receiving IST",
    r"WSREP_SST: ",
    r"^View:|\d View:",
)
_KILL_TRANSFERS = r"""
transfer='[m]aria(db-)?backup|[m]bstream|[w]srep_sst'
for process in /proc/[0-9]*; do
    tr '\0' ' ' <$process/cmdline | grep -qE "$transfer" && kill -9 ${process#/proc/}
done
"""


@dataclass(frozen=True, kw_only=True)
class Accident:
    """What happens to whom, after how long a pause or after which word."""

    kind: str
    whom: tuple[int, ...]
    pause: float
    after: str = ""
    lasts: float = 0.0

    def __str__(self) -> str:
        when = f"{self.pause:.2f} s after {self.after!r}" if self.after else f"after {self.pause:.2f} s"
        return f"{self.kind} {self.whom} {when}" + (f", for {self.lasts:.1f} s" if self.lasts else "")


def drawn(chance: random.Random) -> Accident:
    """The next accident of this seed."""
    kind = chance.choices(
        ("server", "container", "transfer", "stop", "freeze", "cut", "link"), (8, 8, 2, 2, 2, 2, 2)
    )[0]
    most = {"link": 2, "transfer": 3, "freeze": 2, "cut": 2}.get(kind, 3)
    least = {"link": 2, "transfer": 3}.get(kind, 1)
    whom = tuple(sorted(chance.sample(NUMBERS, chance.randint(least, most))))
    lasts = round(chance.uniform(1, 12), 1) if kind in {"freeze", "cut", "link"} else 0.0
    if chance.random() < 0.6:
        return Accident(
            kind=kind,
            whom=whom,
            lasts=lasts,
            after=chance.choice(MOMENTS),
            pause=round(chance.uniform(0, 0.8), 2),
        )
    return Accident(kind=kind, whom=whom, lasts=lasts, pause=round(chance.uniform(0, 5), 2))


class Accidents:
    """Makes them happen."""

    def __init__(self, supervised: Supervised) -> None:
        self.supervised = supervised
        self.counts: dict[str, int] = {}
        self._lasting: list[threading.Thread] = []
        self._acts: dict[str, Callable[[Accident], None]] = {
            "server": self._kill_servers,
            "container": self._kill_containers,
            "transfer": self._kill_transfers,
            "stop": self._stop,
            "freeze": self._freeze,
            "cut": self._cut,
            "link": self._link,
        }

    def happen(self, accident: Accident) -> None:
        ears = self.supervised.ears
        ears.note(f"next: {accident}")
        if accident.after:
            heard = ears.await_word(accident.after, seconds=8)
            ears.note("heard" if heard else "not heard, but now")
        time.sleep(accident.pause)
        ears.note(f"now: {accident.kind} {accident.whom}")
        act = threading.Thread(target=self._acts[accident.kind], args=(accident,))
        act.start()
        if accident.lasts:
            self._lasting.append(act)
        else:
            act.join()
        self.counts[accident.kind] = self.counts.get(accident.kind, 0) + len(accident.whom)

    def heal(self) -> None:
        """Everything that lasts, and was not ended where it began, ends."""
        for lasting in self._lasting:
            lasting.join()
        self._lasting.clear()
        for n in NUMBERS:
            docker("unpause", self.supervised.members.name(n), check=False)
            self._in_network(n, "iptables -w -F")

    def _kill_servers(self, accident: Accident) -> None:
        self.supervised.together(lambda n: self._inside(n, "kill -9 $(pidof mariadbd)"), *accident.whom)

    def _kill_containers(self, accident: Accident) -> None:
        docker("kill", *map(self.supervised.members.name, accident.whom), check=False)

    def _kill_transfers(self, accident: Accident) -> None:
        self.supervised.together(lambda n: self._inside(n, _KILL_TRANSFERS), *accident.whom)

    def _stop(self, accident: Accident) -> None:
        name = self.supervised.members.name
        self.supervised.together(
            lambda n: docker("stop", "--time", "30", name(n), check=False), *accident.whom
        )

    def _freeze(self, accident: Accident) -> None:
        names = [self.supervised.members.name(n) for n in accident.whom]
        docker("pause", *names, check=False)
        time.sleep(accident.lasts)
        docker("unpause", *names, check=False)

    def _cut(self, accident: Accident) -> None:
        """Each of them alone: it reaches no other member, but clients reach it."""
        network = self.supervised.members.prefix
        gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", network)
        for n in accident.whom:
            for chain, side, way in (("INPUT", "-s", "-i"), ("OUTPUT", "-d", "-o")):
                for rule in (f"{way} lo -j ACCEPT", f"{side} {gateway} -j ACCEPT", "-j DROP"):
                    self._in_network(n, f"iptables -w -A {chain} {rule}")
        time.sleep(accident.lasts)
        for n in accident.whom:
            self._in_network(n, "iptables -w -F")

    def _link(self, accident: Accident) -> None:
        """Two members do not reach each other; both reach the third."""
        one, other = accident.whom
        try:
            address = self.supervised.members.address(other)
        except (AssertionError, KeyError):
            return
        if address:
            self._in_network(one, f"iptables -w -A INPUT -s {address} -j DROP")
            self._in_network(one, f"iptables -w -A OUTPUT -d {address} -j DROP")
            time.sleep(accident.lasts)
            self._in_network(one, "iptables -w -F")

    def _inside(self, n: int, script: str) -> None:
        docker("exec", self.supervised.members.name(n), "bash", "-c", script, check=False)

    def _in_network(self, n: int, command: str) -> None:
        """Runs a command of this machine in the network of a member, if that runs."""
        process = self.supervised.process(n)
        if process:
            subprocess.run(
                ["nsenter", f"--net=/proc/{process}/ns/net", *command.split()],
                capture_output=True,
                timeout=30,
                check=False,
            )
