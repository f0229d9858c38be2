"""Validate an instance's URL, before anything is sent."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from reconciler.model.errors import ReconcilerError


def checked_url(url: str) -> SplitResult:
    """Split an instance's URL. Raises ReconcilerError unless it is a scheme, a host, perhaps a port and a path."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    # The message leaves out the URL, which may hold a password.
    if not usable or "@" in parts.netloc or parts.query or parts.fragment:
        raise ReconcilerError(
            "the instance's URL cannot be used: it may have a scheme, a host, a port and a path, and nothing else",
            "write it as in `url: https://acme.processmaker.net`",
        )
    return parts
