"""SoftLayer_Security_Ssh_Key."""

import base64
import binascii
import hashlib
from typing import Any

from sandbox.api.cloud import Cloud
from sandbox.api.dispatch import Call, finder, method, object_id
from sandbox.api.errors import refuse, refuse_value
from sandbox.api.records import SshKey, stamp
from sandbox.api.views.guests import ssh_key
from sandbox.api.wanted import as_dict

SERVICE = "Security_Ssh_Key"


@finder(SERVICE)
def _find(cloud: Cloud, call: Call) -> dict[str, Any]:
    return ssh_key(cloud.key(object_id(call)))


def fingerprint(text: str) -> str:
    """The MD5 fingerprint of a public key in OpenSSH's form; refuses what is no public key."""
    words = text.split()
    if len(words) < 2:
        refuse_value("key", text[:40], "It must be a public key in OpenSSH's form.")
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error:
        blob = b""
    size = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + size] != words[0].encode() or not size:
        refuse_value("key", text[:40], "It must be a public key in OpenSSH's form.")
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[index : index + 2] for index in range(0, len(digest), 2))


@method(SERVICE, "createObject", returns=SERVICE)
def _create(cloud: Cloud, call: Call) -> dict[str, Any]:
    template = as_dict("templateObject", call.arg(0))
    text = str(template.get("key") or "").strip()
    found = fingerprint(text)
    label = str(template.get("label") or "")
    if not label:
        refuse_value("label", label, "A label is required.")
    with cloud.store.write():
        for known in cloud.store.ssh_keys():
            if known.fingerprint == found:
                refuse(f"SSH key already exists: {known.label} (id {known.id}).")
        made = SshKey(
            id=cloud.store.next_id("ssh_key"),
            label=label,
            key=text,
            fingerprint=found,
            notes=str(template.get("notes") or ""),
            create_date=stamp(),
            modify_date=stamp(),
        )
        cloud.store.put_key(made)
    return ssh_key(made)


@method(SERVICE, "editObject")
def _edit(cloud: Cloud, call: Call) -> bool:
    changes = as_dict("templateObject", call.arg(0))
    with cloud.store.write():
        key = cloud.key(object_id(call))
        if changes.get("key") not in (None, key.key):
            refuse("The text of an SSH key cannot be changed; add another key.")
        if changes.get("label") is not None:
            key.label = str(changes["label"])
        if changes.get("notes") is not None:
            key.notes = str(changes["notes"])
        key.modify_date = stamp()
        cloud.store.put_key(key)
    return True


@method(SERVICE, "deleteObject")
def _delete(cloud: Cloud, call: Call) -> bool:
    with cloud.store.write():
        cloud.store.drop_key(cloud.key(object_id(call)).id)
    return True
