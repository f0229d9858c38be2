"""Load files as documents. An error in one file does not stop the others."""

from __future__ import annotations

import codecs
from pathlib import Path

from reconciler.declared.yaml.document import Document, LineIndex
from reconciler.declared.yaml.fast_path import read_fast
from reconciler.declared.yaml.files import FoundFile, find_files, no_directory, read_file
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, error, has_errors, sorted_diagnostics
from reconciler.support.frozen import frozen

__all__ = ["Document", "LoadResult", "load_directory", "load_file", "load_text"]

BEGINNINGS = (
    "version http", "/", "../", "./", ".git/", "\0GITCRYPT", "$ANSIBLE", "-----BEGIN", "age-enc", "<", "```",
    "diff --git", "Index: ", "--- a", "*** ",
)  # fmt: skip
"""What a text begins with that can be something else than YAML: a quick check, for the many that are not."""

NO_CLIENTS = "write `clients: []` into it if it declares none"


@frozen
class LoadResult:
    """The documents that could be loaded, and all diagnostics. If one is an error, the documents are incomplete."""

    documents: tuple[Document, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def load_text(data: bytes, path: str, *, empty_hint: str | None = None, libyaml: bool | None = None) -> LoadResult:
    """The document in the bytes of a file shown as `path`, and its errors up to the first fatal one.

    `empty_hint` is the hint for an empty file. Text that the fast path does not support goes to libyaml's parser if it
    is installed, else to the Python parser; `libyaml` True or False sends all text to one of the two.
    """
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as bad:
        return LoadResult((), (_not_utf8(data, bad, path),))
    if b"\0" in data[:4] and _is_utf16(data):
        return LoadResult((), (_other_encoding("UTF-16", path),))
    lines = LineIndex(text)
    if text.startswith(BEGINNINGS) and (problem := _foreign(text, path)) is not None:
        return LoadResult((), (problem,))
    if libyaml is None and (read := read_fast(text, lines)) is not None:
        return LoadResult((Document(path, read[1], read[0], lines),))
    return _parsed(text, path, lines, empty_hint, libyaml)


def _parsed(text: str, path: str, lines: LineIndex, empty_hint: str | None, libyaml: bool | None) -> LoadResult:
    from reconciler.declared.yaml.parse import HAS_LIBYAML, parse  # most projects never need a parser

    document, problems = parse(text, path, lines, libyaml=HAS_LIBYAML if libyaml is None else libyaml)
    diagnostics = (
        error(
            problem.rule, problem.message, lines.at(path, problem.offset), _hint(problem.rule, problem.hint, empty_hint)
        )
        for problem in problems
    )
    return LoadResult(() if document is None else (document,), tuple(sorted_diagnostics(diagnostics)))


def _foreign(text: str, path: str) -> Diagnostic | None:
    from reconciler.declared.yaml.foreign import foreign_file

    found = foreign_file(text)
    return found and error(found.rule, found.message, Location(path, 1, 1), found.hint)


def _hint(rule: str, hint: str | None, empty_hint: str | None) -> str | None:
    return empty_hint if rule == "empty-file" else hint


def _is_utf16(data: bytes) -> bool:
    high, low = data[0:4:2], data[1:4:2]
    return (high == b"\0\0") != (low == b"\0\0")


_BINARY = {
    b"\x1f\x8b": "a file packed with gzip",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a picture",
    b"\x28\xb5\x2f\xfd": "a file packed with zstd",
    b"BZh": "a file packed with bzip2",
    b"\0GITCRYPT\0": "a file encrypted with git-crypt (git-crypt unlock decrypts it)",
}


def _other_encoding(name: str, path: str) -> Diagnostic:
    return error("encoding", f"the file is in {name}", Location(path, 1, 1), "save it as UTF-8")


def _not_utf8(data: bytes, bad: UnicodeDecodeError, path: str) -> Diagnostic:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_utf16(data):
        return _other_encoding("UTF-16", path)
    if kind := next((kind for start, kind in _BINARY.items() if data.startswith(start)), None):
        return error("encoding", f"this is {kind}, not a text", Location(path, 1, 1), "name the file that was meant")
    before = data.removeprefix(codecs.BOM_UTF8)[: bad.start].decode()
    message = f"the byte 0x{bad.object[bad.start]:02x} is not UTF-8"
    return error("encoding", message, LineIndex(before).at(path, len(before)), "save the file as UTF-8")


def load_file(file: Path, shown_as: str, *, empty_hint: str | None = None) -> LoadResult:
    """The document in a file, following symlinks."""
    data = read_file(file, shown_as)
    return LoadResult((), (data,)) if isinstance(data, Diagnostic) else load_text(data, shown_as, empty_hint=empty_hint)


def load_directory(directory: Path, shown_as: str) -> LoadResult:
    """Load every .yaml and .yml file below a directory, sorted by path.

    Files and directories whose names start with a dot are skipped. A symlink to a file is followed, one to a
    directory is an error. So is a directory that is missing or has no such file: a failed checkout must not be read
    as "nothing is declared".
    """
    try:
        found = find_files(directory, shown_as)
    except OSError as reason:
        return LoadResult((), (no_directory(shown_as, reason),))
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for entry in found:
        part = _load_source(entry)
        documents += part.documents
        diagnostics += part.diagnostics
    if not has_errors(diagnostics) and not any(entry.is_yaml for entry in found):
        hint = (
            f"reconciler export -o {shown_as}/NAME.yaml writes what is live, reconciler init a first file; "
            f"or write `clients: []` into {shown_as}/clients.yaml"
        )
        diagnostics.append(error("no-files", "the directory holds no .yaml file", Location(shown_as, 1, 1), hint))
    return LoadResult(tuple(documents), tuple(sorted_diagnostics(diagnostics)))


def _load_source(entry: FoundFile) -> LoadResult:
    if entry.obstacle is not None:
        return LoadResult((), (entry.obstacle,))
    data = read_file(entry.path, entry.shown_as, is_regular=True)
    if isinstance(data, Diagnostic):
        return LoadResult((), (data,))
    return load_text(data, entry.shown_as, empty_hint=NO_CLIENTS)
