"""A request to an instance, and its description in messages."""

from __future__ import annotations

from reconciler.support.frozen import frozen


@frozen
class ApiRequest:
    """A request: what is sent where, and its description in messages."""

    method: str
    path: str
    action: str
    """Followed by the instance's URL in messages: "cannot <doing> <url>"."""
    success: int
    """The only status that is a success."""
    permission: str | None = None
    """The permission that it requires, by its name in the platform's manual."""
    repeatable: bool | None = None
    """Whether it may arrive twice; None if its method decides."""


def failure_text(request: ApiRequest, url: str, why: str) -> str:
    """The first line of every error about a request to the instance at `url`."""
    return f"cannot {request.action} {url}: {why}"
