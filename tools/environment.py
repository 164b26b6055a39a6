"""The environment in which the engine runs: the checkout's own programs first, and the right backend.

A stack whose cloud is on this machine (a loopback endpoint) keeps its state in the checkout, encrypted with a
generated passphrase. Any other stack uses what the user is logged in to. GALERA_SWARM_BACKEND overrides this:
`file` is the checkout, `login` what the user is logged in to, anything else a backend URL.
"""

import ipaddress
import json
import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from tools.checkout import (
    BIN,
    DEV_STACK,
    GO_CACHES,
    PASSPHRASE_FILE,
    PULUMI_HOME,
    STATE,
    VENV,
    stack_config,
)

OVERRIDE = "GALERA_SWARM_BACKEND"
#: For a run that takes a whole stack away: a server that does not answer need not leave in order.
#: The program has the same words (providers/swarm/leaving.py).
TAKING_ALL_AWAY = {"GALERA_SWARM_SILENT": "gone"}
_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def engine_environment() -> dict[str, str]:
    """What every engine command needs, without a backend."""
    _leave_the_engines_log_off()
    path = os.pathsep.join([str(BIN), str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "VIRTUAL_ENV": str(VENV),
        "PULUMI_HOME": str(PULUMI_HOME),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # The login is the user's, not the checkout's.
        "PULUMI_CREDENTIALS_PATH": str(_user_home()),
    }


def go_caches() -> dict[str, str]:
    """Where Go keeps what it downloads and compiles: in the checkout, unless the environment says where."""
    places = {"GOMODCACHE": GO_CACHES / "modules", "GOCACHE": GO_CACHES / "build"}
    return {name: os.environ.get(name) or str(place) for name, place in places.items()}


def stack_environment(stack: str, config_file: Path | None = None) -> dict[str, str]:
    """The whole environment of this process, changed so that engine commands work on `stack`."""
    # The stand-in cloud builds images with Go.
    environment = {**os.environ, **engine_environment(), **go_caches()}
    environment.pop("PYTHONHOME", None)
    # Compiled once, not at each run of the program and of its providers.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    backend = backend_url(stack, config_file)
    if backend is None:
        return environment
    environment["PULUMI_BACKEND_URL"] = backend
    if backend == checkout_backend():
        STATE.mkdir(mode=0o700, exist_ok=True)
        for name in _PASSPHRASES:
            environment.pop(name, None)
        environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase_file())
    return environment


def _leave_the_engines_log_off() -> None:
    """Stand a file where the engine would make a directory, unless somebody has made that directory.

    The engine writes down every run in debug detail, up to 500 MB, and has no setting against it; with it a
    preview takes a tenth longer (docs/figures.md). Where it cannot write, it goes on without.
    """
    log = PULUMI_HOME / "logs"
    if not log.exists():
        PULUMI_HOME.mkdir(exist_ok=True)
        log.touch()


def backend_url(stack: str, config_file: Path | None = None) -> str | None:
    """The backend's URL for a stack; none where the user's login decides."""
    override = os.environ.get(OVERRIDE, "")
    if override == "file":
        return checkout_backend()
    if override not in {"", "login"}:
        return override
    if override == "" and (is_local(stack, config_file) or not _logged_in()):
        return checkout_backend()
    return os.environ.get("PULUMI_BACKEND_URL")


def checkout_backend() -> str:
    """The URL of the state inside the checkout.

    Without `metadata=skip` the engine keeps an `.attrs` file beside each file of the state, and writes it in
    place: the program, which asks for its own stack's outputs, can read it empty ("failed to load checkpoint:
    EOF").
    """
    return f"file://{STATE}?metadata=skip"


def is_local(stack: str, config_file: Path | None = None) -> bool:
    """Whether the stack's cloud is the stand-in on this machine: its endpoint is a loopback address."""
    file = config_file or stack_config(stack)
    if not file.exists():
        return stack == DEV_STACK
    host = endpoint_host(file.read_text())
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def endpoint_host(config: str) -> str | None:
    """The host of `cloud.endpoint` in the text of a stack's config. It is found by its key alone, so that no
    YAML parser is needed before there is a virtual environment."""
    found = re.search(r"""^[^#\n]*\bendpoint["']?:\s*["']?([^\s"',}#]+)""", config, re.MULTILINE)
    return urlsplit(found.group(1)).hostname if found else None


def passphrase_file() -> Path:
    """The file with the passphrase of the checkout's backend, made when it is missing and readable by its
    owner only. Without it the checkout's stacks cannot be read any more."""
    if not PASSPHRASE_FILE.exists():
        PASSPHRASE_FILE.parent.mkdir(mode=0o700, exist_ok=True)
        unfinished = PASSPHRASE_FILE.with_suffix(f".{os.getpid()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(unfinished, PASSPHRASE_FILE)
        except FileExistsError:
            # Another run made it meanwhile, and its passphrase counts.
            pass
        finally:
            unfinished.unlink()
    return PASSPHRASE_FILE


def _user_home() -> Path:
    given = os.environ.get("PULUMI_CREDENTIALS_PATH")
    if given:
        return Path(given)
    home = os.environ.get("PULUMI_HOME")
    return Path(home) if home and Path(home) != PULUMI_HOME else Path.home() / ".pulumi"


def _logged_in() -> bool:
    if os.environ.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_ACCESS_TOKEN"):
        return True
    credentials = _user_home() / "credentials.json"
    try:
        return bool(json.loads(credentials.read_text()).get("current"))
    except (OSError, json.JSONDecodeError):
        return False
