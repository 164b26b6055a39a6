"""Names: the host's own name, and the stack's servers in /etc/hosts, kept in marked blocks so that other
lines stay as they are.
"""

from collections.abc import Sequence

from components.host.plan import HostEntry, HostFacts
from components.host.script import Part, shell

HOSTS_FILE = "/etc/hosts"


def own_name(facts: HostFacts) -> Part:
    """Sets the short host name for good and maps it to the private address."""
    own = HostEntry(address=facts.private_ip, hostname=facts.hostname, domain=facts.domain)
    return Part(
        title="names",
        values={"short_name": facts.hostname, "own_line": own.line, "hosts_file": HOSTS_FILE},
        functions=shell("hosts_block") + "\n" + shell("own_name"),
        call="set_own_name",
    )


def neighbour_names(facts_hostname: str, entries: Sequence[HostEntry]) -> Part:
    """Writes the other servers of the stack into /etc/hosts; the host's own line is `own_name`'s."""
    others = sorted(entry.line for entry in entries if entry.hostname != facts_hostname)
    return Part(
        title="names of the other servers",
        values={"neighbour_lines": others, "hosts_file": HOSTS_FILE},
        functions=shell("hosts_block") + "\n" + shell("neighbours"),
        call="set_neighbours",
    )
