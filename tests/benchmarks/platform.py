"""A platform that answers at once: login, listing and logout from memory, in a process of its own. Counts requests.

It is many instances, one below every path. It refuses the password "wrong".

python -m tests.benchmarks.platform LISTING MILLISECONDS [CERTIFICATE]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.benchmarks.answers import Answers, serve


class Platform(Answers):
    """The three requests of a plan."""

    listing = b""

    def post(self, body: bytes) -> None:
        """Answer a login."""
        if body.endswith(b"password=wrong"):
            self.answer(422, b'{"errors": {"username": ["These credentials do not match our records."]}}')
            return
        self.answer(204, b"", ("Set-Cookie", "processmaker_session=benchmark; path=/"))

    def get(self) -> None:
        """Answer the listing, or the logout."""
        if self.path.endswith("/logout"):
            self.answer(302, b"", ("Location", "/login"))
        else:
            self.answer(200, self.listing)


def main() -> None:
    """Serve the listing in a file, as slow as the second argument says, by TLS with the third; print the URL first."""
    Platform.listing = Path(sys.argv[1]).read_bytes()
    json.loads(Platform.listing)
    serve(Platform, int(sys.argv[2]), *sys.argv[3:4])


if __name__ == "__main__":
    main()
