"""A member's volume on its server: what lies there, and the file that lets the member start.

etcd.yaml   written by the seat; without it etcd does not start, so an empty volume never becomes a cluster
data/       etcd's own
"""

import shlex
from dataclasses import dataclass

from providers.ssh import Session

#: Where the volume is inside the container.
INSIDE = "/var/lib/etcd"
CONFIG = "etcd.yaml"
DATA = "data"
#: Where data of a member that the cluster has removed is kept, the latest only.
REMOVED = "data.removed"
LOOK_SECONDS = 30.0

_LOOK = r"""
v={volume}
found=$(docker volume ls -q --filter "name=^$v\$") || exit 1
[ -n "$found" ] || exit 0
m=$(docker volume inspect -f '{{{{.Mountpoint}}}}' "$v") || exit 1
[ ! -s "$m/{config}" ] || echo seat
[ ! -d "$m/{data}/member" ] || echo data
"""
_SEAT = """
set -e
v={volume}
docker volume create "$v" >/dev/null
m=$(docker volume inspect -f '{{{{.Mountpoint}}}}' "$v")
umask 077
cat >"$m/{config}.new"
{aside}
mv "$m/{config}.new" "$m/{config}"
"""
_ASIDE = """rm -rf "$m/{removed}"
[ ! -e "$m/{data}" ] || mv "$m/{data}" "$m/{removed}"
"""


@dataclass(frozen=True, kw_only=True)
class VolumeState:
    """has_seat: it holds the file of a seat. has_data: etcd has begun to write into it."""

    has_seat: bool = False
    has_data: bool = False


def look(session: Session, volume: str) -> VolumeState:
    """The state of the volume; one that does not exist is empty. Raises CommandFailedError without Docker."""
    command = _LOOK.format(volume=shlex.quote(volume), config=CONFIG, data=DATA)
    said = session.must(
        command, doing=f"looking into the volume {volume}", timeout_seconds=LOOK_SECONDS
    ).split()
    return VolumeState(has_seat="seat" in said, has_data="data" in said)


def write_seat(session: Session, volume: str, config: str, *, put_data_aside: bool) -> None:
    """Make the volume if need be and put the member's file into it, whole or not at all."""
    aside = _ASIDE.format(removed=REMOVED, data=DATA) if put_data_aside else ""
    command = _SEAT.format(volume=shlex.quote(volume), config=CONFIG, aside=aside)
    session.must(
        command, doing=f"writing into the volume {volume}", stdin=config, timeout_seconds=LOOK_SECONDS
    )
