"""The resources of the package: what create, update and delete do for each type, on decoded properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tools.plugins.command import copying, local, remote
from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.errors import CommandError
from tools.plugins.command.output import Capture, Redactor, Stream, as_outputs, logged_streams
from tools.plugins.command.values import UNKNOWN, Properties, reveal, secret


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call of the engine on one resource: how to stop it and where its log lines go."""

    cancellation: Cancellation
    log: Callable[[str], None]


class Resource(Protocol):
    """What the server asks of a type. States and inputs may hold secrets and keep them tagged."""

    def check(self, inputs: Properties) -> tuple[Properties, dict[str, str]]:
        """The inputs to record, and what is wrong with which of them."""

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        """The state to expect, with what only a run can tell left unknown."""

    def create(self, inputs: Properties, operation: Operation) -> Properties:
        """Make it so; the new state."""

    def update(self, state: Properties, inputs: Properties, operation: Operation) -> Properties:
        """Change it; the new state."""

    def delete(self, state: Properties, operation: Operation) -> None:
        """Undo it."""


class Runner(Protocol):
    """Runs a command line somewhere and waits; raises CommandError when it fails."""

    def __call__(
        self,
        command: str,
        properties: Properties,
        previous: dict[str, str],
        capture: Capture,
        cancellation: Cancellation,
    ) -> None: ...


@dataclass(frozen=True)
class Command:
    """`command:remote:Command` and `command:local:Command`."""

    runner: Runner
    is_remote: bool

    def check(self, inputs: Properties) -> tuple[Properties, dict[str, str]]:
        """Mark the connection as a secret; a remote command needs one with a host."""
        return _checked_connection(inputs) if self.is_remote else (inputs, {})

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        """Output is unknown until the command has run; it stays as it is when none will run."""
        command = inputs.get("create") if state is None else inputs.get("update", inputs.get("create"))
        if command is None:
            return inputs | _outputs_of(state or {"stdout": "", "stderr": ""})
        return inputs | {"stdout": UNKNOWN, "stderr": UNKNOWN}

    def create(self, inputs: Properties, operation: Operation) -> Properties:
        """Run `create`."""
        return self._run(inputs.get("create"), inputs, {}, operation)

    def update(self, state: Properties, inputs: Properties, operation: Operation) -> Properties:
        """Run `update`, or else `create` again."""
        return self._run(inputs.get("update", inputs.get("create")), inputs, _outputs_of(state), operation)

    def delete(self, state: Properties, operation: Operation) -> None:
        """Run `delete`, as the state knows it."""
        self._run(state.get("delete"), state, _outputs_of(state), operation)

    def _run(
        self, command: object, inputs: Properties, outputs: Properties, operation: Operation
    ) -> Properties:
        if command is None:
            return inputs | ({"stdout": "", "stderr": ""} | outputs)
        plain = reveal(inputs)
        hide = Redactor(inputs, outputs)
        capture = Capture(lambda line: operation.log(hide(line)), logged_streams(plain))
        try:
            self.runner(
                str(reveal(command)), plain, _previous(plain, outputs), capture, operation.cancellation
            )
        except CommandError as exc:
            tail = capture.tail()
            raise CommandError(hide(f"{exc}:\n{tail}" if tail else str(exc))) from None
        finally:
            capture.finish()
        results: Properties = {"stdout": capture.text("stdout"), "stderr": capture.text("stderr")}
        if not self.is_remote:
            results |= local.gather(plain)
        return as_outputs(inputs, results)


@dataclass(frozen=True)
class Copy:
    """`command:remote:CopyToRemote`, and its elder `command:remote:CopyFile`."""

    from_asset: bool

    def check(self, inputs: Properties) -> tuple[Properties, dict[str, str]]:
        """Mark the connection as a secret; the source must be something that can be copied."""
        inputs, problems = _checked_connection(inputs)
        source = reveal(inputs.get("source"))
        if self.from_asset and source != UNKNOWN and (problem := copying.source_problem(source)):
            problems["source"] = problem
        return inputs, problems

    def preview(self, inputs: Properties, _state: Properties | None) -> Properties:
        """A copy has no outputs of its own."""
        return inputs

    def create(self, inputs: Properties, operation: Operation) -> Properties:
        """Copy."""
        hide = Redactor(inputs)
        try:
            copying.copy(reveal(inputs), operation.cancellation)
        except CommandError as exc:
            raise CommandError(hide(str(exc))) from None
        return inputs

    def update(self, state: Properties, inputs: Properties, operation: Operation) -> Properties:
        """Copy again, when the content or the destination changed."""
        if _copied(state) == _copied(inputs):
            return inputs
        return self.create(inputs, operation)

    def delete(self, _state: Properties, _operation: Operation) -> None:
        """The copy stays on the server, as published."""


RESOURCES: dict[str, Resource] = {
    "command:remote:Command": Command(remote.run, is_remote=True),
    "command:local:Command": Command(local.run, is_remote=False),
    "command:remote:CopyToRemote": Copy(from_asset=True),
    "command:remote:CopyFile": Copy(from_asset=False),
}


def _checked_connection(inputs: Properties) -> tuple[Properties, dict[str, str]]:
    connection = reveal(inputs.get("connection"))
    problems: dict[str, str] = {}
    if connection is None:
        problems["connection"] = "is missing"
    elif connection != UNKNOWN and not connection.get("host"):
        problems["connection.host"] = "is missing: the address to connect to"
    if problems:
        return inputs, problems
    return inputs | {"connection": secret(inputs["connection"])}, {}


def _outputs_of(state: Properties) -> Properties:
    return {name: state[name] for name in ("stdout", "stderr", "assets", "archive") if name in state}


def _previous(plain: Properties, outputs: Properties) -> dict[str, str]:
    if plain.get("addPreviousOutputInEnv") is False:
        return {}
    streams: tuple[Stream, ...] = ("stdout", "stderr")
    values = {f"PULUMI_COMMAND_{name.upper()}": str(reveal(outputs.get(name)) or "") for name in streams}
    return {name: value for name, value in values.items() if value}


def _copied(properties: Properties) -> tuple[object, ...]:
    source = reveal(properties.get("source")) or {}
    content = (source.get("hash") or source.get("text"), source.get("path"))
    return (content, reveal(properties.get("localPath")), reveal(properties.get("remotePath")))
