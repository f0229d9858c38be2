"""What comes of sending a request: an answer, whatever its status, or none."""

from __future__ import annotations

from dataclasses import field

from reconciler.model.errors import GatewayError, Unavailable
from reconciler.support.frozen import frozen


@frozen
class HttpResponse:
    """What came back. The body is empty unless the status is one whose body is read; neither it nor a header prints."""

    status: int
    content_type: str = field(repr=False)
    location: str | None = field(repr=False)
    body: bytes = field(repr=False)
    retry_after: str | None = field(default=None, repr=False)
    date: str | None = field(default=None, repr=False)
    """The instance's clock, as it sent it."""
    tried: str = ""
    """What the message about a failure has to add of the tries that were made; empty after a single one."""


@frozen
class NoResponse:
    """Why there is no complete answer, in words that go on from "cannot …:", and what that means for another try."""

    why: str
    hint: str | None
    cause: BaseException | None
    """Safe to be seen: an error of the operating system or of TLS, or nothing."""
    kind: type[GatewayError] = Unavailable
    sent: bool = True
    """False only if provably nothing was sent: no connection was made."""
    lasting: bool = False
    """Whether the same must come of every further try."""
    tried: str = ""


HttpOutcome = HttpResponse | NoResponse
