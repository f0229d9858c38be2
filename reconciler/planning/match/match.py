"""Match each declared entry to a live client: by `ids`, then by name, then by `previous_names`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import cached_property
from typing import TypeVar, assert_never

from reconciler.model.clients import (
    AbsentClient,
    AnyLive,
    DesiredClient,
    Listing,
    LiveClient,
    Rotation,
    UnsupportedClient,
)
from reconciler.model.names import lookalike_key, matches_any
from reconciler.model.unfinished import UnfinishedCreate
from reconciler.planning.match import blocked
from reconciler.planning.match.blocked import Entry
from reconciler.planning.match.rotation import Candidates, RotationDone, RotationStep, rotation_step
from reconciler.planning.plan.plan import Blocked
from reconciler.support.frozen import frozen

K = TypeVar("K")
V = TypeVar("V")


class LiveIndex:
    """An index of a listing by id, name and lookalike. Built once, so that planning stays linear."""

    def __init__(self, listing: Listing, ignore: Sequence[str], instance: str) -> None:
        self.instance = instance
        self.at = listing.at
        self.all: tuple[AnyLive, ...] = (*listing.clients, *listing.unsupported)
        self._unfinished = _grouped((begun.name, begun) for begun in listing.unfinished) if listing.unfinished else {}
        self.by_id: Mapping[int, AnyLive] = {live.id: live for live in self.all}
        self._by_name = _grouped((live.name, live) for live in self.all)
        self._ignore = ignore
        self._ignored_names = {name for name in self._by_name if matches_any(ignore, name)} if ignore else set()

    def named(self, name: str) -> Sequence[AnyLive]:
        """The live clients with exactly this name."""
        return self._by_name.get(name, ())

    def only(self, name: str) -> LiveClient | None:
        """The only live client with this name; None if there are several, or it is unsupported or ignored."""
        found = self._by_name.get(name)
        if found is None or len(found) > 1 or name in self._ignored_names:
            return None
        live = found[0]
        return live if isinstance(live, LiveClient) else None

    def unfinished(self, name: str) -> Sequence[UnfinishedCreate]:
        """The unfinished creates of exactly this name, by ascending id: they are not live."""
        return self._unfinished.get(name, ())

    def looking_like(self, name: str) -> Sequence[AnyLive]:
        """The live clients whose names look the same to a person, including those with exactly this name."""
        return self._by_key.get(lookalike_key(name), ())

    @property
    def ignored(self) -> Sequence[AnyLive]:
        """The live clients that `ignore:` matches."""
        return [live for live in self.all if live.name in self._ignored_names] if self._ignored_names else ()

    def ignores(self, name: str) -> bool:
        """Whether `ignore:` matches this name, live or not."""
        return name in self._ignored_names if name in self._by_name else matches_any(self._ignore, name)

    @cached_property
    def _by_key(self) -> Mapping[str, Sequence[AnyLive]]:
        # Only creates, renames and ambiguous entries need it: a plan without any does not pay for it.
        return _grouped((lookalike_key(live.name), live) for live in self.all)


class MatchedBy(Enum):
    """How an entry was matched."""

    ID = auto()
    NAME = auto()
    PREVIOUS_NAME = auto()


@frozen
class Match:
    """The entry matches this live client."""

    entry: Entry
    live: LiveClient
    how: MatchedBy


@frozen
class RotationMatch:
    """The entry matches a client that is too old, and its successor if there is one."""

    entry: DesiredClient
    rotate: Rotation
    step: RotationStep


@frozen
class NotLive:
    """The entry matches no live client."""

    entry: Entry


@frozen
class Ambiguous:
    """The match of the entry is ambiguous."""

    entry: Entry
    blocked: Blocked


MatchResult = Match | RotationMatch | NotLive | Ambiguous


def match_all(entries: Sequence[Entry], index: LiveIndex) -> Iterator[MatchResult]:
    """Match each entry, in order. No live client is matched twice, and no name is assigned twice."""
    same_name = _shared((entry.name, entry) for entry in entries)
    findings = [_find(entry, index) for entry in entries]
    claims = _shared((client_id, found.entry) for found in findings for client_id in _claimed(found))
    for found in findings:
        entry = found.entry
        if entry.name in same_name:
            yield Ambiguous(entry, blocked.declared_twice(entry, same_name[entry.name]))
        elif clash := next((live for live in matched_clients(found) if live.id in claims), None):
            yield Ambiguous(entry, blocked.clashing(entry, clash, claims[clash.id]))
        else:
            yield _checked_name(found, index)


def _claimed(found: MatchResult) -> set[int]:
    """The ids of the live clients that an entry matches, and the one that it pins, even if its match is ambiguous."""
    pinned = () if found.entry.id is None else (found.entry.id,)
    return {*pinned, *(live.id for live in matched_clients(found))}


def matched_ids(entries: Iterable[Entry], index: LiveIndex) -> set[int]:
    """The ids of all live clients that some entries match, even if `match_all` would reject the match."""
    return {live.id for entry in entries for live in matched_clients(_find(entry, index))}


def matched_clients(found: MatchResult) -> tuple[LiveClient, ...]:
    """The live clients that an entry matches: during a rotation, two."""
    match found:
        case Match(live=live):
            return (live,)
        case RotationMatch(step=RotationStep(old=old, successor=successor)):
            return (old,) if successor is None else (old, successor)
        case NotLive() | Ambiguous():
            return ()
        case _:
            assert_never(found)


def candidate_ids(entry: Entry, index: LiveIndex) -> Iterator[int]:
    """The ids of all live clients that an ambiguous entry may mean: by id, name, previous name or lookalike."""
    if entry.id is not None and entry.id in index.by_id:
        yield entry.id
    earlier = entry.previous_names if isinstance(entry, DesiredClient) else ()
    for name in (entry.name, *earlier):
        yield from (live.id for live in index.looking_like(name))


def _find(entry: Entry, index: LiveIndex) -> MatchResult:
    if index.ignores(entry.name):
        return Ambiguous(entry, blocked.is_ignored(entry))
    if isinstance(entry, DesiredClient) and entry.rotate and (found := _by_dates(entry, entry.rotate, index)):
        return found
    if entry.id is not None:
        return _by_id(entry, index)
    if namesakes := index.named(entry.name):
        if len(namesakes) > 1:
            return Ambiguous(entry, blocked.ambiguous(entry, namesakes, index.instance))
        return _matched(entry, namesakes[0], MatchedBy.NAME, index)
    return _by_previous_name(entry, index) if isinstance(entry, DesiredClient) else NotLive(entry)


def _by_dates(entry: DesiredClient, rotate: Rotation, index: LiveIndex) -> MatchResult | None:
    """Match an entry by its rotation; None if nothing is to rotate, so that it is matched like any other."""
    pinned = index.by_id.get(entry.id) if entry.id is not None else None
    match rotation_step(entry, rotate, Candidates(index.named(entry.name), pinned, index.at, index.instance)):
        case None:
            return None
        case Blocked() as blocked:
            return Ambiguous(entry, blocked)
        case RotationDone(successor):
            return _matched(entry, successor, MatchedBy.NAME, index)
        case RotationStep() as step:
            return RotationMatch(entry, rotate, step)
        case found:
            assert_never(found)


def _by_id(entry: Entry, index: LiveIndex) -> MatchResult:
    live = index.by_id.get(entry.id) if entry.id is not None else None
    match entry, live:
        case AbsentClient(), None:
            return NotLive(entry)  # already deleted, as declared
        case _, None:
            return Ambiguous(entry, blocked.id_not_live(entry, index.named(entry.name), index.instance))
        case AbsentClient(), LiveClient() | UnsupportedClient() if live.name != entry.name:
            return Ambiguous(entry, blocked.id_has_another_name(entry, live))
        case _:
            return _matched(entry, live, MatchedBy.ID, index)


def _by_previous_name(entry: DesiredClient, index: LiveIndex) -> MatchResult:
    found = [live for name in dict.fromkeys(entry.previous_names) for live in index.named(name)]
    if not found:
        return NotLive(entry)
    if len(found) > 1:
        return Ambiguous(entry, blocked.previous_names_ambiguous(entry, found, index.instance))
    return _matched(entry, found[0], MatchedBy.PREVIOUS_NAME, index)


def _matched(entry: Entry, live: AnyLive, how: MatchedBy, index: LiveIndex) -> MatchResult:
    if index.ignores(live.name):
        return Ambiguous(entry, blocked.means_ignored(entry, live))
    if isinstance(live, UnsupportedClient):
        return Ambiguous(entry, blocked.unsupported(entry, live))
    return Match(entry, live, how)


def _checked_name(found: MatchResult, index: LiveIndex) -> MatchResult:
    """The result, unless it would give a client a name that is taken, or that looks like a live one."""
    match found:
        case NotLive(DesiredClient() as entry):
            return _name_problem(entry, None, index) or _being_created(entry, index) or found
        case RotationMatch(entry=entry, step=RotationStep(successor=None)):
            return _being_created(entry, index) or found
        case Match(DesiredClient() as entry, live) if live.name != entry.name:
            return _name_problem(entry, live.id, index) or found
        case _:
            return found


def _name_problem(entry: DesiredClient, own_id: int | None, index: LiveIndex) -> Ambiguous | None:
    others = [live for live in index.looking_like(entry.name) if live.id != own_id]
    if holders := [live for live in others if live.name == entry.name]:
        return Ambiguous(entry, blocked.name_taken(entry, holders))
    if others and blocked.ALLOW_LOOKALIKE not in entry.allow:
        return Ambiguous(entry, blocked.lookalike(entry, others, index.instance, is_live=own_id is not None))
    return None


def _being_created(entry: DesiredClient, index: LiveIndex) -> Ambiguous | None:
    """The result for an entry that another run may be creating just now, or whose mark somebody has copied."""
    found = index.unfinished(entry.name)
    if len({begun.nonce for begun in found}) < len(found):
        return Ambiguous(entry, blocked.mark_copied(entry, [begun.id for begun in found]))
    busy = [begun for begun in found if not begun.is_free(index.at)]
    return Ambiguous(entry, blocked.being_created(entry, busy[-1], index.at)) if busy else None


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, Sequence[V]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _shared(pairs: Iterable[tuple[K, Entry]]) -> Mapping[K, Sequence[Entry]]:
    """The groups that have more than one member."""
    pairs = list(pairs)
    if len({key for key, _ in pairs}) == len(pairs):  # almost always: no group has more
        return {}
    return {key: group for key, group in _grouped(pairs).items() if len(group) > 1}
