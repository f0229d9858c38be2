"""The name of a rule at the end of a message, alone or with where it is explained."""

from __future__ import annotations

from collections.abc import Callable

Link = Callable[[str], str]
"""From the name of a rule to what ends a message about it."""


def unlinked(rule: str) -> str:
    """Only the name."""
    return f"[{rule}]"


def clickable(page: Callable[[str], str | None]) -> Link:
    """The name as a link of the terminal (OSC 8) to the page of its rule; the name alone if it has none."""

    def link(rule: str) -> str:
        url = page(rule)
        return f"[\x1b]8;;{url}\x1b\\{rule}\x1b]8;;\x1b\\]" if url else unlinked(rule)

    return link


def spelled_out(page: Callable[[str], str | None]) -> Link:
    """The name, and the address of its page on a line of its own."""

    def link(rule: str) -> str:
        url = page(rule)
        return f"{unlinked(rule)}\n  {url}" if url else unlinked(rule)

    return link
