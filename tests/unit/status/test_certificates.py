"""How long certificates live, on the screen: what servers show, what the outputs hold, what is to be done."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from providers.pki.x509 import new_key, self_signed
from providers.ssh import Session
from status import certificates as module
from status.certificates import (
    CertificatesNow,
    ShownNow,
    ask_certificates,
    certificate_doors,
    certificate_table,
    certificate_trouble,
    certificates,
)

NOW = datetime.now(UTC).replace(microsecond=0)


def end(days: float) -> datetime:
    return NOW + timedelta(days=days, hours=2)


def outputs(authority_days: float = 3000) -> dict[str, Any]:
    pem = self_signed(new_key(), "a", begins=NOW - timedelta(days=5000), ends=end(authority_days))
    return {
        "etcd": {
            "members": [
                {"name": "etcd-1", "server": "db-1", "peerUrl": "https://10.0.0.1:2380"},
                {"name": "etcd-2", "server": "db-2"},
            ],
            "endpoints": ["https://10.0.0.1:2379", "https://10.0.0.2:2379"],
            "clientCertificates": {"etcd-client": end(500).isoformat(), "galera": end(400).isoformat()},
            "authority": pem,
        },
        "consul": {"endpoints": [{"server": "db-1", "host": "10.0.0.1", "port": 8501.0}], "authority": pem},
    }


def lines(*parts: Any) -> list[str]:
    console = Console(width=200)
    with console.capture() as printed:
        for part in parts:
            console.print(part)
    return [" ".join(line.split()) for line in printed.get().splitlines() if line.strip()]


def test_each_server_is_asked_at_its_own_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    doors = certificate_doors(outputs())
    assert doors == {
        "db-1": [("etcd", "10.0.0.1", 2380), ("consul", "10.0.0.1", 8501)],
        "db-2": [("etcd", "10.0.0.2", 2379)],
    }
    monkeypatch.setattr(module, "served_until", lambda _, host, port: end(port))
    shown = ask_certificates(object.__new__(Session), "db-1", doors["db-1"])
    assert shown == (
        ShownNow(service="etcd", server="db-1", until=end(2380)),
        ShownNow(service="consul", server="db-1", until=end(8501)),
    )


def test_the_one_that_ends_first_speaks_for_its_service() -> None:
    shown = [
        ShownNow(service="etcd", server="db-1", until=end(700)),
        ShownNow(service="etcd", server="db-2", until=end(300)),
        ShownNow(service="etcd", server="db-3"),
        ShownNow(service="consul", server="db-1"),
    ]
    found = certificates(outputs(), shown)
    (_, etcd, consul, clients, authority) = lines(certificate_table(found))
    assert etcd == f"etcd good 300 db-2 {end(300):%Y-%m-%d} 2 of 3 servers"
    assert consul == "consul not seen - - - 0 of 1 servers"
    assert clients == f"etcd clients good 400 galera {end(400):%Y-%m-%d} outputs"
    assert authority == f"authority good 3000 - {end(3000):%Y-%m-%d} outputs"
    assert lines(*certificate_trouble(found)) == []


@pytest.mark.parametrize(
    ("days", "renew_days", "state", "left"),
    [
        (None, 240, "not seen", None),
        (241, 240, "good", 241),
        (239, 240, "renewal due", 239),
        (0.2, 240, "renewal due", 0),
        (-0.5, 240, "expired", -1),
        (-400, 240, "expired", -400),
        (1000, 1095, "renewal due", 1000),
    ],
)
def test_states(days: float | None, renew_days: int, state: str, left: int | None) -> None:
    until = None if days is None else end(days)
    one = CertificatesNow(service="etcd", whose="db-1", seen="", until=until, renew_days=renew_days)
    assert (one.state(NOW), one.days_left(NOW)) == (state, left)


def test_what_is_due_is_yellow_and_what_has_expired_is_red() -> None:
    shown = [
        ShownNow(service="etcd", server="db-1", until=end(100)),
        ShownNow(service="consul", server="db-1", until=end(-3)),
    ]
    found = certificates(outputs(authority_days=1000), shown)
    due, expired = certificate_trouble(found)
    assert due.plain.strip() == "certificates whose renewal is due: etcd, authority; make up renews them"
    assert "have expired" in expired.plain
    assert "consul; make up renews them" in expired.plain
    assert (due.style, expired.style) == ("yellow", "red")


def test_a_stack_without_certificates_has_no_lines() -> None:
    assert certificates({"servers": []}, ()) == []
