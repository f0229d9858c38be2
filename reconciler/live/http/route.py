"""How requests reach an instance."""

from __future__ import annotations

from reconciler.live.http.proxy import Proxy
from reconciler.live.http.trust import Trust
from reconciler.support.frozen import frozen


@frozen
class Route:
    """How requests reach an instance."""

    host: str
    port: int
    trust: Trust | None
    """None without TLS."""
    proxy: Proxy | None
    why_direct: str | None
    """Why no proxy is used, though the environment names one."""
    seconds: float
    """Total timeout per request."""
