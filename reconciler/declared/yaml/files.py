"""Find the YAML files in a directory, read them, and report what cannot be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, error, warning
from reconciler.support.frozen import frozen
from reconciler.support.text import printable

MAX_BYTES = 32 * 1024 * 1024
"""A larger file is not read: 10,000 clients take 2 MB."""

ENDINGS = (".yaml", ".yml")

_CHUNK = 16 * 1024
"""Size of the first read, in bytes."""

# Opening a FIFO that has just replaced a file would block forever. Windows would turn CR LF into LF.
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@frozen
class FoundFile:
    """A directory entry: a file to load, or why it is not one."""

    path: str
    """As passed to the operating system."""
    shown_as: str
    obstacle: Diagnostic | None = None
    """Why it is not loaded; None for a file to load."""

    @property
    def is_yaml(self) -> bool:
        """Whether its name ends in .yaml or .yml."""
        return self.path.endswith(ENDINGS)


def find_files(directory: Path, shown_as: str) -> list[FoundFile]:
    """Everything below a directory, sorted by the path shown. Raises OSError if the directory cannot be listed.

    Files and directories whose names start with a dot are skipped.
    """
    return sorted(_walk(str(directory), shown_as), key=attrgetter("shown_as"))


def no_directory(shown_as: str, reason: OSError) -> Diagnostic:
    """The error for a directory that cannot be listed."""
    place = Location(shown_as, 1, 1)
    match reason:
        case FileNotFoundError():
            hint = (
                f"reconciler export -o {shown_as}/NAME.yaml writes what is live, reconciler init a first file; "
                f"or write `clients: []` into {shown_as}/clients.yaml"
            )
            return error("no-files", "there is no such directory", place, hint)
        case NotADirectoryError():
            return error("no-files", "this is not a directory", place, "name the directory that holds the files")
        case _:
            return error("file", f"the directory cannot be read: {_words(reason)}", place)


def read_file(file: Path | str, shown_as: str, *, is_regular: bool = False) -> bytes | Diagnostic:
    """The content of a file, or why it cannot be read. Only regular files of at most MAX_BYTES are read.

    Its type is checked before opening, unless `is_regular` is set: opening a device can have side effects.
    """
    try:
        if not is_regular and not stat.S_ISREG(mode := os.stat(file).st_mode):
            return unreadable(shown_as, *_not_a_file(mode))
        descriptor = os.open(file, _READING)
        try:
            data = os.read(descriptor, _CHUNK)
            # Most files fit into one chunk, so their size is never needed.
            return data if len(data) < _CHUNK and not os.read(descriptor, 1) else _whole(descriptor, shown_as)
        finally:
            os.close(descriptor)
    except OSError as reason:
        return unreadable(shown_as, *_why(file, reason))


def _whole(descriptor: int, shown_as: str) -> bytes | Diagnostic:
    """The content of a file larger than one chunk, read from the start."""
    size = os.fstat(descriptor).st_size
    data = b""
    if size <= MAX_BYTES:
        os.lseek(descriptor, 0, os.SEEK_SET)
        with open(descriptor, "rb", closefd=False) as stream:
            # Not MAX_BYTES at once: Python would allocate that much memory.
            data = stream.read(size + 1)
            if len(data) > size:  # it grew while being read
                data += stream.read(MAX_BYTES + 1 - len(data))
    size = max(size, len(data))
    return data if size <= MAX_BYTES else unreadable(shown_as, *_too_large(size))


def _too_large(size: int) -> tuple[str, str]:
    return f"the file has {size / 1024 / 1024:.0f} MiB, more than the {MAX_BYTES >> 20} that are read", "split it"


def unreadable(shown_as: str, message: str, hint: str | None = None) -> Diagnostic:
    """The error for a file that cannot be read."""
    return error("file", message, Location(shown_as, 1, 1), hint)


def _not_a_file(mode: int) -> tuple[str, str]:
    if stat.S_ISDIR(mode):
        return "this is a directory, not a file", "rename it: only files end in .yaml"
    return "this is not a file but a pipe, a socket or a device", "remove it"


def _why(file: Path | str, reason: OSError) -> tuple[str, str | None]:
    if isinstance(reason, FileNotFoundError) and os.path.islink(file):
        return "the symlink points to nothing", "correct it, or remove it"
    if isinstance(reason, FileNotFoundError):
        return "there is no such file", None
    if isinstance(reason, PermissionError):
        return "the file cannot be read: permission denied", "check that you may read this file and its folder"
    return f"the file cannot be read: {_words(reason)}", None


def _words(reason: OSError) -> str:
    text = reason.strerror or "unknown error"
    return text[:1].lower() + text[1:]


def _walk(directory: str, shown_as: str) -> Iterator[FoundFile]:
    inside = f"{shown_as.rstrip('/')}/"
    with os.scandir(directory) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            path = inside + _shown(name)
            if name.endswith(ENDINGS) and entry.is_file(follow_symlinks=False):
                yield FoundFile(entry.path, path)
            elif name.endswith(ENDINGS):
                yield FoundFile(entry.path, path, _obstacle(entry, path))
            elif entry.is_dir(follow_symlinks=False):
                yield from _enter(entry.path, path)
            else:
                yield FoundFile(entry.path, path, _obstacle(entry, path))


def _enter(directory: str, shown_as: str) -> Iterator[FoundFile]:
    try:
        yield from _walk(directory, shown_as)
    except OSError as reason:
        yield FoundFile(directory, shown_as, no_directory(shown_as, reason))


def _obstacle(entry: os.DirEntry[str], shown_as: str) -> Diagnostic | None:
    """Why a directory entry is not loaded; None for a symlink to a regular file."""
    place = Location(shown_as, 1, 1)
    if entry.is_symlink() and os.path.isdir(entry.path):
        message = "a symlink to a directory is not followed: it could lead out of the repository or back into itself"
        return error("file", message, place, "put the files here, or link each file")
    if not entry.name.endswith(ENDINGS):
        return warning("file-ending", "this file is not read", place, "let its name end in .yaml, or move it elsewhere")
    try:
        mode = os.stat(entry.path).st_mode
    except OSError as reason:
        return unreadable(shown_as, *_why(entry.path, reason))
    return None if stat.S_ISREG(mode) else unreadable(shown_as, *_not_a_file(mode))


def _shown(name: str) -> str:
    if name.isascii() and name.isprintable() and "#" not in name:
        return name
    return printable(os.fsencode(name).decode(errors="backslashreplace"))
