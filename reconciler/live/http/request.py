"""One request to an instance, and how people call it."""

from __future__ import annotations

from reconciler.support.frozen import frozen


@frozen
class ApiRequest:
    """One request: what is sent where, and the words for it in messages."""

    method: str
    path: str
    doing: str
    """Completed by the instance's URL: "cannot <doing> <url>"."""
    success: int
    """The only status that is a success."""
    permission: str | None = None
    """What the platform's manual calls the permission that this takes."""


def failure_text(request: ApiRequest, url: str, why: str) -> str:
    """The first line of every error about a request to the instance at `url`."""
    return f"cannot {request.doing} {url}: {why}"
