"""Finding secrets where none may be: whole, in pieces of eight characters, and however they were encoded."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

PIECE = 8
"""Characters. So many of a random secret in a row are there by no accident."""


def pieces(secret: str) -> Iterator[str]:
    """Every way in which eight characters of a secret may stand in a text; all of it, if it is shorter."""
    for start in range(max(1, len(secret) - PIECE + 1)):
        part = secret[start : start + PIECE]
        raw = part.encode()
        yield from (part, part[::-1], raw.hex(), raw.hex().upper(), raw.hex(" "), "".join(f"%{b:02X}" for b in raw))
        yield "".join(f"\\u{ord(character):04x}" for character in part)
        for offset in range(3):
            for encode in (b64encode, urlsafe_b64encode):
                encoded = encode(b"\0" * offset + raw).decode().rstrip("=")
                # The first and the last characters depend on what stands around.
                yield encoded[(0, 2, 3)[offset] : len(encoded) - ((offset + len(raw)) % 3 > 0)]


def found(texts: Mapping[str, str], secrets: Iterable[str]) -> list[str]:
    """Where a piece of a secret stands, by the names of the texts. The piece itself is not in it."""
    by_length: defaultdict[int, set[str]] = defaultdict(set)
    for secret in secrets:
        for piece in pieces(secret):
            by_length[len(piece)].add(piece)
    return [
        f"{name}, at {at}"
        for name, text in texts.items()
        for length, looked_for in by_length.items()
        for at in range(len(text) - length + 1)
        if text[at : at + length] in looked_for
    ]


def assert_no_secret(texts: Mapping[str, str], secrets: Iterable[str]) -> None:
    """Fail, naming the text and the place, if a piece of a secret stands in one of the texts."""
    assert found(texts, secrets)[:5] == []
