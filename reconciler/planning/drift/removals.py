"""What was declared at the base and is declared no longer, among the live clients that no entry is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.model.clients import Declarations, DesiredClient, LiveClient
from reconciler.planning.drift.base import Base

REMOVED = "removed"
"""The code of notes and reasons about them."""


class Removals:
    """Which unmanaged clients an entry of the base declared, for a plan that may delete them."""

    def __init__(self, declared: Declarations, unmanaged: Sequence[LiveClient], base: Base) -> None:
        self.base = base
        self._names = {name for each in declared.present for name in (each.name, *each.previous_names)}
        self._names |= {each.name for each in declared.absent}
        self._ids = {each.id for each in declared.present} | {each.id for each in declared.absent}
        self._sharing = Counter(client.name for client in unmanaged)

    def declaring(self, client: LiveClient) -> DesiredClient | None:
        """The entry that declared this client at the base and is gone; None if it was none, or is still there."""
        entry = self.base.declared(client)
        if entry is None or entry.name in self._names or (entry.id is not None and entry.id in self._ids):
            return None
        return entry

    def removed(self, client: LiveClient) -> DesiredClient | None:
        """The same, if it is certain that the entry meant this client, and not another one of its name."""
        entry = self.declaring(client)
        if entry is None or (entry.id is None and self._sharing[client.name] > 1):
            return None
        return entry

    def in_words(self, entry: DesiredClient) -> str:
        """Where the entry stood; the paths of a base begin with its commit."""
        return f"it was declared for this instance at {entry.source.path}:{entry.source.line}, and is no longer"
