"""The commands and their options."""

import argparse

from sandbox.api.faults import KINDS
from sandbox.cli import access, faults, lifecycle, machine, serving, status


def build_parser() -> argparse.ArgumentParser:
    """The parser of `python -m sandbox`; the chosen command's function is in `run`."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="The stand-in cloud: SoftLayer's API before servers that are containers of this machine.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_lifecycle(commands)
    _add_looking(commands)
    _add_faults(commands)
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        message = "must be a number of seconds, 0 or more"
        raise argparse.ArgumentTypeError(message)
    return value


def _add_lifecycle(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = commands.add_parser("up", help="start everything, or bring it back as it was; repeat it at will")
    up.add_argument(
        "--provision-seconds",
        type=_seconds,
        default=0.0,
        metavar="N",
        help="how long an ordered server takes at least (0)",
    )
    up.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="NAME",
        help="also hold this image ready for the servers (repeat it; the database's always is)",
    )
    up.set_defaults(run=lifecycle.up)
    down = commands.add_parser("down", help="remove every server, disk and network, and stop the API")
    down.add_argument(
        "--images", action="store_true", help="also remove the images, which take minutes to build anew"
    )
    down.add_argument(
        "--others",
        action="store_true",
        help="instead the sandboxes of other checkouts on this machine, running or left behind",
    )
    down.set_defaults(run=lifecycle.down)
    images = commands.add_parser("images", help="pull or build the images, and show them")
    images.add_argument("name", nargs="*", metavar="NAME", help="only these (all that the services use)")
    images.set_defaults(run=machine.images)
    check = commands.add_parser("check", help="what this machine can do, and what is missing")
    check.set_defaults(run=machine.check)
    serve = commands.add_parser(
        "serve", help="run the API in the foreground (`up` does it in the background)"
    )
    serve.add_argument(
        "--provision-seconds",
        type=_seconds,
        default=0.0,
        metavar="N",
        help="how long an ordered server takes at least (0)",
    )
    serve.add_argument(
        "--revision", default="", help="shown in the process list: which code this process runs"
    )
    serve.set_defaults(run=serving.serve_command)


def _add_looking(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    show = commands.add_parser(
        "status", help="servers, API, registry; exit status 3 when the API does not answer"
    )
    show.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(run=status.status)
    logs = commands.add_parser("logs", help="what a server, the API or the registry wrote")
    logs.add_argument(
        "node", metavar="NODE", help="host name, full name or id of a server, or: api, registry"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on showing")
    logs.add_argument(
        "-n", "--tail", type=int, default=200, metavar="LINES", help="how many of the last lines (200)"
    )
    logs.set_defaults(run=access.logs)
    ssh = commands.add_parser("ssh", help="log in to a server as root, or run one command there")
    ssh.add_argument(
        "-i", "--identity", metavar="FILE", help="private key (else the stacks' keys in .secrets/)"
    )
    ssh.add_argument("--console", action="store_true", help="without SSH, as from the cloud's console")
    ssh.add_argument("node", metavar="NODE", help="host name, full name or id of a server")
    ssh.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to run instead of a shell"
    )
    ssh.set_defaults(run=access.ssh)


def _add_faults(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fault = commands.add_parser("fault", help="break the API or a server on purpose, and mend it")
    actions = fault.add_subparsers(title="actions", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="put a fault script in force for calls of the API")
    add.add_argument("--kind", choices=KINDS, default="fault", help="what goes wrong (fault)")
    add.add_argument("--service", help="such as SoftLayer_Virtual_Guest; any when left out")
    add.add_argument("--method", help="such as getObject; any when left out")
    add.add_argument("--hostname", help="only calls about this server; * and ? are wildcards")
    add.add_argument("--when", choices=("before", "after"), help="before or after the call's effect (before)")
    add.add_argument("--nth", type=int, metavar="N", help="begin at the N-th matching call (1)")
    add.add_argument("--times", type=int, metavar="N", help="fire N times, 0 for ever (1)")
    add.add_argument("--delay", type=_seconds, metavar="N", help="seconds to wait first")
    add.add_argument("--seconds", type=_seconds, metavar="N", help="for provision-slow and hide: how long")
    add.add_argument("--status", type=int, help="for http: the HTTP status (503)")
    add.add_argument("--code", help="for fault: the fault's code")
    add.add_argument("--message", help="for fault: the fault's text")
    add.add_argument("--body", help="for http and bad-body: the answer's body")
    add.set_defaults(run=faults.add)
    actions.add_parser("list", help="the fault scripts, how often they matched and fired").set_defaults(
        run=faults.show
    )
    clear = actions.add_parser("clear", help="remove one fault script, or all")
    clear.add_argument("id", nargs="?", type=int, help="which one; all when left out")
    clear.set_defaults(run=faults.clear)
    actions.add_parser("release", help="let held provisioning go on").set_defaults(run=faults.release)
    actions.add_parser("calls", help="how often each method was called").set_defaults(run=faults.calls)
    actions.add_parser("orders", help="what was ever ordered").set_defaults(run=faults.orders)
    node = actions.add_parser("node", help="do something to a server behind the API's back")
    node.add_argument("node", metavar="NODE", help="host name, full name or id of a server")
    node.add_argument("action", choices=tuple(faults.NODE_ACTIONS), help=faults.NODE_ACTIONS_HELP)
    node.set_defaults(run=faults.node)
