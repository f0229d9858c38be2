"""Which proxy the environment names for an instance, checked before anything is sent, and why none is used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from requests.utils import get_auth_from_url, select_proxy, should_bypass_proxies
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from reconciler.model.errors import ReconcilerError
from reconciler.support.frozen import frozen
from reconciler.support.odd_ends import is_quoted, odd_ends, without_odd_ends
from reconciler.support.text import printable

_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})
_HINT = "write it as in http://proxy.example:3128 or http://user:password@proxy.example:3128, with %23 for # and so on"
_SYSTEM = "the settings of this system"


@frozen
class Proxy:
    """The proxy that requests to an instance go through."""

    place: str
    """Host and port, without its credentials."""
    source: str
    """The variable that names it, or words for the settings of this system."""
    has_account: bool = False
    """Whether it comes with a user name or a password."""

    def __str__(self) -> str:
        return f"the proxy {self.place} (from {self.source})"


def checked_proxy(url: str, proxies: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for an instance's URL, of those that the environment names; None if none is for it.

    Raises ReconcilerError, which names the variable that it comes from and nothing that may be its password, if it
    cannot be used.
    """
    text = select_proxy(url, dict(proxies))
    if not text:
        return None
    source = _source(url, text)
    why = _fault(without_odd_ends(text))
    if ends := next(odd_ends(text), None):
        why = f"it {ends}" if why else f"it {ends} ({_place(without_odd_ends(text))})"
    if why is not None:
        raise ReconcilerError(f"the proxy in {source} cannot be used: {why}", _HINT)
    if _split(text).scheme.startswith("socks") and find_spec("socks") is None:
        why = f"SOCKS takes a library that is not installed ({_place(text)})"
        hint = "install PySocks into the same environment, or use an HTTP proxy"
        raise ReconcilerError(f"the proxy in {source} cannot be used: {why}", hint)
    return Proxy(_place(text), source, "@" in _split(text).netloc)


def why_direct(url: str, *, own_machine: bool) -> str | None:
    """Why requests to an instance go through no proxy, though the environment names one; None if it names none."""
    text = select_proxy(url, getproxies())
    if not text:
        return None
    if own_machine:
        return f"the proxy in {_source(url, text)} is never used for this machine"
    variable = next((name for name in ("no_proxy", "NO_PROXY") if os.environ.get(name)), _SYSTEM)
    return f"{variable} names this host" if should_bypass_proxies(url, None) else None


def _fault(proxy: str) -> str | None:  # noqa: PLR0911  (one return per reason)
    """Why a proxy cannot be used, if it cannot: a sentence that shows no more of it than its host."""
    if is_quoted(proxy):
        return "it begins and ends with quotes"
    if not proxy.isprintable() or " " in proxy:
        return "it contains a space or an invisible character"
    try:
        parts = _split(proxy)
    except ValueError:
        return "it is not a URL"
    if parts.scheme not in _SCHEMES:
        return "its scheme is neither http, https nor socks5"
    # With an unescaped # or / in a password, the rest of it and the host are taken for something else.
    if not (_full(proxy).count("@") == parts.netloc.count("@") <= 1 and _has_usable_account(proxy)):
        return "its user name or password holds a character that has to be percent-encoded"
    if not parts.hostname:
        return "it names no host"
    if not _has_usable_port(parts):
        return f"the port of {printable(parts.hostname)} is not a number from 1 to 65535"
    return None if _is_url(proxy) else "it is not a URL"


def _has_usable_account(proxy: str) -> bool:
    try:
        "".join(get_auth_from_url(_full(proxy))).encode("latin-1")  # as it is sent
    except ValueError:
        return False
    return True


def _has_usable_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _is_url(proxy: str) -> bool:
    try:
        return parse_url(_full(proxy)).host is not None
    except LocationParseError:
        return False


def _split(proxy: str) -> SplitResult:
    return urlsplit(_full(proxy))


def _full(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"  # as requests reads it


def _place(proxy: str) -> str:
    return printable(_split(proxy).netloc.rpartition("@")[2])


def _source(url: str, proxy: str) -> str:
    """The variable that names the proxy. The one for the scheme has precedence, then the one in lower case."""
    wanted = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    names = [name for name, value in os.environ.items() if name.lower() in wanted and value == proxy]
    return min(names, key=lambda name: (wanted.index(name.lower()), not name.islower(), name), default=_SYSTEM)
