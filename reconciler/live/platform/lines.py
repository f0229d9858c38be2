"""Find out from answers which line of the platform an instance belongs to."""

from __future__ import annotations

from collections.abc import Set

from reconciler.model.lines import (
    BEING_UPGRADED,
    HASHED,
    NO_CLIENTS,
    OWNER_NOT_ASKED,
    SECRET_LENGTH,
    UNKNOWN,
    UP_TO_4_2,
    UP_TO_4_15,
    Capabilities,
    SecretDisplay,
)

HASH_START = "$2y$"
"""What a bcrypt hash begins with; it is no secret."""


def secret_shape(secret: object) -> object:
    """What a listing shows in place of a secret: None, `hash`, or the length of a text."""
    if not isinstance(secret, str):
        return None if secret is None else "other"
    return "hash" if secret.startswith(HASH_START) else len(secret)


def capabilities_from(shapes: Set[object], *, redirects_logins: bool) -> Capabilities:
    """The capabilities of an instance, from the shapes of the secrets in its listing and its answer to the login."""
    if not shapes:
        return UP_TO_4_2 if redirects_logins else NO_CLIENTS
    if SECRET_LENGTH in shapes and not shapes & {"hash", "other"}:
        return UP_TO_4_2 if redirects_logins else UP_TO_4_15
    if redirects_logins:
        return UNKNOWN
    if shapes == {None}:
        return OWNER_NOT_ASKED
    # While its upgrade script runs, some are hashed already.
    return HASHED if "hash" in shapes and shapes <= {"hash", SECRET_LENGTH, None} else UNKNOWN


def after_asking_for_nobody(seen: Capabilities, status: int) -> Capabilities:
    """The same, after the answer to a GET of client 0: 500 up to 4.15, 404 from 2026 on."""
    is_2026 = {404: True, 500: False}.get(status)
    if is_2026 is None:
        return UNKNOWN
    if seen is NO_CLIENTS:
        return OWNER_NOT_ASKED if is_2026 else UP_TO_4_15
    if seen.is_2026 is is_2026:
        return seen
    return BEING_UPGRADED if seen.secrets is SecretDisplay.ALWAYS else UNKNOWN
