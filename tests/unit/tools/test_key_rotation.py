"""Rotation of a stack's SSH key: killed anywhere, every server stays open to the key in the checkout."""

import subprocess
from pathlib import Path

import pytest

from tools import key_rotation
from tools.errors import ToolError
from tools.key_rotation import ADMIT, RETIRE, Door, KeyFiles, doors_of, public_half, rotate

DOORS = [Door(hostname=f"db-{n}", address=f"10.0.0.{n}", host_key="ssh-ed25519 AAAA") for n in (1, 2, 3)]


class KilledError(Exception):
    """The run ends here."""


class FakeServers:
    """Servers by their authorized keys; may be killed before or after the n-th act, or have one silent."""

    def __init__(self, first: str, *, kill_at: int | None = None, silent: str = "") -> None:
        self.keys = {door.hostname: {first} for door in DOORS}
        self.acts, self.kill_at, self.silent = 0, kill_at, silent

    def __call__(self, door: Door, key: Path, script: str, stdin: str) -> None:
        self.act()
        if door.hostname == self.silent or body(public_half(key)) not in self.keys[door.hostname]:
            message = f"{door.hostname} does not let this key in"
            raise ToolError(message)
        if script == ADMIT:
            self.keys[door.hostname].add(body(stdin))
        elif script == RETIRE:
            self.keys[door.hostname].discard(body(stdin))
        self.act()

    def act(self) -> None:
        self.acts += 1
        if self.acts == self.kill_at:
            raise KilledError


def body(public: str) -> str:
    return public.split()[1]


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key's file is its own public half: hundreds of real keys would take a minute."""
    made = iter(range(1000))

    def make(path: Path, _comment: str) -> None:
        if not path.exists():
            path.write_text(f"ssh-ed25519 key-{next(made)}")

    monkeypatch.setattr(key_rotation, "public_half", Path.read_text)
    monkeypatch.setitem(globals(), "public_half", Path.read_text)
    monkeypatch.setattr(key_rotation, "_make", make)


def exchanged(files: KeyFiles, servers: FakeServers) -> None:
    def settle() -> None:
        """The engine reaches every server with the key of the checkout."""
        for door in DOORS:
            servers(door, files.current, "exit 0", "")

    rotate(files, DOORS, comment="test", settle=settle, reach=servers)


@pytest.mark.usefixtures("halves")
def test_afterwards_the_servers_take_the_new_key_only(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path / "key")
    files.current.write_text("ssh-ed25519 old")
    servers = FakeServers("old")
    exchanged(files, servers)
    new = body(public_half(files.current))
    assert new != "old"
    assert servers.keys == {door.hostname: {new} for door in DOORS}
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.usefixtures("halves")
def test_killed_anywhere_nobody_is_locked_out_and_the_next_run_ends_it(tmp_path: Path) -> None:
    for kill_at in range(1, 25):
        files = KeyFiles(tmp_path / str(kill_at) / "key")
        files.current.parent.mkdir()
        files.current.write_text("ssh-ed25519 old")
        servers = FakeServers("old", kill_at=kill_at)
        with pytest.raises(KilledError):
            exchanged(files, servers)
        for keys in servers.keys.values():
            assert body(public_half(files.current)) in keys
        exchanged(files, servers)
        (left,) = {frozenset(keys) for keys in servers.keys.values()}
        assert left == {body(public_half(files.current))}
        assert "old" not in left


@pytest.mark.usefixtures("halves")
def test_killed_between_the_two_steps_of_the_swap_it_is_ended(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path / "key")
    for path, word in ((files.current, "old"), (files.going, "old"), (files.coming, "new")):
        path.write_text(f"ssh-ed25519 {word}")
    servers = FakeServers("old")
    for keys in servers.keys.values():
        keys.add("new")
    exchanged(files, servers)
    assert servers.keys == {door.hostname: {"new"} for door in DOORS}
    assert files.current.read_text() == "ssh-ed25519 new"


@pytest.mark.usefixtures("halves")
def test_a_silent_server_stops_it_before_the_old_key_is_given_up(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path / "key")
    files.current.write_text("ssh-ed25519 old")
    servers = FakeServers("old", silent="db-2")
    with pytest.raises(ToolError, match="db-2"):
        exchanged(files, servers)
    assert files.current.read_text() == "ssh-ed25519 old"
    assert all("old" in keys for keys in servers.keys.values())


def test_a_key_is_made_whole_without_its_public_file_and_once(tmp_path: Path) -> None:
    path = tmp_path / "key.next"
    key_rotation._make(path, "galera-swarm-dev")
    first = public_half(path)
    key_rotation._make(path, "galera-swarm-dev")
    assert public_half(path) == first
    assert first.startswith("ssh-ed25519 ")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key.next"]


def test_what_is_no_key_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("nothing")
    with pytest.raises(ToolError, match="no private SSH key"):
        public_half(tmp_path / "key")


@pytest.mark.parametrize(
    "before", ["", "ssh-rsa AAAAold a@b\n", "ssh-rsa AAAAold a@b", "# note\nssh-rsa AAAAold a@b\n\n"]
)
def test_the_scripts_put_a_key_beside_the_others_and_take_it_away(tmp_path: Path, before: str) -> None:
    file = tmp_path / ".ssh" / "authorized_keys"
    file.parent.mkdir()
    file.write_text(before)
    others = [line for line in before.splitlines() if line]
    for script, expected in ((ADMIT, [*others, "ssh-ed25519 AAAAnew c"]), (RETIRE, others)):
        for _ in range(2):
            subprocess.run(
                ["sh", "-c", script],
                input="ssh-ed25519 AAAAnew c\n",
                text=True,
                check=True,
                env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            )
            assert file.read_text().splitlines() == expected
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_doors_are_those_of_the_output() -> None:
    access = {"keyFile": "k", "hosts": [{"hostname": "db-1", "address": "10.0.0.1", "hostKey": "t b"}]}
    assert doors_of(access) == [Door(hostname="db-1", address="10.0.0.1", host_key="t b")]
