"""Loopback servers that answer byte for byte what a test wants, and a small platform made of them."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from reconciler.live.http.retry import RetryClock
from reconciler.live.platform.credentials import Credentials
from reconciler.model.secret import Secret

USERNAME = "user-4711"
PASSWORD = "open sesame + 1ö"
COOKIE = "cookie0c0ffee"
CLIENT_SECRET = "s3cr3t" * 6 + "abcd"
PLANTED = (PASSWORD, "open+sesame", USERNAME, COOKIE, CLIENT_SECRET, "s3cr3ts3cr3t")
"""No message, log line or traceback may hold any of these."""

CREDENTIALS = Credentials(Secret(USERNAME), Secret(PASSWORD))

ONCE = RetryClock(pause=lambda _: True)
"""For tests of what one request comes to: nothing is tried again."""

HURRIED = RetryClock(pause=lambda _: None, clock=lambda: 0.0)
"""Everything is tried as often as ever, in no time."""


@dataclass(frozen=True)
class Request:
    """A request as the server read it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


Pieces = bytes | Iterable[bytes]
RESET = b"reset"
"""An answer that is none: the connection is reset."""

Answering = Callable[[Request], Pieces]


@dataclass
class Server:
    """A running server: where it is, and what it was asked."""

    url: str
    hang_ups: int = 0
    requests: list[Request] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def lines(self) -> list[str]:
        return [request.line for request in self.requests]


@contextmanager
def serving(answering: Answering, tls: ssl.SSLContext | None = None, hang_ups: int = 0) -> Iterator[Server]:
    """A server on 127.0.0.1: one request a connection, answered with the pieces that `answering` gives.

    The first `hang_ups` connections are closed as soon as they are made.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "http" if tls is None else "https"
        server = Server(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", hang_ups)
        workers: list[threading.Thread] = []
        acceptor = threading.Thread(target=_accept, args=(listener, server, answering, tls, workers))
        acceptor.start()
        try:
            yield server
        finally:
            server.stopped.set()
            # Closing alone does not wake up a thread that accepts.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for worker in workers:
                worker.join()


def _accept(
    listener: socket.socket,
    server: Server,
    answering: Answering,
    tls: ssl.SSLContext | None,
    workers: list[threading.Thread],
) -> None:
    with suppress(OSError):
        for _ in range(server.hang_ups):
            listener.accept()[0].close()
        while not server.stopped.is_set():
            connection, _ = listener.accept()
            workers.append(threading.Thread(target=_talk, args=(connection, server, answering, tls)))
            workers[-1].start()


def _talk(connection: socket.socket, server: Server, answering: Answering, tls: ssl.SSLContext | None) -> None:
    # The client may hang up at any time: that is what many of these tests are about.
    with suppress(OSError), connection:
        stream = connection if tls is None else tls.wrap_socket(connection, server_side=True)
        with stream:
            request = _read(stream)
            if request is None:
                stream.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            server.requests.append(request)
            pieces = answering(request)
            if pieces is RESET:
                # Closing without lingering is a reset.
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                if server.stopped.is_set():
                    return
                stream.sendall(piece)


def _read(stream: socket.socket) -> Request | None:
    with stream.makefile("rb") as reader:
        if not reader.peek(1)[:1].isalpha():
            return None
        first = reader.readline().decode("latin-1").split()
        headers: dict[str, str] = {}
        while (line := reader.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Request(first[0], first[1], headers, reader.read(int(headers.get("content-length", "0"))))


def answer(status: int, body: object = None, *, content_type: str = "application/json", headers: str = "") -> bytes:
    """A whole HTTP answer; a body that is not bytes is written as JSON. `headers` are lines ending in CRLF."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    length = "" if status == 204 else f"Content-Length: {len(content)}\r\nContent-Type: {content_type}\r\n"
    return f"HTTP/1.1 {status} X\r\nConnection: close\r\n{length}{headers}\r\n".encode() + content


def in_turn(*answers: Pieces) -> Answering:
    """Each answer once, the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def row(client_id: int = 7, /, **fields: object) -> dict[str, object]:
    """A client as the platform lists it, with a secret that must never turn up."""
    return {
        "id": client_id,
        "name": "Customer portal",
        "secret": CLIENT_SECRET,
        "redirect": "https://portal.example.com/oauth/callback",
        "revoked": False,
        "types": ["authorization_code_grant"],
        "created_at": "2026-11-23T06:24:57.000000Z",
        "updated_at": "2026-11-23T06:24:57.000000Z",
        **fields,
    }


SET_COOKIE = f"Set-Cookie: processmaker_session={COOKIE}; path=/; httponly\r\n"


def platform(**answers: Pieces | Answering) -> Answering:
    """A platform that answers like one, but for the `answers` given, by the names of `usual`."""
    usual: dict[str, Pieces | Answering] = {
        "login": answer(204, headers=SET_COOKIE),
        "logout": answer(302, headers="Location: /login\r\n"),
        "scopes": answer(200, []),
        "probe": answer(200, content_type="text/html"),
        "about": answer(200, b"ProcessMaker Platform Version 4.15.6 (Build #1)", content_type="text/html"),
        "list": answer(200, {"data": [row()]}),
        "create": answer(201, row()),
        "update": answer(200, row()),
        "delete": answer(204),
        **answers,
    }

    def answering(request: Request) -> Pieces:
        found = usual[_name_of(request)]
        return found(request) if callable(found) else found

    return answering


def _name_of(request: Request) -> str:
    # A proxy is sent whole URLs.
    if "/oauth/clients" not in request.path:
        name = request.path.rpartition("/")[2]
        return "probe" if name == "refresh" else name
    return {"GET": "list", "POST": "create", "PUT": "update", "DELETE": "delete"}[request.method]
