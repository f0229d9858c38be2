"""Translate the HTTP library's exceptions into this program's errors and messages."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from reconciler.live.http.outcomes import NoResponse
from reconciler.live.http.proxy import Proxy
from reconciler.live.http.proxy_failures import proxy_failure, proxy_status
from reconciler.model.errors import ProxyFailed, ReconcilerError, Unavailable, UnexpectedResponse

FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)
"""All exceptions of sending a request and reading its response; a value that cannot be sent is a ValueError."""

_CERTIFICATE = {
    10: "its certificate has expired",
    9: "its certificate is not valid yet",
    18: "its certificate is self-signed",
    19: "its certificate comes from an authority that is not trusted here",
    20: "its certificate comes from an authority that is not trusted here",
    21: "its certificate comes from an authority that is not trusted here",
    62: "its certificate is for another host name",
    64: "its certificate is for another address",
}
"""By OpenSSL's verification error code (`X509_V_ERR_…`)."""

_NO_BUNDLE = "CA certificate bundle"  # from a message of requests

_BAD_PACKING = "its answer cannot be unpacked (bad compression)"
IMPOSSIBLE_LENGTH = "its answer gives an impossible length (Content-Length), which is a fault of the server or a proxy"
_BROKE_OFF = "the connection broke off before the answer was complete"
_CA_HINT = "if the instance has a certificate of your own authority, name that authority's file in `ca_bundle:`"


def explain_failure(error: Exception, seconds: float, *, sent: bool, proxy: Proxy | None = None) -> NoResponse:
    """Explain why a request with a timeout of `seconds` failed; `sent` is False if no connection was made.

    `proxy` is the one that it went through.

    Only an operating system or TLS error is kept as the cause: the HTTP library's errors hold the request with its
    password and cookie, and their messages may quote the response.
    """
    root = _root(error)
    at_proxy = proxy is not None and _is_of_proxy(error, root)
    if proxy is None:
        why, hint = _reason(error, root, seconds, sent=sent)
    elif at_proxy:
        why, hint = proxy_failure(root, proxy, seconds)
    else:
        why, hint = _through(proxy, *_reason(error, root, seconds, sent=sent))
    unpackable = isinstance(error, requests.exceptions.ContentDecodingError) or _is_about_lengths(error)
    if root is not None:
        # The frames of the HTTP library hold the request's body.
        root.with_traceback(None)
    kind = UnexpectedResponse if unpackable else ProxyFailed if at_proxy else Unavailable
    return NoResponse(why, hint, root, kind, sent, permanent=unpackable or _is_lasting(error, root, sent=sent))


def _is_of_proxy(error: Exception, root: OSError | None) -> bool:
    """Whether the proxy failed, or the way to it. The errors of PySocks are no ProxyErrors of requests."""
    return isinstance(error, requests.exceptions.ProxyError) or type(root).__module__ == "socks"


def _through(proxy: Proxy, why: str, hint: str | None) -> tuple[str, str]:
    """The reason of a failure behind a proxy: `url:` can be right, and the proxy wrong."""
    if hint is None or "`url:`" in hint:
        hint = f"check {proxy.source}; NO_PROXY names hosts to reach without a proxy"
    elif hint == _CA_HINT:
        hint += "; a proxy that looks into TLS connections has an authority of its own"
    return f"{why}, through {proxy}", hint


def _is_lasting(error: Exception, root: OSError | None, *, sent: bool) -> bool:
    """Whether every retry would fail in the same way."""
    match root:
        case None:
            return isinstance(error, ValueError)
        case ssl.SSLCertVerificationError():
            return True
        case ssl.SSLError():
            # A missing common TLS version or cipher is permanent; a handshake that was cut off may succeed later.
            return not sent and not isinstance(root, ssl.SSLEOFError | ssl.SSLZeroReturnError)
        case socket.gaierror():
            return root.errno != socket.EAI_AGAIN
        case _:
            return _NO_BUNDLE in str(root) or proxy_status(root) in range(400, 500)


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


def _reason(error: Exception, root: OSError | None, seconds: float, *, sent: bool) -> tuple[str, str | None]:
    if _is_about_lengths(error) or isinstance(error, requests.exceptions.ContentDecodingError):
        return IMPOSSIBLE_LENGTH if _is_about_lengths(error) else _BAD_PACKING, None
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not let this program through", "check HTTPS_PROXY and HTTP_PROXY in the environment"
    if root is not None:
        return _network_reason(root, seconds, sent=sent)
    if isinstance(error, requests.Timeout):
        return _no_answer_in(seconds)
    if isinstance(error, ValueError):
        return "the request cannot be sent to this URL", "check `url:`"
    return _BROKE_OFF, None


def _is_about_lengths(error: Exception) -> bool:
    """Whether the answer has several lengths; urllib3 has no error of its own for that."""
    invalid = requests.exceptions.InvalidHeader | urllib3.exceptions.InvalidHeader
    return isinstance(error, invalid) and "Content-Length" in str(error)


def _no_answer_in(seconds: float) -> tuple[str, str]:
    return f"no complete answer within {round(seconds, 2):g} s", "try again later, or allow more time with --timeout"


def _network_reason(  # noqa: PLR0911  (one return per reason)
    root: OSError, seconds: float, *, sent: bool
) -> tuple[str, str | None]:
    match root:
        case ssl.SSLCertVerificationError():
            code = getattr(root, "verify_code", 0)
            return _CERTIFICATE.get(code, "its certificate does not verify"), _CA_HINT
        case ssl.SSLError() if sent:
            return _BROKE_OFF, None
        case ssl.SSLError():
            why = getattr(root, "reason", None) or "cut off"  # only OpenSSL sets it
            return (
                f"no TLS connection could be made ({why})",
                "check that `url:` has the right scheme (https) and port",
            )
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
        case _ if _NO_BUNDLE in str(root):
            return "the file of trusted authorities is missing", "check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
        case _:
            return f"the network failed ({root.strerror or type(root).__name__})", None
