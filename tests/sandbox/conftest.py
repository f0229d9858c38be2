"""A sandbox for each module, and ways to talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from reconciler.sandbox.serve import ADMIN, running


class Browser(requests.Session):
    """A cookie jar at one address, that takes JSON and follows no redirect."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.headers["Accept"] = "application/json"

    def call(self, method: str, path: str, **options: object) -> requests.Response:
        """Send one request to a path."""
        return self.request(method, self.base + path, allow_redirects=False, timeout=10, **options)  # type: ignore[arg-type]

    def log_in(self, username: str = ADMIN[0], password: str = ADMIN[1]) -> requests.Response:
        """Try to log in."""
        return self.call("POST", "/login", data={"username": username, "password": password})

    def create(self, **fields: object) -> requests.Response:
        """Create a client; a password client unless the fields say otherwise."""
        return self.call("POST", "/oauth/clients", json={"types": ["password_client"], **fields})

    def names(self) -> dict[int, str]:
        """The names of all clients that are listed, by id."""
        return {client["id"]: client["name"] for client in self.call("GET", "/oauth/clients").json()["data"]}


@dataclass
class Clock:
    """A time that only moves when a test says so."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of a sandbox that the tests of a module share."""
    with running(None) as address:
        yield address


@pytest.fixture
def stranger(base: str) -> Iterator[Browser]:
    """Somebody without a session."""
    with Browser(base) as browser:
        yield browser


@pytest.fixture
def admin(base: str) -> Iterator[Browser]:
    """Somebody who is logged in and may do everything."""
    with Browser(base) as browser:
        assert browser.log_in().status_code == 204
        yield browser
