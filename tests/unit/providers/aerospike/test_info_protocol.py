"""The info protocol: what is written can be read, and what is broken is said, never guessed or waited for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.aerospike import info_protocol
from providers.aerospike.info_protocol import (
    HEADER_BYTES,
    MOST_BYTES,
    InfoError,
    RefusedError,
    answers,
    ask,
    body_length,
    checked,
    framed,
    number,
    pairs,
    request,
    seeds,
)

LINE = st.text(st.characters(exclude_characters="\n\t", exclude_categories=["Cs"]), min_size=1)
VALUE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))


class FakeStream:
    """A stream that gives a prepared answer in pieces of any size, and then ends."""

    def __init__(self, answer: bytes, piece: int = 1_000_000) -> None:
        self.sent, self._rest, self._piece, self.reads = b"", answer, piece, 0

    def sendall(self, data: bytes, /) -> None:
        self.sent += data

    def recv(self, size: int, /) -> bytes:
        self.reads += 1
        size = min(size, self._piece)
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


def answered(found: dict[str, str]) -> bytes:
    return framed("".join(f"{key}\t{value}\n" for key, value in found.items()).encode())


def test_the_bytes_are_those_of_asinfo() -> None:
    assert request(["status"]) == b"\x02\x01\x00\x00\x00\x00\x00\x07status\n"


@given(found=st.dictionaries(LINE, VALUE, min_size=1), piece=st.integers(1, 9))
def test_whatever_is_answered_is_read_whole_however_it_is_cut(found: dict[str, str], piece: int) -> None:
    assert ask(FakeStream(answered(found), piece), *found) == found


@given(commands=st.lists(LINE, min_size=1))
def test_a_request_announces_its_own_length(commands: list[str]) -> None:
    sent = request(commands)
    assert body_length(sent[:HEADER_BYTES]) == len(sent) - HEADER_BYTES
    assert sent[HEADER_BYTES:].decode().split("\n")[:-1] == commands


@pytest.mark.parametrize("command", ["", "a\nb", "a\tb"])
def test_a_command_is_one_line(command: str) -> None:
    with pytest.raises(ValueError, match="not an info command"):
        request([command])


@given(found=st.dictionaries(LINE, VALUE, min_size=1), data=st.data())
def test_an_answer_that_breaks_off_anywhere_is_an_error(found: dict[str, str], data: st.DataObject) -> None:
    whole = answered(found)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(InfoError, match="broke off"):
        ask(FakeStream(whole[:cut]), *found)


@given(length=st.integers(MOST_BYTES + 1, 2**48 - 1))
def test_a_hostile_length_is_refused_before_anything_is_read(length: int) -> None:
    stream = FakeStream(bytes((2, 1)) + length.to_bytes(6, "big") + b"x" * 100)
    with pytest.raises(InfoError, match=str(length)):
        ask(stream, "status")
    assert stream.reads == 1


@given(header=st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_a_foreign_header_is_an_error_and_no_crash(header: bytes) -> None:
    if header[:2] == b"\x02\x01" and int.from_bytes(header[2:], "big") <= MOST_BYTES:
        assert body_length(header) >= 0
    else:
        with pytest.raises(InfoError):
            body_length(header)


@given(noise=st.binary(max_size=400))
def test_noise_is_an_error_and_no_crash(noise: bytes) -> None:
    with pytest.raises(InfoError):
        ask(FakeStream(noise), "status")
    try:
        answers(noise)
    except InfoError:
        return


def test_an_unanswered_command_is_named_with_what_came_in_its_place() -> None:
    with pytest.raises(InfoError, match=r"left status unanswered; it said ERROR:80:not authenticated"):
        ask(FakeStream(framed(b"ERROR:80:not authenticated\t\n")), "status")


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [
        ("ERROR:25:enterprise only", 25, "enterprise only"),
        ("ERROR::0 cleared, 1 not found", 0, "0 cleared, 1 not found"),
        ("ERROR::unstable-cluster", 0, "unstable-cluster"),
        ("error:4:bad: size", 4, "bad: size"),
        ("FAIL:4:unknown", 4, "unknown"),
        ("ERROR:no such thing", 0, "no such thing"),
    ],
)
def test_a_node_s_refusal_keeps_its_number_and_reason(value: str, code: int, reason: str) -> None:
    with pytest.raises(RefusedError, match="quiesce was refused") as caught:
        checked("quiesce", value)
    assert (caught.value.code, caught.value.reason) == (code, reason)


@given(value=VALUE)
def test_everything_else_is_a_value(value: str) -> None:
    if value.partition(":")[0].lower() not in ("error", "fail"):
        assert checked("x", value) == value


@given(facts=st.dictionaries(st.text("abc_", min_size=1), st.text("xyz019.,=", max_size=5), min_size=1))
def test_pairs_are_read_back(facts: dict[str, str]) -> None:
    assert pairs(";".join(f"{key}={value}" for key, value in facts.items())) == facts


@given(text=st.text())
def test_pairs_seeds_and_numbers_take_any_text(text: str) -> None:
    for key, value in pairs(text).items():
        assert number({key: value}, key, -1) >= -1
    assert all(port >= 0 for _, port in seeds(text))


def test_seeds_are_found_among_the_rest_of_the_network_s_configuration() -> None:
    said = (
        "service.port=3000;heartbeat.mode=mesh;heartbeat.mesh-seed-address-port=aerospike-1:3002;"
        "heartbeat.mesh-seed-address-port=172.16.100.9:3002;heartbeat.mesh-seed-address-port=[fd00::9]:3002;"
        "heartbeat.mesh-seed-address-port=;heartbeat.interval=150"
    )
    assert seeds(said) == [("aerospike-1", 3002), ("172.16.100.9", 3002), ("fd00::9", 3002)]


def test_the_module_needs_nothing_but_the_standard_library() -> None:
    source = info_protocol.__file__
    with open(source) as text:
        imported = [line.split()[1] for line in text if line.startswith(("import ", "from "))]
    assert imported == ["collections.abc", "typing"]
