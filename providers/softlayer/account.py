"""Whose word it is that a guest does not exist: every account says it of the guests of all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.softlayer.client import Api
from providers.softlayer.errors import AccountError


def ensure_same_account(api: Api, guest_id: str, props: Mapping[str, Any]) -> None:
    """Stop where a guest would be forgotten on the word of another account than the one that it was read in.

    `props` are the guest's in the state; `account_id` is missing in those of earlier releases, and of API
    answers without one, and is then not compared. Raises AccountError, and the CloudErrors of a failing API.
    """
    known = props.get("account_id")
    doing = "asking whose account it is"
    user = api.call(doing, "Account", "getCurrentUser", mask="mask[id,username,accountId]")
    if not isinstance(user, dict) or not user.get("id"):
        raise api.senseless(doing)
    current = user.get("accountId")
    if known and current and int(known) != int(current):
        message = (
            f"{api.subject}: id {guest_id} belongs to account {int(known)}, and the credentials are those of "
            f"{user.get('username') or 'a user'} in account {int(current)}, who would not see it: it is kept "
            f"in the state; use credentials of account {int(known)}, or, if the guest is to be left alone "
            "for good, remove it with `pulumi state delete`"
        )
        raise AccountError(message)
