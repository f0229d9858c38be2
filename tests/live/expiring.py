"""A platform whose sessions can be ended by a test."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from tests.live.servers import Answering, Pieces, Request, answer, platform

GONE = answer(500, {"message": "Server Error"}, headers="Set-Cookie: processmaker_session=guest; path=/\r\n")
"""What every verb says without a session. Like every answer of the platform it sets a cookie, here a visitor's."""


@dataclass
class Expiring:
    """Sessions are numbered; all those that have not been `ended` may ask. It answers like `platform` otherwise."""

    answers: dict[str, Pieces | Answering] = field(default_factory=dict)
    logins: Callable[[int], bytes | None] = lambda _: None
    """What the login of that number is answered with, if not with a session."""
    before: Callable[[Request, bool], None] = lambda *_: None
    """Hears each request before it is answered, and whether it has a session."""
    ended: set[str] = field(default_factory=set)
    without_session: bytes = GONE
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: Lock = field(default_factory=Lock)

    def end(self, number: int) -> None:
        """The session of that login is no more."""
        self.ended.add(cookie(number))

    def __call__(self, request: Request) -> Pieces:
        name = request.path.rpartition("/")[2]
        if name == "login":
            return self._log_in(request)
        carried = request.headers.get("cookie", "")
        inside = carried.startswith("processmaker_session=s") and carried not in self.ended
        self.before(request, inside)
        if name in ("scopes", "refresh") and not inside:
            return answer(401, {"error": "Unauthenticated."})
        if name != "logout" and not inside:
            return self.without_session
        return platform(**self.answers)(request)

    def _log_in(self, request: Request) -> bytes:
        assert "cookie" not in request.headers, "a login on a jar that has a session checks nothing"
        with self._lock:
            number = next(self._numbers)
        other = self.logins(number)
        return answer(204, headers=f"Set-Cookie: {cookie(number)}; path=/\r\n") if other is None else other


def cookie(number: int) -> str:
    """What the requests of a session carry."""
    return f"processmaker_session=s{number}"
