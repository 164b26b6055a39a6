"""The member's etcd client: what it understands, and that it takes nothing else for an answer."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.services.galera.fake_etcd import SOCAT, FakeEtcd, b64, serving
from tests.unit.services.galera.shell import FakePeers, Shell

SOURCE = '. "$program_dir/etcd/etcd.sh"\n'
HEAD = '"header":{"cluster_id":"14841639068965178418","member_id":"1","revision":"7","raft_term":"2"}'
ITEM = f'{{"key":"{b64("/a/b")}","mod_revision":"2","version":"1","value":"{b64("one")}"}}'


@pytest.fixture
def etcd() -> Iterator[FakeEtcd]:
    with serving(FakeEtcd()) as etcd:
        yield etcd


@pytest.fixture
def client(peers: FakePeers, etcd: FakeEtcd) -> Shell:
    peers.program("socat", SOCAT)
    return peers.member("galera-1", "10.0.0.1")


def ask(client: Shell, etcd: FakeEtcd, script: str, **more: str) -> str:
    """What the script prints, and `fails` if it fails."""
    return client.run(f"{SOURCE}{{ {script}; }} || printf fails", **{"GALERA_ETCD": etcd.door, **more})


def test_values_of_a_prefix(client: Shell, etcd: FakeEtcd) -> None:
    etcd.keys = {"/a/b": ("one", ""), "/a/c": ("two", "7"), "/a0": ("no", ""), "/a": ("no", "")}
    assert ask(client, etcd, "etcd_values /a/").split() == [b64("one"), b64("two")]
    assert ask(client, etcd, "etcd_value /a/c") == "two"


def test_nothing_there_is_an_answer(client: Shell, etcd: FakeEtcd) -> None:
    assert ask(client, etcd, "etcd_value /a/c && printf nothing") == "nothing"


def test_a_write_happens_only_if_what_it_compares_holds(client: Shell, etcd: FakeEtcd) -> None:
    create = 'etcd_write "$(absent /k)" "$(put /k "a value")"'
    assert ask(client, etcd, create) == "yes"
    assert ask(client, etcd, create) == "no"
    assert ask(client, etcd, 'etcd_write "$(equal /k another)" "$(drop /k)"') == "no"
    assert etcd.keys == {"/k": ("a value", "")}
    assert ask(client, etcd, 'etcd_write "$(equal /k "a value")" "$(drop /k)"') == "yes"
    assert etcd.keys == {}


def test_a_lease_is_granted_kept_and_revoked(client: Shell, etcd: FakeEtcd) -> None:
    lease = ask(client, etcd, "etcd_grant 10")
    assert lease in etcd.leases
    assert ask(client, etcd, f"etcd_keep {lease}; printf $?") == "0"
    ask(client, etcd, f"etcd_revoke {lease}")
    assert ask(client, etcd, f"etcd_keep {lease}; printf $?") == "1"
    etcd.mute.add("/v3/lease/keepalive")
    assert ask(client, etcd, f"etcd_keep {lease}; printf $?") == "2"


def test_the_next_endpoint_is_asked_and_remembered(client: Shell, etcd: FakeEtcd) -> None:
    doors = f"127.0.0.1:1,{etcd.door}"
    assert ask(client, etcd, "etcd_grant 10", GALERA_ETCD=doors) in etcd.leases
    assert (client.run_dir / "etcd_endpoint").read_text().strip() == etcd.door


def test_no_endpoint_answers(client: Shell, etcd: FakeEtcd) -> None:
    assert ask(client, etcd, "etcd_values /a/", GALERA_ETCD="127.0.0.1:1") == "fails"


def test_white_space_between_the_parts_is_none(client: Shell, etcd: FakeEtcd) -> None:
    etcd.body = '{ "header":{"revision":"7"}, "kvs":[\n' + ITEM.replace(",", ", ") + '],\t"count":"1"}\n'
    assert ask(client, etcd, "etcd_values /a/") == b64("one")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        "<html>busy</html>",
        '{"error":"etcdserver: no leader","code":14}',
        f'{{{HEAD},"kvs":[{ITEM}],"more":true,"count":"9"}}',
        f'{{{HEAD},"kvs":[{ITEM}',
        f'{{{HEAD},"kvs":[{ITEM}],"count":"1"}}}}',
        f'{{{HEAD},"kvs":[{ITEM},],"count":"2"}}',
        f'{{{HEAD},"kvs":[{ITEM[:-1]},"value":"$(id)"}}],"count":"1"}}',
        f'{{{HEAD},"kvs":["{b64("x")}"],"count":"1"}}',
        f'{{{HEAD},"kvs":[{{"value":"{b64("x")}"}}],"count":"1"}}',
        f'{{{HEAD},"kvs":[{ITEM}],"count":1}}',
        f'{{"kvs":[{ITEM}],"count":"1"}}',
        f'{{{HEAD},"kvs":[{ITEM.replace(b64("one"), "a=b=c")}],"count":"1"}}',
        "{" + "[" * 5000,
        f'{{{HEAD},"kvs":[' + ",".join([ITEM] * 4000) + '],"count":"4000"}',
    ],
)
def test_anything_else_is_no_answer(client: Shell, etcd: FakeEtcd, body: str) -> None:
    etcd.body = body
    assert ask(client, etcd, "etcd_values /a/") == "fails"
    assert ask(client, etcd, 'etcd_write "" "$(put /k v)"') == "fails"
    assert ask(client, etcd, "etcd_grant 10") == "fails"
    assert ask(client, etcd, "etcd_keep 7; printf $?") == "2"


def test_an_error_is_no_answer_whatever_it_says(client: Shell, etcd: FakeEtcd) -> None:
    etcd.body, etcd.status = f'{{{HEAD},"succeeded":true}}', 503
    assert ask(client, etcd, 'etcd_write "" "$(put /k v)"') == "fails"


def test_success_is_said_in_so_many_words(client: Shell, etcd: FakeEtcd) -> None:
    write = 'etcd_write "" "$(put /k v)"'
    for said, understood in {
        f'{{{HEAD},"succeeded":true,"responses":[{{"response_put":{{{HEAD}}}}}]}}': "yes",
        f"{{{HEAD}}}": "no",
        f'{{{HEAD},"succeeded":false}}': "no",
        f'{{{HEAD},"succeeded":"true"}}': "fails",
        f'{{{HEAD},"x":"succeeded","succeeded":true}}': "fails",
    }.items():
        etcd.body = said
        assert ask(client, etcd, write) == understood, said


@given(body=st.text(alphabet="{}[]\":,=+/aZ09 \n$`\\'-", max_size=200))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_no_answer(client: Shell, etcd: FakeEtcd, body: str) -> None:
    etcd.body = body
    assert ask(client, etcd, "etcd_values /a/") == "fails"
