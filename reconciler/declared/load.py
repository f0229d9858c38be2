"""Files → documents. Every file is read, whatever is wrong with the others."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from reconciler.declared.document import Document, Lines
from reconciler.declared.events import HAS_LIBYAML, parse
from reconciler.diagnostics import Diagnostic, error, has_errors, in_order, warning
from reconciler.model import Location
from reconciler.text import printable
from reconciler.value import dataclass

__all__ = ["MAX_BYTES", "Document", "Loaded", "load_directory", "load_file", "load_text"]

MAX_BYTES = 32 * 1024 * 1024
"""A larger file is not read: 10,000 clients take 2 MB."""

ENDINGS = (".yaml", ".yml")
NO_CLIENTS = "write `clients: []` into it if it declares none"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What could be read, and what is wrong. An error among the diagnostics means that something is missing."""

    documents: tuple[Document, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def load_text(data: bytes, path: str, *, empty_hint: str | None = None, libyaml: bool = HAS_LIBYAML) -> Loaded:
    """The document in the bytes of a file that is shown as `path`, and all its mistakes up to the first fatal one.

    `empty_hint` is what to do if it holds nothing.
    """
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as bad:
        return Loaded((), (_not_utf8(data, bad, path),))
    if _is_utf16(data):
        return Loaded((), (_other_encoding("UTF-16", path),))
    lines = Lines(text)
    document, problems = parse(text, path, lines, libyaml=libyaml)
    diagnostics = (
        error(
            problem.rule, problem.message, lines.at(path, problem.offset), _hint(problem.rule, problem.hint, empty_hint)
        )
        for problem in problems
    )
    return Loaded(() if document is None else (document,), tuple(in_order(diagnostics)))


def _hint(rule: str, hint: str | None, empty_hint: str | None) -> str | None:
    return empty_hint if rule == "empty-file" else hint


def _is_utf16(data: bytes) -> bool:
    high, low = data[0:4:2], data[1:4:2]
    return (high == b"\0\0") != (low == b"\0\0")


def _other_encoding(name: str, path: str) -> Diagnostic:
    return error("encoding", f"the file is in {name}", Location(path, 1, 1), "save it as UTF-8")


def _not_utf8(data: bytes, bad: UnicodeDecodeError, path: str) -> Diagnostic:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_utf16(data):
        return _other_encoding("UTF-16", path)
    before = data.removeprefix(codecs.BOM_UTF8)[: bad.start].decode()
    message = f"the byte 0x{bad.object[bad.start]:02x} is not UTF-8"
    return error("encoding", message, Lines(before).at(path, len(before)), "save the file as UTF-8")


def load_file(file: Path, shown_as: str, *, empty_hint: str | None = None) -> Loaded:
    """The document in a file, following symlinks."""
    data = read_file(file, shown_as)
    return Loaded((), (data,)) if isinstance(data, Diagnostic) else load_text(data, shown_as, empty_hint=empty_hint)


def read_file(file: Path, shown_as: str) -> bytes | Diagnostic:
    """What a file holds, or why it cannot be read. Only regular files of at most MAX_BYTES are."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):  # a FIFO would wait for ever
            return _unreadable(shown_as, *_not_a_file(status.st_mode))
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size / 1024 / 1024:.0f} MiB"
            return _unreadable(
                shown_as, f"the file has {size}, more than the {MAX_BYTES >> 20} that are read", "split it"
            )
        with open(file, "rb") as stream:
            # Not MAX_BYTES at once: Python would set as much memory aside, for every file.
            data = stream.read(status.st_size + 1)
            return data if len(data) == status.st_size else data + stream.read(MAX_BYTES - len(data))
    except OSError as reason:
        return _unreadable(shown_as, *_why(file, reason))


def _unreadable(shown_as: str, message: str, hint: str | None = None) -> Diagnostic:
    return error("file", message, Location(shown_as, 1, 1), hint)


def _not_a_file(mode: int) -> tuple[str, str]:
    if stat.S_ISDIR(mode):
        return "this is a directory, not a file", "rename it: only files end in .yaml"
    return "this is not a file but a pipe, a socket or a device", "remove it"


def _why(file: Path, reason: OSError) -> tuple[str, str | None]:
    if isinstance(reason, FileNotFoundError) and file.is_symlink():
        return "the symlink points to nothing", "correct it, or remove it"
    if isinstance(reason, FileNotFoundError):
        return "there is no such file", None
    if isinstance(reason, PermissionError):
        return "the file cannot be read: permission denied", "check its owner and mode"
    return f"the file cannot be read: {_words(reason)}", None


def _words(reason: OSError) -> str:
    text = reason.strerror or "unknown error"
    return text[:1].lower() + text[1:]


def load_directory(directory: Path, shown_as: str) -> Loaded:
    """Every .yaml and .yml file below a directory, in the order of their paths.

    Files and directories whose names start with a dot are skipped. A symlink to a file is followed, one to a
    directory is an error. So is a directory that is missing or holds no such file: a checkout that went wrong must
    not read as "nothing is declared".
    """
    try:
        found = find_sources(directory, shown_as)
    except OSError as reason:
        return Loaded((), (no_directory(shown_as, reason),))
    parts = [_load_source(entry) for entry in found]
    documents = tuple(document for part in parts for document in part.documents)
    diagnostics = [diagnostic for part in parts for diagnostic in part.diagnostics]
    if not has_errors(diagnostics) and not any(entry.is_yaml for entry in found):
        hint = "write `clients: []` into a file in it, say clients.yaml, if nothing is declared yet"
        diagnostics.append(error("no-files", "the directory holds no .yaml file", Location(shown_as, 1, 1), hint))
    return Loaded(documents, tuple(in_order(diagnostics)))


def find_sources(directory: Path, shown_as: str) -> list[Source]:
    """All that `load_directory` loads, or says why not, in the same order. Raises OSError for the directory itself."""
    return sorted(_walk(directory, shown_as), key=lambda source: source.shown_as)


def no_directory(shown_as: str, reason: OSError) -> Diagnostic:
    """Why a directory cannot be listed."""
    place = Location(shown_as, 1, 1)
    match reason:
        case FileNotFoundError():
            hint = f"make it, with a file {shown_as}/clients.yaml that says `clients: []` if nothing is declared yet"
            return error("no-files", "there is no such directory", place, hint)
        case NotADirectoryError():
            return error("no-files", "this is not a directory", place, "name the directory that holds the files")
        case _:
            return error("file", f"the directory cannot be read: {_words(reason)}", place)


@dataclass(frozen=True, slots=True)
class Source:
    """Something in a directory that may be a file to load, or why it is not."""

    path: Path
    shown_as: str
    obstacle: Diagnostic | None = None

    @property
    def is_yaml(self) -> bool:
        return self.path.name.endswith(ENDINGS)


def _walk(directory: Path, shown_as: str) -> Iterator[Source]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield from _enter(entry, f"{shown_as.rstrip('/')}/{_shown(entry.name)}")


def _enter(entry: os.DirEntry[str], shown_as: str) -> Iterator[Source]:
    path = Path(entry.path)
    if entry.is_dir(follow_symlinks=False) and not entry.name.endswith(ENDINGS):
        try:
            yield from _walk(path, shown_as)
        except OSError as reason:
            yield Source(path, shown_as, no_directory(shown_as, reason))
    else:
        yield Source(path, shown_as, _obstacle(entry, shown_as))


def _obstacle(entry: os.DirEntry[str], shown_as: str) -> Diagnostic | None:
    is_link = entry.is_symlink()  # the directory itself tells, without a look at the file
    if not is_link and entry.name.endswith(ENDINGS):
        return None
    place = Location(shown_as, 1, 1)
    if is_link and os.path.isdir(entry.path):
        message = "a symlink to a directory is not followed: it could lead out of the repository or back into itself"
        return error("file", message, place, "put the files here, or link each file")
    if not entry.name.endswith(ENDINGS):
        return warning("file-ending", "this file is not read", place, "let its name end in .yaml, or move it elsewhere")
    return None


def _load_source(entry: Source) -> Loaded:
    if entry.obstacle is not None:
        return Loaded((), (entry.obstacle,))
    return load_file(entry.path, entry.shown_as, empty_hint=NO_CLIENTS)


def _shown(name: str) -> str:
    return printable(os.fsencode(name).decode(errors="backslashreplace"))
