"""JSON documents with a digest of their other content: it detects accidental changes, not forgery."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Any

from reconciler.support.text import quoted


class UnreadableJson(Exception):
    """The bytes are not a JSON document. The text says why, as the end of a sentence."""


class DuplicateKey(UnreadableJson):
    """A key occurs twice in an object. JSON allows it, but readers differ in which of the two they use."""


def dump_with_digest(head: dict[str, Any], content: dict[str, Any]) -> str:
    """The text of a document, ASCII only, ending in a line feed: the head, the digest, the content."""
    document = {**head, "digest": digest_of({**head, **content}), **content}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def load_object(data: bytes) -> dict[str, Any]:
    """The object in a document; an empty one if it contains something else. Raises `UnreadableJson`."""
    try:
        text = data.decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_not_a_number)
    except DuplicateKey:
        raise
    except (ValueError, RecursionError):  # also: not UTF-8, numbers of thousands of digits, extreme nesting
        raise UnreadableJson(f"it is not valid JSON{_what_else(data)}") from None
    return document if isinstance(document, dict) else {}


_OTHERS = (
    (rb"\s*\Z", "it is empty"),
    (rb"(?m)(?s:.*?)^(?:<{7,}|={7,}|>{7,}|[|]{7,}|%{7,}|[+]{7,})", "it has the marks of a merge conflict"),
    (rb"version https?://(?:git-lfs|hawser)", "it is a pointer of git LFS, and `git lfs pull` fetches the file"),
    (rb"\S*/annex/objects/", "it is a pointer of git-annex, and `git annex get` fetches the file"),
    (rb"\xff\xfe|\xfe\xff|\x00?\{\x00?", "it is in UTF-16, as a shell on Windows writes what is redirected"),
    (rb"PK\x03\x04", "it is a zip archive, as of a pipeline: unpack it"),
    (rb"\x1f\x8b|\x28\xb5\x2f\xfd", "it is packed: unpack it"),
    (rb"(?i)\s*<(?:!doctype|html|\?xml)", "it is a page of HTML, perhaps of a login"),
)


def _what_else(data: bytes) -> str:
    """What bytes are that are not JSON, as the end of a sentence; empty if nobody knows."""
    beginning = data[:_SEARCHED]
    found = next((what for pattern, what in _OTHERS if re.match(pattern, beginning)), None)
    if found is not None and "UTF-16" in found and b"\0" not in beginning:
        found = None
    return f": {found}" if found else ""


_SEARCHED = 1024 * 1024
"""Bytes. A file is known by how it begins; only a conflict can be further down."""


def has_intact_digest(document: dict[str, Any]) -> bool:
    """Whether the digest matches the rest."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    try:
        return bool(document.get("digest") == digest_of(rest))
    except RecursionError:  # encoding takes more of the stack than decoding did
        return False


def digest_of(rest: dict[str, Any]) -> str:
    """`sha256:` and 64 hexadecimal digits. Computed over the values, so reformatting a file does not change it."""
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise DuplicateKey(f"the key {quoted(twice)} appears twice in one object")
    return found


def _not_a_number(name: str) -> object:
    raise ValueError(name)
