"""Lines of journals that older versions wrote, as this version would have written them."""

from __future__ import annotations

from typing import Any

from reconciler.support.json_reader import WrongShape

FORMAT_VERSION = 3
"""The version that is written: 2 since recipients of secrets are written down, 3 since unfinished creates are."""

DAMAGED = "it was changed or damaged: get it again, or move it away; `reconciler plan` shows what is live"
"""The fix for a line that no version has written."""
NOTHING_WRITTEN = "the run was interrupted before it wrote anything; the file can be removed"
"""The fix for a journal without a line."""


def current_heading(entry: dict[str, Any]) -> dict[str, Any]:
    """The first line of a journal in today's format. Raises `WrongShape` for a version that cannot be read."""
    version = entry.get("format_version")
    if version == FORMAT_VERSION:
        return entry
    if version not in (1, 2):
        raise WrongShape(f"its `format_version` is not {FORMAT_VERSION}: another version of reconciler wrote it")
    changes, counts = entry.get("changes"), entry.get("counts")
    if isinstance(changes, list):
        changes = [{"recipients": []} | each | {"resume": None} if isinstance(each, dict) else each for each in changes]
    if isinstance(counts, dict):
        counts = {"deliver": 0} | counts
    return entry | {"format_version": FORMAT_VERSION, "changes": changes, "counts": counts}


def current_line(entry: dict[str, Any]) -> dict[str, Any]:
    """A later line in today's format: older versions did not say who got a secret, nor under which mark."""
    match entry.get("event"):
        case "delivered":
            return {"recipient": None} | entry
        case "sent":
            return {"nonce": None} | entry
        case _:
            return entry
