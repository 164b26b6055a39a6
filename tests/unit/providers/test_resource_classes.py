"""What each resource hands to the engine: exactly the inputs that its provider knows, secrets as secrets."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import Resource

from providers import (
    aerospike,
    consul,
    etcd,
    galera,
    load_balancer,
    pki,
    secrets,
    ssh,
    swarm,
    topology,
    wordpress,
)
from providers.stateless import StatelessProvider

SSH: ssh.SshInputs = {"host": "h", "privateKey": "k"}
TOPOLOGY = topology.TopologyArgs(
    servers=[],
    managers=1,
    copies={"aerospike": {"servers": [], "copies": 2}},
    protected=["db-1"],
    consul={"datacenter": "dc1", "domain": "consul"},
    uploads={"kind": "nfs"},
)

#: How each is declared, and which of its properties are secrets.
RESOURCES: dict[str, tuple[Callable[[], Resource], set[str]]] = {
    "HostKey": (
        lambda: ssh.HostKey("r", ssh.HostKeyArgs(server_id="1", host="h", private_key="k")),
        {"private_key"},
    ),
    "SwarmInit": (
        lambda: swarm.SwarmInit("r", swarm.SwarmInitArgs(ssh=SSH, server_id="1", advertise_address="a")),
        {"manager_token", "worker_token"},
    ),
    "SwarmNode": (
        lambda: swarm.SwarmNode(
            "r",
            swarm.SwarmNodeArgs(
                ssh=SSH,
                server_id="1",
                hostname="db1",
                managers=[SSH],
                role="worker",
                join_address="a:2377",
                join_token="t",
                swarm_id="s",
                advertise_address="a",
            ),
        ),
        {"join_token"},
    ),
    "ClusterBirth": (
        lambda: galera.ClusterBirth(
            "r", galera.ClusterBirthArgs(ssh_of_members=[], first="galera-1", cluster_name="galera")
        ),
        set(),
    ),
    "SyncedMember": (
        lambda: galera.SyncedMember(
            "r",
            galera.SyncedMemberArgs(
                ssh=SSH,
                manager_ssh=SSH,
                member="m",
                service="m",
                port=3306,
                cluster_name="galera",
                cluster_uuid="u",
                password="p",
            ),
        ),
        {"password"},
    ),
    "InstalledSite": (
        lambda: wordpress.InstalledSite(
            "r",
            wordpress.InstalledSiteArgs(
                servers=[SSH],
                managers=[SSH],
                services={"wordpress": 2},
                port=8080,
                title="t",
                admin_user="u",
                admin_email="m",
                admin_password="p",
            ),
        ),
        {"admin_password"},
    ),
    "MemberSeat": (
        lambda: galera.MemberSeat(
            "r",
            galera.MemberSeatArgs(
                managers=[SSH],
                service="galera",
                label="galera-swarm.seat.galera",
                node_id="n",
                hostname="db-1",
                rank=1,
                cluster_name="galera",
                port=3306,
                password="p",
            ),
        ),
        {"password"},
    ),
    "ServingBalancer": (
        lambda: load_balancer.ServingBalancer(
            "r",
            load_balancer.ServingBalancerArgs(
                ssh=SSH, manager_ssh=[SSH], service="s", writer_port=1, reader_port=2, password="p"
            ),
        ),
        {"password"},
    ),
    "Database": (
        lambda: galera.Database(
            "r", galera.DatabaseArgs(members=[SSH], port=3306, root_password="p", database="d")
        ),
        {"root_password"},
    ),
    "DatabaseUser": (
        lambda: galera.DatabaseUser(
            "r",
            galera.DatabaseUserArgs(members=[SSH], port=3306, root_password="p", user="u", password="q"),
        ),
        {"root_password", "password"},
    ),
    "RootAccount": (
        lambda: galera.RootAccount("r", galera.RootAccountArgs(members=[SSH], port=3306, root_password="p")),
        {"root_password"},
    ),
    "RandomPassword": (
        lambda: secrets.RandomPassword("r", secrets.RandomPasswordArgs()),
        {"result"},
    ),
    "EtcdSeat": (
        lambda: etcd.EtcdSeat(
            "r",
            etcd.EtcdSeatArgs(
                server_id="1",
                ssh=SSH,
                name="etcd-1",
                peer_url="u",
                peers=[],
                volume="v",
                token="t",
                settings="{}",
            ),
        ),
        set(),
    ),
    "EtcdMember": (
        lambda: etcd.EtcdMember(
            "r", etcd.EtcdMemberArgs(server_id="1", ssh=SSH, name="etcd-1", peer_url="u", peers=[])
        ),
        set(),
    ),
    "Authority": (
        lambda: pki.Authority("r", pki.AuthorityArgs(common_name="c")),
        {"private_key"},
    ),
    "Certificate": (
        lambda: pki.Certificate(
            "r",
            pki.CertificateArgs(
                authority_id="i", authority_certificate="c", authority_key="k", common_name="etcd-1"
            ),
        ),
        {"private_key", "authority_key"},
    ),
    "JoinedNode": (
        lambda: aerospike.JoinedNode(
            "r",
            aerospike.JoinedNodeArgs(
                node="aerospike-1",
                nodes=[{"node": "aerospike-1", "ssh": SSH}],
                port=3000,
                cluster_name="aerospike",
                managers=[SSH],
            ),
        ),
        set(),
    ),
    "StableCluster": (
        lambda: aerospike.StableCluster(
            "r",
            aerospike.StableClusterArgs(
                cluster_name="aerospike",
                nodes=[{"node": "aerospike-1", "ssh": SSH}],
                port=3000,
                managers=[SSH],
            ),
        ),
        set(),
    ),
    "TopologyGuard": (
        lambda: topology.TopologyGuard("r", topology.TopologyGuardArgs(**vars(TOPOLOGY))),
        set(),
    ),
    "TopologySettled": (
        lambda: topology.TopologySettled("r", topology.TopologySettledArgs(topology=TOPOLOGY, attempt="a")),
        set(),
    ),
    "HostNetwork": (
        lambda: swarm.HostNetwork("r", swarm.HostNetworkArgs(swarm_id="s", managers=[SSH])),
        set(),
    ),
    "RunningService": (
        lambda: swarm.RunningService("r", swarm.RunningServiceArgs(service="s", managers=[SSH])),
        set(),
    ),
    "TaskCount": (
        lambda: swarm.TaskCount("r", swarm.TaskCountArgs(service="s", managers=[SSH], spec="d")),
        set(),
    ),
    "AgentSeat": (
        lambda: consul.AgentSeat(
            "r",
            consul.AgentSeatArgs(
                ssh=SSH,
                server_id="1",
                node="n",
                role="server",
                address="a",
                volume="v",
                peers=[SSH],
                peer_addresses=["a"],
                http_port=8500,
                rpc_port=8300,
                token="t",
            ),
        ),
        {"token"},
    ),
    "WorkingAgent": (
        lambda: consul.WorkingAgent(
            "r",
            consul.WorkingAgentArgs(
                ssh=SSH,
                server_id="1",
                manager_ssh=[SSH],
                node="n",
                role="server",
                address="a",
                service="s",
                volume="v",
                peers=[SSH],
                expected=3,
                http_port=8500,
                rpc_port=8300,
                token="t",
            ),
        ),
        {"token"},
    ),
    "AclSystem": (
        lambda: consul.AclSystem(
            "r", consul.AclSystemArgs(servers=[SSH], http_port=8500, management_token="t", tokens=[])
        ),
        {"management_token"},
    ),
    "WorkingConsul": (
        lambda: consul.WorkingConsul(
            "r",
            consul.WorkingConsulArgs(
                servers=[SSH],
                server_names=["n"],
                agents=["n"],
                service="db",
                instances=["galera-1"],
                http_port=8500,
                token="t",
            ),
        ),
        {"token"},
    ),
    "ServerResolver": (
        lambda: consul.ServerResolver(
            "r",
            consul.ServerResolverArgs(
                ssh=SSH, server_id="1", node="n", address="a", domain="consul", script="s"
            ),
        ),
        set(),
    ),
}


class FakeBase:
    """Keeps what a resource gives to its base class."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.provider: Any = None
        self.props: dict[str, Any] = {}
        self.opts: pulumi.ResourceOptions | None = None

        def init(
            _self: Resource, provider: Any, _name: str, props: Any, opts: pulumi.ResourceOptions | None = None
        ) -> None:
            self.provider, self.props, self.opts = provider, props, opts

        monkeypatch.setattr(Resource, "__init__", init)

    async def secrets(self) -> set[str]:
        """Names of the properties that are secret, as inputs or as outputs."""
        hidden = set((self.opts.additional_secret_outputs if self.opts else None) or ())
        for key, value in self.props.items():
            if isinstance(value, pulumi.Output) and await value.is_secret():
                hidden.add(key)
        return hidden


@pytest.mark.parametrize("name", RESOURCES)
def test_inputs_and_secrets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declare, hidden = RESOURCES[name]
    base = FakeBase(monkeypatch)

    async def declared() -> None:
        declare()
        assert await base.secrets() == hidden

    asyncio.run(declared())
    assert isinstance(base.provider, StatelessProvider)
    outputs = set(base.props) - set(base.provider.INPUTS)
    assert all(base.props[key] is None for key in outputs)
    assert set(base.provider.INPUTS) - set(base.props) <= {"in_flux"}
    assert outputs == set(_outputs_of(name))


def _outputs_of(name: str) -> list[str]:
    """The attributes that the class declares beside its inputs."""
    module = next(
        one
        for one in (
            aerospike,
            consul,
            ssh,
            swarm,
            etcd,
            galera,
            load_balancer,
            pki,
            secrets,
            topology,
            wordpress,
        )
        if hasattr(one, name)
    )
    known = getattr(module, f"{name}Provider").INPUTS
    return [key for key in getattr(module, name).__annotations__ if key not in known]
