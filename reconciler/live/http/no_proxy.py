"""Say why the environment's exceptions from proxies do not hold for an instance, though they were meant to."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from reconciler.support.text import quoted

_VARIABLES = ("no_proxy", "NO_PROXY")


def exceptions() -> tuple[str, str] | None:
    """The variable that names hosts to reach without a proxy, and its value. In lower case it has precedence."""
    return next(((name, value) for name in _VARIABLES if (value := os.environ.get(name))), None)


def misread_exception(url: str) -> str | None:
    """What an exception should be written as, if there is one that means this instance in a form that is not read."""
    found = exceptions()
    if found is None:
        return None
    parts = urlsplit(url)
    for entry in re.split(r"[,;\s]+", found[1]):
        better = _plain(entry, parts)
        if better and _means(better, parts.hostname or ""):
            return (
                f"{found[0]} has {quoted(entry)}, which is not read in this form or place: write {quoted(better)}"
                + (" after a comma" if re.search(r"[;\s]", found[1].strip()) else "")
            )
    other = os.environ.get(_VARIABLES[1]) if found[0] == _VARIABLES[0] else None
    if other and any(_means(entry.strip(), parts.hostname or "") for entry in other.split(",")):
        return f"NO_PROXY names this host, but {found[0]} is read in its place"
    return None


def _plain(entry: str, parts: SplitResult) -> str:
    """An entry without scheme, path, quotes, brackets and asterisk, and without the port that is the usual one."""
    text = re.sub(r"^[a-z]+://", "", entry.strip("\"'"), flags=re.IGNORECASE)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    text = re.sub(rf"(?<=[\w\]]):{port}$", "", re.sub(r"(?<=[a-z])/.*$|/$", "", text, flags=re.IGNORECASE))
    return text.removeprefix("*").strip("[]")


def _means(entry: str, host: str) -> bool:
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        name = entry.lower().strip(".")
        return bool(name) and f".{host}".endswith(f".{name}")
