"""A value that must never be shown."""

from __future__ import annotations

import hmac
from typing import NoReturn, final


@final
class Secret:
    """A password or client secret. It prints as ***; only `reveal` gives the text.

    Only sinks and the login reveal secrets: tests/model/test_secret.py lists the modules. A copy is the same object, so
    that `dataclasses.asdict` of a value that contains one neither fails nor copies the text. Pickle, JSON and ordering
    raise an error.
    """

    __slots__ = ("_hidden",)

    def __init__(self, text: str) -> None:
        self._hidden = text

    def reveal(self) -> str:
        """The text itself, only for code that must send or store it."""
        return self._hidden

    def has_length(self, length: int) -> bool:
        """Whether it has this many characters, which shows nothing of them."""
        return len(self._hidden) == length

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        # The width is ignored: it always shows `***`.
        return "***"

    def __eq__(self, other: object) -> bool:
        # Compared in constant time, so that the duration does not reveal how much of the two is equal.
        return isinstance(other, Secret) and hmac.compare_digest(_bytes(self._hidden), _bytes(other._hidden))

    def __hash__(self) -> int:
        return hash((Secret, self._hidden))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _: object) -> Secret:
        return self

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
