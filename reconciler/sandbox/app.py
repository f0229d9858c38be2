"""The sandbox as a WSGI application: find the route of a request, and turn its result into a response."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from reconciler.sandbox import responses
from reconciler.sandbox.login import log_in, log_out, login_form
from reconciler.sandbox.request_fields import METHODS, expects_json, is_ajax, read_method
from reconciler.sandbox.routes import (
    Handler,
    InvalidFields,
    RouteCall,
    ServerError,
    Unauthenticated,
    Unauthorized,
    not_found,
    route_map,
)
from reconciler.sandbox.session_cookie import RequestSession, read_visitor, set_session_cookie
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST_BODY = 8 * 1024 * 1024
"""Maximum size of a request body in bytes: PHP's own limit."""


class Application:
    """The emulated platform at `base`, a URL without a trailing slash."""

    def __init__(self, store: Store, policy: LoginSettings, base: str) -> None:
        self._store, self._policy, self._base = store, policy, base
        self._routes = route_map(login_form, log_in, log_out).bind("localhost")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ, populate_request=False)
        request.max_content_length = LARGEST_BODY
        response = self._answer(request)
        response.date = datetime.fromtimestamp(self._store.now, UTC)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            method = read_method(request)
            handler = self._find(method, request.path)
        except RequestEntityTooLarge:
            return responses.message(413, "The POST data is too large.", as_json=expects_json(request))
        except MethodNotAllowed as error:
            return _wrong_method(request, method, error.valid_methods or ())
        try:
            return self._visit(request, method, handler)
        except sqlite3.Error:
            return responses.message(500, "Server Error", as_json=expects_json(request))

    def _find(self, method: str, path: str) -> Handler:
        try:
            handler, arguments = self._routes.match(path.rstrip("/") or "/", method=method)
        except NotFound:
            return not_found
        return partial(handler, **arguments)

    def _visit(self, request: Request, method: str, handler: Handler) -> Response:
        """Run the route's handler. Every route starts a session, also without a login."""
        visitor = read_visitor(request, self._store, self._policy)
        call = RouteCall(request, visitor, self._store, self._policy, self._base)
        response = _session_ended(call) if visitor.session and visitor.session.ended else _run(handler, call)
        seen = call.visitor
        if method == "GET" and not is_ajax(request):
            seen = RequestSession(seen.session, _page(request))
        set_session_cookie(seen, response, self._store, self._policy)
        return response


def _run(handler: Handler, call: RouteCall) -> Response:
    as_json = expects_json(call.request)
    try:
        return handler(call)
    except Unauthenticated:
        return (
            responses.value(401, {"error": "Unauthenticated."}) if as_json else responses.redirect(f"{call.base}/login")
        )
    except Unauthorized:
        return responses.message(403, "This action is unauthorized.", as_json=as_json)
    except InvalidFields as error:
        return responses.refusal(error.messages) if as_json else responses.redirect(_page_before(call))
    except ServerError:
        return responses.message(500, "Server Error", as_json=as_json)


def _session_ended(call: RouteCall) -> Response:
    """Redirect a session that another login has ended: only once, and even if JSON is wanted."""
    if call.visitor.session:
        call.store.drop_session(call.visitor.session.token)
    call.visitor = RequestSession()
    return responses.redirect(f"{call.base}/login")


def _page(request: Request) -> str:
    query = request.query_string.decode("latin-1")
    return quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")


def _page_before(call: RouteCall) -> str:
    page = call.request.headers.get("Referer") or call.visitor.previous or ""
    return page if "://" in page else f"{call.base}/{page.lstrip('/')}".rstrip("/")


def _wrong_method(request: Request, method: str, valid: Iterable[str]) -> Response:
    """405, or the response to OPTIONS. No route was reached, so no session is started."""
    allowed = [known for known in METHODS if known in set(valid)]
    if method == "OPTIONS":
        response = responses.html(200, "")
        response.data = b""
        response.headers["Allow"] = ",".join(allowed)
        return response
    text = (
        f"The {method} method is not supported for route {request.path.strip('/') or '/'}. "
        f"Supported methods: {', '.join(allowed)}."
    )
    response = responses.message(405, text, as_json=expects_json(request))
    response.headers["Allow"] = ", ".join(allowed)
    return response
