"""Connections with one timeout for the whole response, where urllib3's is for each read.

A server that sends one byte now and then never exceeds a timeout per read, neither in its headers nor in its body.
urllib3 sets a socket's timeout once before it sends and once before it reads a response; here that sets a deadline, and
every later read gets the time that is left until then.

The connections also record whether connecting failed. While connecting (host name, TCP, proxy tunnel, TLS), nothing of
the request has been sent. There is no other proof of that: "connection reset" can come before the request or after it,
and urllib3 raises the same error for both.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from reconciler.live.http.tls import tls_context

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class _DeadlineSocket:
    """A wrapper of a connected socket that replaces only its timeout and its reads."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._until: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        self._until = None if seconds is None else monotonic() + seconds
        self._sock.settimeout(seconds)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self, self._sock.makefile(mode, buffering=0)))

    def start_read(self) -> None:
        """Give the next read the time that is left. Raises TimeoutError if none is left."""
        if self._until is None:
            return
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is over")
        self._sock.settimeout(left)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _DeadlineReader(io.RawIOBase):
    """The raw stream below a `BufferedReader`."""

    def __init__(self, sock: _DeadlineSocket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._sock.start_read()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Thread(local):
    """State of a thread: one thread makes the connection of a request and sends it."""

    connecting = False


_HERE = _Thread()


@contextmanager
def _connecting() -> Iterator[None]:
    _HERE.connecting = True
    yield
    # Not `finally`: it must stay True after a failure.
    _HERE.connecting = False


def forget_connecting() -> None:
    """Reset the state. Call it before a request that `failed_to_connect` will be asked about."""
    _HERE.connecting = False


def failed_to_connect() -> bool:
    """Whether this thread's failed request got no connection, which proves that nothing of it was sent."""
    return _HERE.connecting


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        with _connecting():
            super().connect()
        self.sock = cast(socket.socket, _DeadlineSocket(self.sock))


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        with _connecting():
            if self.proxy is None and self.cert_reqs == "CERT_REQUIRED" and (self.ca_certs or self.ca_cert_dir):
                self.ssl_context = tls_context(self.ca_certs, self.ca_cert_dir)
                self.ca_certs = self.ca_cert_dir = None  # otherwise they would be read again
            super().connect()
        self.sock = cast(socket.socket, _DeadlineSocket(self.sock))


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class DeadlineAdapter(HTTPAdapter):
    """Send requests over such connections, also through a proxy, without retries."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests, also to restore a pickled adapter."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Called by requests for a proxy from the environment. SOCKS proxies keep their own connection classes."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if isinstance(manager, ProxyManager):
            manager.pool_classes_by_scheme = _POOLS
        return manager
