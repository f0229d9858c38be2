"""A platform that answers at once: login, listing and logout from memory, in a process of its own. Counts requests.

It is many instances, one below every path. It refuses the password "wrong".
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock


class Answers(BaseHTTPRequestHandler):
    """The three requests of a plan, and `/count`, which tells how many there were since it was last asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    listing = b""
    requests = 0
    counting = Lock()
    seconds = 0.0

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if form.endswith(b"password=wrong"):
            self._answer(422, b'{"errors": {"username": ["These credentials do not match our records."]}}')
            return
        self._answer(204, b"", ("Set-Cookie", "processmaker_session=benchmark; path=/"))

    def do_GET(self) -> None:
        if self.path == "/count":
            body, Answers.requests = str(Answers.requests).encode(), -1
            self._answer(200, body)
        elif self.path.endswith("/logout"):
            self._answer(302, b"", ("Location", "/login"))
        else:
            self._answer(200, self.listing)

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        time.sleep(self.seconds)
        with self.counting:  # 32 threads that add at once would lose some
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


def main() -> None:
    """Serve the listing in a file, as slow as the second argument says, by TLS with the third; print the URL first."""
    Answers.seconds = int(sys.argv[2]) / 1000
    Answers.listing = Path(sys.argv[1]).read_bytes()
    json.loads(Answers.listing)
    ThreadingHTTPServer.request_queue_size = 128
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        scheme = "http"
        if len(sys.argv) > 3:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(sys.argv[3])
            # Each connection shakes hands in its own thread, at its first read, not where the next ones are accepted.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "https"
        print(f"{scheme}://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
