"""Connections whose time-out is for a whole answer, where urllib3's is for each read.

A server that sends one byte now and then never runs into a time-out per read, neither in its headers nor in its
body. urllib3 sets the time-out of a socket once before it sends and once before it reads an answer; here that starts
a clock, and every later read gets what is left of it.

They also know whether they were made at all. As long as one is being made (host name, TCP, a proxy's tunnel, TLS),
nothing of the request has been sent, and that is the only proof of it: the same "connection reset" comes before the
request and after it, and what urllib3 makes of it is the same too.
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
    """A connected socket; all but its time-out and what reads from it is the socket's own."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._until: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        self._until = None if seconds is None else monotonic() + seconds
        self._sock.settimeout(seconds)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self, self._sock.makefile(mode, buffering=0)))

    def start_read(self) -> None:
        """Leave the next read the time that is left. Raises TimeoutError if there is none."""
        if self._until is None:
            return
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is over")
        self._sock.settimeout(left)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _DeadlineReader(io.RawIOBase):
    """What a buffered reader reads from."""

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
    """What a thread is doing; a request is sent, and its connection made, by one thread."""

    connecting = False


_HERE = _Thread()


@contextmanager
def _connecting() -> Iterator[None]:
    _HERE.connecting = True
    yield
    # Not `finally`: a failure is to be remembered.
    _HERE.connecting = False


def forget_connecting() -> None:
    """To be called before a request that `failed_to_connect` will be asked about."""
    _HERE.connecting = False


def failed_to_connect() -> bool:
    """Whether this thread's failed request got no connection, so that provably nothing of it was sent."""
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
                self.ca_certs = self.ca_cert_dir = None  # or they would be read again
            super().connect()
        self.sock = cast(socket.socket, _DeadlineSocket(self.sock))


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class DeadlineAdapter(HTTPAdapter):
    """Sends requests over such connections, also through a proxy, and never a second time."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests, also to restore a pickled adapter."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Called by requests for a proxy of the environment. SOCKS proxies keep their own connections."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if isinstance(manager, ProxyManager):
            manager.pool_classes_by_scheme = _POOLS
        return manager
