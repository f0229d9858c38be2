"""Check the proxy that the environment names for an instance, before anything is sent."""

from __future__ import annotations

import os
from importlib.util import find_spec
from urllib.parse import urlsplit

from requests.utils import get_auth_from_url
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from reconciler.model.errors import ReconcilerError

_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})
_HINT = "write it as in http://proxy.example:3128 or http://user:password@proxy.example:3128, with %23 for # and so on"


def checked_proxy(proxy: str) -> str:
    """Return host and port of a proxy, without its credentials.

    Raises ReconcilerError, which names the variable that it comes from and shows nothing of it, if it cannot be used.
    """
    full = proxy if "://" in proxy else f"http://{proxy}"  # as requests reads it
    try:
        parts = urlsplit(full)
        known = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
        # With an unescaped # or / in a password, the rest of it and the host are taken for something else.
        usable = known and full.count("@") == parts.netloc.count("@") <= 1 and parse_url(full).host is not None
        "".join(get_auth_from_url(full)).encode("latin-1")  # as it is sent
    except (ValueError, LocationParseError):
        usable = False
    if not usable:
        raise ReconcilerError(f"the proxy in {_source(proxy)} cannot be used: it is not the URL of a proxy", _HINT)
    if parts.scheme.startswith("socks") and find_spec("socks") is None:
        why = f"the proxy in {_source(proxy)} cannot be used: SOCKS takes a library that is not installed"
        raise ReconcilerError(why, "install PySocks into the same environment, or use an HTTP proxy")
    return parts.netloc.rpartition("@")[2]


def _source(proxy: str) -> str:
    """The variable that holds it. Lower case has precedence."""
    names = [name for name, value in os.environ.items() if name.lower().endswith("_proxy") and value == proxy]
    return min(names, key=lambda name: (not name.islower(), name)) if names else "the settings of this system"
