"""One of each resource of the program, with everything that it can be given."""

from collections.abc import Callable

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
