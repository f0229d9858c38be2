"""Who a request comes from: the session cookie, and the page that a browser was on before."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store, StoredSession
from reconciler.support.frozen import frozen

COOKIE = "processmaker_session"
"""Every answer of a route sets it, to strangers too."""

_STRANGER = "stranger."
_LONGEST_PAGE = 1500  # characters; browsers drop cookies over 4 kB
_PLATFORM = re.compile(r"Windows|Android|iPhone|iPad|Mac OS|Linux", re.IGNORECASE)


@frozen
class Visitor:
    """Somebody with a session, or a stranger; both are sent back to the page they were on."""

    session: StoredSession | None = None
    previous: str | None = None
    """Path and query of that page."""


def read_visitor(request: Request, store: Store, policy: LoginSettings) -> Visitor:
    """Who sent the request. A cookie that is unknown, expired or garbage makes a stranger."""
    token = request.cookies.get(COOKIE, "")
    if token.startswith(_STRANGER):
        return Visitor(previous=_page_in(token.removeprefix(_STRANGER)))
    session = store.session(token, lifetime=policy.lifetime * 60.0) if token else None
    return Visitor(session, session.previous) if session else Visitor()


def set_session_cookie(visitor: Visitor, response: Response, store: Store, policy: LoginSettings) -> None:
    """Keep the session alive, or a stranger's page in the cookie itself, and set the cookie."""
    if visitor.session:
        store.touch(visitor.session.token, visitor.previous)
        token = visitor.session.token
    else:
        token = _STRANGER + urlsafe_b64encode((visitor.previous or "")[:_LONGEST_PAGE].encode()).decode().rstrip("=")
    response.set_cookie(COOKIE, token, max_age=policy.lifetime * 60, httponly=True, samesite="Lax")


def device(request: Request) -> str:
    """What tells the devices of a user apart: the operating system that the program names, if any."""
    found = _PLATFORM.search(request.headers.get("User-Agent", ""))
    return found[0].lower() if found else "unknown"


def _page_in(text: str) -> str | None:
    try:
        page = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    return page if page.startswith("/") else None
