"""Ask a server once more what was wrong with TLS. Nothing of a request is sent over these connections."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import time
from typing import Any

from reconciler.live.http.outcomes import NoResponse
from reconciler.live.http.route import Route
from reconciler.live.http.tls_failures import OF_ANOTHER_HOST, OUT_OF_DATE, alert_reason
from reconciler.live.http.trust import Trust
from reconciler.support.text import enumeration, quoted

_LONGEST = 2.0
"""Seconds for an inquiry."""
_MOST_NAMES = 5
_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for."""


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
        shown = [quoted(quote(name)) for name in (names or ())[:_MOST_NAMES]]
        more = [f"{len(names) - _MOST_NAMES} more"] if names and len(names) > _MOST_NAMES else []
        listed = f"it is for {enumeration([*shown, *more])}" if names else "it is for no name at all (subjectAltName)"
        return replace(outcome, why=f"{outcome.why}: {listed}") if names is not None else outcome
    if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in OUT_OF_DATE:
        return replace(outcome, why=dated(outcome.why, route.trust, untrusted_certificate(route)))
    # During the handshake an alert is read as it comes. After it, sending fails first.
    if outcome.sent and isinstance(cause, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        found = _alert_after_handshake(route, route.trust)
        return replace(outcome, why=found[0], hint=found[1], permanent=True) if found else outcome
    return outcome


def certificate_names(route: Route, trust: Trust) -> tuple[str, ...] | None:
    """The names that the instance's certificate is for, if its authority is trusted; None if it cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    try:
        context.load_verify_locations(trust.authorities)
        with _connection(route) as plain, context.wrap_socket(plain, server_hostname=route.host) as secured:
            return names_in(secured.getpeercert())
    except OSError:
        return None


def untrusted_certificate(route: Route) -> Any:
    """The parts of the certificate that did not verify, as the ssl module shows them; None if it cannot be read.

    The ssl module only parses a certificate that has verified: so it is fetched first, then verified as its own CA.
    """
    curious = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    curious.check_hostname = False
    curious.verify_mode = ssl.CERT_NONE
    try:
        presented = _peer(route, curious, lambda secured: secured.getpeercert(binary_form=True))
        reading = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        reading.check_hostname = False
        reading.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        reading.load_verify_locations(cadata=presented)
        return _peer(route, reading, lambda secured: secured.getpeercert())
    except OSError:
        return None


def _peer(route: Route, context: ssl.SSLContext, read: Callable[[ssl.SSLSocket], Any]) -> Any:
    with _connection(route) as plain, context.wrap_socket(plain, server_hostname=route.host) as secured:
        return read(secured)


def dated(why: str, trust: Trust, parts: Any) -> str:
    """Why a certificate is out of date, with its dates; or that it is not this one, but one of those above it."""
    if not parts:
        return why
    start, end = (ssl.cert_time_to_seconds(parts[key]) for key in ("notBefore", "notAfter"))
    shown = [datetime.fromtimestamp(each, UTC).date().isoformat() for each in (start, end)]
    if start <= time() <= end:
        place = f", perhaps in {trust.authorities}" if trust.source is not None else ""
        return f"{why}: not its own (valid until {shown[1]}), but one of an authority above it{place}"
    return f"{why}: it is valid from {shown[0]} to {shown[1]}"


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
