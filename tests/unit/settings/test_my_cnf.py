"""The option file text: read as MariaDB reads it, and no owned option gets through in any spelling."""

import hypothesis
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from settings import my_cnf

unhurried = hypothesis.settings(deadline=None)
"""The machine may be busy: how long an example takes says nothing."""

FREE = [
    "[mysqld]\nslow_query_log = ON\nlong_query_time=2\n",
    "# a comment\n; another\n\n[mysqld]\nskip-log-bin\n",
    "[mysqld]\nmax_allowed_packet = 64M # as the application needs\n",
    "[mariadb-10.11]\r\ninnodb-flush-log-at-trx-commit=2\r\n",
    "[mysqld]  # the server\nsql_mode=''\n",
    '[mysqld]\nft_boolean_syntax=+ -><()~*:""&|\n',
    "[mysqld]\ninit_connect='SET NAMES utf8mb4' # for old clients\n",
    "[galera]\nwsrep_slave_threads=4\nwsrep-sync-wait = 1\nloose-wsrep_retry_autocommit=3\n",
    "[mysqld]\nplugin-load-add=simple_password_check\n",
    "[mysqld]\nserver_audit=FORCE_PLUS_PERMANENT\ninnodb_io_capacity=2000\nlog_bin=ON\n",
    "[mysqld]\nlc-messages=de_DE\n",
    "[mysqldump]\nquick\n",
    "",
]


@pytest.mark.parametrize("text", FREE)
def test_what_is_the_users_to_set_is_let_through(text: str) -> None:
    assert my_cnf.faults(text) == []


OWNED_SPELLINGS = [
    "wsrep_cluster_address=gcomm://",
    "wsrep-cluster-address=gcomm://",
    "wsrep_cluster-address=gcomm://",
    "WSREP_CLUSTER_ADDRESS=gcomm://",
    "loose-wsrep_cluster_address=gcomm://",
    "loose_wsrep_on",
    "skip-wsrep_on",
    "disable-wsrep-on",
    "loose-skip-wsrep-on",
    "wsrep_cluster_addr=gcomm://",
    "wsrep_sst_auth=root:geheim",
    "wsrep_provider=none",
    "wsrep_provider_options=pc.bootstrap=1",
    "wsrep_new_cluster",
    "wsrep_notify_cmd=/bin/true",
    "wsrep_node_name=x",
    "wsrep_node_address=x",
    "wsrep_something_of_tomorrow=1",
    "binlog-format=STATEMENT",
    "default_storage_engine=MyISAM",
    "innodb_autoinc_lock_mode=1",
    "innodb_autoinc_lock=1",
    "datadir=/tmp",
    "data=/tmp",
    "port=3307",
    "bind-address=127.0.0.1",
    "bind=127.0.0.1",
    "socket=/tmp/x",
    "pid-file=/tmp/x",
    "user=root",
    "password=geheim",
    "init-file=/tmp/x",
    "init_f=/tmp/x",
    "plugin-load=ha_x",
    "plugin_dir=/tmp",
    "skip-innodb",
    "skip-networking",
    "skip-name-resolve",
    "require-secure-transport=ON",
    "skip-grant-tables",
    "innodb-buffer-pool-size=1G",
    "max-connections=5",
    "maximum-max_connections=5",
    "  datadir = /tmp",
    "datadir\t=\t/tmp",
    "defaults-extra-file=/tmp/x",
]


@pytest.mark.parametrize("line", OWNED_SPELLINGS)
def test_what_galera_swarm_sets_is_refused_in_every_spelling(line: str) -> None:
    (fault,) = [fault for fault in my_cnf.faults(f"[mysqld]\n\n{line}\n") if "not free" in fault.text]
    assert fault.line == 3
    assert "geheim" not in fault.text


@pytest.mark.parametrize(
    ("option", "remedy"),
    [
        ("port", "database.port"),
        ("innodb_buffer_pool_size", "database.bufferPoolMb"),
        ("max_connections", "database.maxConnections"),
        ("wsrep_cluster_name", "database.clusterName"),
        ("wsrep_sst_method", "database.sstMethod"),
        ("init_file", "database.initScripts"),
    ],
)
def test_the_key_to_use_instead_is_named(option: str, remedy: str) -> None:
    assert remedy in (my_cnf.owned(option) or "")


@pytest.mark.parametrize("group", ["mysqld", "server", "mariadb", "galera", "client", "sst", "mariadb-10.11"])
def test_an_owned_option_is_refused_in_every_group(group: str) -> None:
    assert my_cnf.faults(f"[{group}]\nsocket=/tmp/x\n")


BROKEN = [
    ("slow_query_log=1", 1, "before the first group"),
    ("[mysqld]\n!include /etc/other.cnf", 2, "includes other files"),
    ("[mysqld]\n!includedir /etc/x", 2, "includes other files"),
    ("[mysqld\nslow_query_log=1", 1, "no group"),
    ("[mysqld] slow_query_log=1", 1, "no group"),
    ("[]\n", 1, "no group"),
    ("[mysqld]\n--wsrep_on=OFF", 2, "no option"),
    ("[mysqld]\n= 5", 2, "no option"),
    ("[mysqld]\nslow query log = 1", 2, "no option"),
    ("[mysqld]\nslow_query_log ON", 2, "no option"),
    ("[mysqld]\ninit_connect='SET NAMES utf8", 2, "does not close it"),
    ("[mysqld]\nslow_query_log=\x01", 2, "control character"),
    ("[mysqld]\nslow_query_log=1\rdatadir=/tmp", 2, "carriage return"),
    ("[mysqld]\nsql_mode=" + "A" * 4000 + "\n", 2, "longer than 4000 bytes"),
    ("[mysqld]\n\ufeffslow_query_log=1", 2, "no option"),
]


@pytest.mark.parametrize(("text", "line", "words"), BROKEN)
def test_what_is_no_option_file_is_told_by_line(text: str, line: int, words: str) -> None:
    assert any(fault.line == line and words in fault.text for fault in my_cnf.faults(text))


def test_every_faulty_line_is_told() -> None:
    text = "port=1\n[mysqld]\nport=2\n\n!include x\ndatadir=/y\n"
    assert [fault.line for fault in my_cnf.faults(text)] == [1, 1, 3, 5, 6]


@unhurried
@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    for fault in my_cnf.faults(text):
        assert 1 <= fault.line <= text.count("\n") + 1


_MUST_NOT_PASS = sorted(
    {*my_cnf.OWNED, "wsrep_cluster_address", "wsrep_on", "wsrep_provider", "wsrep_node_name"}
)
_BLANKS = st.text(alphabet=" \t", max_size=3)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A line that sets an owned option: with a prefix, dashes, capitals, blanks, the name cut short."""
    name = draw(st.sampled_from(_MUST_NOT_PASS))
    if draw(st.booleans()):
        shortest = len("wsrep") if name.startswith("wsrep") else 1
        name = name[: draw(st.integers(min_value=shortest, max_value=len(name)))]
        assume(name not in my_cnf._WHOLE)
    name = "".join(draw(st.sampled_from("-_")) if letter == "_" else letter for letter in name)
    name = "".join(letter.upper() if draw(st.booleans()) else letter for letter in name)
    prefix = draw(st.sampled_from(["", "loose-", "loose_", "skip-", "enable-", "disable_", "loose-skip-"]))
    value = draw(st.sampled_from(["", "=1", "='x'", "= a b", "=", " # off"]))
    return f"{draw(_BLANKS)}{prefix}{name}{draw(_BLANKS)}{value}"


@unhurried
@given(spellings(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["mysqld", "galera", "client-server"]))
def test_no_spelling_of_an_owned_option_gets_through(line: str, end: str, group: str) -> None:
    found = my_cnf.faults(f"[{group}]{end}{line}{end}")
    assert any(fault.line == 2 and "not free" in fault.text for fault in found)
