"""The outcome of a request: a response, whatever its status, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from reconciler.model.errors import GatewayError, Unavailable
from reconciler.support.frozen import frozen


def _as_it_is(text: str) -> str:
    return text


@frozen
class HttpResponse:
    """A response. `body` is empty unless the status is one whose body is read; `repr` shows no body and no header."""

    status: int
    content_type: str = field(repr=False)
    location: str | None = field(repr=False)
    body: bytes = field(repr=False)
    retry_after: str | None = field(default=None, repr=False)
    date: str | None = field(default=None, repr=False)
    """The instance's clock: the `Date` header as sent."""
    tried: str = ""
    """What a failure message adds about the attempts; empty after a single one."""
    proxy: str = ""
    """The proxy that it came through, which may have answered itself; empty without one."""
    quote: Callable[[str], str] = field(default=_as_it_is, repr=False, compare=False)
    """What a message may show of the words in it: a server can repeat what it was sent."""
    quote_refusal: Callable[[str], str] = field(default=_as_it_is, repr=False, compare=False)
    """What a message may show of the words that refuse an account."""

    def or_of_proxy(self, hint: str) -> str:
        """The hint for an answer that is not the platform's."""
        return f"{self.proxy} may have answered in its place; else {hint}" if self.proxy else hint


@frozen
class NoResponse:
    """Why there is no complete response, in words that follow "cannot …:", and whether a retry may help."""

    why: str
    hint: str | None
    cause: BaseException | None
    """Safe to show: an operating system or TLS error, or None."""
    kind: type[GatewayError] = Unavailable
    sent: bool = True
    """False only if provably nothing was sent: no connection was made."""
    permanent: bool = False
    """Whether every retry would fail in the same way."""
    tried: str = ""


HttpOutcome = HttpResponse | NoResponse
