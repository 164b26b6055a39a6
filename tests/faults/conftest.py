"""One stack of three servers for all faults, and the table of what was measured."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from bench import results
from bench.machine import described, machine
from bench.results import Figure
from tests.e2e.cloud import sandbox_up
from tests.e2e.cluster import Cluster
from tests.e2e.stack import temporary_stack

_MEASURED = pytest.StashKey[list[Figure]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MEASURED] = []


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three Synced members on the sandbox; destroyed at the end."""
    with (
        sandbox_up(),
        temporary_stack(
            "faults",
            tmp_path_factory.mktemp("faults"),
            servers__hostnamePrefix="faults",
            network__subnet="172.16.104.0/24",
        ) as stack,
    ):
        stack.up()
        yield Cluster.of(stack.outputs())


@pytest.fixture(autouse=True)
def whole(cluster: Cluster) -> None:
    """Each fault meets three Synced members, whatever the one before left behind."""
    cluster.scale(1, *cluster.members)
    cluster.await_synced()


@pytest.fixture(scope="session")
def ballast(cluster: Cluster) -> None:
    """Enough data that an SST takes some seconds: 96 MiB that do not compress."""
    first = cluster.members[0]
    cluster.ask(first, "CREATE DATABASE IF NOT EXISTS ballast")
    cluster.ask(first, "CREATE OR REPLACE TABLE ballast.blocks (n INT PRIMARY KEY, b LONGBLOB)")
    block = "CONCAT(" + ",".join(["RANDOM_BYTES(1024)"] * 64) + ")"
    for start in range(0, 1536, 64):
        cluster.ask(
            first, f"INSERT INTO ballast.blocks SELECT seq, {block} FROM ballast.seq_{start}_to_{start + 63}"
        )


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> list[Figure]:
    """The figures of the session, to be added to."""
    return request.config.stash[_MEASURED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(_MEASURED, [])
    if not figures:
        return
    facts, found = machine(), results.rows(figures)
    file = results.write(results.document(found, facts), "faults")
    with (console := Console()).capture() as text:
        console.print(results.table(found, "recovery"))
        console.print(described(facts), f"written to {file}", sep="\n", highlight=False, soft_wrap=True)
    terminalreporter.write_line("\n" + text.get())
