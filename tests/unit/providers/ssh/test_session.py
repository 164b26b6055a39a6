"""Commands and channels over a real SSH connection to a server in this process."""

import socket
import threading
import time

import pytest

from providers.ssh import (
    CommandFailedError,
    CommandTimedOutError,
    ConnectionLostError,
    Session,
    SshError,
    UnreachableError,
)
from tests.unit.providers.ssh.fake_sshd import FakeSshd


def test_output_errors_and_status_come_back(session: Session) -> None:
    done = session.run("echo out; echo err >&2; exit 3", timeout_seconds=10)
    assert (done.stdout, done.stderr, done.exit_status, done.ok) == ("out\n", "err\n", 3, False)


def test_stdin_reaches_the_command_and_ends(session: Session) -> None:
    assert session.run("cat", stdin="secret\n", timeout_seconds=10).stdout == "secret\n"


def test_a_command_that_reads_nothing_still_ends(session: Session) -> None:
    assert session.run("true", stdin="x" * 3_000_000, timeout_seconds=10).ok


def test_all_streams_may_be_larger_than_any_window(session: Session) -> None:
    text = "0123456789abcdef" * 200_000
    done = session.run("cat; head -c 3000000 /dev/zero | tr '\\0' e >&2", stdin=text, timeout_seconds=30)
    assert done.stdout == text
    assert len(done.stderr) == 3_000_000


def test_bytes_that_are_no_text_do_not_break_it(session: Session) -> None:
    assert session.run("printf 'a\\377b'", timeout_seconds=10).stdout == "a\N{REPLACEMENT CHARACTER}b"


def test_an_open_stdin_is_no_hang_up(session: Session) -> None:
    closing = session.run("read line; read more || echo hung-up", stdin="x\n", timeout_seconds=10)
    assert closing.stdout == "hung-up\n"
    assert session.run("read line; echo $line", stdin="x\n", timeout_seconds=10, close_stdin=False).ok


def test_a_command_that_takes_too_long_is_given_up(session: Session) -> None:
    began = time.monotonic()
    with pytest.raises(CommandTimedOutError, match=r"took longer than 0 s: sleep 30"):
        session.run("sleep 30", timeout_seconds=0.3)
    assert time.monotonic() - began < 5


def test_a_session_that_breaks_is_not_taken_for_an_end(session: Session, sshd: FakeSshd) -> None:
    threading.Timer(0.3, sshd.cut).start()
    with pytest.raises(ConnectionLostError, match="broke off during: sleep 30"):
        session.run("sleep 30", timeout_seconds=10)
    with pytest.raises(ConnectionLostError, match="broke off before"):
        session.run("true", timeout_seconds=10)


def test_must_says_what_was_done_where_and_why_it_failed(session: Session) -> None:
    with pytest.raises(CommandFailedError) as caught:
        session.must("echo 'no such   volume' >&2; exit 4", doing="looking")
    assert str(caught.value) == f"looking on {session.name} failed: exit status 4: no such volume"


def test_must_gives_the_output(session: Session) -> None:
    assert session.must("echo fine", doing="looking") == "fine\n"


def test_holding_lasts_as_long_as_the_block(session: Session, tmp_path: object) -> None:
    mark = f"{tmp_path}/mark"
    hold = f"sh -c 'echo held; cat >/dev/null; rm {mark}'"
    session.must(f"touch {mark}", doing="marking")
    with session.holding(hold, ready="held", timeout_seconds=10):
        assert session.run(f"test -e {mark}", timeout_seconds=10).ok
    gone = "for i in $(seq 50); do [ -e %s ] || exit 0; sleep 0.1; done; exit 1"
    assert session.run(gone % mark, timeout_seconds=10).ok


@pytest.mark.parametrize("command", ["echo other", "exit 1", "printf held"])
def test_holding_fails_unless_the_command_is_ready(session: Session, command: str) -> None:
    with pytest.raises(SshError), session.holding(command, ready="ready", timeout_seconds=10):
        pytest.fail("the block must not run")


def test_holding_waits_no_longer_than_it_is_told(session: Session) -> None:
    with (
        pytest.raises(CommandTimedOutError, match="did not answer 'ready'"),
        session.holding("sleep 30", ready="ready", timeout_seconds=0.3),
    ):
        pytest.fail("the block must not run")


def test_a_channel_reaches_a_port_of_the_server(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        channel = session.open_channel("127.0.0.1", listener.getsockname()[1])
        client, _ = listener.accept()
        with client:
            channel.sendall(b"ping")
            assert client.recv(4) == b"ping"
            client.sendall(b"pong")
            assert channel.recv(4) == b"pong"
        channel.close()


def test_a_closed_port_is_unreachable_and_the_session_lives_on(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{port}"):
        session.open_channel("127.0.0.1", port)
    assert session.run("true", timeout_seconds=10).ok


def test_a_channel_of_a_broken_session_is_a_lost_connection(session: Session, sshd: FakeSshd) -> None:
    sshd.cut()
    with pytest.raises(ConnectionLostError):
        session.open_channel("127.0.0.1", 1)
