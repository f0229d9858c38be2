"""One spelling for all URLs that lead to the same place."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Patterns are strings here: `re` compiles each on first use and caches it. Most URLs need only the first.
_PLAIN = r"https?://[a-z0-9-]+(?:\.[a-z0-9-]*[a-z-])+(?:/[A-Za-z0-9_-]+)*"
_NUMBERS = r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}"
_ESCAPE = "%[0-9A-Fa-f]{2}"
_UNRESERVED = r"[A-Za-z0-9._~-]"


def canonical_url(url: str) -> str:
    """The URL by what is connected to and asked for: two are equal only if this text of them is.

    The host is in lower case, in ASCII and without a trailing dot; an IP address has one form, this machine one name. A
    default port, dot segments, escapes that are not needed, and slashes at the end are left out. For comparisons only:
    what people read is the URL as written. Text that is not an http or https URL is left as it is.
    """
    if re.fullmatch(_PLAIN, url):
        return url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return url
    host = _canonical_host(parts.hostname)
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{shown}{suffix}{_canonical_path(parts.path)}"


def _canonical_host(written: str) -> str:
    host = unquote(written)
    host = (host if host.isascii() else _in_ascii(host)).lower().removesuffix(".")
    if ":" in host or re.fullmatch(_NUMBERS, host):
        return _canonical_address(host)
    return host


def ascii_host(host: str) -> str | None:
    """An international domain name as it is looked up, with `xn--`; None if it is not a domain name (IDNA 2008)."""
    import idna  # requests uses it as well; few hosts need it

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def _in_ascii(host: str) -> str:
    """An international domain name as it is looked up; what has no such form is at least normalised."""
    import unicodedata

    found = ascii_host(host)
    if found is not None:
        return found
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).casefold()).replace("\u3002", ".")


def _canonical_address(host: str) -> str:
    import ipaddress

    try:
        address = ipaddress.ip_address(host if ":" in host else _number(host))
    except ValueError:  # no address, though it looks like one
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    canonical = str(mapped or address)
    # Connecting to the unspecified address connects to this machine.
    return "localhost" if canonical in ("127.0.0.1", "::1") or address.is_unspecified else canonical


def _number(host: str) -> int:
    """An IPv4 address in any form that the system's resolver takes: `127.1`, `0x7f000001`, `017700000001`."""
    *first, last = (int(part, _base(part)) for part in host.split("."))
    if any(part > 255 for part in first) or last >= 1 << 8 * (4 - len(first)):
        raise ValueError("too large")
    return sum(part << 8 * (3 - place) for place, part in enumerate(first)) + last


def _base(part: str) -> int:
    return 16 if part.startswith("0x") else 8 if part.startswith("0") else 10


def _canonical_path(written: str) -> str:
    kept = re.sub(_ESCAPE, lambda match: _canonical_escape(match[0]), written)
    segments: list[str] = []
    for segment in quote(kept, safe="/%!$&'()*+,;=:@~").split("/")[1:]:
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    return "".join(f"/{segment}" for segment in segments).rstrip("/")


def _canonical_escape(escape: str) -> str:
    character = chr(int(escape[1:], 16))
    return character if re.fullmatch(_UNRESERVED, character) else escape.upper()
