"""Say what went wrong on the way to a proxy, or at it."""

from __future__ import annotations

import re
import socket
import ssl

from reconciler.live.http.deadline import TunnelTimeout
from reconciler.live.http.proxy import Proxy

_TUNNEL = r"Tunnel connection failed: (\d{3})"  # from a message of http.client


def proxy_status(root: OSError | None) -> int | None:
    """The status with which a proxy refused to connect to the instance; None if it did not."""
    found = re.match(_TUNNEL, str(root)) if root is not None else None
    return int(found[1]) if found else None


def proxy_failure(root: OSError | None, proxy: Proxy, seconds: float) -> tuple[str, str]:
    """Why a proxy did not connect to the instance, and the fix."""
    if (status := proxy_status(root)) is not None:
        return refusal(status, proxy)
    why = _reason(getattr(root, "socket_err", None) or root, seconds)  # where PySocks keeps the cause
    hint = f"write http:// in {proxy.source}" if _speaks_no_tls(root) else f"check {proxy.source}"
    return f"{proxy} {why}", f"{hint}; {proxy.exception}"


def refusal(status: int, proxy: Proxy) -> tuple[str, str]:
    """What a status of a proxy means, and the fix."""
    match status:
        case 407 if proxy.has_account:
            why, hint = "does not accept its user name and password (407)", f"correct them in {proxy.source}; {_BASIC}"
        case 407:
            why = "requires a user name and a password (407)"
            hint = f"write them into {proxy.source}: http://user:password@{proxy.place}; {_BASIC}"
        case 502 | 503 | 504:
            why, hint = f"cannot reach the instance ({status})", f"ask whoever runs the proxy; {proxy.exception}"
        case 401 | 511:
            why, hint = f"wants a login of its own first ({status})", f"{_PORTAL}; {proxy.exception}"
        case status if 300 <= status < 400:
            why, hint = (
                f"redirects to another page instead ({status}), as the login page of a network does",
                f"{_PORTAL}; {proxy.exception}",
            )
        case 400 | 404 | 405 | 501:
            why = f"does not connect to other servers ({status}): it answers as a web server does"
            hint = f"check {proxy.source}; {proxy.exception}"
        case 429:
            why, hint = "asks us to slow down (429)", "try again later"
        case status if status >= 500:
            why, hint = f"failed ({status})", f"ask whoever runs the proxy; {proxy.exception}"
        case _:
            why = f"refuses to connect to the instance ({status})"
            hint = f"have this host allowed on the proxy; {proxy.exception}"
    return f"{proxy} {why}", hint


_BASIC = "a proxy that takes only NTLM or Kerberos needs a local one in front of it, such as cntlm"
_PORTAL = "log in to this network in a browser"


def _reason(  # noqa: PLR0911  (one return per reason)
    root: OSError | None, seconds: float
) -> str:
    match root:
        case ssl.SSLError():
            return _tls_reason(root)
        case socket.gaierror():
            return _name_reason(root)
        case TimeoutError():
            verb = "connect to the instance" if isinstance(root, TunnelTimeout) else "answer"
            return f"does not {verb} within {round(seconds, 2):g} s"
        case ConnectionRefusedError():
            return "refuses the connection"
        case ConnectionError():
            return "closes the connection without an answer"
        case None:
            return "does not answer like a proxy"
        case _ if type(root).__module__ == "socks":
            return f"does not follow the SOCKS protocol ({type(root).__name__})"
        case _:
            return f"cannot be used ({root.strerror or type(root).__name__})"


def _tls_reason(root: ssl.SSLError) -> str:
    if isinstance(root, ssl.SSLCertVerificationError):
        return "has a certificate that does not verify"
    if _speaks_no_tls(root):
        return "does not speak TLS"
    return f"makes no TLS connection ({root.reason or 'cut off'})"


def _name_reason(root: socket.gaierror) -> str:
    if root.errno == socket.EAI_AGAIN:
        return "cannot be looked up: no name server answers"
    return "is not known: no name server has its host name"


def _speaks_no_tls(root: OSError | None) -> bool:
    return isinstance(root, ssl.SSLError) and getattr(root, "reason", None) in _NO_TLS


_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
