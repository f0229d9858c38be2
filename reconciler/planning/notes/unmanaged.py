"""Notes on what a reader of the plan might not expect, above all about unmanaged clients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from reconciler.model.clients import Declarations, DesiredClient, LiveClient, Rotation
from reconciler.model.names import can_be_declared, is_system_client, lookalike_key
from reconciler.planning.drift.removals import Removals
from reconciler.planning.match.blocked import ALLOW_LOOKALIKE, Entry, clients_text, moment
from reconciler.planning.match.match import LiveIndex, Match, MatchResult, RotationMatch
from reconciler.planning.match.rotation import RotationStep, is_older, unreplaced_clients
from reconciler.planning.plan.plan import REMOVED, Note, Unmanaged
from reconciler.planning.plan.redirect_urls import leads_nowhere
from reconciler.support.text import enumeration, quoted

NOT_DECLARABLE = "not-declarable"
"""The code of the note on a client that only the Auth Clients page can correct."""
AMBIGUOUS = "ambiguous"
"""The code of the note on one of several clients with the same name."""
WITHHELD = frozenset({NOT_DECLARABLE, AMBIGUOUS})
"""The codes of notes on clients that `export` writes only as a comment."""


class UnmanagedNotes:
    """Why it may be unexpected that a client is unmanaged, given everything that is declared and live."""

    def __init__(
        self,
        declared: Declarations,
        clients: Iterable[LiveClient],
        index: LiveIndex,
        system_clients: Sequence[str],
        removals: Removals | None = None,
    ) -> None:
        self._index = index
        self._removals = removals
        self._system_clients = system_clients
        self._elsewhere = _instances_by_name(declared)
        places = ((each.source, each.name) for each in declared.elsewhere) if removals else ()
        # Of several entries with one name the first counts, whatever the order of the files.
        self._sources = {name: source for source, name in sorted(places, reverse=True)}
        self._declared_like = _names_by_key(declared, {lookalike_key(client.name) for client in clients})

    def on(self, client: LiveClient) -> Unmanaged:
        """The client as the plan shows it."""
        system = is_system_client(client.name, self._system_clients)
        if self._removals and (entry := self._removals.removed(client)):
            note = Note(REMOVED, "; ".join(self._taken_out(client, self._removals.in_words(entry), system)))
            source, earlier = self._sources.get(client.name), self._removals.place_of(entry)
            return Unmanaged(client.id, client.name, system, note, source, earlier)
        return Unmanaged(client.id, client.name, system, self._note(client, system))

    def _note(self, client: LiveClient, system: bool) -> Note | None:
        twin = self._declared_like.get(lookalike_key(client.name))
        sharing = self._index.named(client.name)
        # The platform itself creates clients named devlink: several of them are normal.
        shared = f"{len(sharing)} live clients have this name: {clients_text(sharing)}"
        is_shared = len(sharing) > 1 and not system
        if (instances := self._elsewhere.get(client.name)) and twin != client.name:
            text = f"declared for {', '.join(instances)} only"
            return Note("declared-elsewhere", f"{text}; {shared}" if is_shared else text)
        if twin is not None and twin != client.name:
            text = f"reads like {quoted(twin)}, which is declared, but is another client: names must match exactly"
            cannot = None if system else _not_declarable(client)
            return Note("name-lookalike", text) if cannot is None else replace(cannot, text=f"{text}; {cannot.text}")
        if is_shared:
            if twin is not None:  # the entry with this name means another client
                pin = f"`ids: {{{self._index.instance}: {client.id}}}`"
                shared += f"; to declare this one too, give it a name of its own and {pin}"
            return Note(AMBIGUOUS, shared)
        return None if system else _not_declarable(client)

    def still_declared(self, client: LiveClient) -> str | None:
        """For which other instances a client's name is declared, as text; None if for none."""
        instances = self._elsewhere.get(client.name)
        return f"still declared for {', '.join(instances)}" if instances else None

    def _taken_out(self, client: LiveClient, where: str, system: bool) -> Iterator[str]:
        yield where
        if still := self.still_declared(client):
            yield still
        yield "the platform needs it, so nothing deletes it" if system else "`--prune removed` deletes it"


def _not_declarable(client: LiveClient) -> Note | None:
    what = ["this name"] if not can_be_declared(client.name) else []
    what += ["its redirect URL"] if leads_nowhere(client.spec) else []
    return (
        Note(NOT_DECLARABLE, f"no entry can have {enumeration(what)}: correct it on the Auth Clients page")
        if what
        else None
    )


def notes_on_previous_names(entry: DesiredClient, live: LiveClient, index: LiveIndex) -> Iterator[Note]:
    """A note for each live client that has a previous name of a declared client that is also live."""
    for name in dict.fromkeys(entry.previous_names):
        for old in index.named(name):
            if old.id != live.id:
                both = f"{quoted(name)} (client {old.id}) is live beside {quoted(entry.name)} (client {live.id})"
                advice = "previous_names does nothing here: delete the old client, or remove its name"
                yield Note("previous-name-live", f"{both}, so {advice}")


def notes_on_rotation(found: MatchResult, index: LiveIndex) -> Iterator[Note]:
    """How long an old secret still works, and what to change in an entry after a rotation."""
    match found:
        case RotationMatch(
            entry, _, RotationStep(old=old, successor=LiveClient() as successor, stops_at=stops_at, is_over=False)
        ):
            text = f"the old secret of {quoted(entry.name)} (client {old.id}) works until {moment(stops_at)}, and the"
            then = f"; then write `{_pin(successor, index)}`" if entry.id is not None else ""
            text = f"{text} next apply after that deletes it; its successor is client {successor.id}{then}"
            yield Note("rotation-under-way", text)
        case Match(DesiredClient(rotate=Rotation() as rotate) as entry, live):
            yield from _notes_after_rotation(entry, rotate, live, index)


def _notes_after_rotation(entry: DesiredClient, rotate: Rotation, live: LiveClient, index: LiveIndex) -> Iterator[Note]:
    name = quoted(entry.name)
    if live.name != entry.name:
        if is_older(live, rotate):
            yield Note("rotation-follows", f"{name} is renamed first; the next plan replaces it, as `rotate:` says")
    elif entry.id not in (None, live.id):
        text = f"client {entry.id}, which `ids:` names, is gone, and client {live.id} has taken its place"
        yield Note("rotation-moved", f"{name}: {text}: write `{_pin(live, index)}`, or take `ids:` out")
    elif left := unreplaced_clients(entry, rotate, index.named(entry.name), live.id):
        others = clients_text(left)
        text = f"{others} has the same name, and is not managed, since `ids:` says that client {live.id} is meant"
        yield Note("rotation-leftover", f"{name}: {text}; without `ids:`, the rotation deletes the old one")


def _pin(live: LiveClient, index: LiveIndex) -> str:
    return f"ids: {{{index.instance}: {live.id}}}"


def waivers(entry: Entry, named_among: LiveIndex | None = None, own_id: int | None = None) -> Iterator[Note]:
    """A note for each rule that the entry waives, so that the plan's reader sees it.

    `named_among` are the live clients, if the change gives the client a name; lookalikes there are waived as well.
    """
    for waiver in entry.waivers:
        yield Note("waived", f"waives {waiver.rule}: {waiver.finding}")
    if named_among is not None and (twins := [c for c in named_among.looking_like(entry.name) if c.id != own_id]):
        text = f"a live client has a name that reads the same: {clients_text(twins, with_names=True)}"
        yield Note("waived", f"waives {ALLOW_LOOKALIKE}: {text}")


def _instances_by_name(declared: Declarations) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in declared.elsewhere:
        found[each.name].update(each.instances)
    return {name: sorted(instances) for name, instances in found.items()}


def _names_by_key(declared: Declarations, keys: Set[str]) -> Mapping[str, str]:
    """The declared names that have one of the keys; most have none, since few live clients are unmanaged."""
    entries: tuple[Entry, ...] = (*declared.present, *declared.absent)
    alike = [name for entry in entries if lookalike_key(name := entry.name) in keys]
    # Sorted, so that of several lookalikes the same one is named, whatever the order of the files.
    return {lookalike_key(name): name for name in sorted(alike)}
