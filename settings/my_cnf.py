"""The option file text (`database.myCnf`), read as MariaDB reads it, to refuse what galera-swarm sets itself.

MariaDB splits at line feeds, takes `-` for `_` and capitals for small letters in names, ignores prefixes such
as `loose-`, and completes a name that is cut short (measured with 10.11). None of these spellings gets past.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

#: MariaDB reads lines in pieces of this many bytes: the rest of a longer one would count as a line of its
#: own.
LONGEST_LINE_BYTES: Final = 4000

#: Prefixes that MariaDB takes off an option's name.
_PREFIXES: Final = ("loose", "skip", "enable", "disable", "maximum", "autoset")

_SET_BY_KEY: Final = {
    "bind_address": "the members answer on all addresses of their container",
    "innodb_buffer_pool_size": "use database.bufferPoolMb",
    "init_file": "use database.initScripts",
    "max_connections": "use database.maxConnections",
    "port": "use database.port",
    "require_secure_transport": "galera-swarm itself speaks plain SQL, inside its SSH connections",
    "wsrep_cluster_name": "use database.clusterName",
    "wsrep_provider_options": "use database.gcacheMb for the gcache; the rest is galera-swarm's",
    "wsrep_sst_method": "use database.sstMethod",
}

OURS: Final = "galera-swarm sets it itself"

#: Options that belong to galera-swarm beside those that begin with `wsrep_`.
OWNED: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "aria_log_dir_path",
            "basedir",
            "binlog_format",
            "bootstrap",
            "character_sets_dir",
            "chroot",
            "console",
            "cpat",
            "daemonize",
            "datadir",
            "default_storage_engine",
            "defaults_extra_file",
            "defaults_file",
            "defaults_group_suffix",
            "extra_port",
            "gdb",
            "grant_tables",
            "help",
            "host",
            "innodb",
            "innodb_autoinc_lock_mode",
            "innodb_data_file_path",
            "innodb_data_home_dir",
            "innodb_log_group_home_dir",
            "innodb_undo_directory",
            "install",
            "lc_messages_dir",
            "log_error",
            "networking",
            "no_defaults",
            "password",
            "pid_file",
            "plugin_dir",
            "plugin_load",
            "print_defaults",
            "protocol",
            "set_variable",
            "skip_grant_tables",
            "skip_name_resolve",
            "skip_networking",
            "socket",
            "sockopt",
            "sst_syslog",
            "storage_engine",
            "tc_heuristic_recover",
            "user",
            "verbose",
            "version",
        ),
        OURS,
    ),
    **_SET_BY_KEY,
}

#: Options that MariaDB has under just this name, though an owned name begins with it.
_WHOLE: Final = frozenset({"lc_messages"})

#: Options beginning with `wsrep_` that change how the cluster works but not who is in it: the user's to set.
#: These are what both flavors have.
_USER_WSREP_OF_BOTH: Final = frozenset(
    {
        "wsrep_applier_threads",
        "wsrep_auto_increment_control",
        "wsrep_causal_reads",
        "wsrep_certification_rules",
        "wsrep_certify_nonpk",
        "wsrep_debug",
        "wsrep_dirty_reads",
        "wsrep_forced_binlog_format",
        "wsrep_ignore_apply_errors",
        "wsrep_load_data_splitting",
        "wsrep_log_conflicts",
        "wsrep_max_ws_rows",
        "wsrep_max_ws_size",
        "wsrep_mode",
        "wsrep_osu_method",
        "wsrep_restart_slave",
        "wsrep_retry_autocommit",
        "wsrep_slave_fk_checks",
        "wsrep_slave_threads",
        "wsrep_slave_uk_checks",
        "wsrep_sync_wait",
        "wsrep_trx_fragment_size",
        "wsrep_trx_fragment_unit",
    }
)

#: MariaDB's, with those that it has alone.
USER_WSREP: Final = _USER_WSREP_OF_BOTH | {
    "wsrep_gtid_domain_id",
    "wsrep_gtid_mode",
    "wsrep_mysql_replication_bundle",
    "wsrep_strict_ddl",
}

#: The same for Percona XtraDB Cluster 8.0, which ends at start when it meets an option it does not know
#: (docs.percona.com/percona-xtradb-cluster/8.0/wsrep-system-index.html).
USER_WSREP_OF_PERCONA: Final = _USER_WSREP_OF_BOTH | {
    "wsrep_applier_fk_checks",
    "wsrep_applier_uk_checks",
    "wsrep_restart_replica",
    "wsrep_rsu_commit_timeout",
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
_GROUP = re.compile(r"\[\s*([A-Za-z0-9_.\-]+)\s*\]\s*([#;].*)?")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of the text. `line` counts from 1, `value` is None for a bare name."""

    line: int
    group: str
    name: str
    value: str | None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why a line cannot stay. The text never holds an option's value: it may be a password."""

    line: int
    text: str


def read(text: str) -> tuple[list[Option], list[Fault]]:
    """Every option of an option file, and every line that is none."""
    options: list[Option] = []
    faults: list[Fault] = []
    group = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        fault = _line_fault(raw)
        if fault is not None:
            faults.append(Fault(line=number, text=fault))
        if not line or line[0] in "#;" or line[0] == "!":
            continue
        if line[0] == "[":
            match = _GROUP.fullmatch(line)
            if match is None:
                faults.append(Fault(line=number, text="is no group, such as [mysqld]"))
            group = match[1] if match else group or "?"
            continue
        option = _option(number, group, line)
        if not group:
            faults.append(Fault(line=number, text="stands before the first group, such as [mysqld]"))
        if _NAME.fullmatch(option.name) is None:
            faults.append(Fault(line=number, text="is no option: it must be name, or name = value"))
        elif _open_quote(option.value or ""):
            faults.append(Fault(line=number, text=f"opens a quote after {option.name} and does not close it"))
        options.append(option)
    return options, faults


def _line_fault(raw: str) -> str | None:
    if raw.strip().startswith("!"):
        return "includes other files, which the container does not have; put the options here"
    if len(raw.encode("utf-8", "surrogatepass")) > LONGEST_LINE_BYTES:
        return f"is longer than {LONGEST_LINE_BYTES} bytes, more than MariaDB reads at a time"
    if any(not character.isprintable() and character not in "\t\r" for character in raw):
        return "holds a control character"
    if "\r" in raw.rstrip("\r\n\t "):
        return "holds a carriage return within"
    return None


def _option(number: int, group: str, line: str) -> Option:
    name, equals, value = line.partition("=")
    if not equals:
        name = re.split(r"\s*[#;]", line, maxsplit=1)[0]
    return Option(line=number, group=group, name=name.strip(), value=value.strip() if equals else None)


def _open_quote(value: str) -> bool:
    if not value or value[0] not in "'\"":
        return False
    closing = re.match(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""", value)
    return closing is None


def owned(
    name: str, *, user_wsrep: Set[str] = USER_WSREP, more: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """Why an option is not the user's to set, whatever its spelling; None when it is.

    The answer says which key of the configuration to use instead, if there is one. user_wsrep, more: what
    else is the user's, and what is not, in the flavor of Galera at hand (settings/flavors.py).
    """
    ours = {**OWNED, **more}
    for candidate in _spellings(name):
        if candidate.startswith("wsrep") and candidate not in user_wsrep:
            return ours.get(candidate, OURS)
        if candidate in ours:
            return ours[candidate]
        if candidate in _WHOLE or candidate in user_wsrep:
            continue
        completed = [option for option in (*ours, "wsrep_") if option.startswith(candidate)]
        if completed:
            return f"cut short it stands for {completed[0]}: {ours.get(completed[0], OURS)}"
    return None


def _spellings(name: str) -> Iterator[str]:
    """The name in one spelling, as it is and without each prefix that MariaDB takes off."""
    rest = name.lower().replace("-", "_").lstrip("_")
    yield rest
    while True:
        prefix = next((prefix for prefix in _PREFIXES if rest.startswith(f"{prefix}_")), None)
        if prefix is None:
            return
        rest = rest[len(prefix) + 1 :].lstrip("_")
        if rest:
            yield rest


def faults(
    text: str, *, user_wsrep: Set[str] = USER_WSREP, more: Mapping[str, str] = MappingProxyType({})
) -> list[Fault]:
    """Everything for which an option file text is refused, by line; the rest as in `owned`."""
    options, found = read(text)
    for option in options:
        reason = owned(option.name, user_wsrep=user_wsrep, more=more)
        if reason is not None and _NAME.fullmatch(option.name):
            found.append(Fault(line=option.line, text=f"sets {option.name}, which is not free: {reason}"))
    return sorted(found, key=lambda fault: fault.line)
