"""The sandbox as a WSGI application: find the route of a request, and turn its result into a response."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from reconciler.sandbox import responses
from reconciler.sandbox.accounts import AccountStatus
from reconciler.sandbox.calls import Handler, InvalidFields, RouteCall, ServerError, Unauthenticated, Unauthorized
from reconciler.sandbox.data.session_store import Ended
from reconciler.sandbox.endpoints import pages
from reconciler.sandbox.php import normalized_query
from reconciler.sandbox.request_fields import METHODS, expects_json, is_ajax, read_method
from reconciler.sandbox.routes import STATELESS, route_map
from reconciler.sandbox.session_cookie import RequestSession, read_visitor, set_session_cookie
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import Store
from reconciler.sandbox.validation import LOCKED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST_BODY = 8 * 1024 * 1024
"""Maximum size of a request body in bytes: PHP's own limit."""

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


class Application:
    """The emulated platform at `base`, a URL without a trailing slash."""

    def __init__(self, store: Store, policy: LoginSettings, base: str) -> None:
        self._store, self._policy, self._base = store, policy, base
        self._routes = route_map(store.platform).bind("localhost")
        self._hosts = _LOOPBACK | {_host_name(base.partition("://")[2])}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ, populate_request=False)
        request.max_content_length = LARGEST_BODY
        response = self._answer(request)
        if request.method == "HEAD":
            response.headers.pop("Content-Type", None)
        response.date = datetime.fromtimestamp(self._store.now, UTC)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self._store.platform.session.checks_host and not self._knows(request, "X-Forwarded-Host"):
            return responses.message(400, "Invalid Host Header", as_json=expects_json(request))
        try:
            method = read_method(request)
            handler, arguments = self._find(method, request.path)
        except RequestEntityTooLarge:
            return responses.message(413, "The POST data is too large.", as_json=expects_json(request))
        except MethodNotAllowed as error:
            return _wrong_method(
                request,
                method,
                error.valid_methods or (),
                names_route=self._store.platform.session.names_route,
            )
        try:
            return self._visit(request, method, handler, arguments)
        except sqlite3.Error:
            return responses.message(500, "Server Error", as_json=expects_json(request))

    def _knows(self, request: Request, header: str) -> bool:
        """Whether the host name in a header is one of the instance's."""
        name = _host_name(request.headers.get(header, "localhost"))
        return name in self._hosts or name.endswith(".localhost")

    def _find(self, method: str, path: str) -> tuple[Handler, Mapping[str, str]]:
        try:
            return self._routes.match(path.rstrip("/") or "/", method=method)
        except NotFound:
            return pages.not_found, {}

    def _visit(self, request: Request, method: str, handler: Handler, arguments: Mapping[str, str]) -> Response:
        """Run the route's handler. Every route starts a session, also without a login."""
        visitor = read_visitor(request, self._store, self._policy)
        call = RouteCall(request, visitor, self._store, self._policy, self._base)
        if handler in STATELESS:
            return _run(handler, call, arguments)
        if self._store.platform.session.checks_host and not self._knows(request, "Host"):
            response = responses.message(400, "Bad request.", as_json=expects_json(request))
        else:
            response = _ended_session(call) or _run(handler, call, arguments)
        seen = call.visitor
        if method == "GET" and not is_ajax(request):
            seen = RequestSession(seen.session, _page(request), seen.intended)
        set_session_cookie(seen, response, self._store, self._policy)
        return response


def _run(handler: Handler, call: RouteCall, arguments: Mapping[str, str]) -> Response:
    as_json = expects_json(call.request)
    try:
        return handler(call, **arguments)
    except Unauthenticated:
        return _unauthenticated(call, as_json=as_json)
    except Unauthorized:
        return responses.message(403, "This action is unauthorized.", as_json=as_json)
    except InvalidFields as error:
        if not as_json:
            return responses.redirect(_page_before(call))
        return responses.refusal(error.status, error.messages, call.platform.clients.words)
    except ServerError:
        return responses.message(500, "Server Error", as_json=as_json)


def _unauthenticated(call: RouteCall, *, as_json: bool) -> Response:
    if as_json:
        return responses.value(401, {"error": "Unauthenticated."})
    intended = _page(call.request) if call.request.method == "GET" else call.visitor.intended
    call.visitor = RequestSession(call.visitor.session, call.visitor.previous, intended)
    return responses.redirect(f"{call.base}/login")


def _ended_session(call: RouteCall) -> Response | None:
    """Tell a session that it is over; only once, since it is dropped. None if it is not."""
    session, as_json = call.visitor.session, expects_json(call.request)
    if session is None:
        return None
    status = call.store.status(session.account) if call.platform.session.ends_with_status else AccountStatus.ACTIVE
    if session.ended is Ended.NOT and status is AccountStatus.ACTIVE:
        return None
    call.store.drop_session(session.token)
    call.visitor = RequestSession()
    match session.ended:
        case Ended.BY_ANOTHER_LOGIN:
            return responses.redirect(f"{call.base}/login")  # even if JSON is wanted
        case Ended.BY_ANOTHER_PASSWORD:
            return _unauthenticated(call, as_json=as_json)
    text = LOCKED["username"][0] if status is AccountStatus.BLOCKED else "Unauthorized"
    return responses.message(401, text, as_json=as_json)


def _page(request: Request) -> str:
    query = normalized_query(request.query_string)
    return quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")


def _host_name(host: str) -> str:
    """The host without its port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _page_before(call: RouteCall) -> str:
    page = call.request.headers.get("Referer") or call.visitor.previous or ""
    return page if "://" in page else f"{call.base}/{page.lstrip('/')}".rstrip("/")


def _wrong_method(request: Request, method: str, valid: Iterable[str], *, names_route: bool) -> Response:
    """405, or the response to OPTIONS. No route was reached, so no session is started."""
    allowed = [known for known in METHODS if known in set(valid)]
    if method == "OPTIONS":
        response = responses.empty(200)
        response.headers["Allow"] = ",".join(allowed)
        return response
    route = f"route {request.path.strip('/') or '/'}" if names_route else "this route"
    text = f"The {method} method is not supported for {route}. Supported methods: {', '.join(allowed)}."
    response = responses.message(405, text, as_json=expects_json(request))
    response.headers["Allow"] = ", ".join(allowed)
    return response
