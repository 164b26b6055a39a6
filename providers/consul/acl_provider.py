"""What happens at an `AclSystem`: one setting-up in the life of Consul, then what is declared."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.consul.api import Answer, Api, any_agent
from providers.consul.errors import ConsulError
from providers.patience import Patience
from providers.ssh import SshError
from providers.stateless import StatelessProvider, gone, whole, without_provider

#: Words with which Consul refuses a second setting-up.
ALREADY_SET_UP = "no longer allowed"
#: Words with which it refuses a token that it does not have.
NOT_KNOWN = "ACL not found"


class _NotNowError(Exception):
    """The leader is not ready for it yet."""


class AclSystemProvider(StatelessProvider):
    """Everything is written so that it can be repeated: by its own ids, never by what an answer told."""

    INPUTS: ClassVar = ("servers", "http_port", "management_token", "tokens", "triggers", "timeout_seconds")
    COMPARED: ClassVar = ("http_port", "management_token", "tokens", "triggers")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raises ConsulError if Consul was set up with another token, or has no leader in time."""
        _converge(props, gone=())
        return CreateResult("acl", outs=without_provider(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Tokens that are declared no more are taken away together with their policies."""
        kept = {token["accessor"] for token in _news["tokens"]}
        gone = [token for token in _olds.get("tokens") or () if token["accessor"] not in kept]
        _converge(_news, gone=gone)
        return UpdateResult(outs=self.taken_over(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Gone, if an agent with a leader does not know the token that it was set up with."""
        try:
            with any_agent(
                props["servers"], whole(props, "http_port"), str(props["management_token"])
            ) as api:
                answer = _own(api)
        except (ConsulError, SshError) as exc:
            return self.unseen(id_, props, exc)
        is_lost = answer.status == 403 and NOT_KNOWN in answer.words()
        return gone() if is_lost else self.found(id_, props)


def _converge(props: Mapping[str, Any], gone: Any) -> None:
    """Wait for a leader, then do all of it in one session."""
    patience = Patience(whole(props, "timeout_seconds", 120))
    management = str(props["management_token"])
    for _ in patience.pauses():
        try:
            with any_agent(props["servers"], whole(props, "http_port"), management) as api:
                _set_up(api, management)
                for token in props["tokens"]:
                    _keep(api, token)
                for token in gone:
                    _remove(api, token)
            return
        except (_NotNowError, SshError, ConsulError) as exc:
            reason = exc
        if patience.is_time_to_report():
            patience.report("Consul's ACL system", f"has to wait: {reason}")
    raise ConsulError(str(reason)) from reason


def _set_up(api: Api, management: str) -> None:
    """Set the system up with our token, or see that it was set up with it."""
    if _own(api).ok:
        return
    answer = api.put("/v1/acl/bootstrap", {"BootstrapSecret": management})
    if answer.ok:
        return
    if ALREADY_SET_UP not in answer.words():
        raise _NotNowError(answer.words())
    again = _own(api)
    if not again.ok:
        said = (
            "Consul's ACL system was set up with another management token than this stack's: if its data is"
            f" this stack's, reset it (https://developer.hashicorp.com/consul/docs/security/acl, on"
            f" {api.server}), else remove the volume of each agent ({answer.words()})"
        )
        raise ConsulError(said)


def _own(api: Api) -> Answer:
    return api.get("/v1/acl/token/self")


def _keep(api: Api, token: Mapping[str, Any]) -> None:
    """The policy by its name, the token by its accessor: made, or brought to what is declared."""
    name, accessor = str(token["name"]), str(token["accessor"])
    policy = {"Name": name, "Description": "made by galera-swarm", "Rules": str(token["rules"])}
    known = api.get(f"/v1/acl/policy/name/{name}")
    if known.ok and isinstance(known.content, dict):
        if known.content.get("Rules") != policy["Rules"]:
            path = f"/v1/acl/policy/{known.content['ID']}"
            api.must_put(path, {**policy, "ID": known.content["ID"]}, doing=f"changing the policy {name}")
    else:
        api.must_put("/v1/acl/policy", policy, doing=f"making the policy {name}")
    wanted = {
        "AccessorID": accessor,
        "SecretID": str(token["secret"]),
        "Description": name,
        "Policies": [{"Name": name}],
    }
    found = api.get(f"/v1/acl/token/{accessor}")
    if not found.ok:
        api.must_put("/v1/acl/token", wanted, doing=f"making the token {name}")
    elif not _fits(found.content, wanted):
        api.must_put(f"/v1/acl/token/{accessor}", wanted, doing=f"changing the token {name}")


def _fits(found: Any, wanted: Mapping[str, Any]) -> bool:
    policies = [policy.get("Name") for policy in found.get("Policies") or ()]
    return found.get("SecretID") == wanted["SecretID"] and policies == [wanted["Description"]]


def _remove(api: Api, token: Mapping[str, Any]) -> None:
    api.delete(f"/v1/acl/token/{token['accessor']}")
    known = api.get(f"/v1/acl/policy/name/{token['name']}")
    if known.ok and isinstance(known.content, dict):
        api.delete(f"/v1/acl/policy/{known.content['ID']}")
