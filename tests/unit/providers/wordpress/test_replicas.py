"""What is seen of the replicas of a site, and what an installation is told and says."""

import json
from typing import Any

import pytest

from providers.ssh import Completed, Session, UnreachableError
from providers.wordpress import InstalledSiteProvider, WordPressError
from providers.wordpress.replicas import install, missing_replicas, page_fault

TEMPLATE = {"ContainerSpec": {"Image": "wordpress:6.1"}}
OLD = {"ContainerSpec": {"Image": "wordpress:5.9"}}


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


def service(update: str = "") -> dict[str, Any]:
    return {"Spec": {"TaskTemplate": TEMPLATE}, "UpdateStatus": {"State": update, "Message": "why"}}


def task(state: str = "running", spec: dict[str, Any] = TEMPLATE, err: str = "") -> dict[str, Any]:
    return {"Status": {"State": state, "Err": err}, "Spec": spec}


@pytest.mark.parametrize(
    ("documents", "missing"),
    [
        ([service(), task(), task()], ""),
        ([service("completed"), task(), task()], ""),
        ([service(), task()], "1 of 2 replicas run"),
        ([service(), task(), task(spec=OLD)], "1 of 2 replicas run"),
        (
            [service(), task(), task(state="pending", err="no suitable node")],
            "1 of 2 replicas run (no suitable node)",
        ),
        ([service("updating"), task(), task()], "its update is under way, 2 of 2 replicas are new"),
    ],
)
def test_what_is_missing(documents: list[Any], missing: str) -> None:
    assert missing_replicas(FakeHost(docker=said(*documents)), "wordpress", 2) == missing


def test_an_update_that_stopped_is_an_error_with_its_reason() -> None:
    with pytest.raises(WordPressError, match=r"its update is paused \(why\)"):
        missing_replicas(FakeHost(docker=said(service("paused"), task())), "wordpress", 2)


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
