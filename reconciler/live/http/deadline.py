"""Connections with one timeout for connecting and one for the whole response, where urllib3's is for each read.

A server that sends one byte now and then never exceeds a timeout per read, neither in its headers nor in its body.
urllib3 sets a socket's timeout once before it sends and once before it reads a response; here that sets a deadline, and
every later read gets the time that is left until then. Connecting has a deadline too: all addresses of the host, a
proxy's answer to CONNECT and both TLS handshakes together.

The connections also record whether connecting failed. While connecting (host name, TCP, proxy tunnel, TLS), nothing of
the request has been sent. There is no other proof of that: "connection reset" can come before the request or after it,
and urllib3 raises the same error for both.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from threading import local
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from reconciler.live.http.tls import tls_context

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


_LARGEST_TUNNEL = 64 * 1024
"""Bytes of a proxy's answer to CONNECT. http.client reads its headers until they end, however many they are."""


class TunnelTimeout(TimeoutError):
    """A proxy was reached, and did not connect to the instance in time."""


class _DeadlineSocket:
    """A wrapper of a connected socket that replaces only its timeout and its reads.

    `most` is how many bytes a stream made from it may read; None is no limit.
    """

    def __init__(self, sock: Any, most: int | None = None) -> None:
        self._sock = sock
        self._most = most
        self._until: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        self._until = None if seconds is None else monotonic() + seconds
        self._sock.settimeout(seconds)

    def makefile(self, mode: str, buffering: int = -1) -> io.BufferedReader | io.RawIOBase:
        raw = _DeadlineReader(self, self._sock.makefile(mode, buffering=0), self._most)
        return raw if buffering == 0 else io.BufferedReader(raw)

    def recv(self, *arguments: Any) -> bytes:
        """As a socket's; TLS inside a proxy's TLS reads in this way."""
        self.start_read()
        return cast(bytes, self._sock.recv(*arguments))

    def start_read(self) -> None:
        """Give the next read the time that is left. Raises TimeoutError if none is left."""
        if self._until is None:
            return
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _DeadlineReader(io.RawIOBase):
    """The raw stream below a `BufferedReader`."""

    def __init__(self, sock: _DeadlineSocket, raw: io.RawIOBase, most: int | None) -> None:
        self._sock = sock
        self._raw = raw
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._sock.start_read()
        number = self._raw.readinto(buffer)
        if self._left is not None:
            self._left -= number or 0
            if self._left < 0:
                raise HTTPException("the proxy's answer is too long")
        return number

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


def _connected(host: str, port: int, until: float, options: Any) -> socket.socket:
    """Connect to the first address of a host that can be reached; all of them together get the time until then."""
    failure: OSError = OSError("the host name has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM):
        with ExitStack() as on_failure:
            try:
                sock = on_failure.enter_context(socket.socket(family, kind, protocol))
                for option in options or ():
                    sock.setsockopt(*option)
                sock.settimeout(_left(until))
                sock.connect(address)
            except OSError as error:
                failure = error
            else:
                on_failure.pop_all()
                return sock
    raise failure


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("connecting took too long")
    return left


class _Deadline:
    """What both kinds of connections share: `connect` gets `timeout` seconds in all."""

    _until = 0.0

    def start(self: Any) -> None:
        self._until = monotonic() + self.timeout

    def _new_conn(self: Any) -> socket.socket:
        """Called by urllib3 to connect, to the proxy if there is one."""
        # urllib3's own gives each address of the host the whole time.
        try:
            sock = _connected(self._dns_host, self.port, self._until, self.socket_options)
            sock.settimeout(_left(self._until))
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error
        return sock

    def _connect_tls_proxy(self: Any, hostname: str, sock: socket.socket) -> Any:
        """Called by urllib3 for a proxy that is reached over TLS."""
        return self._limited(super()._connect_tls_proxy(hostname, sock))  # type: ignore[misc]

    def _tunnel(self: Any) -> None:
        """Called by urllib3 to have the proxy connect to the instance."""
        connected = self.sock
        self.sock = self._limited(connected, _LARGEST_TUNNEL)
        try:
            super()._tunnel()  # type: ignore[misc]
        except (HTTPException, TimeoutError) as error:
            self.close()  # then urllib3 reports that the proxy failed, not the instance
            if isinstance(error, TimeoutError):
                raise TunnelTimeout from error
            raise
        self.sock = connected
        connected.settimeout(_left(self._until))

    def _limited(self, sock: Any, most: int | None = None) -> _DeadlineSocket:
        limited = _DeadlineSocket(sock, most)
        limited.settimeout(_left(self._until))
        return limited


class _PlainConnection(_Deadline, HTTPConnection):
    def connect(self) -> None:
        self.start()
        with _connecting():
            super().connect()
        self.sock = cast(socket.socket, _DeadlineSocket(self.sock))


class _TlsConnection(_Deadline, HTTPSConnection):
    def connect(self) -> None:
        self.start()
        with _connecting():
            if self.proxy is None and self.cert_reqs == "CERT_REQUIRED" and (self.ca_certs or self.ca_cert_dir):
                pair = (self.cert_file, self.key_file) if self.cert_file and self.key_file else None
                self.ssl_context = tls_context(self.ca_certs, self.ca_cert_dir, pair)
                # Otherwise they would be read again.
                self.ca_certs = self.ca_cert_dir = self.cert_file = self.key_file = None
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
