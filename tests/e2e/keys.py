"""A client of etcd with TLS, and a writer that keeps count of what was acknowledged."""

import base64
import contextlib
import http.client
import itertools
import json
import ssl
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

#: Seconds for one answer; a member without a majority answers nothing.
ANSWER_SECONDS = 3.0


class Keys:
    """The cluster through any of its endpoints, with the stack's client certificate or another one."""

    def __init__(
        self, outputs: dict[str, Any], directory: Path, identity: dict[str, str] | None = None
    ) -> None:
        self.endpoints: Sequence[str] = outputs["etcd"]["endpoints"]
        self._context = ssl.create_default_context(cadata=outputs["etcd"]["authority"])
        shown = outputs["etcdClient"] if identity is None else identity
        if shown:
            both = directory / "client.pem"
            both.touch(mode=0o600)
            both.write_text(shown["certificate"] + shown["key"])
            self._context.load_cert_chain(both)

    def call(self, endpoint: str, path: str, **body: Any) -> dict[str, Any]:
        """One call of etcd's JSON API. Raises OSError when it cannot be had."""
        url = urlsplit(endpoint)
        assert url.hostname is not None
        connection = http.client.HTTPSConnection(
            url.hostname, url.port, timeout=ANSWER_SECONDS, context=self._context
        )
        try:
            connection.request("POST", f"/v3/{path}", body=json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as exc:
            raise OSError(str(exc)) from exc
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise OSError(text.decode())
        return dict(json.loads(text))

    def put(self, key: str, value: str, endpoint: str | None = None) -> None:
        self._any(endpoint, "kv/put", key=_packed(key), value=_packed(value))

    def lengthen(self, entries: int) -> None:
        """Write until the cluster's log has so many entries."""
        url = urlsplit(self.endpoints[0])
        behind = entries - int(self.call(self.endpoints[0], "maintenance/status")["raftIndex"])
        line = http.client.HTTPSConnection(
            str(url.hostname), url.port, timeout=ANSWER_SECONDS, context=self._context
        )
        with contextlib.closing(line):
            for number in range(behind):
                body = json.dumps({"key": _packed("long"), "value": _packed(str(number))})
                line.request("POST", "/v3/kv/put", body=body)
                answer = line.getresponse()
                assert answer.status == http.HTTPStatus.OK, answer.read()
                answer.read()

    def get(self, key: str, endpoint: str | None = None) -> str | None:
        found = self._any(endpoint, "kv/range", key=_packed(key)).get("kvs") or []
        return base64.b64decode(found[0]["value"]).decode() if found else None

    def names(self, prefix: str, endpoint: str | None = None) -> set[str]:
        """All keys that begin so."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        answer = self._any(endpoint, "kv/range", key=_packed(prefix), range_end=_packed(end), keys_only=True)
        return {base64.b64decode(one["key"]).decode() for one in answer.get("kvs") or []}

    def members(self) -> dict[str, tuple[str, bool]]:
        """Name to id and whether it votes, as the cluster lists them."""
        listed = self._any(None, "cluster/member/list")["members"]
        return {one.get("name", ""): (f"{int(one['ID']):x}", not one.get("isLearner")) for one in listed}

    def voters(self) -> list[str]:
        """Names of the members that vote."""
        return sorted(name for name, (_, votes) in self.members().items() if votes)

    def _any(self, endpoint: str | None, path: str, **body: Any) -> dict[str, Any]:
        failures = []
        for candidate in [endpoint] if endpoint else self.endpoints:
            try:
                return self.call(candidate, path, **body)
            except OSError as exc:
                failures.append(f"{candidate}: {exc}")
        raise OSError("; ".join(failures))


class KeyLedger:
    """Writes one key after another meanwhile, and remembers which were acknowledged."""

    def __init__(self, keys: Keys, prefix: str) -> None:
        self._keys, self._prefix = keys, prefix
        self.acknowledged: set[str] = set()
        self.longest_pause_seconds = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> "KeyLedger":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=60)

    def lost(self) -> set[str]:
        """Keys that were acknowledged and are not there."""
        return self.acknowledged - self._keys.names(self._prefix)

    def _write(self) -> None:
        last = time.monotonic()
        for number in itertools.count():
            if self._stop.wait(0.05):
                return
            key = f"{self._prefix}{number:06}"
            try:
                self._keys.put(key, "x")
            except OSError:
                continue
            self.acknowledged.add(key)
            self.longest_pause_seconds = max(self.longest_pause_seconds, time.monotonic() - last)
            last = time.monotonic()


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
