"""What a member itself says about its decisions: the lines of its log that begin with "galera-swarm: "."""

import shlex

from providers.ssh import Session, SshError

#: Lines shown when something fails: one table of who answered what, with its verdict.
EVIDENCE_LINES = 14
#: Seconds that reading a log may take.
READ_SECONDS = 30.0
PREFIX = "galera-swarm: "


def last_words(server: Session, service: str, lines: int = 1) -> list[str]:
    """The newest decisions of a member, from its newest container on its own server; none if it has none.

    The prefix is taken off. A server that does not answer has nothing to say.
    """
    names = shlex.quote(f"label=com.docker.swarm.service.name={service}")
    command = (
        f'c=$(docker ps -aq --filter {names} | head -n 1) && [ -n "$c" ] &&'
        f" docker logs --tail 400 \"$c\" 2>&1 | grep '^{PREFIX.strip()}' | tail -n {lines}"
    )
    try:
        done = server.run(command, timeout_seconds=READ_SECONDS)
    except SshError as exc:
        return [f"its log cannot be read: {exc}"]
    return [line.removeprefix(PREFIX).rstrip() for line in done.stdout.splitlines() if line.strip()]


def evidence(server: Session, service: str) -> str:
    """The evidence as lines to end a message with; empty if the member has said nothing."""
    words = last_words(server, service, EVIDENCE_LINES)
    return "".join(f"\n  {PREFIX}{line}" for line in words)
