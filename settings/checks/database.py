"""Rules of section `database`: the cluster, its option file and its init scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

from settings import my_cnf
from settings.checks.check import Check, Context
from settings.checks.images import IMAGE, untagged
from settings.flavors import FLAVORS
from settings.model import member_names, member_services
from settings.problems import Problem, show

#: The script's suffixes, as the stock image knows them.
SCRIPT_SUFFIXES = (".sql", ".sql.gz", ".sh")
#: Flavors whose image could not be had where the tests run (docs/percona.md).
NOT_RUN = frozenset({"percona-xtradb-cluster"})
#: Init scripts travel through the stack's state: this much in all, in bytes.
MOST_SCRIPT_BYTES = 16 * 1024 * 1024

_CLUSTER_NAME = re.compile(r"[a-z]([a-z0-9\-]{0,30}[a-z0-9])?")
_SCRIPT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


def not_run(context: Context) -> Iterator[Problem]:
    """Nobody shall learn afterwards that a flavor was never tried."""
    database = context.config.database
    if database.flavor in NOT_RUN:
        text = "has been tested without its image only, and never run: try it before you rely on it"
        yield Problem(key="database.flavor", value=show(database.flavor), text=text, severity="warning")


def sst_method(context: Context) -> Iterator[Problem]:
    """Each flavor has one way to copy a donor that goes on answering."""
    database = context.config.database
    if database.sst_method is not None and database.sst_method != database.of_flavor.sst_method:
        text = f"must be {database.of_flavor.sst_method} with database.flavor {database.flavor}"
        yield Problem(key="database.sstMethod", value=show(database.sst_method), text=text)


def image(context: Context) -> Iterator[Problem]:
    """An image reference, of this flavor and of a version that fits, where its name tells."""
    flavor, given = context.config.database.of_flavor, context.config.database.effective_image
    match = IMAGE.fullmatch(given)
    if match is None:
        text = f"must be an image reference, such as {flavor.image}"
        yield Problem(key="database.image", value=show(given), text=text)
        return
    for name, other in FLAVORS.items():
        if other is not flavor and match["repository"].split("/")[-1] == other.repository:
            text = f"is {other.title}: set database.flavor to {name}, or name an image of {flavor.title}"
            yield Problem(key="database.image", value=show(given), text=text)
            return
    said = re.match(r"(\d+)\.(\d+)", match["tag"] or "")
    version = (int(said[1]), int(said[2])) if said else flavor.oldest
    is_too_new = flavor.newest is not None and version > flavor.newest
    if match["repository"].endswith(flavor.repository) and (version < flavor.oldest or is_too_new):
        yield Problem(key="database.image", value=show(given), text=f"must be {flavor.versions}")
    if not match["tag"] and not match["digest"]:
        yield untagged("database.image", given, "members")


def members(context: Context) -> Iterator[Problem]:
    """No more members than servers."""
    chosen = context.config.database.members
    count = context.config.servers.count
    if chosen is not None and chosen > count:
        text = f"must be {count} or less, the number of servers (servers.count)"
        yield Problem(key="database.members", value=show(chosen), text=text)


def even(context: Context) -> Iterator[Problem]:
    """An even number of members, whichever services they are in, is worth a word."""
    config = context.config
    (_, _, first), *groups = member_services(config)
    total = len(first) + sum(len(servers) for _, _, servers in groups)
    if total % 2 or (config.database.members or 0) > config.servers.count:
        return
    text = "an even number of members loses its quorum when the network parts in halves"
    if groups:
        text = f"with the {len(first)} of the first service {total} members in all: {text}"
        yield Problem(key="database.groups", text=text, severity="warning")
    else:
        key = "servers.count" if config.database.members is None else "database.members"
        yield Problem(key=key, value=show(total), text=text, severity="warning")


def cluster_name(context: Context) -> Iterator[Problem]:
    """A name from which names of services can be made; Galera takes 32 bytes."""
    given = context.config.database.cluster_name
    if not _CLUSTER_NAME.fullmatch(given):
        text = "must begin with a letter and hold a-z, 0-9 and dashes inside, 32 at most"
        yield Problem(key="database.clusterName", value=show(given), text=text)


def option_file(context: Context) -> Iterator[Problem]:
    """An option file that the server can read and that leaves alone what is not the user's."""
    flavor = context.config.database.of_flavor
    text = context.config.database.my_cnf
    for fault in my_cnf.faults(text, user_wsrep=flavor.user_wsrep, more=flavor.owned):
        yield Problem(key="database.myCnf", text=f"line {fault.line} {fault.text}")


def init_scripts(context: Context) -> Iterator[Problem]:
    """A directory of scripts that can all be run."""
    given = context.config.database.init_scripts
    if given is None:
        return
    directory = context.root / given
    key, value = "database.initScripts", show(given)
    if not given.strip() or not directory.is_dir():
        yield Problem(key=key, value=value, text="must be a directory, relative to the project")
        return
    try:
        files = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        yield Problem(key=key, value=value, text=f"cannot be read: {error.strerror}")
        return
    for path in files:
        fault = _script_fault(path)
        if fault is not None:
            yield Problem(key=key, value=show(path.name), text=fault)
    size = sum(path.stat().st_size for path in files if path.is_file())
    if size > MOST_SCRIPT_BYTES:
        most = MOST_SCRIPT_BYTES >> 20
        text = f"holds {size >> 20} MB of scripts, of {most} at most; load more once the cluster is up"
        yield Problem(key=key, value=value, text=text)


def _script_fault(path: Path) -> str | None:
    if not path.is_file():
        return "is no file; the directory may hold only .sql, .sql.gz and .sh files"
    if not path.name.endswith(SCRIPT_SUFFIXES):
        return "is no init script; the directory may hold only .sql, .sql.gz and .sh files"
    if not _SCRIPT_NAME.fullmatch(path.name):
        return "must be named with letters, digits and _ . - only"
    try:
        with path.open("rb") as script:
            head = script.read(2)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if path.name.endswith(".gz") and head != b"\x1f\x8b":
        return "is not compressed with gzip, though it is named .gz"
    return None


def absent(context: Context) -> Iterator[Problem]:
    """Absent members are members, each named once, and somebody is left."""
    names = member_names(context.config)
    given = context.config.database.absent
    for index, name in enumerate(given):
        key = f"database.absent[{index}]"
        if name not in names:
            text = f"is no member; the members are {names[0]} to {names[-1]}"
            yield Problem(key=key, value=show(name), text=text)
        elif name in given[:index]:
            yield Problem(key=key, value=show(name), text="is named twice")
    gone = set(given) & set(names)
    if len(gone) == len(names):
        text = "names every member: nobody is left to start the cluster"
        yield Problem(key="database.absent", value=show(given), text=text)
    elif len(gone) * 2 >= len(names):
        text = (
            "names half of the members or more: the rest may start without a quorum of the old cluster, "
            "and what only the absent ones knew is lost"
        )
        yield Problem(key="database.absent", value=show(given), text=text, severity="warning")


_MEMBERS = ("database.members", "servers.count")

CHECKS = (
    Check(reads=("database.flavor",), find=not_run),
    Check(reads=("database.flavor", "database.sstMethod"), find=sst_method),
    Check(reads=("database.image", "database.flavor"), find=image),
    Check(reads=_MEMBERS, find=members),
    Check(reads=("database.mode", "database.groups", *_MEMBERS), find=even),
    Check(reads=("database.clusterName",), find=cluster_name),
    Check(reads=("database.myCnf", "database.flavor"), find=option_file),
    Check(reads=("database.initScripts",), find=init_scripts),
    Check(reads=("database.absent", "database.clusterName", *_MEMBERS), find=absent),
)
