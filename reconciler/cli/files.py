"""Files that one command writes and another reads: whole, or not at all."""

from __future__ import annotations

import secrets
from pathlib import Path

from reconciler.errors import ReconcilerError, Refused

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


def _write(file: Path, text: str) -> None:
    if file.exists() and not file.is_file():  # a pipe, say, that something reads: nothing must take its place
        file.write_text(text, encoding="utf-8")
        return
    target = file.resolve()  # a link goes on leading there
    # Not `tempfile`: its files are for this user alone, and the next job of a pipeline may run as another.
    temporary = target.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("x", encoding="utf-8") as stream:
            stream.write(text)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
