"""Files arrive whole, readable by their owner only, or not at all."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations import transfer
from operations.errors import OperationError
from providers.ssh import Completed, Session


class FakeShell(Session):
    """A server that is this machine's own shell; `spoil` runs before each command."""

    def __init__(self, spoil: str = "") -> None:
        self.name, self._spoil = "10.141.0.1", spoil

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        done = subprocess.run(
            ["/bin/sh", "-c", f"{self._spoil}\n{command}"],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
        return Completed(exit_status=done.returncode, stdout=done.stdout, stderr=done.stderr)


@settings(max_examples=12, deadline=None)
@given(content=st.binary(max_size=40), piece=st.sampled_from([1, 7, 64]))
def test_there_and_back(tmp_path_factory: pytest.TempPathFactory, content: bytes, piece: int) -> None:
    directory = tmp_path_factory.mktemp("files")
    local, remote, back = directory / "a file", directory / "it's there", directory / "back"
    local.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "PIECE_BYTES", piece)
        transfer.upload(FakeShell(), local, str(remote))
        transfer.download(FakeShell(), str(remote), back)
    assert remote.read_bytes() == back.read_bytes() == content
    assert remote.stat().st_mode & 0o077 == back.stat().st_mode & 0o077 == 0


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    remote.write_text("one")
    with pytest.raises(OperationError, match=r"changed on 10\.141\.0\.1"):
        transfer.download(FakeShell(f"echo x >>{remote}"), str(remote), tmp_path / "local")
    assert [path.name for path in tmp_path.iterdir()] == ["remote"]


def test_a_file_that_does_not_arrive_is_refused(tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.write_text("one")
    remote = tmp_path / "remote"
    with pytest.raises(OperationError, match="did not arrive whole"):
        transfer.upload(FakeShell(f"echo x >>{remote}"), local, str(remote))
