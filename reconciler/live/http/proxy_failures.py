"""Say what went wrong on the way to a proxy, or at it."""

from __future__ import annotations

import re
import socket
import ssl

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
    return f"{proxy} {why}", f"{hint}; {_DIRECTLY}"


_DIRECTLY = "NO_PROXY names hosts to reach without a proxy"


def refusal(status: int, proxy: Proxy) -> tuple[str, str]:
    """What a status of a proxy means, and the fix."""
    match status:
        case 407 if proxy.has_account:
            return f"{proxy} does not accept its user name and password (407)", f"correct them in {proxy.source}"
        case 407:
            hint = f"write them into {proxy.source}: http://user:password@{proxy.place}"
            return f"{proxy} requires a user name and a password (407)", hint
        case 502 | 503 | 504:
            why = f"{proxy} cannot reach the instance ({status})"
            return why, f"ask whoever runs the proxy; {_DIRECTLY}"
        case _:
            why = f"{proxy} refuses to connect to the instance ({status})"
            return why, f"have this host allowed on the proxy; {_DIRECTLY}"


def _reason(  # noqa: PLR0911  (one return per reason)
    root: OSError | None, seconds: float
) -> str:
    match root:
        case ssl.SSLCertVerificationError():
            return "has a certificate that does not verify"
        case ssl.SSLError() if _speaks_no_tls(root):
            return "does not speak TLS"
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return "cannot be looked up: no name server answers"
        case socket.gaierror():
            return "is not known: no name server has its host name"
        case TimeoutError():
            return f"does not answer within {round(seconds, 2):g} s"
        case ConnectionRefusedError():
            return "refuses the connection"
        case None:
            return "does not answer like a proxy"
        case _ if type(root).__module__ == "socks":
            return f"does not follow the SOCKS protocol ({type(root).__name__})"
        case _:
            return f"cannot be used ({root.strerror or type(root).__name__})"


def _speaks_no_tls(root: OSError | None) -> bool:
    return isinstance(root, ssl.SSLError) and getattr(root, "reason", None) in _NO_TLS


_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
