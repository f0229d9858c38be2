"""Who can open an age file, as far as its header says: no key is needed for that, and no library."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Iterator
from hashlib import sha256

_BEGIN, _END = b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----"
_VERSION = b"age-encryption.org/v1"


def openers(encrypted: bytes) -> tuple[str, ...] | None:
    """One text for each recipient in the header, sorted; None if it is no age file.

    The kind of the key alone for an age key, which the header hides; for an SSH key also its tag. What age
    implementations add at random ("grease") is left out.
    """
    lines = _unarmoured(encrypted).split(b"\n")
    if lines[0] != _VERSION or not any(line.startswith(b"---") for line in lines):
        return None
    return tuple(sorted(_recipients(lines)))


def openers_of(keys: Iterable[str]) -> tuple[str, ...]:
    """What `openers` returns for a file that is encrypted to these public keys."""
    return tuple(sorted(map(_opener, keys)))


def _recipients(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        if line.startswith(b"---"):
            return
        words = line.decode("ascii", "replace").split()
        if len(words) > 1 and words[0] == "->" and not words[1].endswith("-grease"):
            yield " ".join(words[1:3]) if words[1].startswith("ssh-") else words[1]


def _opener(key: str) -> str:
    kind, _, rest = key.partition(" ")
    if not kind.startswith("ssh-"):
        return "X25519"
    try:
        wire = b64decode(rest.split(" ")[0])
    except Error:
        return kind
    return f"{kind} {b64encode(sha256(wire).digest()[:4]).decode().rstrip('=')}"


def _unarmoured(encrypted: bytes) -> bytes:
    text = encrypted.strip()
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        return encrypted
    try:
        return b64decode(b"".join(text[len(_BEGIN) : -len(_END)].split()))
    except Error:
        return b""
