"""What lies in a member's data volume, seen from its server without touching it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.ssh import Session

NULL_UUID = "00000000-0000-0000-0000-000000000000"
#: Seconds that looking into a volume may take.
LOOK_SECONDS = 60.0

#: Sets $m to where the data of a member lies on its server, and ends with 0 where there is none yet.
_LOCATE = r"""
v={volume} s={service}
if [ -n "$v" ]; then
    found=$(docker volume ls -q --filter "name=^$v\$") || exit 1
    [ -n "$found" ] || exit 0
    m=$(docker volume inspect -f '{{{{.Mountpoint}}}}' "$v") || exit 1
else
    c=$(docker ps -q --filter "label=com.docker.swarm.service.name=$s" | head -n 1) || exit 1
    [ -n "$c" ] || exit 0
    at='{{{{range .Mounts}}}}{{{{if eq .Destination "/var/lib/mysql"}}}}{{{{.Source}}}}{{{{end}}}}{{{{end}}}}'
    m=$(docker inspect -f "$at" "$c") && [ -n "$m" ] || exit 1
fi
"""

_LOOK = r"""
k=$m/.galera-swarm
echo "mountpoint=$m"
[ -e "$m/ibdata1" ] && echo "ibdata=yes"
[ -d "$m/mysql" ] && echo "system=yes"
[ -r "$m/grastate.dat" ] && sed -n 's/^uuid: */uuid=/p; s/^seqno: */seqno=/p' "$m/grastate.dat"
[ -r "$m/galera-swarm-birth" ] && echo "made_by=$(head -n 1 "$m/galera-swarm-birth")"
[ -r "$k/born" ] && echo "born=$(head -n 1 "$k/born")"
[ -r "$k/birth/permit" ] && echo "permit=$(head -n 1 "$k/birth/permit")"
[ -r "$k/view" ] && echo "view=$(head -n 1 "$k/view")"
echo "kilobytes=$(du -sk "$m" | cut -f 1)"
"""


@dataclass(frozen=True, kw_only=True)
class VolumeState:
    """mountpoint: where the volume lies on its server; empty if there is no such volume.

    uuid, seqno: of grastate.dat, empty if there is none. made_by, born, permit: permit ids: the one the data
    was made by, the one whose birth is over, the one that waits to be used. view: the last Primary view.
    """

    mountpoint: str = ""
    has_tables: bool = False
    uuid: str = ""
    seqno: str = ""
    made_by: str = ""
    born: str = ""
    permit: str = ""
    view: str = ""
    kilobytes: int = 0

    @property
    def history(self) -> str:
        """UUID of the history the data belongs to; empty if it belongs to none."""
        if self.uuid and self.uuid != NULL_UUID:
            return self.uuid
        return self.view.split()[0] if self.view else ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing in it could be anybody's data."""
        return not (self.has_tables or self.history or self.made_by or self.born or self.permit)

    def shown(self) -> str:
        """What is there, for a message."""
        parts = []
        if self.has_tables:
            parts.append(f"{self.kilobytes} KiB with tables")
        if self.history:
            parts.append(f"history {self.history}" + (f" at seqno {self.seqno}" if self.seqno else ""))
        for name, value in (("born by permit", self.born), ("made by permit", self.made_by)):
            if value:
                parts.append(f"{name} {value}")
        if self.permit:
            parts.append(f"unused permit {self.permit}")
        return ", ".join(parts) or "no data"


def locating(member: Mapping[str, Any]) -> str:
    """Shell that sets $m to where a member (`MemberVolume`) has its data, or ends if there is none yet."""
    service = str(member.get("service") or member["member"])
    return _LOCATE.format(volume=shlex.quote(str(member["volume"])), service=shlex.quote(service))


def look(server: Session, member: Mapping[str, Any]) -> VolumeState:
    """The state of a member's volume. Raises CommandFailedError if Docker does not answer."""
    said = server.must(
        locating(member) + _LOOK,
        doing=f"looking into the volume of {member['member']}",
        timeout_seconds=LOOK_SECONDS,
    )
    return _state(dict(line.split("=", 1) for line in said.splitlines() if "=" in line))


def _state(said: Mapping[str, str]) -> VolumeState:
    return VolumeState(
        mountpoint=said.get("mountpoint", ""),
        has_tables="ibdata" in said or "system" in said,
        uuid=said.get("uuid", "").strip(),
        seqno=said.get("seqno", "").strip(),
        made_by=said.get("made_by", "").strip(),
        born=said.get("born", "").strip(),
        permit=said.get("permit", "").strip(),
        view=said.get("view", "").strip(),
        kilobytes=int(said.get("kilobytes") or 0),
    )
