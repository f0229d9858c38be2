"""Lines of journals that older versions wrote, as this version would have written them."""

from __future__ import annotations

from typing import Any

from reconciler.support.json_reader import WrongShape

FORMAT_VERSION = 2
"""The version that is written: 2 since recipients of secrets are written down."""


def current_heading(entry: dict[str, Any]) -> dict[str, Any]:
    """The first line of a journal in today's format. Raises `WrongShape` for a version that cannot be read."""
    version = entry.get("format_version")
    if version == FORMAT_VERSION:
        return entry
    if version != 1:
        raise WrongShape(f"its `format_version` is not {FORMAT_VERSION}: another version of reconciler wrote it")
    changes, counts = entry.get("changes"), entry.get("counts")
    if isinstance(changes, list):
        changes = [each | {"recipients": []} if isinstance(each, dict) else each for each in changes]
    if isinstance(counts, dict):
        counts = counts | {"deliver": 0}
    return entry | {"format_version": FORMAT_VERSION, "changes": changes, "counts": counts}


def current_delivery(entry: dict[str, Any]) -> dict[str, Any]:
    """A line about a delivery in today's format: version 1 did not say who got it."""
    return {"recipient": None} | entry
