"""Kinds of findings, in the order in which a reviewer should see them."""

from __future__ import annotations

from enum import IntEnum


class ReviewKind(IntEnum):
    """What a finding is about, in the order in which findings are shown."""

    BASE = -1
    """The base has no declarations where they are now."""
    CONFIGURATION = 0
    """The settings differ from the trusted ones, and everything below was judged by them."""
    ENDED = 1
    INVALID = 2
    STOPPED = 3
    FAILED = 4
    REFUSED = 5
    BLOCKED = 6
    DELETE = 7
    DELIVER = 8
    """Secrets that get a new recipient."""
    TAKEN_OUT = 9
    """A client that no entry declares any more, and that this plan does not delete."""
    RISK = 10
    CHANGE = 11
    CREATE = 12
    NOT_TRIED = 13
    WAIVED = 14
    """What an entry in sync waives, and did not waive at the base."""
    ODD = 15
    KEPT = 16
    FILES = 17
    """A warning about the files, whether or not it concerns a change of the plan."""


HEADINGS = {
    ReviewKind.BASE: "The base lacks the files",
    ReviewKind.CONFIGURATION: "The configuration differs from the trusted one",
    ReviewKind.ENDED: "The run could not go on",
    ReviewKind.INVALID: "The declarations are invalid",
    ReviewKind.STOPPED: "No plan",
    ReviewKind.FAILED: "Failed",
    ReviewKind.REFUSED: "Refused: nothing will be written",
    ReviewKind.BLOCKED: "Blocked: not changed until a person decides",
    ReviewKind.DELETE: "Deletions",
    ReviewKind.DELIVER: "Secrets that get a new recipient",
    ReviewKind.TAKEN_OUT: "Taken out of git, still live",
    ReviewKind.RISK: "Changes with risks",
    ReviewKind.CHANGE: "Changes",
    ReviewKind.CREATE: "New clients",
    ReviewKind.NOT_TRIED: "Not tried",
    ReviewKind.WAIVED: "Waivers of entries in sync",
    ReviewKind.ODD: "Also",
    ReviewKind.KEPT: "Kept as changed on the instance",
    ReviewKind.FILES: "Warnings about the files",
}
"""The heading above the findings of a kind."""
