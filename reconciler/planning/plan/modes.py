"""What somebody wants of a plan beyond what is declared: the words of flags, which commands know that plan nothing."""

from __future__ import annotations

from enum import StrEnum


class Prune(StrEnum):
    """Which clients are deleted though no entry says `state: absent`."""

    NONE = "none"
    REMOVED = "removed"
    """Those that were declared at the base, and are no longer."""
    ALL = "all"


class OnDrift(StrEnum):
    """What happens to what a person changed on the instance since the base."""

    REFUSE = "refuse"
    KEEP = "keep"
    REVERT = "revert"
