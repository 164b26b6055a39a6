"""What `make status` makes of HAProxy's own statistics, and of the site's answers."""

from typing import Any

import pytest
from rich.console import Console

from status.balancers import BalancerNow, balancer_services, balancer_table, read_statistics
from status.site import SiteNow, site_ports, site_table

OUTPUTS: dict[str, Any] = {
    "loadBalancer": {
        door: [{"server": f"db-{n}", "host": f"10.0.0.{n}", "port": port} for n in (1, 2)]
        for door, port in (("writer", 6446.0), ("reader", 6447.0), ("stats", 8404.0))
    },
    "wordpress": {
        "url": None,
        "endpoints": [{"server": f"db-{n}", "host": f"10.0.0.{n}", "port": 8080.0} for n in (1, 2)],
    },
}

HEAD = "# pxname,svname,scur,status,addr,\n"
STATISTICS = (
    HEAD
    + "writer,FRONTEND,3,OPEN,,\n"
    + "writer,member1,3,UP,172.16.100.7:3306,\n"
    + "writer,member2,0,NOLB,172.16.100.4:3306,\n"
    + "writer,member3,0,MAINT (resolution),,\n"
    + "writer,BACKEND,3,UP,,\n"
    + "reader,FRONTEND,2,OPEN,,\n"
    + "reader,member1,1,UP,172.16.100.7:3306,\n"
    + "reader,member2,1,UP 1/2,172.16.100.9:3306,\n"
    + "reader,BACKEND,2,UP,,\n"
    + "statistics,FRONTEND,9,OPEN,,\n"
    + "\n---\ngalera-1 172.16.100.4\ngalera-2 172.16.100.7\n"
)


def test_members_are_named_where_the_dns_knows_them() -> None:
    assert read_statistics("db-1", STATISTICS) == BalancerNow(
        server="db-1", state="up", writer="galera-2", readers="172.16.100.9, galera-2", connections="5"
    )


def test_nobody_behind_a_port_is_said_so() -> None:
    text = HEAD + "writer,FRONTEND,0,OPEN,,\nwriter,member1,0,DOWN,172.16.100.7:3306,\n---\n"
    assert read_statistics("db-1", text).writer == "none"


def test_services_are_numbered_as_the_servers_are() -> None:
    assert balancer_services(OUTPUTS) == {"db-1": "load-balancer-1", "db-2": "load-balancer-2"}
    assert balancer_services({}) == {}
    assert site_ports(OUTPUTS) == {"db-1": 8080, "db-2": 8080}
    assert site_ports({}) == {}


@pytest.mark.parametrize("word", ["galera-2", "silent", "10.0.0.1:6446", "http://10.0.0.2:8080", "answers"])
def test_the_screen_shows_where_the_ports_lead(word: str) -> None:
    lines = Console(width=200)
    with lines.capture() as shown:
        balancers = (
            BalancerNow(server="db-1", state="up", writer="galera-2"),
            BalancerNow(server="db-2", state="silent"),
        )
        lines.print(balancer_table(OUTPUTS, balancers))
        lines.print(site_table(OUTPUTS, (SiteNow(server="db-1"), SiteNow(server="db-2", fault="silent"))))
    assert word in shown.get()
