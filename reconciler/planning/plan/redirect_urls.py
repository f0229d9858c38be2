"""Reading stored redirects for the risks in them: a declared one is judged by the rules, a live one can be anything."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from reconciler.model.clients import ClientSpec
from reconciler.support.hosts import is_loopback


def as_written(spec: ClientSpec) -> ClientSpec:
    """A live client as a file writes it: what looks like a variable in one of its redirect URLs is none."""
    return replace(spec, redirect_urls=tuple(map(literal, spec.redirect_urls)))


def literal(text: str) -> str:
    """The text as a file writes it where variables are filled in."""
    return text.replace("${", "$${")


def hosts(spec: ClientSpec) -> tuple[str, ...]:
    """The hosts that codes of this client are sent to, each once, in order; a URL without a host stands for itself."""
    return tuple(dict.fromkeys(_host(url) or url for url in spec.redirect_urls))


def is_plain_http(url: str) -> bool:
    """Whether codes sent to this URL can be read on their way: http, and not to the same machine."""
    return url[:5].lower() == "http:" and not is_loopback(_host(url))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # an unfinished [, or characters that NFKC turns into / ? # @ :
        return ""
