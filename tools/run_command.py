"""Runs a command in the environment of a stack: `tools/run pulumi preview`, `tools/run slcli vs list`.

The stack is that of the command's own `--stack`, else STACK, else dev. Before an engine command that changes
a stack, what a killed run left behind is cleared.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.checkout import DEV_STACK
from tools.environment import TAKING_ALL_AWAY, backend_url, checkout_backend, stack_environment
from tools.errors import ToolError
from tools.recovery import recover
from tools.stack_config import effective_config, project_directory

#: Engine commands that take the stack's lock.
_CHANGING = frozenset({"up", "update", "destroy", "down", "refresh"})
#: Those that take all of a stack away, unless an option narrows them.
_DESTROYING = frozenset({"destroy", "down"})
_NARROWING = ("--target", "-t", "--exclude")
#: Engine commands that read the stack's config.
_CONFIGURED = _CHANGING | {"preview", "watch"}

_GLOBAL_OPTIONS_WITH_VALUE = frozenset(
    {"-C", "--cwd", "--color", "-v", "--verbose", "--tracing", "--profiling"}
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the command. Returns only when it cannot be started."""
    command = list(sys.argv[1:] if arguments is None else arguments)
    if not command or command[0] in {"-h", "--help"}:
        print(f"usage: tools/run COMMAND [ARGUMENT …]\n\n{__doc__}")
        return 0 if command else 2
    stack = option(command, "--stack", "-s") or os.environ.get("STACK") or DEV_STACK
    config = option(command, "--config-file", None)
    environment = stack_environment(stack, Path(config) if config else None)
    try:
        verb = engine_verb(command)
        if verb in _CHANGING:
            recover(stack, environment)
        if takes_all_away(command):
            environment |= TAKING_ALL_AWAY
        in_checkout = backend_url(stack, Path(config) if config else None) == checkout_backend()
        if verb in _CONFIGURED and config is None and in_checkout:
            command += ["--config-file", str(effective_config(stack))]
        if verb == "stack" and "init" in command and in_checkout:
            command[1:1] = ["--cwd", str(project_directory())]
    except ToolError as exc:
        print(f"tools/run: {exc}", file=sys.stderr)
        return 1
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606
    except FileNotFoundError:
        print(f"tools/run: there is no command {command[0]}; is tools/setup done?", file=sys.stderr)
        return 127


def option(command: Sequence[str], long: str, short: str | None) -> str | None:
    """The value of an option of a command line, in either of its forms."""
    for index, word in enumerate(command):
        if word == "--":
            return None
        if word in {long, short} and index + 1 < len(command):
            return command[index + 1]
        if word.startswith(f"{long}="):
            return word.removeprefix(f"{long}=")
    return None


def engine_verb(command: Sequence[str]) -> str:
    """The verb of an engine command line; empty for any other command."""
    if Path(command[0]).name != "pulumi":
        return ""
    words = iter(command[1:])
    for word in words:
        if word in _GLOBAL_OPTIONS_WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def takes_all_away(command: Sequence[str]) -> bool:
    """Whether it is an engine command that destroys a whole stack."""
    narrowed = any(word.startswith(_NARROWING) for word in command)
    return engine_verb(command) in _DESTROYING and not narrowed
