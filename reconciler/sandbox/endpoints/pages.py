"""The platform's pages besides clients, tokens, login and logout: most tell only whether there is a session."""

from __future__ import annotations

from werkzeug.wrappers import Response

from reconciler.sandbox import responses
from reconciler.sandbox.calls import RouteCall, authenticate


def empty_list(call: RouteCall) -> Response:
    """GET /oauth/scopes and its like: an empty list, for any session."""
    authenticate(call)
    return responses.value(200, [])


def keep_alive(call: RouteCall) -> Response:
    """POST /keep-alive: extends the session."""
    authenticate(call)
    return responses.empty()


def refresh_session_token(call: RouteCall) -> Response:
    """POST /oauth/token/refresh: a word for any session. Alike on every platform."""
    authenticate(call)
    return responses.text("Refreshed.")


def home(call: RouteCall) -> Response:
    """GET /: redirects to the start page."""
    return _change_password(call) or responses.redirect(f"{call.base}{call.platform.session.start_page}")


def page(call: RouteCall) -> Response:
    """GET of a page of the user interface."""
    return _change_password(call) or responses.html(200, "ProcessMaker")


def about(call: RouteCall) -> Response:
    """GET /about: a page that names the version."""
    return _change_password(call) or responses.html(200, call.platform.about)


def not_found(call: RouteCall, path: str = "") -> Response:
    """GET of an unknown page: a 404 only with a session, and always as HTML."""
    return _change_password(call) or responses.html(404, "Page not found")


def second_factor(call: RouteCall) -> Response:
    """GET /2fa: redirects to the login page, also with a session, since no account has a second factor."""
    return responses.redirect(f"{call.base}/login")


def login_failed(call: RouteCall) -> Response:
    """GET /login-failed: a page for visitors without a session."""
    return responses.redirect(call.base) if call.visitor.session else responses.html(200, "Login failed")


def metrics(call: RouteCall) -> Response:
    """GET /metrics: numbers for anybody."""
    return responses.text("", media="text/plain; charset=utf-8")


def api(call: RouteCall, path: str = "") -> Response:
    """The platform's other API: 401, since a session is no good there, and the sandbox has nothing behind it."""
    return responses.value(401, {"error": "Unauthenticated."})


def _change_password(call: RouteCall) -> Response | None:
    """Where an account has to choose a new password, pages lead there; the routes for clients do not."""
    account = authenticate(call)
    return responses.redirect(f"{call.base}/password/change") if call.store.must_change_password(account) else None
