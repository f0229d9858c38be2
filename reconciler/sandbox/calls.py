"""A request in a route, and the ways in which a route refuses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass  # noqa: TID251  (it is filled in bit by bit)

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.php import Value
from reconciler.sandbox.platforms import Platform
from reconciler.sandbox.request_fields import read_fields
from reconciler.sandbox.session_cookie import RequestSession
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store
from reconciler.sandbox.validation import Messages


class Unauthenticated(Exception):
    """The route needs a session."""


class Unauthorized(Exception):
    """The account lacks the permission."""


class ServerError(Exception):
    """What the platform answers with 500: often a mistake of the caller that it does not handle."""


class InvalidFields(Exception):
    """Fields that were refused, with the messages for each."""

    def __init__(self, messages: Messages, status: int = 422) -> None:
        super().__init__("invalid")
        self.messages, self.status = messages, status


@dataclass(slots=True)
class RouteCall:
    """One request in a route. Logging in or out replaces the visitor."""

    request: Request
    visitor: RequestSession
    store: Store
    policy: LoginSettings
    base: str
    """The URL of the instance, without a trailing slash."""

    @property
    def platform(self) -> Platform:
        """The platform that the instance is of."""
        return self.store.platform

    @property
    def address(self) -> str:
        """The IP address that the request comes from."""
        return self.request.remote_addr or ""

    def fields(self) -> dict[str, Value]:
        """All fields of the request, trimmed."""
        return read_fields(self.request, self.platform.clients.trimmed)


Handler = Callable[..., Response]


def authenticate(call: RouteCall) -> str:
    """The account of the session. Raises `Unauthenticated` if there is none."""
    if call.visitor.session is None:
        raise Unauthenticated
    return call.visitor.session.account
