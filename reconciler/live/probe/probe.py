"""Probe an instance step by step: host name, connection, certificate, response.

Nothing is sent before TLS is verified, and never more than one GET without a session.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

from reconciler.live.http.body import FAILURES
from reconciler.live.http.errors import explain_failure
from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.proxy import Proxy, why_proxy
from reconciler.live.http.retry import RetryClock
from reconciler.live.http.route import Route
from reconciler.live.http.tls_failures import OUT_OF_DATE
from reconciler.live.http.tls_inquiry import dated, names_in, untrusted_certificate
from reconciler.live.http.transport import CookieSession, Transport
from reconciler.live.http.trust import Trust
from reconciler.live.platform.endpoints import ANONYMOUS_PROBE
from reconciler.live.platform.responses import instance_time, is_json, leads_to_login
from reconciler.live.probe.facts import (
    AnonymousAnswer,
    AnswerKind,
    Certificate,
    Connected,
    Failure,
    ProbeResult,
    Resolved,
    Secured,
    Untrusted,
)
from reconciler.model.errors import GatewayError, ProxyFailed
from reconciler.model.settings import ClientCertificate

NO_RETRY = RetryClock(pause=lambda _: True)
"""No retries: the probe reports the current state."""

_UNAVAILABLE = frozenset({429, 502, 503, 504})


def probe_instance(  # noqa: PLR0913  (an instance's settings, by name)
    url: str,
    *,
    timeout: float,
    ca_bundle: Path | None,
    client_certificate: ClientCertificate | None = None,
    allow_http: bool,
    embedded: bool,
) -> ProbeResult:
    """Probe the instance at `url`, as `connect` would reach it, up to the first step that fails.

    `timeout` is in seconds, for each step. Raises ReconcilerError for a URL, a proxy or files that cannot be used.
    """
    with Transport(
        url,
        timeout=timeout,
        ca_bundle=ca_bundle,
        client_certificate=client_certificate,
        allow_http=allow_http,
        embedded=embedded,
        connections=1,
        retry_clock=NO_RETRY,
    ) as transport:
        route, at = transport.route(), datetime.now(UTC)
        if route.proxy is not None:
            return _through_proxy(transport, route.proxy, at)
        return _directly(transport, route, at)


def _through_proxy(transport: Transport, proxy: Proxy, at: datetime) -> ProbeResult:
    found = ProbeResult(transport.url, at, proxy.place, why_proxy(transport.url, proxy))
    try:
        return replace(found, answer=_ask(transport))
    except ProxyFailed as error:
        return replace(found, connection=Failure(error.message, error.hint))


def _directly(transport: Transport, route: Route, at: datetime) -> ProbeResult:
    found = ProbeResult(transport.url, at, route_reason=route.why_direct, name=_resolve(route))
    if isinstance(found.name, Failure):
        return found
    connection, tls = _connect(route)
    found = replace(found, connection=connection, tls=tls)
    if isinstance(connection, Failure) or isinstance(tls, Failure | Untrusted):
        return found
    return replace(found, answer=_ask(transport))


def _resolve(route: Route) -> Resolved | Failure:
    try:
        found = socket.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
    except FAILURES as error:
        return _failure(error, route)
    return Resolved(tuple(dict.fromkeys(str(address[0]) for *_, address in found)))


def _connect(route: Route) -> tuple[Connected | Failure, Secured | Untrusted | Failure | None]:
    with ExitStack() as stack:
        started = monotonic()
        try:
            plain = stack.enter_context(_tcp(route))
        except FAILURES as error:
            return _failure(error, route), None
        connected = Connected(str(plain.getpeername()[0]), _milliseconds(started))
        return connected, _secure(plain, route, route.trust) if route.trust is not None else None


@contextmanager
def _tcp(route: Route) -> Iterator[socket.socket]:
    with socket.create_connection((route.host, route.port), route.seconds) as plain:
        yield plain


def _secure(plain: socket.socket, route: Route, trust: Trust) -> Secured | Untrusted | Failure:
    try:
        with trust.context().wrap_socket(plain, server_hostname=route.host) as secured:
            return Secured(secured.version() or "TLS", _read_certificate(secured.getpeercert()))
    except ssl.SSLCertVerificationError as error:
        failure, parts = _failure(error, route), untrusted_certificate(route)
        why = dated(failure.why, trust, parts) if error.verify_code in OUT_OF_DATE else failure.why
        return Untrusted(why, failure.hint, _read_certificate(parts))
    except FAILURES as error:
        return _failure(error, route)


def _read_certificate(parts: Any) -> Certificate | None:
    if not parts:
        return None
    names = names_in(parts)
    ends = (ssl.cert_time_to_seconds(parts[key]) for key in ("notBefore", "notAfter"))
    start, end = (datetime.fromtimestamp(each, UTC) for each in ends)
    subject = names[0] if names else _called(parts.get("subject", ()))
    return Certificate(subject, _called(parts.get("issuer", ())), start, end, names)


def _called(name: Any) -> str:
    """The short form of a distinguished name: its common name, or its organisation."""
    parts = {key: value for part in name for key, value in part}
    return str(parts.get("commonName") or parts.get("organizationName") or "")


def _ask(transport: Transport) -> AnonymousAnswer | Failure:
    cookies, started = transport.new_cookies(), monotonic()
    try:
        answer = transport.exchange(ANONYMOUS_PROBE, cookies)
    except ProxyFailed:
        raise
    except GatewayError as error:
        return Failure(error.message, error.hint)
    took = _milliseconds(started)
    return AnonymousAnswer(
        answer.status,
        _kind(answer, cookies, transport.url),
        took,
        _skew(instance_time(answer), took),
        _target(answer, transport.url),
    )


def _kind(answer: HttpResponse, cookies: CookieSession, url: str) -> AnswerKind:
    """Classify the response: without a session, the platform answers with 401 as JSON and sets a session cookie."""
    if not cookies.is_empty and (leads_to_login(answer, url) or (answer.status == 401 and is_json(answer))):
        return AnswerKind.PLATFORM
    match answer.status:
        case status if 300 <= status < 400:
            return AnswerKind.REDIRECT
        case 400:
            return AnswerKind.UNKNOWN_HOST
        case status if status >= 500 or status in _UNAVAILABLE:
            return AnswerKind.UNAVAILABLE
        case _:
            return AnswerKind.OTHER


def _skew(theirs: datetime | None, took: int) -> int | None:
    if theirs is None:
        return None
    # The header is cut to whole seconds, and was written some time before the response arrived.
    return round((theirs - datetime.now(UTC)).total_seconds() + 0.5 + took / 2000)


def _target(answer: HttpResponse, url: str) -> str | None:
    """The target of a redirect, without the path of our request and without parts that may be secret."""
    if not (300 <= answer.status < 400 and answer.location):
        return None
    try:
        target = urlsplit(urljoin(f"{url}/", answer.location))
        port = f":{target.port}" if target.port else ""
        path = target.path.removesuffix(ANONYMOUS_PROBE.path) if target.path.endswith(ANONYMOUS_PROBE.path) else ""
        return f"{target.scheme}://{target.hostname or ''}{port}{path}"
    except ValueError:
        return None


def _failure(error: Exception, route: Route) -> Failure:
    outcome = explain_failure(error, route.seconds, sent=False, route=route)
    return Failure(outcome.why, outcome.hint)


def _milliseconds(started: float) -> int:
    return round((monotonic() - started) * 1000)
