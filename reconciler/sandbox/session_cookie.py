"""Who sent a request: the session cookie, and the browser's previous page."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.data.session_store import StoredSession
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store
from reconciler.support.frozen import frozen

COOKIE = "processmaker_session"
"""The session cookie: every response of a route sets it, also without a login."""

_ANONYMOUS = "stranger."
_LONGEST_PAGE = 1400  # characters; browsers drop cookies over 4 kB
_PLATFORM = re.compile(r"Windows|Android|iPhone|iPad|Mac OS|Linux", re.IGNORECASE)


@frozen
class RequestSession:
    """A visitor with or without a session; both are redirected to their previous page."""

    session: StoredSession | None = None
    previous: str | None = None
    """Path and query of that page."""
    intended: str | None = None
    """The page that a visitor without a session wanted to see: a login leads there."""


def read_visitor(request: Request, store: Store, policy: LoginSettings) -> RequestSession:
    """Who sent the request. A cookie that is unknown, expired or invalid means no session."""
    token = request.cookies.get(COOKIE, "")
    if token.startswith(_ANONYMOUS):
        previous, _, intended = token.removeprefix(_ANONYMOUS).partition(".")
        return RequestSession(previous=_page_in(previous), intended=_page_in(intended))
    session = store.session(token, lifetime=policy.lifetime * 60.0) if token else None
    return RequestSession(session, session.previous) if session else RequestSession()


def set_session_cookie(visitor: RequestSession, response: Response, store: Store, policy: LoginSettings) -> None:
    """Extend the session and set the cookie; without a session, the cookie itself holds the pages."""
    if visitor.session:
        store.touch(visitor.session.token, visitor.previous)
        token = visitor.session.token
    else:
        token = _ANONYMOUS + ".".join(map(_as_cookie, (visitor.previous, visitor.intended))).rstrip(".")
    secure = store.platform.session.secure_cookie if policy.secure is None else bool(policy.secure)
    response.set_cookie(COOKIE, token, max_age=policy.lifetime * 60, secure=secure, httponly=True, samesite="Lax")


def _as_cookie(page: str | None) -> str:
    return urlsafe_b64encode((page or "")[:_LONGEST_PAGE].encode()).decode().rstrip("=")


def device(request: Request) -> str:
    """The user's device: the operating system in the User-Agent header, if any."""
    found = _PLATFORM.search(request.headers.get("User-Agent", ""))
    return found[0].lower() if found else "unknown"


def _page_in(text: str) -> str | None:
    try:
        page = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    return page if page.startswith("/") else None
