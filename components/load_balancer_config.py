"""HAProxy's configuration: a pure text, so that the same settings give the same containers."""

import math
from dataclasses import dataclass

#: Ports inside the container; the ones on the servers are the user's to choose.
WRITER_PORT, READER_PORT, STATS_PORT, SITE_PORT = 6446, 6447, 8404, 8080
#: Port on which each member answers whether clients may be sent to it.
HEALTH_PORT = 9200
#: What a replica is asked: a page that needs the database, and a file, which costs next to nothing.
SITE_CHECK, FILE_CHECK = "/wp-login.php", "/wp-includes/images/blank.gif"
#: Members or replicas for which there is room at a time: eight, sixteen and so on.
STEP = 8
#: User of the statistics page.
STATS_USER = "admin"


@dataclass(frozen=True, kw_only=True)
class SitePlan:
    """A web site behind the load balancer.

    replicas_name: DNS name on the overlay network with the addresses of all replicas. replicas: their number.
    files_name: DNS name of the one replica that keeps uploaded files; None if every replica reaches them.
    """

    replicas_name: str
    replicas: int
    files_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class BalancerPlan:
    """What the configuration is made from.

    members_name: DNS name on the overlay network that holds the addresses of all members.
    members: how many there are; the places for them are more, so that growth changes no configuration.
    """

    members_name: str
    members: int
    max_connections: int = 2000
    site: SitePlan | None = None


def configuration(plan: BalancerPlan) -> str:
    """Everything but the statistics page, whose password makes it a secret."""
    parts = [_common(plan), _resolvers(), _writer(plan), _reader(plan)]
    return "\n".join([*parts, *(_site(plan.site, plan.max_connections) if plan.site else ())])


def places(count: int) -> int:
    """Room for addresses: whatever starts again has a new one while its old one is still remembered.

    In steps, so that growing from three to seven and back changes no load balancer.
    """
    return 3 * STEP * math.ceil(count / STEP)


def statistics_page(password: str) -> str:
    """The statistics page."""
    return f"""\
frontend statistics
    bind :{STATS_PORT}
    mode http
    timeout client 10s
    stats enable
    stats uri /
    stats refresh 5s
    stats hide-version
    stats realm galera-swarm
    stats auth {STATS_USER}:{password}
"""


def _common(plan: BalancerPlan) -> str:
    """Idle connections live as long as in MariaDB (`wait_timeout`); a stop lets busy ones finish."""
    # A connection to a member that has just died is tried again elsewhere, half a second later.
    return f"""\
global
    log stdout format raw local0 notice
    maxconn {plan.max_connections}
    hard-stop-after 20s
    set-var proc.started date()
    stats socket ipv4@127.0.0.1:9999 level operator

defaults
    log global
    mode tcp
    timeout connect 500ms
    timeout check 3s
    timeout queue 1s
    timeout client 8h
    timeout server 8h
    retries 6
    option redispatch 1
    option clitcpka
    option srvtcpka
"""


def _resolvers() -> str:
    """Docker's own DNS. A name that is gone is believed late: a member that is about to stop leaves the DNS
    before it has handed its clients over, and whether it is well is the health check's to say.
    """
    return """\
resolvers swarm
    nameserver embedded 127.0.0.11:53
    accepted_payload_size 8192
    resolve_retries 3
    timeout resolve 1s
    timeout retry 500ms
    hold valid 1s
    hold obsolete 30s
    hold nx 30s
    hold timeout 30s
    hold refused 30s
    hold other 30s
"""


def _writer(plan: BalancerPlan) -> str:
    """Members say themselves who takes the writes (services/galera/writer.sh): one answers 200, the others
    404, which keeps the connections they have; a member that cannot serve answers 503 or not at all, and its
    connections end. A member counts as up until it was first asked: so whoever comes in the first seconds of
    HAProxy's life, before one member is left, waits a moment for the others' answers.
    """
    return f"""\
listen writer
    bind :{WRITER_PORT}
    tcp-request inspect-delay 1s
    tcp-request content accept if {{ nbsrv(writer) eq 1 }} or {{ date(),sub(proc.started) gt 2 }} or WAIT_END
    balance first
    option httpchk
    http-check send meth GET uri /writer ver HTTP/1.1 hdr Host load-balancer
    http-check disable-on-404
    {_members(plan, "inter 500ms fastinter 250ms fall 2 rise 1")}
"""


def _reader(plan: BalancerPlan) -> str:
    return f"""\
listen reader
    bind :{READER_PORT}
    balance leastconn
    option httpchk
    http-check send meth GET uri / ver HTTP/1.1 hdr Host load-balancer
    http-check disable-on-404
    {_members(plan, "inter 1s fastinter 300ms fall 2 rise 1")}
"""


def _members(plan: BalancerPlan, pace: str) -> str:
    return (
        f"server-template member 1-{places(plan.members)} {plan.members_name}:3306"
        f" check port {HEALTH_PORT} {pace} observe layer4 error-limit 2 on-error fastinter"
        " on-marked-down shutdown-sessions resolvers swarm resolve-prefer ipv4 init-addr none"
    )


def _site(site: SitePlan, max_connections: int) -> list[str]:
    """Any replica answers. Whatever may write or read uploaded files goes to the replica that has them, as
    long as it is there. However many visitors come, they leave half of the connections to SQL, on which the
    replicas themselves depend.
    """
    only_files = "!{ method GET HEAD OPTIONS } || { path_beg /wp-admin/ /wp-content/uploads/ }"
    chosen = f"\n    use_backend site-files if {only_files}" if site.files_name else ""
    replicas = _replicas("replica", site.replicas_name, site.replicas)
    frontend = f"""\
frontend site
    bind :{SITE_PORT}
    mode http
    maxconn {max(1, max_connections // 2)}
    timeout client 1m
    timeout http-request 10s
    timeout http-keep-alive 5s
    option forwardfor{chosen}
    default_backend site
"""
    backends = [_site_backend("site", SITE_CHECK, [replicas])]
    if site.files_name:
        # Whoever does not even give a file away is gone, and with it the forms that wait there. A replica
        # that waits for the database is not: its requests may still be answered.
        keeper = f"{_replicas('files', site.files_name, 1)} on-marked-down shutdown-sessions"
        backends.append(_site_backend("site-files", FILE_CHECK, [keeper, f"{replicas} backup"]))
    return [frontend, *backends]


def _site_backend(name: str, check: str, servers: list[str]) -> str:
    """A request that no replica has begun to work on is tried again elsewhere, and no other."""
    lines = "\n".join(f"    {server}" for server in servers)
    return f"""\
backend {name}
    mode http
    balance leastconn
    timeout server 2m
    retry-on conn-failure
    option httpchk
    http-check send meth GET uri {check} ver HTTP/1.1 hdr Host load-balancer
    http-check expect rstatus ^[23]
{lines}
"""


def _replicas(name: str, dns_name: str, count: int) -> str:
    return (
        f"server-template {name} 1-{places(count)} {dns_name}:80 check inter 3s fastinter 1s fall 2 rise 1"
        " observe layer4 error-limit 2 on-error fastinter resolvers swarm resolve-prefer ipv4 init-addr none"
    )
