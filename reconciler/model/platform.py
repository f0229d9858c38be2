"""Facts about the platform that rules, notes and guards rely on without asking an instance.

All were observed on 4.15.6. How an instance responds to requests is described in live/platform.
"""

from __future__ import annotations

from collections.abc import Collection

from reconciler.model.clients import Grant

TRIMMED = (
    "\u0000\u0009\u000a\u000b\u000c\u000d\u0020\u0085\u00a0\u1680\u180e"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200e"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""The characters that the platform trims from both ends of names and redirects."""

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


def refuses_code_exchange(grants: Collection[str]) -> bool:
    """Whether users cannot log in to a client with these grants, even if they give their consent.

    If a client has authorization_code and another grant, the exchange of the code returns 401 invalid_client.
    """
    return Grant.AUTHORIZATION_CODE in grants and len(grants) > 1
