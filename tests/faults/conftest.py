"""A stack of three servers for all faults, one for each mode, and the table of what was measured."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from bench import results
from bench.machine import described, machine
from bench.results import Figure
from settings.model.etcd import Etcd
from tests.e2e.cloud import bring_images, sandbox_up
from tests.e2e.cluster import Cluster
from tests.e2e.stack import temporary_stack

#: Images beside the database's, and what the stack's config says, for each of the database's modes.
_MODES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "ordered": ([], {}),
    "homogeneous": ([Etcd().image], {"database__mode": "homogeneous", "etcd__enabled": True}),
}
_MEASURED = pytest.StashKey[list[Figure]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MEASURED] = []


@pytest.fixture(scope="session", params=list(_MODES))
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three Synced members on the sandbox, in one mode after the other; destroyed at the end."""
    images, settings = _MODES[request.param]
    with (
        sandbox_up(),
        temporary_stack(
            "faults",
            tmp_path_factory.mktemp("faults"),
            servers__hostnamePrefix="faults",
            network__subnet="172.16.104.0/24",
            **settings,
        ) as stack,
    ):
        bring_images(*images)
        stack.up(timeout=1200)
        yield Cluster.of(stack.outputs())


@pytest.fixture(autouse=True)
def whole(cluster: Cluster) -> None:
    """Each fault meets three Synced members, whatever the one before left behind."""
    cluster.start(*cluster.members)
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
def measured(request: pytest.FixtureRequest) -> Iterator[list[Figure]]:
    """The figures of this test, to be added to; they say in which mode they were found."""
    mode = request.node.callspec.params["cluster"]
    found: list[Figure] = []
    yield found
    request.config.stash[_MEASURED] += [replace(one, step=f"{mode}: {one.step}") for one in found]


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
