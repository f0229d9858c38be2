"""What differs between the versions of the platform: one profile for each, found by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from reconciler.model.errors import WrongUsage
from reconciler.sandbox.urls import is_url, is_url_4_0, is_url_2026
from reconciler.support.frozen import frozen

DEFAULT = "4.15.6"
HASHED, OWNER_ONLY, NEWEST = "2026-hashed", "2026-owner-only", "2026"
_STATES = (HASHED, OWNER_ONLY, NEWEST)
_LAST_MINOR = 15
_LAST_RELEASES = {0: 17, 2: 36, 6: 3, 8: 4, 9: 4, 13: 2, 15: 6}
"""What a minor version without a third number means, where its releases all behave alike or the last is known."""

# The characters that are trimmed from both ends of names, redirects and user names, by the age of the framework.
_TRIMMED_FIRST = "\0\t\n\v\r "
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u180e" + "".join(map(chr, range(0x2000, 0x200C)))
_TRIMMED_4_8 = _SPACES + "\u2028\u2029\u202f\u205f\u3000\ufeff"
_TRIMMED_4_14 = _TRIMMED_4_8 + "\0\u200e"
_TRIMMED_2026 = (
    _TRIMMED_4_14
    + "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200c\u200d\u200f"
    + "".join(map(chr, (*range(0x2060, 0x2066), *range(0x206A, 0x2070))))
    + "\u2800\u3164\uffa0\U000e0020"
)


class BlockedLogin(StrEnum):
    """What the status BLOCKED means when an account logs in."""

    UNKNOWN = "the platform has no such status; the account is inactive"
    IGNORED = "the account logs in"
    REFUSED = "the login is refused"


class Stored(StrEnum):
    """Which grants a POST stores."""

    ALL = "all that were sent"
    SHIFTED = "each in the column of another, and one in the column of the provider"
    ONE = "the most powerful alone; without an owner, unless that is the authorization code"


class Secrets(StrEnum):
    """How a client's secret is stored and shown."""

    PLAIN = "stored and shown in clear"
    HASHED = "only its hash is stored, and that is shown"
    ONCE = "only its hash is stored; it is shown when the client is created, and never again"


@frozen
class Words:
    """The wording of validation messages."""

    capitals: bool
    """Names of fields begin with a capital letter."""
    recent: bool
    """`The Name field must not …` and a summary; older versions have `The Name may not …` and one sentence for all."""


@frozen
class LoginRules:
    """Logging in and out."""

    redirects: bool
    """A login that succeeds redirects, also if JSON is wanted."""
    unknown_is_unauthenticated: bool
    """An unknown user name gets 401, and an inactive account the same redirect as a success."""
    blocked: BlockedLogin
    throttled: bool
    """Five wrong passwords in a minute, and every further login is 429."""
    policies: bool
    """The settings for failed logins and for several sessions have an effect."""
    chokes_on_agents: bool
    """Some values of User-Agent make every login a server error."""
    anonymous_account: bool
    """The account of the platform's own that nobody can log in to exists."""
    log_out_page: str


@frozen
class SessionRules:
    """What a session is good for."""

    secure_cookie: bool
    """By default, the session's cookie is sent over https only."""
    missing_is_forbidden: bool
    """Without a session, the routes for clients answer 403; else 500."""
    keeps_permissions: bool
    """A permission that is taken away works on until the next login."""
    ends_with_password: bool
    ends_with_status: bool
    """A session of an account that was made inactive or blocked ends."""
    checks_host: bool
    """Host names that the instance does not know get 400."""
    start_page: str
    lists: frozenset[str]
    """Pages that are an empty JSON list for any session; others are unknown pages."""
    open_pages: frozenset[str]
    """Pages that need no session; they tell versions apart."""
    names_route: bool
    """The message for a wrong method names the route."""


@frozen
class ClientRules:
    """Storing and showing clients."""

    trimmed: str
    accepts_redirect: Callable[[str], bool]
    words: Words
    stored: Stored
    secrets: Secrets
    missing_is_not_found: bool
    """404 for a client that is not there or deleted, where others have 500, 200 and 204; showing one works."""
    owner_only: bool
    """The clients of other accounts are as good as missing."""
    name_becomes_text: bool
    name_may_be_list: bool
    """An update stores a name that is a list as its JSON."""


@frozen
class TokenRules:
    """The token endpoint."""

    password_grant: bool
    wrong_password: tuple[int, str]
    """Status and error."""
    by_owner: bool
    """Grants combine; `client_credentials` needs a client without an owner; nobody can mint personal access tokens."""


@frozen
class Platform:
    """One version of the platform."""

    name: str
    """As chosen: a version, or a state of 2026."""
    version: tuple[int, ...]
    """Compares platforms: an instance can be upgraded to a later one."""
    about: str
    """What its page about itself says."""
    login: LoginRules
    session: SessionRules
    clients: ClientRules
    tokens: TokenRules

    @property
    def is_2026(self) -> bool:
        """Whether it is of the line that follows 4.15."""
        return self.name in _STATES


def find_platform(name: str) -> Platform:
    """The platform with a name: `4.N`, `4.N.N`, or a state of 2026. Raises `WrongUsage` for any other."""
    if name in _STATES:
        return _platform(name, (2026, _STATES.index(name)))
    found = re.fullmatch(r"4\.(0|[1-9]\d?)(?:\.(0|[1-9]\d{0,2}))?", name)
    if found is None or int(found[1]) > _LAST_MINOR:
        raise WrongUsage(
            f"the sandbox knows no platform {name!r}",
            f"it knows 4.0 to 4.{_LAST_MINOR} with all their releases (such as 4.6.3), {', '.join(_STATES)}",
        )
    minor = int(found[1])
    return _platform(name, (4, minor, int(found[2]) if found[2] else _LAST_RELEASES.get(minor, 99)))


_LISTS_SINCE_4_8 = ("/oauth/scopes", "/oauth/personal-access-tokens")


def _platform(name: str, version: tuple[int, ...]) -> Platform:
    def before(*limit: int) -> bool:
        return version < limit

    def within(first: tuple[int, ...], limit: tuple[int, ...]) -> bool:
        return first <= version < limit

    new = name in _STATES
    # These were observed on 4.2.10, and otherwise on 4.2.36; what made logins crash was fixed in 4.2.30.
    early = before(4, 2, 30)
    return Platform(
        name=name,
        version=version,
        about=_about(name, version),
        login=LoginRules(
            redirects=before(4, 3),
            unknown_is_unauthenticated=early,
            blocked=BlockedLogin.UNKNOWN
            if before(4, 1)
            else BlockedLogin.IGNORED
            if before(4, 9)
            else BlockedLogin.REFUSED,
            throttled=before(4, 9),
            policies=not before(4, 9),
            chokes_on_agents=within((4, 1), (4, 1, 28)) or within((4, 2, 5), (4, 2, 30)),
            anonymous_account=not before(4, 1),
            log_out_page="" if before(4, 1) else "/saml/logout" if within((4, 9), (4, 12)) else "/login",
        ),
        session=SessionRules(
            secure_cookie=before(4, 3),
            missing_is_forbidden=before(4, 11, 2),
            keeps_permissions=before(4, 11, 2),
            ends_with_password=not before(4, 1) and not new,
            ends_with_status=new,
            checks_host=not before(4, 14, 2),
            start_page="/requests" if before(4, 14) else "/inbox",
            lists=frozenset() if new else frozenset(("/oauth/tokens", *(() if before(4, 8) else _LISTS_SINCE_4_8))),
            open_pages=_since(version, {(4, 9): "/2fa", (4, 11): "/login-failed", (4, 13): "/metrics"}),
            names_route=not before(4, 8),
        ),
        clients=ClientRules(
            trimmed=_trimmed(version),
            accepts_redirect=is_url_4_0 if before(4, 1) else is_url_2026 if new else is_url,
            words=Words(capitals=not early, recent=not before(4, 8)),
            stored=_stored(version),
            secrets=Secrets.PLAIN if not new else Secrets.HASHED if name == HASHED else Secrets.ONCE,
            missing_is_not_found=new,
            owner_only=name in (HASHED, OWNER_ONLY),
            name_becomes_text=new,
            name_may_be_list=within((4, 1), (4, 8)),
        ),
        tokens=TokenRules(
            password_grant=not within((4, 14), (4, 14, 2)),
            wrong_password=(401, "invalid_credentials") if before(4, 1) else (400, "invalid_grant"),
            by_owner=new,
        ),
    )


def _blocked(version: tuple[int, ...]) -> BlockedLogin:
    if version < (4, 1):
        return BlockedLogin.UNKNOWN
    return BlockedLogin.IGNORED if version < (4, 9) else BlockedLogin.REFUSED


def _since(version: tuple[int, ...], pages: Mapping[tuple[int, ...], str]) -> frozenset[str]:
    return frozenset(page for first, page in pages.items() if version >= first)


def _trimmed(version: tuple[int, ...]) -> str:
    if version < (4, 8):
        return _TRIMMED_FIRST
    if version < (4, 14):
        return _TRIMMED_4_8
    return _TRIMMED_4_14 if version < (2026,) else _TRIMMED_2026


def _stored(version: tuple[int, ...]) -> Stored:
    if (4, 1) <= version < (4, 1, 21) or (4, 2, 5) <= version < (4, 2, 18):
        return Stored.SHIFTED
    return Stored.ALL if version < (2026,) else Stored.ONE


_RELEASES = {
    3: "Winter 2023",
    4: "Winter 2023",
    5: "Spring 2023",
    6: "Spring 2023",
    7: "Summer 2023",
    8: "Fall 2023",
    9: "Winter 2024",
    10: "Spring 2024",
    11: "Summer 2024",
    12: "Fall 2024",
    13: "Winter 2025",
    14: "Spring 2025",
    15: "Spring 2025",
}
"""What a minor version calls itself. 4.3 to 4.5, 4.7, 4.10 and 4.12 are guesses."""

_BUILDS = {
    "4.2.36": "8beb25bf",
    "4.6.3": "330df572",
    "4.8.4": "c9394668",
    "4.11.1": "e0f2413d",
    "4.14.1": "a83309b7",
    "4.15.6": "67e9cba2",
}
_SAY_ANOTHER = {"4.0.17": "4.0.16", "4.15.6": "4.15.6+beta-3", HASHED: "2026.7.0", OWNER_ONLY: "2026.11.2"}
_NEWEST_SAYS = "2026.12.0"


def _about(name: str, version: tuple[int, ...]) -> str:
    says = _SAY_ANOTHER.get(name, _NEWEST_SAYS if name == NEWEST else name)
    build = _BUILDS.get(name, "00000000")
    if version < (4, 3):
        return f"ProcessMaker 4 v{says}" + (f" Build #{build}" if name in _BUILDS else "")
    release = _RELEASES.get(version[1], "") if version < (2026,) else "2026"
    return f"ProcessMaker Platform {release} Version {says} (Build #{build})"
