"""Redact secrets from a program's output."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator

from reconciler.model.secret import Secret
from reconciler.support.text import printable

LEFT_OUT = "*** (a line with the secret)"
_WINDOW = 6
"""Characters. So many of a secret in a row are no coincidence; fewer reveal nothing useful."""
_WIDEST = 200


def redacted(output: bytes, secret: Secret | None, lines: int) -> list[str]:
    """The last lines of an output, printable and cut.

    A line is replaced if it contains six characters in a row of the secret, plain or reversed, in base64 at any
    alignment (so also after a user name, in an Authorization header), in hexadecimal or percent-encoded.
    """
    said = output.decode(errors="replace").splitlines()
    telling = _fragments(secret.reveal()) if secret is not None else set()
    return [LEFT_OUT if _tells(line, telling) else printable(line[:_WIDEST]) for line in said[-lines:] if line.strip()]


def _tells(line: str, fragments: set[str]) -> bool:
    folded = line.casefold()
    return any(fragment in folded for fragment in fragments)


def _fragments(text: str) -> set[str]:
    return {each.casefold() for each in _windows(text)}


def _windows(text: str) -> Iterator[str]:
    if len(text) < _WINDOW:
        yield from (text, text[::-1]) if text else ()
    for start in range(len(text) - _WINDOW + 1):
        part = text[start : start + _WINDOW]
        raw = part.encode(errors="surrogatepass")
        yield part
        yield part[::-1]
        yield raw.hex()
        yield raw.hex(" ")
        yield raw.hex(":")
        yield "".join(f"%{byte:02x}" for byte in raw)
        for shift in range(3):
            # The first and the last characters depend on the neighbouring bytes.
            for encode in (b64encode, urlsafe_b64encode):
                encoded = encode(b"\0" * shift + raw).decode().rstrip("=")
                yield encoded[(0, 2, 3)[shift] : len(encoded) - (1 if (shift + len(raw)) % 3 else 0)]
