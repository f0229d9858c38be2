"""What the versions of the platform do differently, as capabilities: the one table that everything else asks.

A line is a group of versions that behave alike towards this program. Which one an instance belongs to is found out in
live/platform, from its answers.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from reconciler.support.frozen import frozen

_AUTHORIZATION_CODE = "authorization_code"  # Grant.AUTHORIZATION_CODE; model/clients builds on this module
_VERSION = re.compile(r"4\.([0-9]{1,2})(\.[0-9]{1,3})?")


SECRET_LENGTH = 40
"""Characters of every secret of the platform."""


class SecretDisplay(StrEnum):
    """What an instance shows of its clients' secrets."""

    ALWAYS = "always"
    """Every listing shows them."""
    ONCE = "once"
    """The answer to the create shows it, and nothing ever after."""
    NEVER = "never"
    """Every answer shows a hash: nobody ever learns a new secret."""
    UNKNOWN = "unknown"


@frozen
class Capabilities:
    """What the versions of a line can do, and what their grants really do."""

    line: str
    """Its name, for people."""
    secrets: SecretDisplay
    stores_grants_as_sent: bool
    """Whether a new client gets all grants that were sent."""
    owner_only: bool | None
    """Whether only the account that created a client can change or delete it; None if that was not asked."""
    exchanges_mixed_codes: bool
    """Whether authorization_code works for a client that has another grant too."""
    mints_tokens_for_anybody: bool
    """Whether the id and secret of a client with personal_access_token are enough for a token of any user."""
    newest_issues_tokens: bool
    """Whether the newest client with personal_access_token issues every user's personal access tokens."""
    checks_secrets_first: bool
    """Whether the token endpoint looks at a client's secret before it asks for the client's grants."""
    is_known: bool = True
    """Whether an instance with these answers was ever examined."""

    @property
    def is_2026(self) -> bool:
        """Whether it is the line that follows 4.15."""
        return self.newest_issues_tokens

    def refuses_code_exchange(self, grants: Collection[str]) -> bool:
        """Whether users cannot log in to a client with these grants, even if they give their consent.

        Up to 4.15, if a client has authorization_code and another grant, the exchange of the code returns 401
        invalid_client.
        """
        return not self.exchanges_mixed_codes and len(grants) > 1 and _AUTHORIZATION_CODE in grants


def _four(line: str, *, as_sent: bool, secrets: SecretDisplay = SecretDisplay.ALWAYS) -> Capabilities:
    return Capabilities(
        line,
        secrets,
        stores_grants_as_sent=as_sent,
        owner_only=False,
        exchanges_mixed_codes=False,
        mints_tokens_for_anybody=True,
        newest_issues_tokens=False,
        checks_secrets_first=True,
    )


def _twenty_six(line: str, secrets: SecretDisplay, *, owner_only: bool | None) -> Capabilities:
    return Capabilities(
        line,
        secrets,
        stores_grants_as_sent=False,
        owner_only=owner_only,
        exchanges_mixed_codes=True,
        mints_tokens_for_anybody=False,
        newest_issues_tokens=True,
        checks_secrets_first=False,
    )


UP_TO_4_2 = _four("4.0 to 4.2", as_sent=False)
UP_TO_4_15 = _four("4.3 to 4.15", as_sent=True)
NO_CLIENTS = _four("not known: it lists no client", as_sent=True, secrets=SecretDisplay.UNKNOWN)
"""An instance without clients shows nothing; before its first create it is asked."""
HASHED = _twenty_six("2026-hashed", SecretDisplay.NEVER, owner_only=True)
OWNER_ONLY = _twenty_six("2026-owner-only", SecretDisplay.ONCE, owner_only=True)
NEWEST = _twenty_six("2026", SecretDisplay.ONCE, owner_only=False)
OWNER_NOT_ASKED = _twenty_six("2026 or 2026-owner-only", SecretDisplay.ONCE, owner_only=None)
BEING_UPGRADED = _twenty_six(
    "2026, before its upgrade script has hashed the secrets", SecretDisplay.UNKNOWN, owner_only=None
)
UNKNOWN = Capabilities(
    "unknown",
    SecretDisplay.UNKNOWN,
    stores_grants_as_sent=False,
    owner_only=None,
    exchanges_mixed_codes=False,
    mints_tokens_for_anybody=True,
    newest_issues_tokens=False,
    checks_secrets_first=False,
    is_known=False,
)
"""Answers differently from every version that was examined."""

LINES = {
    each.line: each
    for each in (
        UP_TO_4_2,
        UP_TO_4_15,
        NO_CLIENTS,
        HASHED,
        OWNER_ONLY,
        NEWEST,
        OWNER_NOT_ASKED,
        BEING_UPGRADED,
        UNKNOWN,
    )
}

NEWEST_FOUR = "4.15"
"""The last version before 2026."""
STATES_OF_2026 = {each.line: each for each in (HASHED, OWNER_ONLY, NEWEST)}


def capabilities_of(platform: str) -> Capabilities | None:
    """The capabilities of a version as people write it: `4.N`, `4.N.N`, `2026` or a state of it; None for another."""
    if platform in STATES_OF_2026:
        return STATES_OF_2026[platform]
    found = _VERSION.fullmatch(platform)
    if found is None or int(found[1]) > 15:
        return None
    return UP_TO_4_2 if int(found[1]) <= 2 else UP_TO_4_15


def expected_capabilities(platform: str | None) -> Capabilities:
    """The capabilities to judge by before an instance is asked: those of 4.3 to 4.15 if `platform:` says nothing."""
    return (capabilities_of(platform) if platform is not None else None) or UP_TO_4_15


def is_as_promised(promised: str, found: Capabilities) -> bool:
    """Whether an instance is of the line that `platform:` promises. `2026` stands for each of its states."""
    wanted = capabilities_of(promised)
    if wanted is NEWEST:
        return found.is_2026
    return wanted is found or found is NO_CLIENTS or (wanted is OWNER_ONLY and found is OWNER_NOT_ASKED)
