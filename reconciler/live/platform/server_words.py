"""Quote what a server says, without the account's user name and password and without the secrets of clients."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import quote_plus, unquote_to_bytes

from reconciler.live.platform.credentials import Credentials
from reconciler.support.fragments import Fragments

SHORTEST = 8
"""Characters. A shorter password is part of ordinary words: masking it would tell what it is."""
MASK = "***"

_SHORTEST_NAME = 3
"""Characters. A shorter user name is part of nearly every sentence."""

_SEARCHED = 1000
"""Characters of a text. What follows is never shown."""

_KNOWN = re.compile(
    r"These credentials do not match our records\."
    r"|Too many login attempts\. Please try again in \d{1,4} seconds\."
    r"|Account locked after too many failed attempts\. Contact administrator\."
    r"|Unauthorized\.?"
    r"|The (?:user ?name|password) field is required\.",
    re.IGNORECASE,
)
"""All that the platform says when it refuses an account, on every version."""

# A client's secret has 40 letters and digits; from 2026 on it can be a hash.
_TOKEN = re.compile(r"\$2[abxy]\$\d\d\$[./0-9A-Za-z]*|[0-9A-Za-z]{40,}")


class ServerWords:
    """Searches and masks an account's credentials in the words of a server."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def quote(self, text: str, sent: str = "") -> str:
        """The text without password and user name, in upper or lower case, and without what looks like a secret.

        Nothing of it if the password is too short, or if a part of it is there in another form. What was `sent` is kept
        even if it looks like a secret.
        """
        if self._pattern is None:
            return ""
        masked = self._pattern.sub(MASK, text[:_SEARCHED])
        if self._parts.are_in(masked):
            return ""
        return _TOKEN.sub(lambda found: found[0] if found[0] in sent else MASK, masked)

    def quote_known(self, text: str) -> str:
        """The text if it is one of the sentences with which the platform refuses an account, otherwise nothing.

        What refuses a password can contain it in a form that nobody thinks of. In one of these sentences, it can only
        be one of its words.
        """
        password = self._credentials.password.reveal().casefold()
        return text if _KNOWN.fullmatch(text) and password not in text.casefold() else ""

    def hold_password(self, *texts: str) -> bool:
        """Whether one of these values, which no message may change, contains the whole password in any usual form."""
        return any(form in text for text in map(_folded, texts) for form in self._shortest_forms)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        username, password = self._credentials.username.reveal(), self._credentials.password.reveal()
        if len(password) < SHORTEST:
            return None
        names = [_in_urls(username)] if len(username) >= _SHORTEST_NAME else []
        forms = [re.escape(form) for form in self._forms]
        return re.compile("|".join((_in_urls(password), *forms, *names)), re.IGNORECASE)

    @cached_property
    def _parts(self) -> Fragments:
        return Fragments(self._credentials.password.reveal())

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        """The whole password in lower case: as it is, in hexadecimal, and in base64 at any alignment; longest first."""
        password = self._credentials.password.reveal()
        if len(password) < SHORTEST:
            return ()
        basic = f"{self._credentials.username.reveal()}:{password}"  # what HTTP's basic authentication sends
        texts = (password, quote_plus(password), basic)
        found = (password, password.encode().hex(), *(form for text in texts for form in _in_base64(text)))
        return tuple(sorted({form.lower() for form in found}, key=len, reverse=True))

    @cached_property
    def _shortest_forms(self) -> tuple[str, ...]:
        """Those of the forms that contain no other: a text with any form in it contains one of them."""
        forms = self._forms
        return tuple(form for form in forms if not any(other in form for other in forms if other != form))


def _folded(text: str) -> str:
    """The text in lower case, and again without percent-encoding if there is any."""
    folded = text.lower()
    if "%" not in folded:
        return folded
    # `unquote` takes ten times as long for a long text.
    raw = unquote_to_bytes(folded.replace("+", " ").encode(errors="surrogatepass"))
    return f"{folded}\n{raw.decode(errors='replace').lower()}"


def _in_base64(text: str) -> Iterator[str]:
    raw = text.encode()
    for shift, touched in ((0, 0), (1, 2), (2, 3)):
        encoded = b64encode(b"\0" * shift + raw).decode().rstrip("=")
        # The first and the last characters depend on the neighbouring bytes.
        certain = encoded[touched : len(encoded) - (1 if (shift + len(raw)) % 3 else 0)]
        yield from (certain, certain.translate(_URL_SAFE))
        if shift == 0:
            yield from (encoded, encoded.translate(_URL_SAFE))


_URL_SAFE = str.maketrans("+/", "-_")


def _in_urls(text: str) -> str:
    """A pattern for a text in which any character may be percent-encoded, and a blank a plus sign."""
    return "".join(f"(?:{re.escape(each)}|{_percent(each)}{'|[+]' if each == ' ' else ''})" for each in text)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02x}" for byte in character.encode())
