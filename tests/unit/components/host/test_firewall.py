"""The firewall program on a host of its own: a network namespace with a public and a private neighbour."""

import dataclasses
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest

from components.host import FirewallPlan
from components.host.firewall import firewall_program
from components.host.script import STATE_DIR
from tests.unit.components.host.samples import FACTS, PRIVATE_FACTS

PUBLIC, PRIVATE = str(FACTS.public_ip), FACTS.private_ip
PORTS = (22, 443, 3306)


def _can_make_namespaces() -> bool:
    probe = "ip link add gs0 type veth peer name gs1 && iptables -S INPUT"
    return (
        all(shutil.which(tool) for tool in ("unshare", "nsenter", "ip", "iptables", "perl"))
        and subprocess.run(["unshare", "-n", "sh", "-c", probe], capture_output=True, check=False).returncode
        == 0
    )


pytestmark = pytest.mark.skipif(
    not _can_make_namespaces(), reason="needs root, network namespaces and iptables"
)


class FakeHost:
    """Namespaces `host`, `internet` (203.0.113.99), `office` (10.9.0.9) and `stranger` (10.8.0.8)."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self._sleepers = {
            name: subprocess.Popen(["unshare", "-n", "sleep", "600"])
            for name in ("host", "internet", "office", "stranger")
        }
        self._await_namespaces()
        pids = {name: sleeper.pid for name, sleeper in self._sleepers.items()}
        self.run("host", "ip link set lo up; echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter")
        for name, interface, near, far in (
            ("internet", "pub0", f"{PUBLIC}/24", "203.0.113.99/24"),
            ("office", "priv0", f"{PRIVATE}/8", "10.9.0.9/8"),
        ):
            self.run(
                "host",
                f"ip link add {interface} type veth peer name eth0 netns {pids[name]}; "
                f"ip addr add {near} dev {interface}; ip link set {interface} up",
            )
            self.run(name, f"ip addr add {far} dev eth0; ip link set eth0 up; ip link set lo up")
        self.run("office", "ip addr add 10.8.0.8/8 dev eth0")
        self._listener = subprocess.Popen([*self._enter("host"), "perl", "-e", LISTEN, *map(str, PORTS)])
        self._await_listener()

    def close(self) -> None:
        """Ends what this host is made of; its namespaces go with it."""
        for process in (self._listener, *self._sleepers.values()):
            process.kill()
            process.wait()

    def run(self, where: str, command: str) -> "subprocess.CompletedProcess[str]":
        """A shell command in one namespace."""
        return subprocess.run(
            [*self._enter(where), "sh", "-euc", command],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )

    def apply(self, plan: FirewallPlan, facts: object = FACTS, argument: str = "") -> None:
        """Runs the program that `plan` gives."""
        program = firewall_program(plan, facts).replace(STATE_DIR, str(self.room))  # type: ignore[arg-type]
        program = program.replace("\nPATH=", f"\nPATH={self.room}/fake-bin:")
        (self.room / "program").write_text(program)
        self.run("host", f"sh {self.room}/program {argument}")

    def answers(self, where: str, address: str, source: str = "") -> set[int]:
        """The ports of the host that answer there."""
        found = subprocess.run(
            [*self._enter(where), "perl", "-e", CONNECT, address, source, *map(str, PORTS)],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return {int(port) for port in found.stdout.split()}

    def rules(self, command: str = "iptables") -> list[str]:
        """All rules of the filter table."""
        return self.run("host", f"{command} -S").stdout.splitlines()

    def _enter(self, where: str) -> list[str]:
        return ["nsenter", "-t", str(self._sleepers[where].pid), "-n"]

    def _await_namespaces(self) -> None:
        own = Path("/proc/self/ns/net").readlink()
        for sleeper in self._sleepers.values():
            while Path(f"/proc/{sleeper.pid}/ns/net").readlink() == own:
                assert sleeper.poll() is None

    def _await_listener(self) -> None:
        while len(self.run("host", "ss -Hltn | cat").stdout.splitlines()) < len(PORTS):
            assert self._listener.poll() is None


LISTEN = r"""
use IO::Socket::INET; use IO::Select;
my $all = IO::Select->new();
$all->add(IO::Socket::INET->new(Listen => 9, LocalPort => $_, ReuseAddr => 1) // die $!) for @ARGV;
while (1) {
    for ($all->can_read) { my $c = $_->accept; print $c "hello\n"; close $c }
}
"""

# All at once, so that ports that stay silent cost one wait.
CONNECT = r"""
use IO::Socket::INET;
my ($address, $source, @ports) = @ARGV;
my %waiting;
for my $port (@ports) {
    my $pid = open(my $out, '-|') // die $!;
    if (!$pid) {
        my $s = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 0.6,
            $source ? (LocalAddr => $source) : ());
        print $port if $s && <$s> eq "hello\n";
        exit 0;
    }
    $waiting{$port} = $out;
}
print join ' ', map { my $h = $waiting{$_}; <$h> // () } @ports;
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[FakeHost]:
    """A host with listeners on every address."""
    made = FakeHost(tmp_path)
    yield made
    made.close()


def test_on_the_public_interface_only_ssh_answers(host: FakeHost) -> None:
    assert host.answers("internet", PUBLIC) == set(PORTS)
    host.apply(FirewallPlan())
    assert host.answers("internet", PUBLIC) == {22}
    assert host.answers("office", PRIVATE) == set(PORTS)
    host.run("internet", f'perl -MNet::Ping -e \'exit !Net::Ping->new("icmp", 2)->ping("{PUBLIC}")\'')
    assert host.answers("host", PUBLIC) == set(PORTS), "the host itself goes over loopback"


def test_the_private_address_does_not_answer_on_the_public_side(host: FakeHost) -> None:
    host.apply(FirewallPlan())
    host.run("internet", f"ip route add {PRIVATE} via {PUBLIC}")
    assert host.answers("internet", PRIVATE) == {22}


def test_what_a_stack_publishes_is_opened(host: FakeHost) -> None:
    host.apply(FirewallPlan(public_ports=(443,)))
    assert host.answers("internet", PUBLIC) == {22, 443}


def test_a_restricted_private_interface_knows_its_friends(host: FakeHost) -> None:
    host.apply(FirewallPlan(restrict_private=True, trusted_subnets=("10.9.0.0/16",)))
    assert host.answers("office", PRIVATE, "10.9.0.9") == set(PORTS)
    assert host.answers("office", PRIVATE, "10.8.0.8") == {22}


def test_a_second_run_changes_nothing(host: FakeHost) -> None:
    host.apply(FirewallPlan(public_ports=(443,)))
    before = host.rules(), host.rules("ip6tables")
    host.apply(FirewallPlan(public_ports=(443,)))
    assert (host.rules(), host.rules("ip6tables")) == before


def test_a_changed_plan_replaces_the_rules(host: FakeHost) -> None:
    host.apply(FirewallPlan(public_ports=(443,)))
    host.apply(FirewallPlan(public_ports=(3306,)))
    assert host.answers("internet", PUBLIC) == {22, 3306}


def test_what_others_put_first_is_overtaken_and_kept(host: FakeHost) -> None:
    host.apply(FirewallPlan())
    host.run("host", "iptables -I INPUT -p tcp --dport 3306 -j ACCEPT; iptables -A DOCKER-USER -j RETURN")
    host.apply(FirewallPlan())
    assert host.answers("internet", PUBLIC) == {22}
    inputs = [rule for rule in host.rules() if rule.startswith("-A INPUT")]
    assert inputs[0] == "-A INPUT -j GALERA-SWARM-INPUT"
    assert len(inputs) == 2
    assert [rule for rule in host.rules() if rule.startswith("-A DOCKER-USER")] == [
        "-A DOCKER-USER -j GALERA-SWARM-DOCKER",
        "-A DOCKER-USER -j RETURN",
    ]


def test_containers_are_closed_with_the_host_also_over_ipv6(host: FakeHost) -> None:
    host.apply(FirewallPlan())
    for command in ("iptables", "ip6tables"):
        rules = host.rules(command)
        assert "-A FORWARD -j DOCKER-USER" in rules
        assert "-A GALERA-SWARM-DOCKER -i pub0 -j DROP" in rules
        assert "-A GALERA-SWARM-INPUT -i pub0 -j DROP" in rules


@pytest.mark.parametrize(
    ("plan", "facts", "argument"),
    [
        (FirewallPlan(enabled=False), FACTS, ""),
        (FirewallPlan(), PRIVATE_FACTS, ""),
        (FirewallPlan(), FACTS, "remove"),
    ],
)
def test_without_a_public_side_or_when_switched_off_nothing_is_filtered(
    host: FakeHost, plan: FirewallPlan, facts: object, argument: str
) -> None:
    host.apply(FirewallPlan())
    host.apply(plan, facts, argument)
    assert host.answers("internet", PUBLIC) == set(PORTS)
    assert not [rule for rule in host.rules() if "DROP" in rule]


def test_an_address_that_left_its_interface_is_closed_where_it_was(host: FakeHost) -> None:
    host.apply(FirewallPlan())
    host.run("host", f"iptables -F; ip addr del {PUBLIC}/24 dev pub0")
    host.apply(FirewallPlan())
    host.run("host", f"ip addr add {PUBLIC}/24 dev pub0")
    assert host.answers("internet", PUBLIC) == {22}


def test_an_address_never_seen_is_told(host: FakeHost) -> None:
    host.run("host", f"ip addr del {PUBLIC}/24 dev pub0")
    with pytest.raises(subprocess.CalledProcessError) as failure:
        host.apply(FirewallPlan())
    assert f"no interface carries the public address {PUBLIC}" in failure.value.stderr


def test_at_a_boot_the_rules_wait_for_a_late_interface(host: FakeHost) -> None:
    host.run("host", f"ip addr del {PUBLIC}/24 dev pub0")
    with pytest.raises(subprocess.CalledProcessError):
        host.apply(FirewallPlan())
    host.run("host", f"(sleep 0.5; ip addr add {PUBLIC}/24 dev pub0) & sh {host.room}/program boot")
    assert host.answers("internet", PUBLIC) == {22}


@pytest.mark.parametrize(
    ("off", "plan", "facts", "refused"),
    [
        (0, FirewallPlan(), FACTS, True),
        (1, FirewallPlan(), FACTS, False),
        (0, FirewallPlan(), PRIVATE_FACTS, False),
        (0, FirewallPlan(enabled=False), FACTS, False),
    ],
)
def test_ipv6_may_lack_rules_only_where_nothing_comes_in_over_it(
    host: FakeHost, off: int, plan: FirewallPlan, facts: object, refused: bool
) -> None:
    (host.room / "fake-bin").mkdir()
    fake = host.room / "fake-bin/ip6tables"
    fake.write_text("#!/bin/sh\nexit 4\n")
    fake.chmod(0o755)
    host.run("host", f"echo {off} >/proc/sys/net/ipv6/conf/pub0/disable_ipv6")
    if refused:
        with pytest.raises(subprocess.CalledProcessError) as failure:
            host.apply(plan, facts)
        assert "ip6tables fails, and pub0 would stay open over IPv6" in failure.value.stderr
    else:
        host.apply(plan, facts)


def test_networks_that_leave_the_server_itself_out_are_refused_before_anything_is_touched() -> None:
    plan = FirewallPlan(restrict_private=True, trusted_subnets=("192.168.0.0/24",))
    facts = dataclasses.replace(FACTS, private_subnets=())
    with pytest.raises(pulumi.RunError, match=r"host\.trustedSubnets"):
        firewall_program(plan, facts)
    firewall_program(dataclasses.replace(plan, enabled=False), facts)
