"""What is seen of the replicas of a site, and what an installation is told and says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from providers import patience
from providers.ssh import Completed, Session, UnreachableError
from providers.wordpress import InstalledSiteProvider, WordPressError, site_provider
from providers.wordpress.replicas import install, page_fault
from tests.unit.providers.fake_manager import FakeManager
from tests.unit.providers.galera.fake_server import FakeClock
from tests.unit.providers.swarm import documents


class FakeHost(Session):
    """A server that answers each command by the first of these words that is in it."""

    def __init__(self, **answers: Completed) -> None:
        self.name, self.answers = "db-1", answers
        self.told: list[tuple[str, str | None]] = []
        self.page: FakePage | Exception = UnreachableError("nothing listens")

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        self.told.append((command, stdin))
        return next(answer for word, answer in self.answers.items() if word in command)

    def open_channel(self, host: str, port: int) -> Any:
        if isinstance(self.page, Exception):
            raise self.page
        return self.page


class FakePage:
    """A channel on which a page comes."""

    def __init__(self, text: str) -> None:
        self.text, self.sent = text, b""

    def settimeout(self, _seconds: float) -> None: ...

    def sendall(self, text: bytes) -> None:
        self.sent += text

    def makefile(self, _mode: str) -> Any:
        import io

        return io.BytesIO(self.text.encode())

    def close(self) -> None: ...


def said(*documents: Any) -> Completed:
    return Completed(exit_status=0, stdout="".join(f"{json.dumps(one)}\n" for one in documents), stderr="")


def test_the_password_goes_over_stdin_alone() -> None:
    done = said({"did": ["installed"], "version": "6.1.9"})
    host = FakeHost(ps=Completed(exit_status=0, stdout="abc\n", stderr=""), exec=done)
    found = install(host, {"wordpress": 2}, {"password": "geheim"})
    assert found == {"did": ["installed"], "version": "6.1.9"}
    command, stdin = host.told[-1]
    assert "geheim" not in command
    assert json.loads(stdin or "") == {"password": "geheim"}
    assert "--user www-data abc php" in command


def test_a_server_without_a_replica_is_no_error() -> None:
    assert install(FakeHost(ps=Completed(exit_status=0, stdout="", stderr="")), {"wordpress": 2}, {}) is None


def test_an_installation_that_fails_says_why() -> None:
    host = FakeHost(
        ps=Completed(exit_status=0, stdout="abc\n", stderr=""),
        exec=Completed(exit_status=1, stdout="", stderr="Error establishing a database connection"),
    )
    with pytest.raises(WordPressError, match="database connection"):
        install(host, {"wordpress": 2}, {})


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("HTTP/1.1 200 OK\r\n\r\n", ""),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "db-1:8080 answers 503 Service Unavailable"),
        ("", "db-1:8080 does not answer: "),
    ],
)
def test_a_page_is_there_or_its_absence_explained(page: str, fault: str) -> None:
    host = FakeHost()
    host.page = FakePage(page)
    assert page_fault(host, 8080).startswith(fault)
    assert bool(page_fault(host, 8080)) == bool(fault)


def test_a_closed_port_is_explained() -> None:
    assert page_fault(FakeHost(), 8080) == "nothing listens"


def test_what_belongs_to_the_first_installation_changes_nothing_later() -> None:
    props = {"servers": [], "managers": [], "services": {"wordpress": 2.0}, "port": 8080.0, "triggers": ["a"]}
    props |= {"title": "t", "admin_user": "u", "admin_email": "m", "admin_password": "p"}
    provider = InstalledSiteProvider()
    later = props | {"title": "x", "admin_user": "x", "admin_email": "x", "admin_password": "x"}
    assert not provider.diff("site", props, later).changes
    assert provider.diff("site", props, props | {"triggers": ["b"]}).changes


@pytest.mark.parametrize(
    ("answer", "reason", "waited"),
    [
        (documents.said(documents.service("rollback_completed"), documents.task()), "rollback_completed", 0),
        (documents.said(documents.service(replicas=2), documents.task()), "1 of 2 replicas run", 60),
    ],
)
def test_replicas_are_waited_for_while_the_swarm_goes_on(
    answer: str, reason: str, waited: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def any_manager(*_: Any, **__: Any) -> Iterator[tuple[Session, None]]:
        yield FakeManager(answer), None

    clock = FakeClock()
    monkeypatch.setattr(patience, "time", clock.module())
    monkeypatch.setattr(site_provider, "any_manager", any_manager)
    props = {"servers": [], "managers": [], "services": {"wordpress": 2.0}, "timeout_seconds": 60.0}
    with pytest.raises(WordPressError, match=reason):
        InstalledSiteProvider().create(props)
    assert waited <= clock.now < waited + 5
