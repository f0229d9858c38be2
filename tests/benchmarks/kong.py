"""A Kong, as fast or slow as it is told: the lists of its Admin API that `deck diff` reads, in a process of its own.

It has N services, one for each client of our projects, and nothing else; pages are as large as it is asked for, as Kong
makes them. Every page is made once, before the first request. It counts requests as the platform does.

python kong.py N [MILLISECONDS]
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

ROOT = {"version": "2.1.0", "configuration": {"database": "postgres"}, "plugins": {"available_on_server": {}}}
"""What `GET /` tells: the newest of the time when Debian's decK was made."""
PAGE = 1_000
"""What decK asks for; Kong has no larger pages."""
EMPTY = b'{"data": [], "next": null}'


class Answers(BaseHTTPRequestHandler):
    """The lists, and `/count`, which tells how many requests there were since it was last asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    pages: tuple[bytes, ...] = (EMPTY,)
    requests = 0
    seconds = 0.0
    counting = Lock()  # decK asks for all its lists at once

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        with self.counting:
            counted, Answers.requests = self.requests, 0 if asked.path == "/count" else self.requests + 1
        if asked.path == "/count":
            self._answer(str(counted).encode())
        elif asked.path == "/":
            self._answer(json.dumps(ROOT).encode())
        elif asked.path == "/services":
            self._answer(self.pages[int(parse_qs(asked.query).get("offset", ["0"])[0])])
        else:
            self._answer(EMPTY)

    def _answer(self, body: bytes) -> None:
        time.sleep(self.seconds)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def pages(number: int) -> tuple[bytes, ...]:
    """So many services, page by page: each but the last says by its `offset` which comes next."""
    starts = range(0, max(number, 1), PAGE)
    return tuple(
        json.dumps(
            {"data": [_service(each) for each in range(start, min(start + PAGE, number))], "next": None}
            | ({"next": f"/services?offset={page + 1}", "offset": str(page + 1)} if start + PAGE < number else {})
        ).encode()
        for page, start in enumerate(starts)
    )


def _service(each: int) -> dict[str, object]:
    # As Kong stores what decK declares of it, with the defaults that decK fills in.
    return {
        "id": f"00000000-0000-4000-8000-{each:012}",
        "name": f"application-{each}",
        "protocol": "https",
        "host": "app.example.com",
        "port": 443,
        "path": f"/applications/{each}/callback",
        "retries": 5,
        "connect_timeout": 60_000,
        "read_timeout": 60_000,
        "write_timeout": 60_000,
        "created_at": 1_606_282_323,
        "updated_at": 1_606_282_323,
        "tags": None,
    }


def main() -> None:
    """Serve as many services as the first argument says; print the URL first."""
    Answers.pages = pages(int(sys.argv[1]))
    Answers.seconds = int(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0
    ThreadingHTTPServer.request_queue_size = 128
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
