"""Translate the HTTP library's exceptions into this program's errors and messages."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from reconciler.live.http.body import IMPOSSIBLE_LENGTH
from reconciler.live.http.outcomes import NoResponse
from reconciler.live.http.proxy import Proxy
from reconciler.live.http.route import Route
from reconciler.live.http.trust import Trust
from reconciler.model.errors import ProxyFailed, ReconcilerError, Unavailable, UnexpectedResponse

_BAD_PACKING = "its answer cannot be unpacked (bad compression)"
SPEAKS_TLS = ("it speaks TLS on this port", "write https:// in `url:`")
_TLS_ALERT = r"\x15\x03"  # how a server of TLS answers plain http, as http.client quotes it
_BROKE_OFF = "the connection was closed before the answer was complete"


def explain_failure(error: Exception, seconds: float, *, sent: bool, route: Route | None = None) -> NoResponse:
    """Explain why a request with a timeout of `seconds` failed; `sent` is False if no connection was made.

    `route` is how it was sent.

    Only an operating system or TLS error is kept as the cause: the HTTP library's errors hold the request with its
    password and cookie, and their messages may quote the response.
    """
    from reconciler.live.http.proxy_failures import proxy_failure
    from reconciler.live.http.tls_failures import alert_reason

    root = _root(error)
    proxy, trust = (route.proxy, route.trust) if route is not None else (None, None)
    at_proxy = proxy is not None and _is_of_proxy(error, root)
    if proxy is not None and at_proxy:
        why, hint = _through(None, *proxy_failure(root, proxy, seconds))
    else:
        found = alert_reason(root, trust) or _reason(error, root, seconds, sent=sent, trust=trust)
        why, hint = _through(proxy, *found)
    unpackable = isinstance(error, requests.exceptions.ContentDecodingError) or _is_about_lengths(error)
    if root is not None:
        # The frames of the HTTP library hold the request's body.
        root.with_traceback(None)
    kind = UnexpectedResponse if unpackable else ProxyFailed if at_proxy else Unavailable
    return NoResponse(why, hint, root, kind, sent, permanent=unpackable or _is_lasting(error, root, sent=sent))


def _is_of_proxy(error: Exception, root: OSError | None) -> bool:
    """Whether the proxy failed, or the way to it. The errors of PySocks are no ProxyErrors of requests."""
    return isinstance(error, requests.exceptions.ProxyError) or type(root).__module__ == "socks"


def _through(proxy: Proxy | None, why: str, hint: str | None) -> tuple[str, str | None]:
    """The reason of a failure behind a proxy, if there is one: `url:` can be right, and the proxy wrong."""
    from reconciler.live.http.tls_failures import CA_HINT

    if proxy is None:
        return why, hint
    if hint is None or "`url:`" in hint:
        hint = f"check {proxy.source}; {proxy.exception}"
    elif hint == CA_HINT:
        hint += "; a proxy that inspects TLS connections has its own authority"
    return f"{why}, through {proxy}", hint


def _is_lasting(error: Exception, root: OSError | None, *, sent: bool) -> bool:
    """Whether every retry would fail in the same way."""
    from reconciler.live.http.proxy_failures import proxy_status
    from reconciler.live.http.tls_failures import alert_reason

    match root:
        case None:
            return isinstance(error, ValueError)
        case ssl.SSLCertVerificationError():
            return True
        case ssl.SSLError():
            # A missing common TLS version or cipher is permanent; a handshake that was cut off may succeed later.
            cut_off = isinstance(root, ssl.SSLEOFError | ssl.SSLZeroReturnError)
            return alert_reason(root, None) is not None or not (sent or cut_off)
        case socket.gaierror():
            return root.errno != socket.EAI_AGAIN
        case _:
            return _is_about_files(root) or proxy_status(root) in range(400, 500)


def _root(error: Exception) -> OSError | None:
    for inner in _chain(error):
        # requests derives its own errors from OSError, without an errno or a cause of their own.
        if isinstance(inner, OSError) and not isinstance(inner, requests.RequestException):
            return inner
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    waiting, seen = [error], set[int]()
    while waiting:
        inner = waiting.pop(0)
        # One of our own errors is not part of this failure: it was being handled when this one was raised.
        if id(inner) in seen or isinstance(inner, ReconcilerError):
            continue
        seen.add(id(inner))
        yield inner
        linked = (getattr(inner, "reason", None), *inner.args, inner.__cause__, inner.__context__)
        waiting.extend(one for one in linked if isinstance(one, BaseException))


def _reason(
    error: Exception, root: OSError | None, seconds: float, *, sent: bool, trust: Trust | None
) -> tuple[str, str | None]:
    if _is_about_lengths(error) or isinstance(error, requests.exceptions.ContentDecodingError):
        return IMPOSSIBLE_LENGTH if _is_about_lengths(error) else _BAD_PACKING, None
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not let this program through", "check HTTPS_PROXY and HTTP_PROXY in the environment"
    if root is not None:
        return _network_reason(root, seconds, sent=sent, trust=trust)
    if isinstance(error, requests.Timeout):
        return _no_answer_in(seconds)
    if isinstance(error, ValueError):
        return "the request cannot be sent to this URL", "check `url:`"
    return (_BROKE_OFF, None) if _TLS_ALERT not in str(error) else SPEAKS_TLS


def _is_about_files(root: OSError) -> bool:
    """Whether a file of certificates is gone since it was checked; requests has no error of its own for that."""
    return any(words in str(root) for words in ("CA certificate bundle", "TLS certificate file", "TLS key file"))


def _is_about_lengths(error: Exception) -> bool:
    """Whether the answer has several lengths; urllib3 has no error of its own for that."""
    invalid = requests.exceptions.InvalidHeader | urllib3.exceptions.InvalidHeader
    return isinstance(error, invalid) and "Content-Length" in str(error)


def _no_answer_in(seconds: float) -> tuple[str, str]:
    return f"no complete answer within {round(seconds, 2):g} s", "try again later, or allow more time with --timeout"


def _network_reason(  # noqa: PLR0911  (one return per reason)
    root: OSError, seconds: float, *, sent: bool, trust: Trust | None
) -> tuple[str, str | None]:
    match root:
        case ssl.SSLCertVerificationError():
            from reconciler.live.http.tls_failures import verification_reason

            return verification_reason(root, trust)
        case ssl.SSLError() if sent:
            return _BROKE_OFF, None
        case ssl.SSLError():
            from reconciler.live.http.tls_failures import handshake_reason

            return handshake_reason(getattr(root, "reason", None))  # only OpenSSL sets it
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return "the host name cannot be looked up", "check that this machine has a network and a name server"
        case socket.gaierror():
            return "the host name is not known", "check `url:`, and that this machine can resolve the name"
        case TimeoutError():
            return _no_answer_in(seconds)
        case ConnectionRefusedError():
            return "connection refused", "check the port in `url:`, and that the instance is up"
        case ConnectionError():
            return _BROKE_OFF, None
        case _ if _is_about_files(root):
            return "a file of certificates is gone", "check `ca_bundle:` and `client_certificate:`"
        case _:
            return f"the network failed ({root.strerror or type(root).__name__})", None
