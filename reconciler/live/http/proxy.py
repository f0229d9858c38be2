"""Which proxy the environment names for an instance, checked before anything is sent, and why none is used."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from requests.utils import get_auth_from_url, select_proxy, should_bypass_proxies
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from reconciler.live.http.no_proxy import exceptions, misread_exception
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
    exception: str = "NO_PROXY names hosts to reach without a proxy"
    """How to reach the instance without it, as part of a hint."""

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
        hint = "install it into the same environment (`pip install PySocks`), or use an HTTP proxy"
        raise ReconcilerError(f"the proxy in {source} cannot be used: {why}", hint)
    proxy = Proxy(_place(text), source, "@" in _split(text).netloc)
    misread = misread_exception(url)
    return replace(proxy, exception=misread) if misread else proxy


def why_proxy(url: str, proxy: Proxy) -> str:
    """Why requests to an instance go through this proxy."""
    reason = f"{proxy.source} names it"
    upper = os.environ.get(proxy.source.upper())
    if proxy.source.islower() and upper and upper != os.environ.get(proxy.source):
        reason += f" ({proxy.source.upper()} names another, and is not read)"
    return reason if (misread := misread_exception(url)) is None else f"{reason}, and {misread}"


def why_direct(url: str, *, own_machine: bool) -> str | None:
    """Why requests to an instance go through no proxy, though the environment names one; None if it names none."""
    text = select_proxy(url, getproxies())
    if not text:
        return _why_none(urlsplit(url).scheme)
    if own_machine:
        return f"the proxy in {_source(url, text)} is never used for this machine"
    found = exceptions()
    return f"{found[0] if found else _SYSTEM} names this host" if should_bypass_proxies(url, None) else None


def _why_none(scheme: str) -> str | None:
    """Why no variable counts, though one is set."""
    lower, other = f"{scheme}_proxy", "http" if scheme == "https" else "https"
    if os.environ.get(lower.upper()) and os.environ.get(lower) == "":
        return f"{lower} is empty, and is read before {lower.upper()}"
    names = (name for name in (f"{other}_proxy", f"{other}_proxy".upper()) if os.environ.get(name))
    return next((f"{name} is for {other}:// only" for name in names), None)


def _fault(proxy: str) -> str | None:  # noqa: PLR0911  (one return per reason)
    """Why a proxy cannot be used, if it cannot: a sentence that shows no more of it than its host."""
    if is_quoted(proxy):
        return "it begins and ends with quotes"
    if proxy[0] in _QUOTES or proxy[-1] in _QUOTES:
        return "it begins or ends with a quote"
    if not proxy.isprintable() or " " in proxy:
        return "it contains a space or an invisible character"
    if proxy.lower() in _NO_PROXY:
        return "that word is not the URL of a proxy; for no proxy, unset it"
    if re.match(r"//|(?:https?|socks\w*):(?!//)", proxy, re.IGNORECASE):
        return "it is not a URL, which begins with http://"
    try:
        parts = _split(proxy)
    except ValueError:
        return "it is not a URL"
    return _fault_of_parts(proxy, parts)


_QUOTES = frozenset("\"'`“”„‘’«»")
_NO_PROXY = frozenset({"none", "direct", "auto", "off", "false", "no", "null", "disabled", "true", "on", "yes"})
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+(?:%[\w.%-]+)?", re.IGNORECASE)


def _fault_of_parts(proxy: str, parts: SplitResult) -> str | None:  # noqa: PLR0911  (one return per reason)
    if parts.scheme == "socks":
        return "its scheme does not say which version of SOCKS: write socks5h://"
    if parts.scheme not in _SCHEMES:
        return "its scheme is neither http, https nor socks5"
    # With an unescaped # or / in a password, the rest of it and the host are taken for something else.
    if not (_full(proxy).count("@") == parts.netloc.count("@") <= 1 and _has_usable_account(proxy)):
        return "its user name or password holds a character that has to be percent-encoded"
    if parts.path.lower().endswith((".pac", ".dat")):
        return "it is the address of a PAC file, which only browsers read: name the proxy itself"
    if not parts.hostname:
        return _without_host(parts)
    if not _has_usable_port(parts):
        return f"the port of {printable(parts.hostname)} is not a number from 1 to 65535"
    return None if _HOST.fullmatch(parts.hostname) and _is_url(proxy) else "it names no host that there can be"


def _without_host(parts: SplitResult) -> str:
    is_address = parts.netloc.rpartition("@")[2].count(":") > 1
    return "an IPv6 address takes brackets, as in http://[::1]:3128" if is_address else "it names no host"


def _has_usable_account(proxy: str) -> bool:
    try:
        "".join(get_auth_from_url(_full(proxy))).encode("latin-1")  # as it is sent
    except ValueError:
        return False
    return "\\" not in proxy  # of a domain, as in DOMAIN\user: urllib3 ends the host there


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
