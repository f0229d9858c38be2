"""A value that must never be shown."""

from __future__ import annotations

import hmac
from typing import NoReturn, final


@final
class Secret:
    """A password or client secret. It prints as ***; only `reveal` gives the text.

    Sinks and the login reveal secrets, and nothing else does: tests/model/test_secret.py lists the modules. A copy is
    the secret itself, so that `dataclasses.asdict` of a value that holds one neither fails nor copies the text. Pickle,
    JSON and comparing by order refuse it.
    """

    __slots__ = ("_hidden",)

    def __init__(self, text: str) -> None:
        self._hidden = text

    def reveal(self) -> str:
        """The text itself, for the one place that has to send or store it."""
        return self._hidden

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        # Whatever the width: `***` is all that there is to see.
        return "***"

    def __eq__(self, other: object) -> bool:
        # In a time that does not tell how far the two agree.
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
