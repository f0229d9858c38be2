"""Matching, with the clients first about which there is nothing to say: in sync, and nothing else could be meant.

In most plans that is nearly all of them. They are found with one look at each, and only the others are matched by all
that an entry can say. Without this module, `plan` of 10,000 clients takes 10 % longer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Set

from reconciler.model.clients import Declarations, DesiredClient, LiveClient
from reconciler.planning.match.blocked import Entry
from reconciler.planning.match.match import LiveIndex, MatchResult, claimed, match_all
from reconciler.support.frozen import frozen


@frozen
class MatchedEntries:
    """What every entry means."""

    settled: Set[int]
    """The live clients that are as their entries want them, by their names alone."""
    findings: tuple[MatchResult, ...]
    """What each of the other entries means, in the order of the files."""


def match_declared(declared: Declarations, index: LiveIndex) -> MatchedEntries:
    """What every entry means: as `match_all` finds it, but for those that are in sync in the plainest way.

    An entry that says no more than what its client is, is in sync if the one live client of its name is that, and if no
    other entry means that client too.
    """
    shared = _shared_names(declared)
    settled = {
        live.id: entry
        for entry in declared.present
        if (live := index.only(entry.spec.name)) and _in_sync(entry, live) and entry.spec.name not in shared
    }
    everything: tuple[Entry, ...] = (*declared.present, *declared.absent)
    # By `ids` or a previous name an entry may mean the client of another one: then neither is certain.
    for contested in settled.keys() & claimed((entry for entry in everything if _reaches_further(entry)), index):
        del settled[contested]
    known = set(map(id, settled.values()))
    return MatchedEntries(
        settled.keys(), tuple(match_all([entry for entry in everything if id(entry) not in known], index))
    )


def _reaches_further(entry: Entry) -> bool:
    return entry.id is not None or (isinstance(entry, DesiredClient) and bool(entry.previous_names))


def _in_sync(entry: DesiredClient, live: LiveClient) -> bool:
    return (
        entry.spec == live.spec
        and entry.id is None
        and not (entry.previous_names or entry.rotate or entry.ignore_changes)
    )


def _shared_names(declared: Declarations) -> Collection[str]:
    entries: tuple[Entry, ...] = (*declared.present, *declared.absent)
    names = [entry.name for entry in entries]
    if len(set(names)) == len(names):  # as almost always
        return ()
    return {name for name, number in Counter(names).items() if number > 1}
