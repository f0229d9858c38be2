"""Files that one command writes and another reads: completely, or not at all."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from reconciler.model.errors import ReconcilerError, Refused
from reconciler.support.planted import planted

_PRIVATE, _ANYBODY = 0o600, 0o666
"""Modes of new files, before the umask takes from them."""

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # Windows would turn LF into CR LF

_STREAMS = ("/dev/stdin", "/dev/stdout", "/dev/stderr")
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,9})")
_MOST_LINKS = 40

_BUFFER = 256 * 1024
"""Bytes. What is written in pieces goes to the disk in portions of this size."""

_MOST_BYTES = 64 * 1024 * 1024


def read_whole(file: Path, what: str, hint: str) -> bytes:
    """Return the content of a file. `what` is what it should be, for instance "saved plan"; `hint` says how to get one.

    Raises `ReconcilerError` if it cannot be read, and `Refused` if it is larger than any file that is written here.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be read").lower()
        raise ReconcilerError(f"cannot read the {what} {file}: {reason}", hint) from None
    if len(data) > _MOST_BYTES:
        raise Refused(f"{file} is too large for a {what}", hint)
    return data


def write_atomically(file: Path, text: str, what: str, *, private: bool = False) -> None:
    """Create or replace a file atomically; if it is `private`, for this user alone, whatever its mode was.

    Raises `ReconcilerError`, and then leaves nothing behind.
    """
    try:
        _write(file, [text], _PRIVATE if private else _ANYBODY)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be written").lower()
        raise ReconcilerError(f"cannot write the {what} to {file}: {reason}", "name another file: -o FILE") from None


def write_with_folder(file: Path, text: str | Iterable[str], what: str) -> None:
    """Do the same for one of several files, with a text or its pieces: its folder is created if needed."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, [text] if isinstance(text, str) else text, _ANYBODY)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be written").lower()
        raise ReconcilerError(f"cannot write the {what} to {file}: {reason}", "name another file") from None


def create_atomically(file: Path, text: str, what: str) -> bool:
    """Create a file atomically, and its folder if needed. Return False, and change nothing, if something is there.

    Raises `ReconcilerError`, and then leaves nothing behind but the folder.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if why := planted(file):
            raise ReconcilerError(f"{file} is not written: {why}", "choose a folder that only you can write to")
        return _create(file, text.encode())
    except OSError as problem:
        if (in_the_way := _no_folder(file)) is not None:
            reason, hint = f"{in_the_way} is not a folder", "move it away, or choose another folder"
        else:
            reason, hint = (problem.strerror or "it cannot be written").lower(), "choose another folder"
        raise ReconcilerError(f"cannot write the {what} to {file}: {reason}", hint) from None


def _no_folder(file: Path) -> Path | None:
    """What stands in the way of a file's folder, such as a file of that name."""
    there = next((each for each in file.parents if os.path.lexists(each)), None)
    return None if there is None or there.is_dir() else there


def replace_atomically(file: Path, data: bytes, what: str) -> None:
    """Replace a file atomically, or create it and its folder. Its mode is kept, and links are followed.

    Raises `ReconcilerError`, and then leaves the file unchanged.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace(file.resolve(), [data], _ANYBODY, keep_mode=True)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be written").lower()
        raise ReconcilerError(
            f"cannot write the {what} to {file}: {reason}", "check that you may write to this file and its folder"
        ) from None


def open_descriptor(file: Path) -> int | None:
    """Return the number of the descriptor of this process that a path stands for; None if it is any other path."""
    path = os.path.abspath(file)
    for _ in range(_MOST_LINKS):
        if path in _STREAMS:
            return _STREAMS.index(path)
        if found := _DESCRIPTOR.fullmatch(path):
            return int(found[1])
        if not os.path.islink(path):
            return None
        path = os.path.abspath(os.path.join(os.path.dirname(path), os.readlink(path)))
    return None


def _write(file: Path, pieces: Iterable[str], mode: int) -> None:
    descriptor = open_descriptor(file)
    if descriptor is not None:  # it may lead into a file, which others have open: do not replace it
        with open(os.dup(descriptor), "w", encoding="utf-8") as stream:
            stream.writelines(pieces)
        return
    if why := planted(file):
        raise ReconcilerError(f"not written: {why}", "name a file in a folder that only you can write to")
    if file.exists() and not file.is_file():  # for instance a pipe that something reads: do not replace it
        with file.open("w", encoding="utf-8") as stream:
            stream.writelines(pieces)
        return
    _replace(file.resolve(), (piece.encode() for piece in pieces), mode)  # a link keeps pointing there


def _create(file: Path, data: bytes) -> bool:
    temporary = file.with_name(f".{os.urandom(6).hex()}.tmp")
    try:
        with open(os.open(temporary, _CREATE, _ANYBODY), "wb") as stream:
            stream.write(data)
        _link(temporary, file, data)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _link(temporary: Path, file: Path, data: bytes) -> None:
    """Give the file its name, which must not be taken: a rename would take it from another file."""
    try:
        os.link(temporary, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with open(os.open(file, _CREATE, _ANYBODY), "wb") as stream:
            stream.write(data)


def _replace(target: Path, pieces: Iterable[bytes], mode: int, *, keep_mode: bool = False) -> None:
    temporary = target.with_name(f".{os.urandom(6).hex()}.tmp")
    try:
        kept = keep_mode and target.exists()
        # With its mode from the start: nobody may open it in between.
        with open(os.open(temporary, _CREATE, _PRIVATE if kept else mode), "wb", _BUFFER) as stream:
            stream.writelines(pieces)
        if kept:
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
