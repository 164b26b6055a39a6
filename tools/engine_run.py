"""Engine commands on one stack, from `make` and from nowhere else: the right config, signals, and errors."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tools.checkout import ROOT, VENV
from tools.environment import (
    OVERRIDE,
    TAKING_ALL_AWAY,
    backend_url,
    checkout_backend,
    is_local,
    stack_environment,
)
from tools.errors import ToolError
from tools.recovery import (
    checkpoint_file,
    recover,
    stacks_with_resources,
    state_directory,
    take_back,
)
from tools.stack_config import effective_config, project_directory

#: The name of the stack whose state is lost: a new one may begin though its servers are up.
NEW_STATE = "GALERA_SWARM_NEW_STATE"
#: With this status `operations.guests` says that it found some.
_FOUND = 3


@dataclass(frozen=True, kw_only=True)
class EngineStack:
    """A stack as the engine is told about it. `local` says that its cloud is the stand-in of this machine."""

    name: str
    local: bool
    in_checkout: bool
    environment: Mapping[str, str]

    @classmethod
    def open(cls, name: str) -> "EngineStack":
        """Find out where the stack's state and cloud are; nothing is made yet.

        Raises ToolError when the state lies in the checkout, and a login made since would look elsewhere.
        """
        _refuse_another_backend(name)
        return cls(
            name=name,
            local=is_local(name),
            in_checkout=backend_url(name) == checkout_backend(),
            environment=stack_environment(name),
        )

    def exists(self) -> bool:
        """Whether the backend knows the stack."""
        directory = state_directory(self.environment.get("PULUMI_BACKEND_URL"))
        if directory is not None:
            return checkpoint_file(directory, self.name) is not None
        known = json.loads(self.ask("stack", "ls", "--json"))
        return any(entry["name"].split("/")[-1] == self.name.split("/")[-1] for entry in known)

    def ensure(self) -> None:
        """Make the stack if the backend does not know it.

        Raises ToolError when servers of it are in the account, or nobody can tell: its state is elsewhere
        then, and a second one would take them in, to be cancelled by the next `make down`.
        """
        if self.exists():
            return
        if self.in_checkout:
            effective_config(self.name)
        if not self.local and os.environ.get(NEW_STATE) != self.name:
            self._refuse_a_second_state()
        where = ("--cwd", str(project_directory())) if self.in_checkout else ()
        self.ask("stack", "init", self.name, "--no-select", *where)

    def resources(self) -> int:
        """How many resources the state holds."""
        exported = json.loads(self.ask("stack", "export", "--stack", self.name))
        return len((exported.get("deployment") or {}).get("resources") or [])

    def protected(self) -> list[str]:
        """Names of the resources that the state protects from being deleted."""
        exported = json.loads(self.ask("stack", "export", "--stack", self.name))
        resources = (exported.get("deployment") or {}).get("resources") or []
        return [resource["urn"].split("::")[-1] for resource in resources if resource.get("protect")]

    def images(self) -> list[str]:
        """The images that the stack's services run. Raises ToolError when its configuration has problems."""
        done = subprocess.run(
            [str(VENV / "bin" / "python"), "-m", "settings", "images", "--stack", self.name],
            cwd=ROOT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            message = f"the stack's configuration cannot be used:\n{done.stderr.strip()}"
            raise ToolError(message)
        return done.stdout.split()

    def last_changes(self) -> dict[str, int]:
        """How many resources the last finished run changed, by the kind of change (`same` is none)."""
        history = json.loads(self.ask("stack", "history", "--json", "--page-size", "1", "--stack", self.name))
        return dict(history[0].get("resourceChanges") or {}) if history else {}

    def show(self) -> None:
        """Ask the deployed servers and members themselves, on one screen.

        Raises ToolError when they are not all Synced in one cluster: an engine that has nothing to change
        has not looked.
        """
        command = [str(VENV / "bin" / "python"), "-m", "status", "--stack", self.name]
        if supervise(command, self.environment) != 0:
            message = (
                "the engine is done, but the members are not all Synced in one cluster: the screen above"
                " tells what they say"
            )
            raise ToolError(message)

    def recover(self) -> None:
        """Clear what a killed run left behind."""
        recover(self.name, self.environment)

    def take_back(self) -> None:
        """Let the next `up` take back a change that did not come to its end."""
        take_back(self.name, self.environment, self._config())

    def refuse_leftovers(self) -> None:
        """Ask the account for servers that carry the stack's mark and that its state does not know.

        Raises ToolError when there are some, after they were named, and when nobody can tell.
        """
        if supervise([*self._guests("left"), *self._config()], self.environment) != 0:
            message = f"the state of stack {self.name} is empty, but its servers are not known to be all gone"
            raise ToolError(message)

    def _refuse_a_second_state(self) -> None:
        status = supervise([*self._guests("begin"), *self._config()], self.environment)
        if status == 0:
            return
        backend = self.environment.get("PULUMI_BACKEND_URL") or "the backend you are logged in to"
        anew = f"{NEW_STATE}={self.name} make up STACK={self.name}"
        if status == _FOUND:
            message = (
                f"{backend} knows no stack {self.name}, but its servers are there: its state is elsewhere"
            )
            remedy = f"pulumi login to where it is, or export PULUMI_BACKEND_URL; if it is lost: {anew}"
        else:
            message = (
                f"{backend} knows no stack {self.name}, and whether its servers are up already cannot be told"
            )
            remedy = f"export SL_USERNAME=… SL_API_KEY=…, or what is said above; if none are up: {anew}"
        raise ToolError(message, remedy)

    def change(self, verb: str, *words: str) -> None:
        """Run an engine command that changes the stack, its progress shown as it goes.

        Raises ToolError when it fails. Ctrl-C reaches the engine, which ends what it is doing and writes its
        state down; a second one ends it at once.
        """
        command = ["pulumi", verb, "--stack", self.name, *words, *self._config()]
        if not sys.stdout.isatty():
            command += ["--non-interactive", "--suppress-progress"]
        environment = {**self.environment, **(TAKING_ALL_AWAY if verb == "destroy" else {})}
        status = supervise(command, environment)
        if status != 0:
            message = f"`pulumi {verb}` ended with status {status}"
            raise ToolError(message)

    def ask(self, *words: str) -> str:
        """Run a short engine command; its output. Raises ToolError with the engine's words when it fails."""
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive", "--color", "never"],
            cwd=ROOT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            message = f"`pulumi {' '.join(words)}` failed: {(done.stderr or done.stdout).strip()}"
            raise ToolError(message)
        return done.stdout

    def _guests(self, operation: str) -> list[str]:
        return [str(VENV / "bin" / "python"), "-m", "operations.guests", operation, "--stack", self.name]

    def _config(self) -> list[str]:
        return ["--config-file", str(effective_config(self.name))] if self.in_checkout else []


def _refuse_another_backend(name: str) -> None:
    """A second, empty state of a stack whose servers are up would forget them, or order them once more."""
    backend = backend_url(name)
    directory = state_directory(checkout_backend())
    if backend == checkout_backend() or os.environ.get(OVERRIDE) or directory is None:
        return
    if name in stacks_with_resources(directory):
        message = (
            f"the state of stack {name} is in this checkout (.pulumi-state), and with this login it is looked"
            f" for in {backend or 'the backend you are logged in to'} ({OVERRIDE}=login, if it moved there)"
        )
        raise ToolError(message, f"export {OVERRIDE}=file")


def sandbox(*words: str) -> None:
    """Run `python -m sandbox …`. Raises ToolError when it fails."""
    environment = stack_environment("dev")
    status = supervise([str(VENV / "bin" / "python"), "-m", "sandbox", *words], environment)
    if status != 0:
        message = f"`python -m sandbox {' '.join(words)}` ended with status {status}"
        raise ToolError(message)


def supervise(command: list[str], environment: Mapping[str, str], cwd: Path = ROOT) -> int:
    """Run a command in the foreground and wait for its end, whatever happens; its exit status.

    The terminal sends Ctrl-C to the command as well, so here it only has to be survived. A request to end
    (SIGTERM), which reaches this process alone, is passed on as Ctrl-C.
    """
    process = subprocess.Popen(command, cwd=cwd, env=dict(environment))

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        process.send_signal(signal.SIGINT)

    def survive(_number: int, _frame: FrameType | None) -> None:
        return

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, survive),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
