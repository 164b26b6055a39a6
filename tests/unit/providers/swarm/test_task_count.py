"""The number of tasks that a change of a service has to keep."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from providers.ssh import Session, SshError
from providers.swarm import TaskCountProvider, task_count
from providers.swarm.task_count import tasks_of

PROPS: dict[str, Any] = {"service": "galera", "managers": [{}], "spec": "one"}


@dataclass
class FakeManager(Session):
    listing: str = ""

    def must(
        self, command: str, *, doing: str, stdin: str | None = None, timeout_seconds: float = 30.0
    ) -> str:
        assert command.startswith("docker service ls")
        return self.listing


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> FakeManager:
    one = FakeManager()

    @contextmanager
    def any_manager(*_: object, **__: object) -> Iterator[tuple[FakeManager, None]]:
        yield one, None

    monkeypatch.setattr(task_count, "any_manager", any_manager)
    return one


@pytest.mark.parametrize(
    ("listing", "tasks"),
    [
        ("", 1),
        ("galera 1/3 (max 1 per node)\n", 3),
        ("galera-scale 2/2 (max 1 per node)\ngalera 0/5 (max 1 per node)\n", 5),
        ("galera-scale 2/2 (max 1 per node)\n", 1),
        ("galera 0/0 (max 1 per node)\n", 1),
    ],
)
def test_what_is_wanted_counts_and_not_what_runs(listing: str, tasks: int) -> None:
    assert tasks_of(listing, "galera") == tasks


@given(running=st.integers(0, 9), wanted=st.integers(1, 9))
def test_any_line_of_docker_is_read(running: int, wanted: int) -> None:
    assert tasks_of(f"other 1/1\ngalera {running}/{wanted}\n", "galera") == wanted


def test_it_is_looked_at_when_the_spec_changes_and_at_a_refresh(manager: FakeManager) -> None:
    provider = TaskCountProvider()
    made = dict(provider.create(PROPS).outs or {})
    assert made["tasks"] == 1
    manager.listing = "galera 3/3 (max 1 per node)\n"
    assert not provider.diff("id", made, PROPS).changes
    assert provider.diff("id", made, {**PROPS, "spec": "two"}).changes
    assert dict(provider.update("id", made, {**PROPS, "spec": "two"}).outs or {})["tasks"] == 3
    assert provider.read("id", made).outs["tasks"] == 3


@pytest.mark.parametrize(
    ("managers", "changes"),
    [
        ([{"host": "a", "privateKey": "old"}, {"host": "b", "privateKey": "old"}], False),
        ([{"host": "a", "privateKey": "old"}], False),
        ([{"host": "a", "privateKey": "old"}, {"host": UNKNOWN, "privateKey": "old"}], False),
        ([{"host": "a", "privateKey": "new"}, {"host": "b", "privateKey": "new"}], True),
        ([{"host": "a", "privateKey": "old"}, {"host": "c", "privateKey": "old"}], True),
        ([*({"host": name, "privateKey": "old"} for name in "abc")], False),
    ],
)
def test_other_ways_to_the_managers_are_taken_over_and_nothing_is_counted(
    managers: list[dict[str, str]], changes: bool
) -> None:
    provider = TaskCountProvider()
    recorded = {
        **PROPS,
        "tasks": 3,
        "managers": [{"host": name, "privateKey": "old"} for name in "ab"],
    }
    news = {**PROPS, "managers": managers}
    assert bool(provider.diff("id", recorded, news).changes) is changes
    assert dict(provider.update("id", recorded, news).outs or {}) == {**news, "tasks": 3}


def test_a_refresh_that_cannot_count_keeps_no_old_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine would have refreshed the service, and the next change would give it the old number."""
    silent = SshError("no manager answers")

    def any_manager(*_: object, **__: object) -> None:
        raise silent

    monkeypatch.setattr(task_count, "any_manager", any_manager)
    with pytest.raises(SshError):
        TaskCountProvider().read("id", {**PROPS, "tasks": 3})
