"""Files that one command writes and another reads: whole, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from reconciler.model.errors import ReconcilerError, Refused

_MOST_BYTES = 64 * 1024 * 1024


def read_whole(file: Path, what: str, hint: str) -> bytes:
    """What a file holds; `what` is what it should be, "saved plan" for instance, and `hint` how to get one.

    Raises `ReconcilerError` where it cannot be read, and `Refused` where it is larger than any that is written here.
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


def write_whole(file: Path, text: str, what: str) -> None:
    """Put the text in the place of a file at once. Raises `ReconcilerError`, and leaves nothing behind then."""
    try:
        _write(file, text)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be written").lower()
        raise ReconcilerError(f"cannot write the {what} to {file}: {reason}", "name another file: -o FILE") from None


def put_whole(file: Path, text: str, what: str) -> None:
    """As `write_whole`, for one of several files: its folder is made if need be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, text)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be written").lower()
        raise ReconcilerError(f"cannot write the {what} to {file}: {reason}", "name another file") from None


def replace_whole(file: Path, data: bytes, what: str) -> None:
    """Put the data in the place of a file at once, or make it and its folder. Its mode stays, and links lead there.

    Raises `ReconcilerError`, and leaves the file as it was then.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace(file.resolve(), data, keep_mode=True)
    except OSError as problem:
        reason = (problem.strerror or "it cannot be written").lower()
        raise ReconcilerError(f"cannot write the {what} to {file}: {reason}", "check its owner and mode") from None


def _write(file: Path, text: str) -> None:
    if file.exists() and not file.is_file():  # a pipe, say, that something reads: nothing must take its place
        file.write_text(text, encoding="utf-8")
        return
    _replace(file.resolve(), text.encode())  # a link goes on leading there


def _replace(target: Path, data: bytes, *, keep_mode: bool = False) -> None:
    # Not `tempfile`: its files are for this user alone, and the next job of a pipeline may run as another.
    temporary = target.with_name(f".{os.urandom(6).hex()}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        if keep_mode and target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
