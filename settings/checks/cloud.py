"""Rules of section `cloud`, and that no secret lies open in the stack's file."""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from settings.checks.check import Check, Context
from settings.problems import NAMESPACE, Problem, covers, show

#: Hosts to which the SoftLayer provider speaks http.
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

_PRIVATE_KEY_HEADERS = (
    b"-----BEGIN OPENSSH PRIVATE KEY-----",
    b"-----BEGIN RSA PRIVATE KEY-----",
    b"-----BEGIN EC PRIVATE KEY-----",
    b"-----BEGIN PRIVATE KEY-----",
)


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
    """A key file that is there holds a private key."""
    given = context.config.cloud.ssh_key_file
    if given is None:
        return
    path = context.root / given
    if not given.strip() or path.is_dir():
        yield Problem(key="cloud.sshKeyFile", value=show(given), text="must name a file, not a directory")
        return
    if not path.exists():
        return
    try:
        head = path.read_bytes()[:64]
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        yield Problem(key="cloud.sshKeyFile", value=show(given), text=text)
        return
    if not head.startswith(_PRIVATE_KEY_HEADERS):
        text = "must be a private SSH key in OpenSSH or PEM form"
        yield Problem(key="cloud.sshKeyFile", value=show(given), text=text)


CHECKS = (
    Check(reads=("cloud.endpoint",), find=endpoint),
    Check(reads=("cloud.username",), find=username),
    Check(reads=("cloud.apiKey",), find=api_key),
    Check(reads=("cloud.endpoint",), find=open_secrets),
    Check(reads=("cloud.sshOver", "servers.privateOnly"), find=ssh_address),
    Check(reads=("cloud.sshKeyFile",), find=ssh_key_file),
)
