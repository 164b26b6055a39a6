"""Where credentials come from, and what is said when they are missing."""

from __future__ import annotations

import json
import pickle
from typing import Any

import dill
import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from providers.softlayer.credentials import Credentials, from_config
from providers.softlayer.errors import CloudError, CredentialsError, InputError
from providers.softlayer.guest_provider import VirtualGuestProvider
from providers.softlayer.ssh_key_provider import SshKeyProvider

ENVIRONMENT = {"SL_USERNAME": "env-user", "SL_API_KEY": "env-key"}


@pytest.mark.parametrize(
    ("cloud", "environment", "user", "key"),
    [
        ('{"username": "u", "apiKey": "k"}', ENVIRONMENT, "u", "k"),
        ({"username": "u", "apiKey": "k"}, {}, "u", "k"),
        ({"apiKey": "k"}, ENVIRONMENT, "env-user", "k"),
        ({"endpoint": "https://x"}, ENVIRONMENT, "env-user", "env-key"),
        (None, ENVIRONMENT, "env-user", "env-key"),
    ],
)
def test_config_first_then_environment(cloud: Any, environment: dict[str, str], user: str, key: str) -> None:
    found = from_config(cloud, environment)
    assert (found.username, found.api_key) == (user, key)


@pytest.mark.parametrize(
    ("cloud", "error", "words"),
    [
        (None, CredentialsError, "set username .* and apiKey"),
        ({"username": "u"}, CredentialsError, r"set apiKey \(or SL_API_KEY\)"),
        ("{", InputError, "not a JSON object"),
        ("[1]", InputError, "has to be an object"),
        ({"username": "u", "apiKey": "k", "timeoutSeconds": 0}, InputError, "timeoutSeconds"),
        ({"username": "u", "apiKey": "k", "timeoutSeconds": "soon"}, InputError, "timeoutSeconds"),
    ],
)
def test_what_is_missing_is_named(cloud: Any, error: type[CloudError], words: str) -> None:
    with pytest.raises(error, match=words):
        from_config(cloud, {})


def test_an_order_is_given_more_time_than_a_read() -> None:
    short = from_config({"username": "u", "apiKey": "k", "timeoutSeconds": 5}, {})
    long = from_config({"username": "u", "apiKey": "k", "timeoutSeconds": 600}, {})
    assert (short.timeout_seconds, short.order_timeout_seconds) == (5, 120)
    assert (long.timeout_seconds, long.order_timeout_seconds) == (600, 600)


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(Credentials(username="u", api_key="secret"))


@pytest.mark.parametrize("provider", [VirtualGuestProvider(), SshKeyProvider()])
def test_a_configured_provider_pickles_without_its_credentials(provider: Any) -> None:
    plain = dill.dumps(type(provider)(), protocol=pickle.DEFAULT_PROTOCOL, recurse=True)
    cloud = json.dumps({"username": "u", "apiKey": "very-secret"})
    provider.configure(ConfigureRequest(Config({"galera-swarm:cloud": cloud}, "galera-swarm")))
    assert dill.dumps(provider, protocol=pickle.DEFAULT_PROTOCOL, recurse=True) == plain
    assert isinstance(dill.loads(plain), type(provider))  # noqa: S301 (our own bytes)
