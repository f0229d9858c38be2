"""Reading stored redirects for the risks in them: a declared one is judged by the rules, a live one can be anything."""

from __future__ import annotations

from urllib.parse import urlsplit

from reconciler.model.clients import ClientSpec
from reconciler.support.hosts import is_loopback


def redirect_urls(spec: ClientSpec) -> tuple[str, ...]:
    """The redirect URLs of a client; the platform stores several joined by commas (observed on 4.15.6)."""
    return tuple(spec.redirect_url.split(",")) if spec.redirect_url is not None else ()


def written_urls(spec: ClientSpec) -> tuple[str, ...]:
    """The redirect URLs of a client as a file writes them: what looks like a variable in a stored one is none."""
    return tuple(literal(url) for url in redirect_urls(spec))


def literal(text: str) -> str:
    """The text as a file writes it where variables are filled in."""
    return text.replace("${", "$${")


def hosts(spec: ClientSpec) -> tuple[str, ...]:
    """The hosts that codes of this client are sent to, each once, in order; a URL without a host stands for itself."""
    return tuple(dict.fromkeys(_host(url) or url for url in redirect_urls(spec)))


def is_plain_http(url: str) -> bool:
    """Whether codes sent to this URL can be read on their way: http, and not to the same machine."""
    return url[:5].lower() == "http:" and not is_loopback(_host(url))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # an unfinished [, or characters that NFKC turns into / ? # @ :
        return ""
