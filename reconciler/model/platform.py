"""Facts about the platform that rules, notes and guards rely on without asking an instance.

All were observed on 4.15.6, unless they say so. What the versions do differently is in model/lines.py; how an
instance responds to requests is described in live/platform.
"""

from __future__ import annotations

TRIMMED = (
    "\u0000\u0009\u000a\u000b\u000c\u000d\u0020\u0085\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f"
    "\u2028\u2029\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u2065\u206a\u206b\u206c\u206d\u206e\u206f"
    "\u2800\u3000\u3164\ufeff\uffa0\U000e0020"
)
"""The characters that a version of the platform trims from both ends of names and redirects: the list of 2026, which
contains those of all versions before. What is not trimmed today would be with the first write after an upgrade."""

SYSTEM_CLIENT_NAMES = frozenset(
    name.casefold()
    for name in (
        "PmApi",
        "Swagger UI Auth",
        "Password Grant",
        "ProcessMaker Personal Access Client",
        "ProcessMaker Password Grant Client",
        "devlink",
    )
)
"""The clients that the platform installs or creates on demand, casefolded."""

LONGEST_REDIRECT = 2_000
"""Maximum length of a client's redirect URLs with the commas between them, in characters."""

_PAGES = frozenset(("admin", "api", "designer", "home", "inbox", "login", "logout", "oauth", "requests", "tasks"))
"""What the paths of the platform's own pages start with, after the platform's URL."""


def platform_page_start(url: str) -> str | None:
    """The part of a URL before the path of one of the platform's own pages; None for any other URL."""
    scheme, _, rest = url.partition("://")
    host, *folders = rest.rstrip("/").split("/")
    for position, folder in enumerate(folders):
        if folder.lower() in _PAGES:
            return f"{scheme}://{'/'.join((host, *folders[:position]))}"
    return None
