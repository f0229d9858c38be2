"""Trials of stored secrets: whether the token endpoint of an instance still accepts one."""

from __future__ import annotations

from enum import StrEnum

from reconciler.support.frozen import frozen


class TrialState(StrEnum):
    """What is known of a secret that a sink has stored."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_LIVE = "not_live"
    """It is for an id that is not live any more."""
    NOT_STORED = "not_stored"
    """The sink has nothing for the client."""
    UNCLEAR = "unclear"
    """The answer says neither yes nor no."""
    NOT_TRIED = "not_tried"
    """An earlier answer ended the trials, or the run was stopped."""
    IMPOSSIBLE = "cannot_be_tried"
    """There is no way to ask without issuing a token, or to read what is stored."""


@frozen
class Trial:
    """The result of trying one secret. It has no field for the secret."""

    state: TrialState
    why: str | None = None
    """What people have to know about it, in words; None if the state says it all."""
    id: int | None = None
    """The id that is stored with the secret; None if that is not known."""
