"""The steps of the bench on the running stack, in the order in which they are taken."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import event_log, phases
from bench.import_time import import_time
from bench.stage import Stage, timed
from settings.model.load_balancer import LoadBalancer
from tests.e2e.cloud import bring_images
from tests.e2e.cluster import Cluster, Member
from tests.e2e.doors import doors, writers
from tests.e2e.ledger import Ledger
from tests.e2e.stack import ROOT, EngineFailedError
from tests.e2e.witness import witnessed

#: Long against the work that the members do once in a while.
IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class Step:
    """One step. Those that need the stack are taken after its first `up`."""

    name: str
    what: str
    run: Callable[[Stage], None]


def first_up(stage: Stage) -> None:
    """From nothing to three Synced members, with what the engine did when."""
    run = event_log.record(stage.stack.command("up", "--yes", "--skip-preview", "--json"), ROOT)
    if run.status != 0:
        said = [*event_log.failures(run.events), *run.other_lines]
        message = "the first up failed:\n" + "\n".join(said)
        raise EngineFailedError(message)
    assert stage.cluster.synced(), "the first up ended, but the members are not Synced"
    exported = json.loads(stage.stack.run("export").stdout)
    work, needs = event_log.spans(run.events), event_log.dependencies(exported["deployment"])
    stage.spans = work
    stage.phases, stage.critical_path = phases.phases(work, needs), phases.critical_path(work, needs)
    stage.note("up", "from nothing to three Synced members", run.seconds, target=90.0)


def unchanged(stage: Stage) -> None:
    stage.note("unchanged", "up without changes", timed(stage.stack.up), target=6.0)


def preview(stage: Stage) -> None:
    stage.note("preview", "preview without changes", timed(lambda: stage.stack.run("preview")), target=6.0)


def idle(stage: Stage) -> None:
    """What members cost that nobody asks: resident memory, page cache left out, and processor time."""
    cluster = stage.cluster
    memory = sum(_memory(cluster, member) for member in cluster.members)
    stage.note("idle", "memory of three idle members", memory, unit="MiB", target=350.0)
    begun, before = time.monotonic(), sum(_cpu(cluster, member) for member in cluster.members)
    time.sleep(IDLE_SECONDS)
    used = sum(_cpu(cluster, member) for member in cluster.members) - before
    percent = 100 * used / (time.monotonic() - begun)
    stage.note("idle", "processor of three idle members", percent, unit="% of a core")


def _memory(cluster: Cluster, member: Member) -> float:
    """MiB."""
    stat = _read(cluster, member, "memory/memory.stat", "memory.stat")
    facts = dict(line.split(" ", 1) for line in stat.splitlines())
    return int(facts.get("total_rss") or facts["anon"]) / 2**20


def _cpu(cluster: Cluster, member: Member) -> float:
    """Seconds since the container began."""
    words = _read(cluster, member, "cpuacct/cpuacct.usage", "cpu.stat").split()
    return int(words[0]) / 1e9 if len(words) == 1 else int(words[words.index("usage_usec") + 1]) / 1e6


def _read(cluster: Cluster, member: Member, first_version: str, second_version: str) -> str:
    """A file of the member's control group."""
    return cluster.on(
        member,
        f"docker exec $(docker ps -q --filter label=com.docker.swarm.service.name={member.name}) sh -c"
        f" 'cat /sys/fs/cgroup/{first_version} 2>/dev/null || cat /sys/fs/cgroup/{second_version}'",
    )


def kill_one(stage: Stage) -> None:
    """kill -9 of the very member that the client writes to."""
    cluster = stage.cluster
    with witnessed(cluster) as witness:
        begun = time.monotonic()
        cluster.kill(cluster.members[0])
        cluster.await_fallen()
        cluster.await_synced()
        took = time.monotonic() - begun
    stage.note("kill-one", "no write acknowledged", witness.longest_pause_seconds, target=3.0)
    stage.note("kill-one", "all Synced", took, target=8.0, note=f"{witness.rows} rows, none lost")


def kill_all(stage: Stage) -> None:
    cluster = stage.cluster
    with witnessed(cluster) as witness:
        begun = time.monotonic()
        cluster.kill(*cluster.members)
        cluster.await_fallen()
        cluster.await_synced()
        took = time.monotonic() - begun
    stage.note("kill-all", "no write acknowledged", witness.longest_pause_seconds, target=45.0)
    stage.note("kill-all", "all Synced", took, target=45.0, note=f"{witness.rows} rows, none lost")


def restart(stage: Stage) -> None:
    """All members stopped one after another, the first last, and started together."""
    cluster = stage.cluster
    with witnessed(cluster) as witness:
        begun = time.monotonic()
        for member in reversed(cluster.members):
            cluster.stop(member)
        stopping = time.monotonic() - begun
        begun = time.monotonic()
        cluster.start(*cluster.members)
        cluster.await_synced()
        took = time.monotonic() - begun
    stage.note("restart", "all stopped in order", stopping)
    stage.note(
        "restart", "all started again: Synced", took, target=45.0, note=f"{witness.rows} rows, none lost"
    )


def rolling(stage: Stage) -> None:
    """One line of my.cnf, through all members."""
    with witnessed(stage.cluster) as witness:
        stage.stack.set("database.myCnf", "[mariadb]\nslow_query_log_file = bench.log\n")
        took = timed(stage.stack.up)
    stage.note("rolling", "one line of my.cnf through all members", took)
    stage.note("rolling", "no write acknowledged", witness.longest_pause_seconds, target=3.0)


def scale(stage: Stage) -> None:
    with witnessed(stage.cluster) as witness:
        stage.stack.set("servers.count", 5)
        growing = timed(stage.stack.up)
        stage.stack.set("servers.count", 3)
        shrinking = timed(stage.stack.up)
    stage.note("scale", "3 → 5 servers", growing)
    stage.note("scale", "5 → 3 servers", shrinking, note=f"{witness.rows} rows, none lost")
    stage.note("scale", "no write acknowledged", witness.longest_pause_seconds, target=3.0)


def load_balancer(stage: Stage) -> None:
    """A client behind the load balancers' writer port, while the writer is killed and a change rolls."""
    bring_images(LoadBalancer().image)
    stage.stack.set("loadBalancer.enabled", True)
    stage.note("balancer", "added to the running cluster", timed(stage.stack.up))
    outputs, cluster = stage.stack.outputs(), stage.cluster
    entrances = doors(outputs, "writer")
    with witnessed(cluster, entrances) as witness:
        (writer,) = writers(outputs)
        cluster.kill(next(member for member in cluster.members if member.name == writer))
        cluster.await_fallen()
        cluster.await_synced()
    paused = f"{witness.rows} rows, none lost"
    stage.note(
        "balancer",
        "writer killed: no write acknowledged",
        witness.longest_pause_seconds,
        target=3.0,
        note=paused,
    )
    with Ledger(entrances, cluster.password, name="rolled", pings=True) as ledger:
        stage.stack.set("database.myCnf", "[mariadb]\nslow_query_log_file = balanced.log\n")
        stage.stack.up()
    assert not any(ledger.lost_on(endpoint) for endpoint in cluster.endpoints), "rows are lost"
    taken = f"of {len(ledger.acknowledged) + len(ledger.refusals)}"
    stage.note(
        "balancer", "one line of my.cnf: refused", len(ledger.refusals), unit="writes", target=0.0, note=taken
    )


def destroy(stage: Stage) -> None:
    took = timed(lambda: stage.stack.run("destroy", "--yes", "--skip-preview"))
    stage.note("destroy", "everything taken away again", took)


def imports(stage: Stage) -> None:
    seconds, heaviest = import_time()
    stage.note(
        "import", "import of the program", seconds, target=1.5, note="heaviest: " + ", ".join(heaviest)
    )


def everything(stage: Stage) -> None:
    """The stage's stack is that of `Pulumi.dev-full.yaml`."""
    took = timed(lambda: stage.stack.up(timeout=1800))
    stage.note("full", "every service at once, from nothing", took, target=360.0)


IMPORT = Step("import", "import of the program, by python -X importtime", imports)
UP = Step("up", "pulumi up from nothing, with its critical path", first_up)

FULL = Step("full", "every service at once from nothing (Pulumi.dev-full.yaml)", everything)

#: Each leaves three Synced members behind, but for the last.
STEPS = (
    Step("unchanged", "pulumi up without changes", unchanged),
    Step("preview", "pulumi preview without changes", preview),
    Step("idle", "memory and processor of three idle members", idle),
    Step("kill-one", "kill -9 of one member", kill_one),
    Step("kill-all", "kill -9 of all members at once", kill_all),
    Step("restart", "all members stopped in order and started again", restart),
    Step("rolling", "one changed line of my.cnf", rolling),
    Step("scale", "three servers to five and back", scale),
    Step("balancer", "the load balancers under a client that writes", load_balancer),
    Step("destroy", "pulumi destroy", destroy),
)
