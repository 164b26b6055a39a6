"""The stack's mark: how a guest shows whose it is, from the moment it is ordered.

Tags can only be set after an order, and a process can die in between. What rides on the order itself is the
user data, so the mark is its last line, a comment to shells and to cloud-init alike; a tag of the same text
follows later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MARK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{2,79}")
_LINE = re.compile(rf"# galera-swarm mark: ({MARK.pattern})")


def mark_of(stack: str) -> str:
    """What tells a stack's servers from all others of the account.

    stack: its name, which may carry an organization before it; the program knows none.
    """
    return f"galera-swarm:{stack.rpartition('/')[2]}"


def sign(user_data: str, mark: str) -> str:
    """The user data to order with: the user's text, then the mark's line."""
    line = f"# galera-swarm mark: {mark}"
    return f"{user_data}\n{line}" if user_data else line


def unsign(signed: str) -> tuple[str, str | None]:
    """Take user data apart into the user's text and the mark it carries (None without one)."""
    text, _, last = signed.rpartition("\n")
    found = _LINE.fullmatch(last)
    return (text, found.group(1)) if found else (signed, None)


def is_signed(text: str) -> bool:
    """Whether a text already ends in a mark's line."""
    return unsign(text)[1] is not None


def tag_names(guest: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags of a guest as the API shows it."""
    references = guest.get("tagReferences") or []
    return tuple(str(ref["tag"]["name"]) for ref in references if ref.get("tag", {}).get("name"))


def user_data_of(guest: Mapping[str, Any]) -> str:
    """The user data of a guest as the API shows it, mark and all."""
    entries = guest.get("userData") or []
    return str(entries[0].get("value") or "") if entries else ""


def is_tagged(guest: Mapping[str, Any], mark: str) -> bool:
    """Whether the guest carries the mark as a tag; the API does not tell the case of tags apart."""
    return mark.casefold() in (name.casefold() for name in tag_names(guest))


def carries(guest: Mapping[str, Any], mark: str) -> bool:
    """Whether the guest belongs to the stack of this mark, by tag or by user data."""
    return is_tagged(guest, mark) or unsign(user_data_of(guest))[1] == mark


def is_unsigned(guest: Mapping[str, Any]) -> bool:
    """Whether the guest shows no user data yet, so that it cannot show a mark either."""
    return not user_data_of(guest)
