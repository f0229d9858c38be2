"""Find unmanaged live clients that were declared at the base and are no longer declared for the instance."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.clients import Declarations, DesiredClient, LiveClient, Location
from reconciler.planning.drift.base import Base
from reconciler.planning.match.match import LiveIndex


class Removals:
    """The unmanaged clients that the base declared, for a plan that may delete them."""

    def __init__(self, declared: Declarations, index: LiveIndex, base: Base) -> None:
        self._base = base
        self._index = index
        self._names = {name for each in declared.present for name in (each.name, *each.previous_names)}
        self._names |= {each.name for each in declared.absent}
        self._ids = {each.id for each in declared.present} | {each.id for each in declared.absent}

    def removed(self, client: LiveClient) -> DesiredClient | None:
        """The entry that declared this client at the base, and for this instance no longer.

        None if there was none, if it is still there, or if it may have meant another client with the same name.
        """
        entry = self._base.declared(client)
        if entry is None or entry.name in self._names or (entry.id is not None and entry.id in self._ids):
            return None
        return entry if entry.id is not None or len(self._index.named(client.name)) == 1 else None

    def place_of(self, entry: DesiredClient) -> Location:
        """Where the base has the entry, without the commit before the path."""
        commit, _, path = entry.source.path.partition(":")
        return replace(entry.source, path=path) if path and self._base.commit.startswith(commit) else entry.source

    def in_words(self, entry: DesiredClient) -> str:
        """Where the entry was, as text; paths at the base begin with its commit."""
        return f"the base declares it here at {entry.source.path}:{entry.source.line}, and the files no longer do"
