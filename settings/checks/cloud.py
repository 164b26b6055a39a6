"""Rules of section `cloud`, and that no secret lies open in the stack's file."""

import re
import shlex
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from settings.checks.check import Check, Context
from settings.problems import NAMESPACE, Problem, covers, show

#: Hosts to which the SoftLayer provider speaks http.
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

#: The forms of a private key that are not OpenSSH's own.
_OTHER_FORM = re.compile(rb"\s*-----BEGIN (?!OPENSSH )([A-Z]+ )?PRIVATE KEY-----")


def endpoint(context: Context) -> Iterator[Problem]:
    """The endpoint is a URL of the XML-RPC API, encrypted on any network."""
    given = context.config.cloud.endpoint
    if not given:
        return
    url = _split(given)
    if url is None or url.scheme not in ("http", "https") or not url.hostname:
        text = "must be a URL such as https://api.softlayer.com/xmlrpc/v3.1"
        yield Problem(key="cloud.endpoint", value=show(given), text=text)
        return
    if url.username or url.password:
        text = "must not hold credentials; they belong into cloud.username and cloud.apiKey"
        yield Problem(key="cloud.endpoint", text=text)
        return
    if url.scheme == "http" and not is_loopback(given):
        text = "must be https: with http, the API key would cross the network in clear"
        yield Problem(key="cloud.endpoint", value=show(given), text=text)
    if not url.path.startswith("/xmlrpc/v3") or url.query or url.fragment:
        text = "must end in the path of the XML-RPC API, /xmlrpc/v3.1"
        yield Problem(key="cloud.endpoint", value=show(given), text=text)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if any(character.isspace() for character in url) else parts


def is_loopback(url: str) -> bool:
    """Whether a URL points to this machine, where a stand-in cloud runs."""
    parts = _split(url)
    return parts is not None and parts.hostname in LOOPBACK_HOSTS


def username(context: Context) -> Iterator[Problem]:
    """The user name is one word."""
    given = context.config.cloud.username
    if any(character.isspace() or not character.isprintable() for character in given):
        yield Problem(key="cloud.username", value=show(given), text="must not hold blanks")


def api_key(context: Context) -> Iterator[Problem]:
    """The key is one word: it goes into a request as it is."""
    given = context.config.cloud.api_key.get_secret_value()
    if any(character.isspace() or not character.isprintable() for character in given):
        yield Problem(key="cloud.apiKey", text="must not hold blanks or line ends (the value is not shown)")


def open_secrets(context: Context) -> Iterator[Problem]:
    """Secrets are encrypted in the stack's file, except against a stand-in cloud on this machine."""
    config = context.config
    if context.secret_keys is None or is_loopback(config.cloud.endpoint):
        return
    secrets = {"cloud.apiKey": config.cloud.api_key, "database.rootPassword": config.database.root_password}
    for index, user in enumerate(config.database.users):
        secrets[f"database.users[{index}].password"] = user.password
    for key, secret in secrets.items():
        hidden = any(covers(encrypted, key) for encrypted in context.secret_keys)
        if secret is not None and secret.get_secret_value() and not hidden:
            command = f"pulumi config set --stack {context.stack} --secret --path '{NAMESPACE}:{key}'"
            yield Problem(key=key, text=f"stands in clear in the stack's file; encrypt it: {command}")


def ssh_address(context: Context) -> Iterator[Problem]:
    """A server without a public interface is reached over its private one."""
    if context.config.servers.private_only and context.config.cloud.ssh_over == "public":
        text = "must be private, since servers.privateOnly leaves the servers no public address"
        yield Problem(key="cloud.sshOver", value=show("public"), text=text)


def ssh_key_file(context: Context) -> Iterator[Problem]:
    """A key file that is there holds a private key that opens without a question."""
    given = context.config.cloud.key_file_of(context.stack)
    path = context.root / given
    if not given.strip() or path.is_dir():
        yield Problem(key="cloud.sshKeyFile", value=show(given), text="must name a file, not a directory")
        return
    if not path.exists():
        return
    try:
        content = path.read_bytes()
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        yield Problem(key="cloud.sshKeyFile", value=show(given), text=text)
        return
    fault = _key_fault(content, given)
    if fault is not None:
        yield Problem(key="cloud.sshKeyFile", value=show(given), text=fault)


def _key_fault(content: bytes, name: str) -> str | None:
    """Why a key cannot be used; None when it can."""
    rewrite = f"ssh-keygen -p -N '' -f {shlex.quote(name)}"
    try:
        content.decode()
        serialization.load_ssh_private_key(content, password=None)
    except TypeError:
        return f"has a passphrase, which nobody is there to enter; take it off a copy: {rewrite}"
    except (ValueError, UnsupportedAlgorithm):
        if _OTHER_FORM.match(content):
            return f"is not in OpenSSH form; rewrite it in that form, without a passphrase: {rewrite}"
        return "must be a private SSH key (RSA, ECDSA or Ed25519) in OpenSSH form, without a passphrase"
    return None


CHECKS = (
    Check(reads=("cloud.endpoint",), find=endpoint),
    Check(reads=("cloud.username",), find=username),
    Check(reads=("cloud.apiKey",), find=api_key),
    Check(reads=("cloud.endpoint",), find=open_secrets),
    Check(reads=("cloud.sshOver", "servers.privateOnly"), find=ssh_address),
    Check(reads=("cloud.sshKeyFile",), find=ssh_key_file),
)
