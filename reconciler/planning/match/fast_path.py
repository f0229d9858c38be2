"""Match first the entries that are plainly in sync: no difference, and no other possible match.

In most plans that is nearly all of them. Each takes one lookup, and only the others need the full matching. Without
this module, `plan` of 10,000 clients takes 10 % longer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Set

from reconciler.model.clients import Declarations, DesiredClient, LiveClient
from reconciler.planning.match.blocked import Entry
from reconciler.planning.match.match import LiveIndex, MatchResult, match_all, matched_ids
from reconciler.support.frozen import frozen


@frozen
class MatchedEntries:
    """The matches of all entries."""

    in_sync_ids: Set[int]
    """The ids of live clients that are in sync with their entries, matched by name alone."""
    findings: tuple[MatchResult, ...]
    """The results for all other entries, in the order of the files."""


def match_declared(declared: Declarations, index: LiveIndex) -> MatchedEntries:
    """Match every entry: with `match_all`, except those that are plainly in sync.

    An entry without id, previous names, rotation and ignored changes is plainly in sync if it equals the only live
    client with its name, and no other entry may match that client.
    """
    shared = _shared_names(declared)
    in_sync_ids = {
        live.id: entry
        for entry in declared.present
        if (live := index.only(entry.spec.name)) and _in_sync(entry, live) and entry.spec.name not in shared
    }
    everything: tuple[Entry, ...] = (*declared.present, *declared.absent)
    # By `ids` or a previous name, an entry may match another entry's client: then both are ambiguous.
    for contested in in_sync_ids.keys() & matched_ids(
        (entry for entry in everything if _reaches_further(entry)), index
    ):
        del in_sync_ids[contested]
    known = set(map(id, in_sync_ids.values()))
    return MatchedEntries(
        in_sync_ids.keys(), tuple(match_all([entry for entry in everything if id(entry) not in known], index))
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
    if len(set(names)) == len(names):  # almost always
        return ()
    return {name for name, number in Counter(names).items() if number > 1}
