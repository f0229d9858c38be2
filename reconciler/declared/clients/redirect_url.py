"""Parse a redirect URL once, so that every rule can check its parts."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from reconciler.model.platform import TRIMMED
from reconciler.support.canonical_url import ascii_host
from reconciler.support.frozen import frozen
from reconciler.support.loopback import is_loopback
from reconciler.support.text import is_hidden, quoted

WEB_SCHEMES = ("http", "https")

# Patterns are strings here: `re` compiles each on first use and caches it. Plain URLs need none of them.

# RFC 3986 appendix B. Unlike a library's parser, both accept any text: bad URLs become findings, not exceptions.
_PARTS = r"(?s)(?:([A-Za-z][A-Za-z0-9+.-]*):)?(//[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?"
_AUTHORITY = r"(?s)(.*@)?(\[[^\]]*\](?![^:])|[^:]*)(:.*)?"

# Characters that no URL may contain (RFC 3986 section 2) and the platform refuses. `*` and `,` have rules of their own;
# the platform accepts brackets in a query, and in a host symbols such as an emoji, which `_fault_of_letters` finds.
_FORBIDDEN = r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})"
_FORBIDDEN_IN_PATH = r"[\[\]]"
_FORBIDDEN_IN_HOST = r"[!$%&'()+;=@\[\]]"
_PUNYCODE_END = r".+xn--(?:[^\W_]|-)+"
# Letters and digits that look like `/`, `.`, `:` or `?` among ASCII letters (confusables.txt of UTS #39).
_LIKE_SYMBOLS = "\u02d0\u0242\u0294\u1427\u2cc7\u30ce\u3033\u4e3f\ua4f8\ua4fd\ua6eb\uab7e\u097d\u0903\u0a83"
# What browsers read as an IPv4 address (WHATWG URL standard), though other programs look it up as a name.
_IPV4_LIKE = r"(?i)(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?"
_IPV4 = r"(?:(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\.(?!$)|$)){4}"
_FIX_OF_HOST = "write the host that is meant, in lower-case ASCII (xn--… for other letters)"
_PORT = r":[0-9]{1,5}"
_HIGHEST_PORT = 65_535


@frozen
class Url:
    """The parts of a URL that rules check."""

    text: str
    scheme: str
    """In lower case; empty when there is none, or when what looks like one is a host before its port."""
    host: str
    """In lower case, without brackets, port and trailing dot; empty when there is none."""
    path: str
    has_user_info: bool = False
    has_fragment: bool = False
    fault: str | None = None
    """Why the platform would refuse it, not store it as written, or programs would read it differently, as the rest of
    a sentence after "the URL"."""
    fix: str = "correct it, or write the character percent-encoded"
    """How to correct the fault."""
    has_clear_host: bool = True
    """Whether every program reads the same host in it."""

    @property
    def absolute(self) -> bool:
        """Whether it is complete by itself: it has a scheme and, for http and https, a host."""
        return bool(self.host) if self.scheme in WEB_SCHEMES else bool(self.scheme)

    @property
    def loopback(self) -> bool:
        """Whether it points to the user's own machine."""
        return is_loopback(self.host)


def parse_any_url(text: str) -> Url:
    """Parse any text as a URL. Never raises: the result says what is wrong."""
    kept = text.strip(TRIMMED)  # as the platform does
    scheme, authority, path, _, fragment = re.findall(_PARTS, kept)[0]
    user_info, host, port = re.findall(_AUTHORITY, authority[2:])[0]
    is_host_and_port = not authority and path[:1].isdigit()
    scheme = "" if is_host_and_port else scheme.lower()
    fault_of_host = _fault_of_host(host)
    reading = None if fault_of_host else _other_reading(host)
    fault_of_host = fault_of_host or (None if reading else _fault_of_letters(host))
    fault = _fault_of_characters(text, kept, path) or fault_of_host or _fault_of_port(host, port)
    url = Url(
        text=text,
        scheme=scheme,
        host=host.strip("[]").rstrip(".").lower(),
        path=path,
        has_user_info=bool(user_info),
        has_fragment=bool(fragment),
        fault=fault,
        has_clear_host=not (fault_of_host or reading) and _is_clear(text, scheme, user_info, host),
    )
    if reading and not fault:
        return _with_other_reading(url, host, reading)
    return replace(url, fix=_FIX_OF_HOST) if fault and fault == fault_of_host else url


def _with_other_reading(url: Url, host: str, reading: str) -> Url:
    fault = f"has the host {quoted(host)}, which some programs read as {reading}"
    return replace(url, fault=fault, fix=_FIX_OF_HOST)


def _is_clear(text: str, scheme: str, user_info: str, host: str) -> bool:
    """Whether all programs agree where the host is; browsers find one behind `https:/`, and read a `\\` as a slash."""
    return "\\" not in text and "@" not in user_info[:-1] and (host != "" or scheme not in WEB_SCHEMES)


def _fault_of_characters(text: str, kept: str, path: str) -> str | None:
    if text.endswith("\n"):
        return "ends in a line feed, which YAML adds to a text after `>` or `|`, and which the platform cuts off"
    if text != kept:
        return f"starts or ends with {_named(text[0] if text[0] in TRIMMED else text[-1])}, which the platform cuts off"
    if text.isprintable():
        match = re.search(_FORBIDDEN, text) or re.search(_FORBIDDEN_IN_PATH, path)
        bad = match[0] if match else None
    else:
        bad = next(c for c in text if not c.isprintable())
    return None if bad is None else f"has {_named(bad)}, which the platform refuses"


def _named(character: str) -> str:
    if character == "%":
        return "a '%' without two hexadecimal digits"
    if character == " ":
        return "a blank"
    return f"a '{character}'" if character.isprintable() else f"the character U+{ord(character):04X}"


def _fault_of_host(host: str) -> str | None:
    if host.startswith("["):
        return None if _is_ipv6(host[1:-1]) else f"has the host {quoted(host)}, which is not an IPv6 address"
    if match := re.search(_FORBIDDEN_IN_HOST, host):
        return f"has '{match[0]}' in its host, which the platform refuses"
    return _fault_of_form(host) if host else None


def _fault_of_form(host: str) -> str | None:
    """Why a version of the platform refuses the host; of two dots in a row, 2026 is the first."""
    name = host.removesuffix(".")
    if ".." in host or host.startswith("."):
        return "has an empty part in its host: a dot at the start, or two in a row"
    if len(name) < 2:
        return "has a host of one character, which the platform refuses"
    if name[-1] in "-_" and not re.fullmatch(_PUNYCODE_END, name):
        return f"has a host that ends with '{name[-1]}', which the platform refuses"
    return None


def _fault_of_letters(host: str) -> str | None:
    """What in an international host is no part of a name, or is taken for the end of the host by whoever reads it."""
    if host.isascii():
        return None
    import unicodedata

    for label in host.split("."):
        odd = next((c for before, c in pairwise(f".{label}") if _is_odd(before, c, label)), None)
        if odd is not None:
            what = f"U+{ord(odd):04X} ({unicodedata.name(odd, 'without a name')})"
            return f"has {what} in its host: a symbol, or a letter that looks like one"
    if ascii_host(re.sub("[*,_]", "x", host)) is None:
        return f"has the host {quoted(host)}, which is not a domain name"
    return None


def _is_odd(before: str, character: str, label: str) -> bool:
    import unicodedata

    if character.isascii():
        return False
    match unicodedata.category(character)[0]:
        case "L" | "N" if character in _LIKE_SYMBOLS:
            return all(c.isascii() or c in _LIKE_SYMBOLS for c in label)
        case "L" | "N":
            return False
        case "M":  # behind an ASCII letter, what is not composed with it is drawn over it: a slash, for instance
            return before.isascii()
        case "P":  # a middle dot, for instance, is part of some names
            return ascii_host(label) is None
        case _:
            return True


def _other_reading(host: str) -> str | None:
    """What some programs take a host for, because they map characters or numbers that others leave as they are."""
    if not host.isascii():
        mapped = _mapped(host)
        return quoted(mapped) if mapped != host.lower() else None
    return "an IPv4 address" if re.fullmatch(_IPV4_LIKE, host) and not re.fullmatch(_IPV4, host) else None


def _mapped(host: str) -> str:
    """The host as programs read it that map as much as any (UTS #46): compatibility forms, dots, case, `ß`."""
    import unicodedata

    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).casefold()).replace("\u3002", ".")
    return "".join(c for c in folded if c != "\ufe0f" and not is_hidden(c))


def _is_ipv6(address: str) -> bool:
    import ipaddress

    try:
        return "%" not in address and ipaddress.ip_address(address).version == 6
    except ValueError:
        return False


def _fault_of_port(host: str, port: str) -> str | None:
    if "," in host or not port or (re.fullmatch(_PORT, port) and int(port[1:]) <= _HIGHEST_PORT):
        return None
    return f"has the port {quoted(port[1:])}, which is not a number up to {_HIGHEST_PORT}"
