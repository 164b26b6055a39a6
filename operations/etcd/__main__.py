"""`python -m operations.etcd snapshot|restore|defrag --stack NAME`: the etcd cluster of a running stack."""

import argparse
import sys
from pathlib import Path

from operations.access import outputs_of
from operations.errors import OperationError
from operations.etcd.cluster import members_of
from operations.etcd.defrag import defragment
from operations.etcd.restore import restore
from operations.etcd.snapshot import snapshot
from providers.etcd import EtcdError
from providers.ssh import SshError


def main(arguments: list[str] | None = None) -> int:
    """Run one of them; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        is_snapshot = options.operation == "snapshot"
        with members_of(outputs_of(options.stack), skip_silent=is_snapshot) as members:
            if is_snapshot:
                snapshot(members, options.file, allow_stale=options.stale)
            elif options.operation == "restore":
                restore(members, options.file)
            else:
                defragment(members)
    except (OperationError, EtcdError, SshError) as exc:
        print(f"etcd {options.operation}: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"etcd {options.operation}: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operations.etcd", description=__doc__)
    operations = parser.add_subparsers(dest="operation", required=True)
    save = operations.add_parser("snapshot", help="keep the whole database in a file")
    stale = "if no member has a quorum, take what the most advanced one has; the latest writes may be missing"
    save.add_argument("--stale", action="store_true", help=stale)
    back = operations.add_parser("restore", help="put all members back to a snapshot; they stop meanwhile")
    defrag = operations.add_parser("defrag", help="give unused space back, one member after another")
    for operation in (save, back):
        operation.add_argument("file", type=Path)
    for operation in (save, back, defrag):
        operation.add_argument("--stack", default="dev")
    return parser


if __name__ == "__main__":
    sys.exit(main())
