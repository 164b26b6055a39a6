"""Asks the servers of a stack how they are, over SSH, all at once."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from providers.ssh import Session, SshError, Target, connect
from status.aerospike import AerospikeNow, aerospike_nodes, ask_aerospike
from status.balancers import BalancerNow, ask_balancer, balancer_services
from status.certificates import ShownNow, ask_certificates, certificate_doors
from status.consul import AgentNow, ask_agent, http_port
from status.etcd_members import EtcdNow, ask_etcd, etcd_services
from status.site import SiteNow, ask_site, site_ports

#: How long one server may take before it counts as silent, in seconds.
PATIENCE_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True)
class MemberNow:
    """What a member says of itself; `uuid` is its cluster's right now, `evidence` its last decision where it
    does not answer SQL.
    """

    member: str
    server: str
    state: str = "silent"
    status: str = ""
    size: str = ""
    uuid: str = ""
    seqno: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StackNow:
    """Servers that answered SSH, the swarm's own list of nodes, and each member."""

    answering: frozenset[str]
    nodes: tuple[dict[str, Any], ...]
    services: tuple[dict[str, Any], ...]
    members: tuple[MemberNow, ...]
    problems: tuple[str, ...] = field(default=())
    balancers: tuple[BalancerNow, ...] = ()
    etcd: tuple[EtcdNow, ...] = ()
    aerospike: tuple[AerospikeNow, ...] = ()
    sites: tuple[SiteNow, ...] = ()
    agents: tuple[AgentNow, ...] = ()
    certificates: tuple[ShownNow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Answer:
    hostname: str
    problem: str = ""
    nodes: tuple[dict[str, Any], ...] = ()
    services: tuple[dict[str, Any], ...] = ()
    members: tuple[MemberNow, ...] = ()
    balancer: BalancerNow | None = None
    etcd: EtcdNow | None = None
    aerospike: AerospikeNow | None = None
    site: SiteNow | None = None
    agent: AgentNow | None = None
    certificates: tuple[ShownNow, ...] = ()


def ask_stack(outputs: Mapping[str, Any], root: Path) -> StackNow:
    """Ask every server of the stack's outputs; one that does not answer is a line in `problems`, not
    an error.
    """
    access = outputs["access"]
    private_key = (root / access["keyFile"]).read_text()
    members = {host["hostname"]: _members_of(host) for host in access["hosts"]}
    targets = {
        host["hostname"]: Target(host=host["address"], host_key=host["hostKey"], private_key=private_key)
        for host in access["hosts"]
    }
    with ThreadPoolExecutor(max_workers=len(targets) or 1) as pool:
        answers = list(pool.map(lambda name: _ask(name, targets[name], members[name], outputs), targets))
    return StackNow(
        answering=frozenset(a.hostname for a in answers if not a.problem),
        nodes=next((a.nodes for a in answers if a.nodes), ()),
        services=next((a.services for a in answers if a.services), ()),
        members=tuple(member for a in answers for member in a.members),
        problems=tuple(a.problem for a in answers if a.problem),
        balancers=tuple(a.balancer for a in answers if a.balancer is not None),
        etcd=tuple(a.etcd for a in answers if a.etcd is not None),
        aerospike=tuple(a.aerospike for a in answers if a.aerospike is not None),
        sites=tuple(a.site for a in answers if a.site is not None),
        agents=tuple(a.agent for a in answers if a.agent is not None),
        certificates=tuple(one for a in answers for one in a.certificates),
    )


def _members_of(host: Mapping[str, Any]) -> dict[str, str]:
    """The members on a server, each with its service; a stack that was deployed earlier names one only."""
    if "members" in host:
        return {one["member"]: one["service"] for one in host["members"]}
    return {host["member"]: host["member"]} if host.get("member") else {}


def _ask(hostname: str, target: Target, members: Mapping[str, str], outputs: Mapping[str, Any]) -> _Answer:
    balancer = balancer_services(outputs).get(hostname)
    etcd = etcd_services(outputs).get(hostname)
    node = aerospike_nodes(outputs).get(hostname)
    site = site_ports(outputs).get(hostname)
    consul_port = http_port(outputs)
    doors = certificate_doors(outputs).get(hostname, ())
    try:
        with connect(target, deadline_seconds=PATIENCE_SECONDS) as session:
            return _Answer(
                hostname=hostname,
                nodes=_json_lines(session, "docker node ls --format '{{json .}}'"),
                services=_json_lines(session, "docker service ls --format '{{json .}}'"),
                members=tuple(
                    _ask_member(session, hostname, member, service) for member, service in members.items()
                ),
                balancer=ask_balancer(session, hostname, balancer, outputs) if balancer else None,
                etcd=ask_etcd(session, hostname, etcd) if etcd else None,
                aerospike=ask_aerospike(session, hostname, node) if node else None,
                site=ask_site(session, hostname, site) if site else None,
                agent=ask_agent(session, hostname, consul_port) if consul_port else None,
                certificates=ask_certificates(session, hostname, doors),
            )
    except SshError as fault:
        silent = tuple(MemberNow(member=member, server=hostname) for member in members)
        mute = BalancerNow(server=hostname, state="silent") if balancer else None
        still = EtcdNow(member=etcd, server=hostname, state="silent") if etcd else None
        quiet = AerospikeNow(server=hostname, node=node[0]) if node else None
        return _Answer(
            hostname=hostname,
            problem=str(fault),
            members=silent,
            balancer=mute,
            etcd=still,
            aerospike=quiet,
            site=SiteNow(server=hostname, fault="silent") if site else None,
            certificates=tuple(ShownNow(service=service, server=hostname) for service, _, _ in doors),
        )


def _json_lines(session: Session, command: str) -> tuple[dict[str, Any], ...]:
    """Rows of a docker list; none where this server is a worker, which may not ask."""
    done = session.run(command, timeout_seconds=PATIENCE_SECONDS)
    if done.exit_status != 0:
        return ()
    return tuple(json.loads(line) for line in done.stdout.splitlines() if line.strip())


_ASK = r"""
container=$(docker ps -q --filter label=com.docker.swarm.service.name={service} | head -n 1)
[ -n "$container" ] || exit 3
docker exec -i "$container" bash -s <<'INSIDE'
run=/dev/shm/galera-swarm
echo "phase=$(cat "$run/phase" 2>/dev/null)"
client=$(command -v mariadb || command -v mysql)
timeout 4 "$client" --defaults-file="$run/monitor.cnf" --connect-timeout=2 -NBe "
    SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_status',
    'wsrep_cluster_size', 'wsrep_cluster_state_uuid', 'wsrep_last_committed')" 2>/dev/null | tr '\t' '='
INSIDE
docker logs --tail 300 "$container" 2>&1 | sed -n 's/^galera-swarm: /said=/p' | tail -n {lines}
"""
_EVIDENCE_LINES = 12


def _ask_member(session: Session, hostname: str, member: str, service: str) -> MemberNow:
    """What the member says over SQL, and where it does not answer there, what it last said in its log."""
    answer = session.run(
        _ASK.format(service=service, lines=_EVIDENCE_LINES), timeout_seconds=2 * PATIENCE_SECONDS
    )
    if answer.exit_status == 3:
        return MemberNow(member=member, server=hostname, state="not running")
    facts: dict[str, str] = {}
    said: list[str] = []
    for line in answer.stdout.splitlines():
        key, _, value = line.partition("=")
        if key == "said":
            said.append(value)
        else:
            facts[key] = value
    state = facts.get("wsrep_local_state_comment") or facts.get("phase") or "starting"
    return MemberNow(
        member=member,
        server=hostname,
        state=state,
        status=facts.get("wsrep_cluster_status", ""),
        size=facts.get("wsrep_cluster_size", ""),
        uuid=facts.get("wsrep_cluster_state_uuid", ""),
        seqno=facts.get("wsrep_last_committed", ""),
        evidence=() if state == "Synced" else tuple(said),
    )
