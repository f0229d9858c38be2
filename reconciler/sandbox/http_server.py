"""HTTP/1.1 on loopback: werkzeug's server, with persistent connections and no threads left after a stop."""

from __future__ import annotations

import io
import socket
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from reconciler.sandbox.app import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Server(ThreadedWSGIServer):
    """One thread per connection; all are joined when the server is closed."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, listener: socket.socket, app: WSGIApplication) -> None:
        host, port = listener.getsockname()[:2]
        self._open: set[socket.socket] = set()
        self.failure: BaseException | None = None
        """The first exception of a request: a bug in the sandbox or in a test's middleware."""
        # By descriptor, because werkzeug exits the process when it cannot bind a port itself.
        super().__init__(host, port, app, _Handler, fd=listener.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, to be able to end it while it is idle."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep the first exception for whoever started the server; nobody reads a traceback from a thread."""
        self.failure = self.failure or sys.exception()

    def end_connections(self) -> None:
        """Let every connection finish its response and accept no further request."""
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                continue  # the client has closed it first


class _Handler(WSGIRequestHandler):
    # werkzeug's own handler closes the connection after each response, which would leave connection pools untested.
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        body = self._read_body(environ)
        if body is None:
            self.wfile.write(_TOO_LARGE)
            self.close_connection = True
            return
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        self._respond(self.server.app, environ)
        self.wfile.flush()

    def _read_body(self, environ: dict[str, Any]) -> bytes | None:
        """Read the whole body, so that the next request starts at the right byte; None if it is too long."""
        self.wfile.flush()  # the base class may have written a 100 Continue
        if environ.get("wsgi.input_terminated"):
            body = _read_chunks(environ["wsgi.input"])
            return body if len(body) <= LARGEST_BODY else None
        announced = _length(environ.get("CONTENT_LENGTH"))
        if announced > LARGEST_BODY:
            return None
        body = self.rfile.read(announced)
        if len(body) < announced:
            raise ConnectionAbortedError("the body ended early")
        return body

    def _respond(self, app: WSGIApplication, environ: dict[str, Any]) -> None:
        head: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            head[:] = [(status, headers)]
            return self.wfile.write

        chunks = app(environ, start_response)
        try:
            self._send(*head[0], chunks)
        finally:
            getattr(chunks, "close", lambda: None)()

    def _send(self, status: str, headers: list[tuple[str, str]], chunks: Iterable[bytes]) -> None:
        given = {name.lower(): value for name, value in headers}
        announced = given.get("content-length")
        code = int(status[:3])
        self.send_response_only(code, status[4:])
        self.send_header("Server", self.version_string())
        if "date" not in given:
            self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        if announced is None and code not in (204, 304):
            self.close_connection = True  # the end of the connection is the end of the body
            self.send_header("Connection", "close")
        self.end_headers()
        sent = 0
        for chunk in chunks:
            self.wfile.write(chunk)
            self.wfile.flush()
            sent += len(chunk)
        if self.command != "HEAD" and sent != int(announced or 0):
            self.close_connection = True  # the next response must not complete a body that was cut short

    def log(self, type: str, message: str, *args: object) -> None:
        """Log nothing: that is up to the caller."""


def _read_chunks(stream: io.RawIOBase) -> bytes:
    try:
        return io.BufferedReader(stream).read(LARGEST_BODY + 1)
    except OSError as error:
        raise ConnectionAbortedError("the chunks of the body make no sense") from error


def _length(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
