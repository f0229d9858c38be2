"""What the servers of a benchmark have in common: they answer from memory, as slow as they are told, and count."""

from __future__ import annotations

import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock


class Answers(BaseHTTPRequestHandler):
    """Answers in JSON, and `/count`, which tells how many requests there were since it was last asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    requests = 0
    seconds = 0.0
    """How long a request takes."""
    counting = Lock()  # 32 threads that add at once would lose some

    def do_GET(self) -> None:
        if self.path == "/count":
            with self.counting:
                body, Answers.requests = str(Answers.requests).encode(), -1
            self.answer(200, body)
        else:
            self.get()

    def do_POST(self) -> None:
        self.post(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def get(self) -> None:
        """Answer any other GET."""
        raise NotImplementedError

    def post(self, body: bytes) -> None:
        """Answer a POST with this body."""
        raise NotImplementedError

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        """Answer after the time that a request takes."""
        time.sleep(self.seconds)
        with self.counting:
            Answers.requests += 1
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(answers: type[Answers], milliseconds: int, certificate: str | None = None) -> None:
    """Serve until the process is ended, by TLS with a certificate (a PEM file); print the URL first."""
    Answers.seconds = milliseconds / 1000
    ThreadingHTTPServer.request_queue_size = 128
    with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            # Each connection shakes hands in its own thread, at its first read, not where the next ones are accepted.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
