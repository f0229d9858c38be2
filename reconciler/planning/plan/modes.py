"""Values of `--prune` and `--on-drift`, in a module of their own for commands that make no plan."""

from __future__ import annotations

from enum import StrEnum


class Prune(StrEnum):
    """Which clients are deleted without an entry that says `state: absent`."""

    NONE = "none"
    REMOVED = "removed"
    """Those that were declared at the base and are no longer declared."""
    ALL = "all"


class OnDrift(StrEnum):
    """How to handle manual changes made on the instance since the base."""

    REFUSE = "refuse"
    KEEP = "keep"
    REVERT = "revert"
