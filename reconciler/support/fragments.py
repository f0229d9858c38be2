"""Recognise parts of a secret text in other texts, also where they are encoded, escaped, spaced out or reversed."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import unquote_plus

_WINDOW = 6
"""Characters. So many of a secret in a row are no coincidence; fewer reveal nothing useful."""

_ROUNDS = 3
"""How often a text is unescaped: what is escaped once more is no accident, and says little to a reader."""

_ESCAPE = re.compile(r"(?:\\u|u\+)\{?0*([0-9a-f]{1,6})\}?|(?:\\x|0x)([0-9a-f]{2})", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\W_]+")
_ALIGNMENTS = ((0, 0), (1, 2), (2, 3))
"""Bytes before a text in base64, and how many of the first characters depend on them."""


class Fragments:
    """The parts of a secret text: any six characters in a row, or all of it if it is shorter."""

    def __init__(self, text: str) -> None:
        self._plain = frozenset(part.casefold() for part in _windows(text) if part)
        squeezed = _squeezed(text)
        # A short rest of letters and digits would be found everywhere.
        self._letters = frozenset(_both_ways(squeezed.casefold())) if len(squeezed) >= _WINDOW else frozenset()
        self._digits = frozenset(each.casefold() for part in _parts(text) for each in _encoded(part))

    def are_in(self, text: str) -> bool:
        """Whether one of them is in a text, in upper or lower case.

        Plain or reversed; in base64 at any alignment (so also after a user name, in an Authorization header) or in
        hexadecimal; percent-encoded, as HTML entities, as escapes of JSON or C, as full-width letters; and with other
        characters than letters and digits in between.
        """
        return any(self._are_in(reading) for reading in _readings(text))

    def _are_in(self, reading: str) -> bool:
        squeezed = _squeezed(reading)
        unbroken = "".join(reading.split())
        return (
            any(part in reading for part in self._plain)
            or any(part in squeezed for part in self._letters)
            or any(part in squeezed or part in unbroken for part in self._digits)
        )


def _readings(text: str) -> Iterator[str]:
    """The text in lower case: as it is, and unescaped once and again."""
    import html  # its table of names takes longer to load than all of this module

    for _ in range(_ROUNDS):
        yield text.casefold()
        plainer = normalize("NFKC", html.unescape(unquote_plus(_ESCAPE.sub(_character, text))))
        if plainer == text:
            return
        text = plainer
    yield text.casefold()


def _character(escape: re.Match[str]) -> str:
    number = int(escape[1] or escape[2], 16)
    return chr(number) if number < 0x110000 else ""


def _squeezed(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _windows(text: str) -> Iterator[str]:
    yield from _both_ways(normalize("NFKC", text))
    yield from _both_ways(text)


def _both_ways(text: str) -> Iterator[str]:
    for part in _parts(text):
        yield part
        yield part[::-1]


def _parts(text: str) -> Iterator[str]:
    for start in range(max(len(text) - _WINDOW, 0) + 1):
        yield text[start : start + _WINDOW]


def _encoded(part: str) -> Iterator[str]:
    for raw in (part.encode(errors="surrogatepass"), part.encode("utf-16-le", errors="surrogatepass")):
        if not raw:
            return
        yield raw.hex()
        for shift, touched in _ALIGNMENTS:
            for encode in (b64encode, urlsafe_b64encode):
                encoded = encode(b"\0" * shift + raw).decode().rstrip("=")
                # The last character depends on the bytes that follow.
                yield encoded[touched : len(encoded) - (1 if (shift + len(raw)) % 3 else 0)]
