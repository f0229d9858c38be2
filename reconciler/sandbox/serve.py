"""Serve the sandbox: a URL that behaves like a platform instance, for as long as it is needed."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.errors import SandboxError, WrongUsage
from reconciler.sandbox.accounts import ADMIN
from reconciler.sandbox.settings import read_settings
from reconciler.sandbox.store import Store, reset, seed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from reconciler.sandbox.http_server import Server

__all__ = ["ADMIN", "reset", "running", "seed"]

_NO_SETTINGS: Mapping[str, str | int] = {}
_POLL = 0.01  # seconds until the accepting thread sees that it should stop


@contextmanager
def running(  # noqa: PLR0913  (what a test may choose, by name)
    database: Path | None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: Mapping[str, str | int] = _NO_SETTINGS,
    platform: str | None = None,
    upgraded: bool = False,
    middleware: Callable[[WSGIApplication], WSGIApplication] | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[str]:
    """Serve the sandbox in threads of this process; yield its URL, without a trailing slash, once it answers.

    `database` is created and seeded if it is missing; None is a private one that is deleted afterwards. Port 0 takes a
    free port. `settings` are the platform's own, by their keys. `platform` is its version or a state of 2026; None is
    what the database is of, or the default for a new one. If `upgraded`, it was of 4.15 before: a database of 4 is
    upgraded now. `middleware` wraps the application, so that a test can intercept requests; `clock` gives the
    platform's time in seconds since 1970. Raises `SandboxError` if it cannot start, and `WrongUsage` for a setting or a
    platform that is not known.
    """
    policy = read_settings(settings)
    with ExitStack() as stack:
        listener = stack.enter_context(closing(_listen(host, port)))
        base = _address(listener)
        store = stack.enter_context(Store(database, platform=platform, upgraded=upgraded, clock=clock))
        store.set_url(base)
        # Imported here, so that resetting a database does not have to import an HTTP server.
        from reconciler.sandbox.app import Application
        from reconciler.sandbox.http_server import Server

        app: WSGIApplication = Application(store, policy, base)
        stack.enter_context(_serving(Server(listener, middleware(app) if middleware else app)))
        yield base


@contextmanager
def _serving(server: Server) -> Iterator[None]:
    # It accepts connections as soon as it listens; the thread only has to handle them.
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), name="sandbox", daemon=True)
    thread.start()
    try:
        yield
    except BaseException as error:
        if server.failure:
            error.add_note(f"the sandbox itself failed: {server.failure!r}")
        raise
    finally:
        server.shutdown()
        server.end_connections()
        thread.join()
    if server.failure:
        raise server.failure


def _listen(host: str, port: int) -> socket.socket:
    family, address = _loopback(host)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise SandboxError(
            f"the sandbox cannot listen on {host}, port {port}: {_reason(error)}",
            "take another port, or 0 for a free one",
        ) from error
    return listener


def _reason(error: OSError | OverflowError) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).lower()


def _loopback(host: str) -> tuple[socket.AddressFamily, str]:
    """The address to listen on. The sandbox's passwords are public, so it must not be served to a network."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host.lower() == "localhost" else host.strip("[]"))
    except ValueError as error:
        raise _not_loopback(host) from error
    if not address.is_loopback:
        raise _not_loopback(host)
    return (socket.AF_INET if address.version == 4 else socket.AF_INET6), str(address)


def _not_loopback(host: str) -> WrongUsage:
    return WrongUsage(
        f"the sandbox serves on loopback only, not on {host!r}", "leave --host out, or give 127.0.0.1 or ::1"
    )


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
