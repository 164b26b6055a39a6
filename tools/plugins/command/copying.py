"""Copies a file, a text or a directory to a server over SFTP, under the published rules."""

from __future__ import annotations

import posixpath
import stat
from pathlib import Path
from typing import Any

import paramiko

from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.connection import connect
from tools.plugins.command.errors import CommandError
from tools.plugins.command.values import ARCHIVE, ASSET, SIGNATURE, Properties


def source_problem(source: Any) -> str | None:
    """What is wrong with a `source`: only a file, a text, or the path of an archive or directory is right."""
    tag = source.get(SIGNATURE) if isinstance(source, dict) else None
    if tag == ASSET and ("path" in source or "text" in source):
        return None
    if tag == ARCHIVE and "path" in source:
        return None
    return "must be a FileAsset, a StringAsset or a FileArchive with a path"


def copy(properties: Properties, cancellation: Cancellation) -> None:
    """Copy the source of a revealed `command:remote:CopyToRemote` (or the `localPath` of a CopyFile).

    Raises CommandError when the server cannot be reached, or a path cannot be read or written.
    """
    host = properties["connection"].get("host")
    source = properties.get("source") or {SIGNATURE: ASSET, "path": properties.get("localPath")}
    destination = str(properties["remotePath"])
    with connect(properties["connection"], cancellation) as client, cancellation.interrupting(client.close):
        try:
            with client.open_sftp() as sftp:
                _copy_source(sftp, source, destination)
        except (OSError, EOFError, paramiko.SSHException) as exc:
            message = f"copying to {destination} on {host} failed: {exc or type(exc).__name__}"
            raise CommandError(message) from exc


def _copy_source(sftp: paramiko.SFTPClient, source: dict[str, Any], destination: str) -> None:
    if "text" in source:
        if _is_directory(sftp, destination):
            message = f"{destination} is a directory; the destination of a text must be a file"
            raise CommandError(message)
        _make_parents(sftp, destination)
        with sftp.open(destination, "wb") as remote:
            remote.write(str(source["text"]).encode())
        return
    path = str(source["path"])
    if not Path(path).is_dir():
        target = (
            posixpath.join(destination, Path(path).name) if _is_directory(sftp, destination) else destination
        )
        _make_parents(sftp, target)
        sftp.put(path, target)
        return
    # A directory goes below the destination under its own name, unless its path ends with a slash.
    target = destination if path.endswith("/") else posixpath.join(destination, Path(path).name)
    _copy_directory(sftp, Path(path), target)


def _copy_directory(sftp: paramiko.SFTPClient, source: Path, target: str) -> None:
    _make_directory(sftp, target)
    for entry in sorted(source.rglob("*")):
        place = posixpath.join(target, entry.relative_to(source).as_posix())
        if entry.is_dir():
            _make_directory(sftp, place)
        else:
            sftp.put(str(entry), place)


def _make_parents(sftp: paramiko.SFTPClient, path: str) -> None:
    parent = posixpath.dirname(path)
    if parent:
        _make_directory(sftp, parent)


def _make_directory(sftp: paramiko.SFTPClient, path: str) -> None:
    if _is_directory(sftp, path):
        return
    _make_parents(sftp, path.rstrip("/"))
    try:
        sftp.mkdir(path)
    except OSError:
        # Another copy may have made it in between; anything else in its place is an error.
        if not _is_directory(sftp, path):
            raise


def _is_directory(sftp: paramiko.SFTPClient, path: str) -> bool:
    mode = _mode(sftp, path)
    return mode is not None and stat.S_ISDIR(mode)


def _mode(sftp: paramiko.SFTPClient, path: str) -> int | None:
    try:
        return sftp.stat(path).st_mode
    except FileNotFoundError:
        return None
