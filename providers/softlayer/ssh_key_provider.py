"""The life of a registered SSH key: found by its text, adopted when it is ours, registered once.

The API refuses the same key text twice in an account, so the text is the identity; label and notes change in
place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from providers.softlayer import client, values
from providers.softlayer.client import PATIENCE, Api
from providers.softlayer.clock import growing, jittered
from providers.softlayer.credentials import from_config
from providers.softlayer.errors import InputError, NotFoundError, OwnershipError
from providers.softlayer.guest_inputs import endpoint_problem, text_problem
from providers.stateless import StatelessProvider, gone, holds_unknown, without_provider

_MASK = "id,label,key,fingerprint,notes"
_PUBLIC_KEY = re.compile(
    r"(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp(256|384|521)) (?P<body>[A-Za-z0-9+/]+={0,3})(\s.*)?"
)
_FIELDS = ("endpoint", "label", "public_key", "notes")


@dataclass(frozen=True, kw_only=True)
class KeyInputs:
    """A declared key."""

    endpoint: str
    label: str
    public_key: str
    notes: str = ""

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> KeyInputs:
        """Read properties from the engine. Raises InputError."""
        try:
            return cls(**{field: values.text(props.get(field)).strip() for field in _FIELDS})
        except ValueError as exc:
            message = f"SSH key {props.get('label')}: an input {exc}"
            raise InputError(message) from exc

    @property
    def subject(self) -> str:
        """How messages call this key."""
        return f"SSH key {self.label}"

    def to_props(self) -> dict[str, Any]:
        """The same as properties for the engine."""
        return {field: getattr(self, field) for field in _FIELDS}


def key_text(public_key: str) -> str:
    """What makes two keys the same: type and body, without the comment."""
    return " ".join(public_key.split()[:2])


def problems(props: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every refused declaration as (field, sentence); unknown values are left for later."""
    rules = {
        "endpoint": endpoint_problem,
        "label": text_problem,
        "notes": text_problem,
        "public_key": _public_key_problem,
    }
    found: list[tuple[str, str]] = []
    for field, rule in rules.items():
        raw = props.get(field)
        if holds_unknown(raw) or (raw is None and field == "notes"):
            continue
        if not isinstance(raw, str) or (not raw.strip() and field != "notes"):
            found.append((field, "is required and has to be text"))
        elif sentence := rule(values.text(raw).strip()):
            found.append((field, sentence))
    return found


def _public_key_problem(value: str) -> str | None:
    if "PRIVATE KEY" in value:
        return "is a private key: give the public one, the line of the .pub file"
    return (
        None
        if _PUBLIC_KEY.fullmatch(value)
        else "has to be one OpenSSH public key line, such as ssh-ed25519 AAAA…"
    )


class SshKeyProvider(StatelessProvider):
    """Stateless but for the config's `cloud` object that `configure` reads."""

    _cloud: Any = None

    def configure(self, req: ConfigureRequest) -> None:
        """Take note of the credentials; they are judged when a call needs them."""
        self._cloud = req.config.get("cloud")

    def connect(self, props: Mapping[str, Any], subject: str) -> Api:
        """The API client for one operation. Raises CredentialsError when the credentials are incomplete."""
        return client.connect(str(props["endpoint"]), from_config(self._cloud), subject)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse what is no public key; asks nothing of the network."""
        return CheckResult(
            without_provider(news), [CheckFailure(field, reason) for field, reason in problems(news)]
        )

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """A new key text is a new key; label and notes change in place; unknown values never replace."""
        unknown = any(holds_unknown(_news.get(field)) for field in _FIELDS)
        changed = [
            field
            for field in _FIELDS
            if not holds_unknown(_news.get(field)) and _comparable(field, _olds) != _comparable(field, _news)
        ]
        replaces = [field for field in changed if field == "public_key"]
        return DiffResult(changes=bool(changed) or (None if unknown else False), replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Register the key, or adopt it when the account has it under this stack's label or notes."""
        wanted = KeyInputs.from_props(props)
        api = self.connect(props, wanted.subject)
        found = _find(api, wanted) or _register(api, wanted)
        _ensure_ours(found, wanted)
        _align(api, found, wanted)
        return CreateResult(str(int(found["id"])), {**wanted.to_props(), **_outputs(found)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The key as it is; an empty id when it is gone."""
        declared = KeyInputs.from_props(props)
        key = _read(self.connect(props, declared.subject), int(id_))
        if key is None:
            return gone()
        same = key_text(str(key.get("key") or "")) == key_text(declared.public_key)
        inputs = KeyInputs(
            endpoint=declared.endpoint,
            label=str(key.get("label") or ""),
            public_key=declared.public_key if same else str(key.get("key") or ""),
            notes=str(key.get("notes") or ""),
        ).to_props()
        return ReadResult(id_, {**inputs, **_outputs(key)}, dict(inputs))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Set label and notes."""
        wanted = KeyInputs.from_props(_news)
        api = self.connect(_news, wanted.subject)
        key = _read(api, int(_id))
        if key is None:
            message = (
                f"{wanted.subject}: id {_id} does not exist any more: run `pulumi refresh`, then `pulumi up`"
            )
            raise NotFoundError(message)
        _align(api, key, wanted)
        return UpdateResult({**wanted.to_props(), **_outputs(key)})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the key by its id, if it still is the declared one; one that is gone is a success."""
        declared = KeyInputs.from_props(_props)
        api = self.connect(_props, declared.subject)
        key = _read(api, int(_id))
        if key is None:
            return
        if key_text(str(key.get("key") or "")) != key_text(declared.public_key):
            message = (
                f"{declared.subject}: id {_id} holds another key now and is left alone: `pulumi state "
                "delete` forgets it"
            )
            raise OwnershipError(message)
        try:
            api.call("removing it", "Security_Ssh_Key", "deleteObject", id=int(_id))
        except NotFoundError:
            return


def _comparable(field: str, props: Mapping[str, Any]) -> str:
    value = values.text(props.get(field)).strip()
    return key_text(value) if field == "public_key" else value


def _outputs(key: Mapping[str, Any]) -> dict[str, Any]:
    return {"key_id": int(key["id"]), "fingerprint": str(key.get("fingerprint") or "")}


def _find(api: Api, wanted: KeyInputs) -> dict[str, Any] | None:
    """The account's key of that text."""
    keys = api.listing("looking it up", "Account", "getSshKeys", mask=_MASK, filters=None)
    text = key_text(wanted.public_key)
    return next((key for key in keys if key_text(str(key.get("key") or "")) == text), None)


def _read(api: Api, key_id: int) -> dict[str, Any] | None:
    """The account's key of that id; None only when the API says that there is none."""
    return api.found("reading it", "Security_Ssh_Key", key_id, mask=_MASK)


def _register(api: Api, wanted: KeyInputs) -> dict[str, Any]:
    """Register the key; after any fault look first whether it is there, then try again if that may help."""
    template = {"key": wanted.public_key, "label": wanted.label, "notes": wanted.notes}
    begun = api.clock.monotonic()
    for pause in growing(0.5, 2.0, 30.0):
        created, fault = api.once("Security_Ssh_Key", "createObject", template)
        if fault is None and isinstance(created, dict) and created.get("id"):
            return created
        found = _find(api, wanted)
        if found is not None:
            return found
        wait = jittered(pause)
        if fault is not None and api.clock.monotonic() - begun + wait > PATIENCE.get(fault.kind, 0.0):
            raise fault.error(api.subject, "registering it", api.endpoint) from fault.cause
        api.clock.sleep(wait)
    raise AssertionError  # growing() never ends


def _ensure_ours(key: Mapping[str, Any], wanted: KeyInputs) -> None:
    """Adopt only a key that carries this stack's label or notes."""
    ours = key.get("label") == wanted.label or (wanted.notes and key.get("notes") == wanted.notes)
    if not ours:
        message = (
            f"{wanted.subject}: the account already has this key as '{key.get('label')}' (id "
            f"{key.get('id')}), which is not this stack's: use another key pair, or `slcli sshkey edit "
            f"{key.get('id')} --label {wanted.label}` to hand it over"
        )
        raise OwnershipError(message)


def _align(api: Api, key: Mapping[str, Any], wanted: KeyInputs) -> None:
    """Set label and notes where they differ."""
    changed = {
        field: value
        for field, value in (("label", wanted.label), ("notes", wanted.notes))
        if str(key.get(field) or "") != value
    }
    if changed:
        api.call("labelling it", "Security_Ssh_Key", "editObject", changed, id=int(key["id"]))
