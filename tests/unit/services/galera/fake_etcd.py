"""An etcd gateway in memory: ranges, transactions and leases as etcd 3.6 answers them."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Connects to the named port as socat's TCP4 address would.
SOCAT = """
for word; do case $word in TCP4:*) door=${word#TCP4:} door=${door%%,*} ;; esac; done
exec 3<>"/dev/tcp/${door%:*}/${door#*:}" || exit 1
cat >&3
cat <&3
"""


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _text(data: str) -> str:
    return base64.b64decode(data).decode()


@dataclass
class FakeEtcd:
    """Keys with their leases; `body` and `status`, where set, are said in place of any true answer."""

    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    leases: set[str] = field(default_factory=set)
    revision: int = 1
    body: str | None = None
    status: int = 200
    asked: list[str] = field(default_factory=list)
    mute: set[str] = field(default_factory=set)
    door: str = ""

    def expire(self, lease: str) -> None:
        """What etcd does when nobody keeps the lease."""
        self.leases.discard(lease)
        self.keys = {key: value for key, value in self.keys.items() if value[1] != lease}

    def answer(self, path: str, body: dict[str, Any]) -> str:
        self.asked.append(path)
        if path in self.mute:
            return ""
        head = {"cluster_id": "14841639068965178418", "member_id": "1", "revision": str(self.revision)}
        said = getattr(self, "_" + path.strip("/").replace("/", "_"))(body)
        said = {"header": head, **said}
        if path.endswith("keepalive"):
            said = {"result": said}
        return json.dumps(said, separators=(",", ":"))

    def _v3_kv_range(self, body: dict[str, Any]) -> dict[str, Any]:
        first, end = _text(body["key"]), _text(body.get("range_end", ""))
        found = [key for key in sorted(self.keys) if (first <= key < end if end else key == first)]
        kvs = [
            {
                "key": b64(key),
                "create_revision": "2",
                "mod_revision": "3",
                "version": "1",
                "value": b64(self.keys[key][0]),
                **({"lease": self.keys[key][1]} if self.keys[key][1] else {}),
            }
            for key in found
        ]
        return {"kvs": kvs, "count": str(len(kvs))} if kvs else {}

    def _v3_kv_txn(self, body: dict[str, Any]) -> dict[str, Any]:
        if not all(self._holds(compare) for compare in body["compare"]):
            return {}
        for write in body["success"]:
            if "request_put" in write:
                one = write["request_put"]
                assert not one.get("lease") or one["lease"] in self.leases
                self.keys[_text(one["key"])] = (_text(one["value"]), one.get("lease", ""))
            else:
                self.keys.pop(_text(write["request_delete_range"]["key"]), None)
        self.revision += 1
        header = {"revision": str(self.revision)}
        return {"succeeded": True, "responses": [{"response_put": {"header": header}}]}

    def _holds(self, compare: dict[str, Any]) -> bool:
        key = _text(compare["key"])
        if compare["target"] == "VERSION":
            return key not in self.keys
        return key in self.keys and self.keys[key][0] == _text(compare["value"])

    def _v3_lease_grant(self, body: dict[str, Any]) -> dict[str, Any]:
        lease = str(7587880000000000000 + self.revision * 1000 + len(self.leases))
        self.leases.add(lease)
        return {"ID": lease, "TTL": body["TTL"]}

    def _v3_lease_keepalive(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"ID": body["ID"], **({"TTL": "10"} if body["ID"] in self.leases else {})}

    def _v3_lease_revoke(self, body: dict[str, Any]) -> dict[str, Any]:
        self.expire(body["ID"])
        return {}


@contextmanager
def serving(etcd: FakeEtcd) -> Iterator[FakeEtcd]:
    """The gateway on a port of this machine, which is in `door`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = etcd.answer(self.path, asked) if etcd.body is None else etcd.body
            self.send_response(etcd.status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Nothing is written down."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    etcd.door = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield etcd
    finally:
        server.shutdown()
        server.server_close()
