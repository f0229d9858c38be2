"""Read stored redirect URLs to find risks: rules check declared ones, but live ones can be anything."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from reconciler.model.clients import ClientSpec
from reconciler.support.loopback import is_loopback

_ADDRESS = re.compile(r"(?:[/\\]|%2f|%5c){2}[^/\\]|https?(?::|%3a)", re.IGNORECASE)
"""Where a browser would see the beginning of another address: `//host`, also with backslashes or percent-encoded."""


def escape_variables(spec: ClientSpec) -> ClientSpec:
    """A live client as a file declares it: in its redirect URLs, what looks like a variable is escaped."""
    return replace(spec, redirect_urls=tuple(map(literal, spec.redirect_urls)))


def literal(text: str) -> str:
    """The text escaped for a place in a file where variables are expanded."""
    return text.replace("${", "$${")


def redirect_hosts(spec: ClientSpec) -> tuple[str, ...]:
    """The distinct hosts that this client's codes are sent to, in order; the URL itself if it has no host."""
    return tuple(dict.fromkeys([_host(url) or url for url in spec.redirect_urls]))


def leads_nowhere(spec: ClientSpec) -> bool:
    """Whether a redirect URL has no host, or a blank: no entry can declare it, and no waiver helps."""
    return any(not _host(url) or " " in url for url in spec.redirect_urls)


def is_plain_http(url: str) -> bool:
    """Whether codes sent to this URL can be read in transit: http, and not to the same machine."""
    return url[:5].lower() == "http:" and not is_loopback(_host(url))


def inner_address(url: str) -> str | None:
    """The address that a URL has in its path, query or fragment: what the page there may send a browser on to."""
    rest = url.partition("://")[2]
    if not ("//" in rest or ":" in rest or "%" in rest or "\\" in rest):  # nearly always: a search takes far longer
        return None
    found = _ADDRESS.search(rest)
    return rest[found.start() :] if found else None


def _host(url: str) -> str:
    # A host ends at the third slash, and thousands of URLs are on a few hosts: each of those is parsed once.
    return _host_of("/".join(url.split("/", 3)[:3]))


@lru_cache(maxsize=1024)
def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # an unclosed [, or characters that NFKC turns into / ? # @ :
        return ""
