"""The files that one command writes for another: JSON with a kind, a version, and a digest of the whole content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from reconciler.model.errors import Refused
from reconciler.support.digested_json import (
    DuplicateKey,
    UnreadableJson,
    dump_with_digest,
    has_intact_digest,
    load_object,
)
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonValue, WrongShape
from reconciler.support.text import printable

Content = TypeVar("Content")

HEAD_KEYS = ("format_version", "kind", "digest")


@frozen
class DocumentFormat:
    """One kind of file, and the wording of its errors."""

    kind: str
    version: int
    noun: str
    """With its article: "a saved plan"."""
    written: str
    """The verb for creating it: "saved"."""
    again: str
    """The command that creates a new one, as a hint."""
    if_cut_off: str
    """The hint for a file that is not JSON."""
    if_newer: str
    """What to do with it in a newer version of this program, as the beginning of a hint."""
    if_changed: str
    """The hint for a file whose digest does not match."""
    other_kind_error: Callable[[object], tuple[str, str] | None]
    """For the `kind` of another file: what it is instead, as the end of a sentence, and a hint."""

    def dump(self, content: Mapping[str, Any]) -> str:
        """The text of a file, ASCII only, ending in a line feed: the same for equal arguments."""
        return dump_with_digest({"format_version": self.version, "kind": self.kind}, dict(content))

    def load(
        self, data: bytes, path: str, keys: Sequence[str], read: Callable[[Mapping[str, JsonValue]], Content]
    ) -> Content:
        """What `read` returns for the values under HEAD_KEYS and these keys; messages show `path` as the file's name.

        The caller must limit the size of `data`. Raises `Refused` if it is not such a file, has another version, or
        was changed after it was written.
        """
        path = printable(path)
        document = self._document(data, path)
        self._demand_kind(document, path)
        self._demand_version(document, path)
        if not has_intact_digest(document):
            text = f"{path} is not as it was {self.written}: its digest does not fit, so it was edited or damaged"
            raise Refused(text, self.if_changed)
        try:
            return read(JsonValue(document).record((*HEAD_KEYS, *keys)))
        except WrongShape as problem:
            hint = f"it was written by reconciler {_program(document)}; {self.again}"
            raise Refused(f"{path} has another shape than {self.noun}: {problem}", hint) from None

    def _document(self, data: bytes, path: str) -> dict[str, Any]:
        try:
            return load_object(data)
        except DuplicateKey as problem:
            raise Refused(f"{path} is not {self.noun}: {problem}", self.again) from None
        except UnreadableJson as problem:
            raise Refused(f"{path} is not {self.noun}: {problem}", self.if_cut_off) from None

    def _demand_kind(self, document: Mapping[str, Any], path: str) -> None:
        kind = document.get("kind")
        if kind == self.kind:
            return
        instead, hint = self.other_kind_error(kind) or (f"is not {self.noun}", self.again)
        raise Refused(f"{path} {instead}", hint)

    def _demand_version(self, document: Mapping[str, Any], path: str) -> None:
        version = document.get("format_version")
        if type(version) is not int or version < 1:
            text = f"{path} is {self.noun} of a format that no version of reconciler has written"
            raise Refused(text, self.again)
        if version < self.version:
            text = f"{path} was {self.written} by an older reconciler ({_program(document)}), in another format"
            raise Refused(text, self.again)
        if version > self.version:
            text = f"{path} was {self.written} by a newer reconciler ({_program(document)})"
            raise Refused(text, f"{self.if_newer} with that version; or, with this one, {self.again}")


def _program(document: Mapping[str, Any]) -> str:
    version = document.get("program_version")
    return printable(version)[:40] if isinstance(version, str) else "of an unknown version"
