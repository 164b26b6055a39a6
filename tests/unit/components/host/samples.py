"""Plans and facts that the tests of this directory share."""

from components.host import DiskPlan, EnginePlan, FirewallPlan, HostFacts, HostPlan, TimePlan

FACTS = HostFacts(
    hostname="galera-1",
    domain="example.com",
    private_ip="10.0.0.11",
    public_ip="203.0.113.11",
    datacenter="dal13",
    instance_type="public_cloud",
    private_subnets=("10.0.0.0/26",),
)

PRIVATE_FACTS = HostFacts(
    hostname="galera-2",
    domain="example.com",
    private_ip="10.0.0.12",
    public_ip=None,
    datacenter="dal13",
    instance_type="public_cloud",
)

FULL_PLAN = HostPlan(
    system_update=True,
    time=TimePlan(servers=("time.example.com", "10.0.77.54")),
    disk=DiskPlan(filesystem="lvm-btrfs", device="/dev/xvdc"),
    engine=EnginePlan(
        dns=("10.0.80.11",),
        dns_search=("example.com",),
        registry_mirrors=("https://mirror.example.com",),
        labels=(("rack", "7"),),
    ),
    firewall=FirewallPlan(
        ssh_ports=(22, 2222),
        public_ports=(80, 443),
        restrict_private=True,
        trusted_subnets=("10.0.0.0/26", "10.9.0.0/16"),
    ),
    encrypted_overlay=True,
    virtual_ips=True,
)
