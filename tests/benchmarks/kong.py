"""A Kong, as fast or slow as it is told: the lists of its Admin API that `deck diff` reads, in a process of its own.

It has N services, one for each client of our projects, and nothing else; pages are as large as it is asked for, as Kong
makes them. Every page is made once, before the first request.

python -m tests.benchmarks.kong N MILLISECONDS
"""

from __future__ import annotations

import json
import sys
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.answers import Answers, serve

ROOT = {"version": "2.1.0", "configuration": {"database": "postgres"}, "plugins": {"available_on_server": {}}}
"""What `GET /` tells: the newest of the time when Debian's decK was made."""
PAGE = 1_000
"""What decK asks for; Kong has no larger pages."""
EMPTY = b'{"data": [], "next": null}'


class Kong(Answers):
    """The lists; decK asks for all of them at once."""

    pages: tuple[bytes, ...] = (EMPTY,)

    def get(self) -> None:
        """Answer the page of a list."""
        asked = urlsplit(self.path)
        if asked.path == "/":
            self.answer(200, json.dumps(ROOT).encode())
        elif asked.path == "/services":
            self.answer(200, self.pages[int(parse_qs(asked.query).get("offset", ["0"])[0])])
        else:
            self.answer(200, EMPTY)


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
    """Serve as many services as the first argument says, as slow as the second says; print the URL first."""
    Kong.pages = pages(int(sys.argv[1]))
    serve(Kong, int(sys.argv[2]))


if __name__ == "__main__":
    main()
