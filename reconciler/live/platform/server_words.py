"""Quote what a server says, without the password that it was sent."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import cached_property

from reconciler.live.platform.credentials import Credentials

SHORTEST = 8
"""Characters. A shorter password is part of ordinary words: masking it would tell what it is."""
MASK = "***"


class ServerWords:
    """Masks an account's password in the words of a server: as it is, URL-encoded, in base64 and in hexadecimal."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def quote(self, text: str) -> str:
        """The text without the password, in upper or lower case; nothing of it if the password is too short."""
        return self._pattern.sub(MASK, text) if self._pattern is not None else ""

    def hold_password(self, *texts: str) -> bool:
        """Whether one of these values, which no message may change, contains the password as it is."""
        password = self._credentials.password.reveal()
        return len(password) >= SHORTEST and any(password in text for text in texts)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        if len(self._credentials.password.reveal()) < SHORTEST:
            return None
        return re.compile("|".join((_in_urls(self._credentials.password.reveal()), *self._encoded())), re.IGNORECASE)

    def _encoded(self) -> Iterator[str]:
        username, password = self._credentials.username.reveal(), self._credentials.password.reveal()
        yield password.encode().hex()
        for text in (password, f"{username}:{password}"):  # the second is what HTTP's basic authentication sends
            for encode in (b64encode, urlsafe_b64encode):
                yield re.escape(encode(text.encode()).decode().rstrip("="))


def _in_urls(password: str) -> str:
    """A pattern for the password in which any character may be percent-encoded, and a blank a plus sign."""
    return "".join(f"(?:{re.escape(each)}|{_percent(each)}{'|[+]' if each == ' ' else ''})" for each in password)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02x}" for byte in character.encode())
