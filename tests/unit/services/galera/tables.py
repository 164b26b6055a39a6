"""Tables of answers as decide.sh reads them, and one bash that decides many of them."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

SERVICE = Path(__file__).parents[4] / "services" / "galera"
UUID_A = "aaaaaaaa-0000-11f0-8000-00000000000a"
UUID_B = "bbbbbbbb-0000-11f0-8000-00000000000b"

_LOOP = """
set -uo pipefail
. "$1"
table=""
while IFS= read -r line; do
    if [[ $line != . ]]; then table+=$line$'\\n' && continue; fi
    decide <<<"$table" || printf 'verdict=broken\\n'
    printf '.\\n'
    table=""
done
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one member answers. By default: parked, with data, without any view."""

    member: str
    phase: str = "parked"
    data: str = "position"
    uuid: str = UUID_A
    seqno: int = 0
    view: tuple[str, ...] = ()
    view_seqno: int = 0
    view_uuid: str = UUID_A
    lineage: str = "-"
    quiet: str = "-"
    ahead: str = "-"
    permit: bool = False
    safe: int = 0
    discard: str = "-"
    consent: str = "-"
    epoch: str = "0123456789abcdef"

    def line(self) -> str:
        positioned = self.data == "position"
        words = {
            "member": self.member,
            "epoch": self.epoch,
            "phase": self.phase,
            "data": self.data,
            "uuid": self.uuid if positioned or self.phase == "primary" else "-",
            "seqno": str(self.seqno) if positioned else "-",
            "safe": str(self.safe),
            "permit": "yes" if self.permit else "no",
            "discard": self.discard,
            "consent": self.consent,
            "view": ",".join(self.view) or "-",
            "view_uuid": self.view_uuid if self.view else "-",
            "view_seqno": str(self.view_seqno) if self.view else "-",
            "lineage": self.lineage,
            "quiet": self.quiet,
            "ahead": self.ahead,
        }
        return "answer " + " ".join(f"{key}={value}" for key, value in words.items())

    def but(self, **changes: object) -> "Answer":
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Verdict:
    words: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return self.words["verdict"]

    @property
    def reason(self) -> str:
        return self.words.get("reason", "")

    @property
    def voters(self) -> set[str]:
        return {name for name in self.words.get("voters", "").split(",") if name}


class Decider:
    """decide.sh in one bash; a context manager. It is pure: what was asked once is not asked again."""

    def __enter__(self) -> Self:
        self._known: dict[str, Verdict] = {}
        self._bash = subprocess.Popen(
            ["bash", "-c", _LOOP, "decide", str(SERVICE / "decide.sh")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bash.kill()
        self._bash.communicate()

    def raw(self, table: str) -> Verdict:
        if table not in self._known:
            self._known[table] = self._asked(table)
        return self._known[table]

    def _asked(self, table: str) -> Verdict:
        stdin, stdout = self._bash.stdin, self._bash.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(table + "\n.\n")
        stdin.flush()
        words: dict[str, str] = {}
        while (line := stdout.readline().rstrip("\n")) != ".":
            assert line, "decide.sh ended"
            key, _, value = line.partition("=")
            assert key not in words, f"{key} twice"
            words[key] = value
        return Verdict(words)

    def decide(
        self, me: str, answers: Iterable[Answer | str], absent: Iterable[str] = (), waited: str = ""
    ) -> Verdict:
        lines = [answer if isinstance(answer, str) else answer.line() for answer in answers]
        return self.raw("\n".join([f"self {me}", f"absent {','.join(absent)}", f"waited {waited}", *lines]))
