"""Cookies that several threads use at once."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookiejar import Cookie
from threading import Lock
from typing import Any

from requests.cookies import RequestsCookieJar


class Cookies(RequestsCookieJar):
    """A jar that may be read by one thread while the answer to another one adds a cookie.

    The jars of requests and of the standard library fail then ("dictionary changed size during iteration"), which takes
    no more than a load balancer that wants a cookie of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._changing = Lock()

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> Any:
        """Add a cookie, or replace it. Everything that adds one comes through here."""
        with self._changing:
            return super().set_cookie(cookie, *args, **kwargs)

    def clear(self, domain: str | None = None, path: str | None = None, name: str | None = None) -> None:
        """Remove cookies. Everything that removes one comes through here."""
        with self._changing:
            super().clear(domain, path, name)

    def __iter__(self) -> Iterator[Any]:
        with self._changing:
            return iter(list(super().__iter__()))
