"""Find unmanaged live clients that were declared at the base and are no longer declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.model.clients import Declarations, DesiredClient, LiveClient
from reconciler.planning.drift.base import Base


class Removals:
    """The unmanaged clients that the base declared, for a plan that may delete them."""

    def __init__(self, declared: Declarations, unmanaged: Sequence[LiveClient], base: Base) -> None:
        self.base = base
        self._names = {name for each in declared.present for name in (each.name, *each.previous_names)}
        self._names |= {each.name for each in declared.absent}
        self._ids = {each.id for each in declared.present} | {each.id for each in declared.absent}
        self._sharing = Counter(client.name for client in unmanaged)

    def declaring(self, client: LiveClient) -> DesiredClient | None:
        """The entry that declared this client at the base; None if there was none, or it is still there."""
        entry = self.base.declared(client)
        if entry is None or entry.name in self._names or (entry.id is not None and entry.id in self._ids):
            return None
        return entry

    def removed(self, client: LiveClient) -> DesiredClient | None:
        """Like `declaring`, but None if the entry may have meant another client with the same name."""
        entry = self.declaring(client)
        if entry is None or (entry.id is None and self._sharing[client.name] > 1):
            return None
        return entry

    def in_words(self, entry: DesiredClient) -> str:
        """Where the entry was, as text; paths at the base begin with its commit."""
        return f"it was declared for this instance at {entry.source.path}:{entry.source.line}, and is no longer"
