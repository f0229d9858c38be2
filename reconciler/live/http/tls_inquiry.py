"""Ask a server once more what was wrong with TLS. Nothing of a request is sent over these connections."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reconciler.live.http.outcomes import NoResponse
from reconciler.live.http.route import Route
from reconciler.live.http.tls_failures import OF_ANOTHER_HOST, alert_reason
from reconciler.live.http.trust import Trust
from reconciler.support.text import enumeration, quoted

_LONGEST = 2.0
"""Seconds for an inquiry."""
_MOST_NAMES = 5


def inquired(outcome: NoResponse, route: Route, quote: Callable[[str], str]) -> NoResponse:
    """The outcome with what another connection says about its reason, if that may say more.

    `quote` masks what a message must not show of a certificate's names.

    A certificate that does not verify is not readable on its own connection. A server that wants a certificate from the
    client may close the connection before its reason has been read.
    """
    if route.trust is None or route.proxy is not None:
        return outcome
    cause = outcome.cause
    if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in OF_ANOTHER_HOST:
        names = certificate_names(route, route.trust)
        shown = [quoted(quote(name)) for name in names[:_MOST_NAMES]]
        more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
        return replace(outcome, why=f"{outcome.why}: it is for {enumeration([*shown, *more])}") if names else outcome
    # During the handshake an alert is read as it comes. After it, sending fails first.
    if outcome.sent and isinstance(cause, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        found = _alert_after_handshake(route, route.trust)
        return replace(outcome, why=found[0], hint=found[1], permanent=True) if found else outcome
    return outcome


def certificate_names(route: Route, trust: Trust) -> tuple[str, ...]:
    """The names that the instance's certificate is for, if its authority is trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    try:
        context.load_verify_locations(trust.authorities)
        with _connection(route) as plain, context.wrap_socket(plain, server_hostname=route.host) as secured:
            return names_in(secured.getpeercert())
    except OSError:
        return ()


def names_in(certificate: Any) -> tuple[str, ...]:
    """The names that a certificate is for, as the ssl module shows it."""
    return tuple(str(value) for _, value in (certificate or {}).get("subjectAltName", ()))


def _alert_after_handshake(route: Route, trust: Trust) -> tuple[str, str] | None:
    try:
        with (
            _connection(route) as plain,
            trust.context().wrap_socket(plain, server_hostname=route.host) as secured,
        ):
            secured.recv(1)
    except OSError as error:
        return alert_reason(error, trust)
    return None


def _connection(route: Route) -> socket.socket:
    return socket.create_connection((route.host, route.port), min(route.seconds, _LONGEST))
