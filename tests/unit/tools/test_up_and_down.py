"""The order of `make up` and `make down`, on a fake engine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools import down, up
from tools.errors import ToolError
from tools.phases import Phases


class FakeStack:
    """Writes down what it is asked to do."""

    def __init__(self, log: list[str], **facts: Any) -> None:
        self.log = log
        self.name = "dev"
        self.local = facts.get("local", True)
        self.in_checkout = True
        self.environment = {"PATH": "/bin:/usr/bin"}
        self.known = facts.get("known", True)
        self.number = facts.get("number", 3)
        self.changed = facts.get("changed", {"same": 9})
        self.failing = facts.get("failing")
        self.kept = facts.get("protected", [])

    def exists(self) -> bool:
        return bool(self.known)

    def ensure(self) -> None:
        self.log.append("ensure")

    def recover(self) -> None:
        self.log.append("recover")

    def take_back(self) -> None:
        self.log.append("take back")

    def images(self) -> list[str]:
        return ["mariadb:10.11"]

    def protected(self) -> list[str]:
        return list(self.kept)

    def resources(self) -> int:
        return int(self.number)

    def refuse_leftovers(self) -> None:
        self.log.append("look for leftovers")
        if self.failing == "leftovers":
            message = "not all is known to be gone"
            raise ToolError(message)

    def show(self) -> None:
        self.log.append("status")

    def last_changes(self) -> dict[str, int]:
        return dict(self.changed)

    def change(self, verb: str, *_words: str) -> None:
        self.log.append(verb)
        if verb == self.failing:
            message = f"`pulumi {verb}` ended with status 255"
            raise ToolError(message)

    def ask(self, *words: str) -> str:
        self.log.append(" ".join(word for word in words if not word.startswith("-")))
        return ""


@contextmanager
def playing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **facts: Any) -> Iterator[list[str]]:
    log: list[str] = []
    stack = FakeStack(log, **facts)
    for module in (up, down):
        monkeypatch.setattr(module.EngineStack, "open", lambda _name: stack)
        monkeypatch.setattr(module, "sandbox", lambda *words: log.append("sandbox " + " ".join(words)))
    monkeypatch.setattr(up, "perform", lambda _steps: log.append("setup"))
    monkeypatch.setattr(down, "ROOT", tmp_path)
    monkeypatch.setattr(down, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(down, "DIRECTORY", tmp_path)
    monkeypatch.setattr(down, "checkout_backend", lambda: f"file://{tmp_path}/state?metadata=skip")
    monkeypatch.setattr(down, "is_local", lambda stack: stack != "prod")
    monkeypatch.setattr(down.shutil, "which", lambda _name, path: "/x/pulumi")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    (tmp_path / ".sandbox").mkdir()
    yield log


def test_up_goes_from_setup_to_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(monkeypatch, tmp_path) as log:
        assert up.main([]) == 0
    assert log == [
        "setup",
        "sandbox up --image=mariadb:10.11",
        "recover",
        "ensure",
        "take back",
        "up",
        "status",
    ]
    shown = capsys.readouterr().out
    assert shown.rstrip().endswith("no changes")
    assert "stand-in cloud" in shown


def test_up_tells_what_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(monkeypatch, tmp_path, changed={"same": 9, "update": 2, "create": 1}):
        up.main([])
    assert capsys.readouterr().out.rstrip().endswith("changes: 1 create, 2 update")


def test_a_real_cloud_needs_no_stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with playing(monkeypatch, tmp_path, local=False) as log:
        up.main(["--stack", "prod"])
        down.main(["--stack", "prod"])
    assert not any(entry.startswith(("sandbox", "stack rm")) for entry in log)
    assert [entry for entry in log if entry in {"refresh", "destroy"}] == ["refresh", "destroy"]


def test_a_preview_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with playing(monkeypatch, tmp_path) as log:
        assert up.main(["--preview"]) == 0
    assert log[-1] == "preview"
    assert "up" not in log


def test_a_failed_up_says_that_it_can_be_run_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(monkeypatch, tmp_path, failing="up"):
        assert up.main([]) == 1
    assert "run it again" in capsys.readouterr().err


def test_down_refreshes_destroys_and_removes_the_stand_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with playing(monkeypatch, tmp_path) as log:
        assert down.main([]) == 0
    assert log == ["recover", "sandbox up", "refresh", "destroy", "stack rm dev", "sandbox down"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"known": False}, ["sandbox down"]),
        ({"number": 0}, ["recover", "stack rm dev", "sandbox down"]),
    ],
)
def test_down_has_little_to_do_where_little_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, facts: dict[str, Any], expected: list[str]
) -> None:
    with playing(monkeypatch, tmp_path, **facts) as log:
        assert down.main([]) == 0
    assert log == expected


def test_a_failed_destroy_keeps_the_stand_in_and_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(monkeypatch, tmp_path, failing="destroy") as log:
        assert down.main([]) == 1
    assert "sandbox down" not in log
    assert "FORCE=1" in capsys.readouterr().err


def test_protected_servers_are_named_with_the_way_out_and_nothing_is_touched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(monkeypatch, tmp_path, protected=["db-2", "db-1"]) as log:
        assert down.main([]) == 1
    assert log == ["recover"]
    said = capsys.readouterr().err
    assert "servers.protect keeps db-1, db-2" in said
    assert "set servers.protect to false, then make up STACK=dev, then make down again" in said


def write_state(root: Path, stack: str, **latest: Any) -> None:
    file = root / "state" / ".pulumi" / "stacks" / "galera-swarm" / f"{stack}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"checkpoint": {"stack": stack, "latest": latest}}))


HOLDING: dict[str, Any] = {"resources": [{"urn": "urn:pulumi:any::galera-swarm::a:b:C::db-1"}]}


@pytest.mark.parametrize(
    ("others", "kept_for"),
    [
        ({"dev-full": HOLDING}, "dev-full"),
        ({"dev-full": HOLDING, "another": HOLDING}, "another, dev-full"),
        ({"dev-full": {"pending_operations": [{"type": "creating"}]}}, "dev-full"),
        ({"dev-full": {"resources": []}}, None),
        ({"dev-full": {}}, None),
        ({"dev": HOLDING}, None),
        ({"prod": HOLDING}, None),
    ],
)
@pytest.mark.parametrize("words", [[], ["--force"]])
def test_the_stand_in_stays_as_long_as_another_stack_is_in_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    others: dict[str, dict[str, Any]],
    kept_for: str | None,
    words: list[str],
) -> None:
    for stack, latest in others.items():
        write_state(tmp_path, stack, **latest)
    with playing(monkeypatch, tmp_path) as log:
        assert down.main(words) == 0
    assert "stack rm dev" in log
    assert ("sandbox down" in log) is (kept_for is None)
    said = capsys.readouterr().out
    assert (f"the stand-in cloud stays up for {kept_for}" in said) is (kept_for is not None)


def test_the_last_of_two_stacks_takes_the_stand_in_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for stack in ("dev", "dev-full"):
        write_state(tmp_path, stack, **HOLDING)
    with playing(monkeypatch, tmp_path) as log:
        assert down.main([]) == 0
        assert "sandbox down" not in log
        assert "make down STACK=dev-full" in capsys.readouterr().out
        write_state(tmp_path, "dev", resources=[])
        assert down.main(["--stack", "dev-full"]) == 0
    assert log[-1] == "sandbox down"


def test_a_state_that_cannot_be_read_counts_as_one_that_holds_something(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_state(tmp_path, "dev-full")
    (tmp_path / "state" / ".pulumi" / "stacks" / "galera-swarm" / "dev-full.json").write_text("")
    with playing(monkeypatch, tmp_path) as log:
        assert down.main([]) == 0
    assert "sandbox down" not in log


def test_force_gives_the_stand_in_up_without_destroying(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with playing(monkeypatch, tmp_path, failing="destroy") as log:
        assert down.main(["--force"]) == 0
    assert log == ["recover", "stack rm dev", "sandbox down"]


def test_down_on_a_fresh_checkout_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(monkeypatch, tmp_path) as log:
        (tmp_path / ".venv" / "bin" / "python").unlink()
        assert down.main([]) == 0
    assert log == []
    assert "nothing is up" in capsys.readouterr().out


def test_down_does_not_say_of_servers_that_cost_money_that_nothing_is_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(monkeypatch, tmp_path, local=False, known=False) as log:
        assert down.main(["--stack", "prod"]) == 1
        assert "knows no stack prod" in capsys.readouterr().err
        (tmp_path / ".venv" / "bin" / "python").unlink()
        assert down.main(["--stack", "prod"]) == 1
        assert "never set up, and cannot tell" in capsys.readouterr().err
    assert log == []


@pytest.mark.parametrize(("failing", "status"), [(None, 0), ("leftovers", 1)])
@pytest.mark.parametrize("number", [0, 3])
def test_the_account_is_asked_for_servers_that_the_state_does_not_know(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failing: str | None, status: int, number: int
) -> None:
    with playing(monkeypatch, tmp_path, local=False, failing=failing, number=number) as log:
        assert down.main(["--stack", "prod"]) == status
    destroyed = ["refresh", "destroy"] if number else []
    assert log == ["recover", *destroyed, "look for leftovers"]


def test_phases_are_timed_also_when_one_fails() -> None:
    phases = Phases()
    with pytest.raises(ToolError), phases.phase("one"):
        raise ToolError("x")  # noqa: EM101
    assert [name for name, _ in phases.taken] == ["one"]
    assert phases.lines()[-1].startswith("  in all")
