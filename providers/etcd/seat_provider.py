"""What happens at an `EtcdSeat`: it is decided how the member comes in, and its file is written."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.etcd.control import must
from providers.etcd.decision import Decision, decide
from providers.etcd.errors import EtcdError
from providers.etcd.leave import is_removed, leave
from providers.etcd.peers import others_of, through_any, volumes
from providers.etcd.volume import look, write_seat
from providers.ssh import Session, SshError, Target, connect
from providers.stateless import StatelessProvider, gone, without_provider

#: Seconds for the member's own server, which was prepared just before.
OWN_SECONDS = 60.0
REFRESH_SECONDS = 8.0


class EtcdSeatProvider(StatelessProvider):
    """A seat is taken once for each server; later only its settings are written anew."""

    INPUTS: ClassVar = ("server_id", "ssh", "name", "peer_url", "peers", "volume", "token", "settings")
    IDENTITY: ClassVar = ("server_id", "name", "volume")
    GOES_WITH: ClassVar = ("server_id",)
    COMPARED: ClassVar = ("ssh", "peer_url", "settings")
    DELETE_FIRST: ClassVar = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Join the cluster that is there, or begin it. Raises EtcdError when neither would be safe."""
        inputs = without_provider(props)
        with connect(Target.from_inputs(props["ssh"]), deadline_seconds=OWN_SECONDS) as server:
            initial = _taken(inputs, server)
        return CreateResult(f"{props['name']}-{secrets.token_hex(4)}", outs={**inputs, "initial": initial})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """The settings anew, under the part that was decided when the seat was taken.

        Another address is told to the cluster first; the member itself follows when its container restarts.
        """
        outs = self.taken_over(_olds, _news)
        if _olds.get("peer_url") != _news["peer_url"]:
            _move(_news)
        with connect(Target.from_inputs(_news["ssh"]), deadline_seconds=OWN_SECONDS) as server:
            _write(outs, server, outs["initial"], put_data_aside=False)
        return UpdateResult(outs=outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """The entry that the seat made goes too: the proof that would take it away may never have come."""
        leave(_props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """A seat whose volume is gone has to be taken again, and one that the other members have removed."""
        try:
            with connect(Target.from_inputs(props["ssh"]), deadline_seconds=REFRESH_SECONDS) as server:
                has_seat = look(server, str(props["volume"])).has_seat
            return self.found(id_, props) if has_seat and not is_removed(props) else gone()
        except (SshError, EtcdError) as exc:
            return self.unseen(id_, props, exc)


def _taken(inputs: Mapping[str, Any], server: Session) -> dict[str, str]:
    name, peer_url = str(inputs["name"]), str(inputs["peer_url"])
    others = others_of(inputs)
    own = look(server, str(inputs["volume"]))
    with through_any(others) as way:
        decision = decide(
            name=name,
            peer_url=peer_url,
            is_first=bool(inputs["peers"]) and inputs["peers"][0]["name"] == name,
            own=own,
            view=way[2] if way else None,
            others={} if way else volumes(others, str(inputs["volume"])),
        )
        if decision.refusal:
            raise EtcdError(decision.refusal)
        if way and decision.way == "join":
            initial = _joined(way[0], way[1], name, peer_url, decision)
        else:
            state = "new" if decision.way == "birth" else "existing"
            initial = {"initial-cluster": f"{name}={peer_url}", "initial-cluster-state": state}
    _write(inputs, server, initial, put_data_aside=decision.way == "join")
    return initial


def _joined(session: Session, through: str, name: str, peer_url: str, decision: Decision) -> dict[str, str]:
    """Added as a learner: it counts for no majority before it has everything."""
    for member_id in decision.remove:
        must(session, through, "member", "remove", member_id, doing=f"removing the old entry of {name}")
    said = must(
        session,
        through,
        *("member", "add", name, f"--peer-urls={peer_url}", "--learner", "--write-out=json"),
        doing=f"adding {name}",
    )
    members = json.loads(said)["members"]
    known = [
        f"{one.get('name') or name}={url}"
        for one in members
        for url in one["peerURLs"]
        if one.get("name") or peer_url in one["peerURLs"]
    ]
    return {"initial-cluster": ",".join(sorted(known)), "initial-cluster-state": "existing"}


def _move(news: Mapping[str, Any]) -> None:
    name, peer_url = str(news["name"]), str(news["peer_url"])
    with through_any(others_of(news)) as way:
        if way is None:
            said = (
                f"{name} cannot move to {peer_url}: no other member answers that could note it;"
                " bring the other members back first (make status)"
            )
            raise EtcdError(said)
        session, through, view = way
        for listed in view.of(name, peer_url):
            words = ("member", "update", listed.member_id, f"--peer-urls={peer_url}")
            must(session, through, *words, doing=f"noting the new address of {name}")


def _write(
    inputs: Mapping[str, Any], server: Session, initial: Mapping[str, str], *, put_data_aside: bool
) -> None:
    config = {
        **json.loads(str(inputs["settings"])),
        **initial,
        "name": str(inputs["name"]),
        "initial-advertise-peer-urls": str(inputs["peer_url"]),
        "initial-cluster-token": str(inputs["token"]),
    }
    text = json.dumps(config, indent=1, sort_keys=True) + "\n"
    write_seat(server, str(inputs["volume"]), text, put_data_aside=put_data_aside)
