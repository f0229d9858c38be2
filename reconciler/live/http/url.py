"""Validate an instance's URL and CA bundle, before anything is sent."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from reconciler.live.http.tls import tls_context
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
            "the instance's URL cannot be used: it takes a scheme, a host, perhaps a port and a path, nothing else",
            "write it as in `url: https://acme.processmaker.net`",
        )
    return parts


def checked_ca_bundle(ca_bundle: Path) -> str:
    """Return the path of a file with certificates. Raises ReconcilerError if it has none or cannot be read."""
    try:
        tls_context(str(ca_bundle), None)
    except ssl.SSLError as error:
        raise ReconcilerError(
            f"cannot use the CA bundle {ca_bundle}: it holds no certificate", "`ca_bundle:` takes a PEM file"
        ) from error
    except OSError as error:
        raise ReconcilerError(
            f"cannot read the CA bundle {ca_bundle}: {error.strerror}", "correct `ca_bundle:`"
        ) from error
    return str(ca_bundle)
