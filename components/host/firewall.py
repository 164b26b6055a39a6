"""The firewall of design section 9: on the public interface only SSH answers, for the host and for its
containers alike.

A program of its own is installed on the host and run at every boot before the engine. It owns two chains,
swaps their content and their places at the top of INPUT and DOCKER-USER in one transaction, and only ever
closes: what it lets pass goes back to the rules of others. The engine never empties DOCKER-USER, so a restart
of it changes nothing. Where the rules cannot be applied at a boot, the engine does not start.
"""

from ipaddress import ip_address, ip_network

import pulumi

from components.host.plan import FirewallPlan, HostFacts
from components.host.script import STATE_DIR, Part, assignment, shell

PROGRAM_PATH = "/usr/local/sbin/galera-swarm-firewall"


def firewall(plan: FirewallPlan, facts: HostFacts) -> Part:
    """Installs the program, its start at boot, and runs it.

    Its value `firewall_closes` tells the engine's part whether the engine must not start without it.
    """
    return Part(
        title="firewall",
        values={
            "firewall_closes": "yes" if any(_closed_addresses(plan, facts)) else "no",
            "firewall_program": firewall_program(plan, facts).rstrip("\n"),
            "firewall_path": PROGRAM_PATH,
        },
        functions=shell("firewall_install"),
        call="set_up_firewall",
    )


def firewall_program(plan: FirewallPlan, facts: HostFacts) -> str:
    """The program's text for one server. Without a public address nothing is filtered and old chains of ours
    are taken away. Raises RunError where the trusted networks leave the server's own out.
    """
    public, private = _closed_addresses(plan, facts)
    trusted = sorted({*facts.private_subnets, *plan.trusted_subnets})
    if private and not any(ip_address(private) in ip_network(subnet) for subnet in trusted):
        said = (
            f"{facts.hostname}: its private address {private} is in none of host.trustedSubnets"
            f" ({', '.join(trusted)}), so its neighbours would be shut out; add its network"
        )
        raise pulumi.RunError(said)
    values = {
        "state": STATE_DIR,
        "public_address": public,
        "private_address": private,
        "ssh_ports": " ".join(str(port) for port in plan.ssh_ports),
        "public_ports": " ".join(str(port) for port in plan.public_ports),
        "trusted_subnets": " ".join(trusted),
    }
    return "\n".join(
        [
            "#!/bin/sh",
            "# On the public interface only SSH answers. Overwritten by galera-swarm; `remove` ends it.",
            "set -eu",
            *(assignment(name, value) for name, value in values.items()),
            shell("firewall"),
            "",
        ]
    )


def _closed_addresses(plan: FirewallPlan, facts: HostFacts) -> tuple[str, str]:
    """The public and the private address whose interfaces are filtered; empty for one that stays open."""
    public = facts.public_ip if plan.enabled and facts.public_ip else ""
    private = facts.private_ip if plan.enabled and plan.restrict_private else ""
    return public, private
