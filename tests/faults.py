"""Faults to put between a client and the sandbox: `running(None, middleware=together(log, Respond(…)))`.

A fault is a WSGI middleware. It acts on the requests that its `On` matches; the program that is tested cannot tell
it from a platform, a proxy or a network that misbehaves.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Fault = Callable[[WSGIApplication], WSGIApplication]

ANY = "*"

NOT_SOON = {"Retry-After": "3600"}
"""Headers of an answer after which no client waits for another try, however patient it is."""

_ENOUGH_SECONDS = 120.0


def together(*faults: Fault) -> Fault:
    """Several faults as one. The first is nearest to the client, so a `RequestLog` there sees everything."""
    return lambda app: reduce(lambda inner, fault: fault(inner), reversed(faults), app)


@dataclass
class On:
    """Which requests a fault is for. Without `numbers` it is all of these; they count from 1."""

    method: str
    """ANY is every method."""
    path: str
    """Where the path begins: "/oauth/clients" means "/oauth/clients/6" too, but for a GET, which is of the listing."""
    numbers: Collection[int] = ()
    _seen: int = 0
    _lock: Lock = field(default_factory=Lock)

    def matches(self, environ: WSGIEnvironment) -> bool:
        """Whether the fault is for this request, which is counted."""
        path = environ["PATH_INFO"]
        if self.method not in (ANY, environ["REQUEST_METHOD"]) or not path.startswith(self.path):
            return False
        if self.method == "GET" and self.path == "/oauth/clients" != path:
            return False
        with self._lock:
            self._seen += 1
            return not self.numbers or self._seen in self.numbers


@dataclass(frozen=True)
class Seen:
    """A request that reached this point. The status is None if it got no answer."""

    method: str
    path: str
    status: int | None


@dataclass
class RequestLog:
    """Remembers every request in the order of the answers."""

    requests: list[Seen] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def count(self, method: str, path: str) -> int:
        """How many requests there were of this method whose path begins so."""
        return sum(seen.method == method and seen.path.startswith(path) for seen in list(self.requests))

    def writes(self) -> list[Seen]:
        """The requests that may have changed clients."""
        return [s for s in list(self.requests) if s.method != "GET" and s.path.startswith("/oauth/clients")]

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def logged(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            status: list[int] = []

            def start(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                status.append(int(line[:3]))
                return start_response(line, headers, *rest)

            try:
                return app(environ, start)
            finally:
                with self._lock:
                    seen = Seen(environ["REQUEST_METHOD"], environ["PATH_INFO"], status[0] if status else None)
                    self.requests.append(seen)

        return logged


@dataclass(frozen=True)
class Write:
    """A write that the application acted on. The name is the one that it gives, None for a delete."""

    method: str
    path: str
    name: str | None
    status: int
    arrived_at: datetime


@dataclass
class Acted:
    """Remembers what the application did, if it stands next to it: also where no answer ever left."""

    writes: list[Write] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def creates(self, name: str) -> int:
        """How many clients of a name were made."""
        return sum((each.method, each.name, each.status) == ("POST", name, 201) for each in list(self.writes))

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def acting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            method, path, arrived_at = environ["REQUEST_METHOD"], environ["PATH_INFO"], datetime.now(UTC)
            if method == "GET" or not path.startswith("/oauth/clients"):
                return app(environ, start_response)
            body = environ["wsgi.input"].read()
            environ["wsgi.input"] = io.BytesIO(body)
            answer = _answer_of(app, environ)
            name = json.loads(body)["name"] if method in ("POST", "PUT") else None
            with self._lock:
                self.writes.append(Write(method, path, name, answer.status_code, arrived_at))
            return answer(environ, start_response)

        return acting


@dataclass
class Meanwhile:
    """Does something besides when a request arrives; or `after` it was acted on, before its answer leaves."""

    on: On
    deed: Callable[[], object]
    after: bool = False

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def doing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if not self.on.matches(environ):
                return app(environ, start_response)
            if not self.after:
                self.deed()
                return app(environ, start_response)
            answer = _answer_of(app, environ)
            self.deed()
            return answer(environ, start_response)

        return doing


@dataclass
class Respond:
    """Answers instead of the application, which never learns of the request; or `after` it acted on it."""

    on: On
    status: int
    body: str | bytes = ""
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def responding(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if not self.on.matches(environ):
                return app(environ, start_response)
            if self.after:
                _answer_of(app, environ)
            answer = Response(self.body, self.status, self.headers, content_type=self.content_type)
            return answer(environ, start_response)

        return responding


@dataclass
class DropConnection:
    """Closes the connection without an answer: before the application acts, or after."""

    on: On
    after: bool = False

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def dropping(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if not self.on.matches(environ):
                return app(environ, start_response)
            if self.after:
                _answer_of(app, environ)
            raise ConnectionAbortedError("a test dropped the connection")

        return dropping


@dataclass
class CutAnswer:
    """Sends the headers of the real answer, and no more than this many bytes of its body; perhaps as if that was all.

    Only then it is a whole answer, after which nobody tries again.
    """

    on: On
    keep: int
    as_if_whole: bool = False

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def cutting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if not self.on.matches(environ):
                return app(environ, start_response)
            answer = _answer_of(app, environ)
            kept = answer.get_data()[: self.keep]
            if self.as_if_whole:
                answer.headers["Content-Length"] = str(len(kept))
            start_response(answer.status, answer.headers.to_wsgi_list())
            return [kept]

        return cutting


@dataclass
class LoseSession:
    """Lets the request arrive without its cookies, as if the session had ended."""

    on: On

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def losing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if self.on.matches(environ):
                environ.pop("HTTP_COOKIE", None)
            return app(environ, start_response)

        return losing


@dataclass
class Hold:
    """Keeps a request waiting until the test sets `released`; `arrived` tells the test that it waits."""

    on: On
    arrived: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def holding(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if self.on.matches(environ):
                self.arrived.set()
                self.released.wait(_ENOUGH_SECONDS)
            return app(environ, start_response)

        return holding


def _answer_of(app: WSGIApplication, environ: WSGIEnvironment) -> Response:
    return Response.from_app(app, environ, buffered=True)
