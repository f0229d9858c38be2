"""Why a declared client is blocked, and the fix: the messages for everything that is ambiguous."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from reconciler.model.clients import AbsentClient, AnyLive, DesiredClient, LiveClient, Rotation, UnsupportedClient
from reconciler.model.fields import grants_text, join_urls
from reconciler.model.names import can_be_declared
from reconciler.model.unfinished import UnfinishedCreate
from reconciler.planning.plan.plan import Blocked, Note
from reconciler.support.text import enumeration, quoted, quoted_scalar, quoted_url

Entry = DesiredClient | AbsentClient

MOST_LISTED = 10
"""The platform's own tools can create a client repeatedly; nobody reads a hundred ids."""

UNSUPPORTED_WAY_OUT = "set its grants on the Auth Clients page, or remove the entry"

ALLOW_LOOKALIKE = "name-lookalike"


def is_ignored(entry: Entry) -> Blocked:
    """`ignore:` matches the entry's own name."""
    text = "`ignore:` matches this name, so clients with this name are not managed"
    return _blocked(entry, "ignored", text, "remove the entry, or narrow `ignore:` in reconciler.yaml")


def means_ignored(entry: Entry, live: AnyLive) -> Blocked:
    """`ignore:` matches the client that the entry means."""
    text = f"it means client {live.id}, {quoted(live.name)}, which `ignore:` excludes"
    return _blocked(entry, "ignored", text, "declare it without that id or previous name, or narrow `ignore:`")


def declared_twice(entry: Entry, entries: Iterable[Entry]) -> Blocked:
    """Several entries declare the same name for this instance."""
    text = f"this name is declared more than once: {_places(entries)}"
    return _blocked(entry, "declared-twice", text, "keep one entry for this instance")


def id_not_live(entry: Entry, namesakes: Sequence[AnyLive], instance: str) -> Blocked:
    """The pinned client is not live."""
    text = f"`ids:` says that it is client {entry.id}, and no live client has this id"
    way_out = "look on the Auth Clients page for the right id, or remove `ids:`"
    if namesakes:
        text += f"; live under this name: {clients_text(namesakes, with_forms=True)}"
        way_out = f"if that is the one, correct it to `{_pin(namesakes, instance)}`; else remove `ids:`"
    return _blocked(entry, "id-not-live", text, way_out)


def id_has_another_name(entry: Entry, live: AnyLive) -> Blocked:
    """The client pinned for deletion has an undeclared name: perhaps it is another client by now."""
    text = f"`ids:` says that it is client {entry.id}, and that is {quoted(live.name)} on the instance"
    return _blocked(entry, "id-has-another-name", text, "declare it absent under its live name, or correct `ids:`")


def unsupported(entry: Entry, live: UnsupportedClient) -> Blocked:
    """The client is live in a form that cannot be declared."""
    text = f"client {live.id} is live in a form that cannot be declared: {live.why}"
    return _blocked(entry, "unsupported", text, UNSUPPORTED_WAY_OUT)


def ambiguous(entry: Entry, found: Sequence[AnyLive], instance: str) -> Blocked:
    """Several live clients have the declared name."""
    text = f"{len(found)} live clients have this name: {clients_text(found, with_forms=True)}"
    way_out = f"add `{_pin(found, instance)}` to the entry, with the id of the right one, or {_remove_others(found)}"
    if isinstance(entry, DesiredClient) and _may_be_rotating(found):
        newest = max(live.id for live in found)
        pin = f"add `ids: {{{instance}: {newest}}}` to the entry, with the id of the right one"
        way_out = f"if a rotation is in progress, put `rotate:` back; otherwise {pin}, or {_remove_others(found)}"
    return _blocked(entry, "ambiguous", text, way_out)


def _may_be_rotating(found: Sequence[AnyLive]) -> bool:
    """Whether these may be a client and its successor: equal except for id, secret and date."""
    specs = [live.spec for live in found if isinstance(live, LiveClient)]
    return len(found) == len(specs) == 2 and specs[0] == specs[1]


def previous_names_ambiguous(entry: Entry, found: Sequence[AnyLive], instance: str) -> Blocked:
    """Several live clients have one of the previous names."""
    text = f"{len(found)} live clients have a previous name of it: {clients_text(found, with_names=True)}"
    pin = f"add `{_pin(found, instance)}` to the entry, with the id of the right one"
    way_out = f"keep the previous name of the right one only, or {pin}, or {_remove_others(found)}"
    return _blocked(entry, "previous-names-ambiguous", text, way_out)


def clashing(entry: Entry, live: AnyLive, entries: Iterable[Entry]) -> Blocked:
    """Several entries mean the same live client."""
    text = f"more than one entry means client {live.id}, {quoted(live.name)}: {_places(entries)}"
    way_out = "keep one of them: correct `ids:`, `previous_names:` or the name in the others"
    return _blocked(entry, "clashing", text, way_out)


def name_taken(entry: Entry, holders: Sequence[AnyLive]) -> Blocked:
    """Another client has the name that a client would get, even if it is about to lose it."""
    text = f"another live client has this name already: {clients_text(holders)}"
    way_out = "rename or remove that one first, then plan again; or correct `ids:`"
    return _blocked(entry, "name-taken", text, way_out)


def lookalike(entry: Entry, twins: Sequence[AnyLive], instance: str, *, is_live: bool) -> Blocked:
    """A live name looks the same to a person: probably the same client, spelled differently.

    `is_live` is whether the entry already matches a live client, so that the lookalike is another one.
    """
    differs = "only in case, normalisation or invisible characters"
    text = f"a live client has a name that differs {differs}: {clients_text(twins, with_names=True)}"
    allow = f"add `allow: [{ALLOW_LOOKALIKE}]` to the entry"
    first = min(twins, key=lambda live: live.id)
    rename = f"add `{how_to_rename(first, instance)}` to rename it"
    same = f"if it is the same client, write its name as it is live, or {rename}"
    way_out = f"rename or remove that one, or {allow}" if is_live else f"{same}; if it is another, {allow}"
    return _blocked(entry, "name-lookalike", text, way_out)


def rotation_ahead(entry: Entry, rotate: Rotation, at: datetime) -> Blocked:
    """`created_before` is in the future: every apply would create a new client."""
    text = f"`created_before` is {moment(rotate.created_before)}, and on the instance it is {moment(at)} only"
    way_out = "write a past time at which the client already existed"
    return _blocked(entry, "rotation-ahead", text, way_out)


def rotation_without_clock(entry: Entry) -> Blocked:
    """The instance's time is unknown, and so is when the time of `keep_old` is over."""
    text = "the instance does not tell the time (its answers have no `Date`), and a rotation goes by its clock"
    return _blocked(entry, "rotation-without-clock", text, "check for a proxy that drops `Date`")


def rotation_unclear(entry: Entry, found: Sequence[AnyLive]) -> Blocked:
    """One of the clients has no creation date, or a form that cannot be declared."""
    text = f"`rotate:` goes by the dates of the live clients of this name, and not all can be judged: {_dated(found)}"
    way_out = f"{_remove_others(found)}, or remove `rotate:`" if len(found) > 1 else "take `rotate:` out"
    return _blocked(entry, "rotation-unclear", text, way_out)


def rotation_ambiguous(
    entry: Entry, rotate: Rotation, old: Sequence[AnyLive], new: Sequence[AnyLive], instance: str
) -> Blocked:
    """More than one client may be the old one, or its successor."""
    time = moment(rotate.created_before)
    parts = [f"{len(old)} made before {time}: {_dated(old)}"] if old else []
    parts += [f"{len(new)} made since {time}: {_dated(new)}"] if new else []
    text = f"a rotation is from one client to one other of its name, and live are {' and '.join(parts)}"
    crowd = new if len(new) > 1 else old
    way_out = f"find out whose secret is in use, and {_remove_others(crowd)}"
    if len(new) <= 1:
        way_out += f"; or add `{_pin(old, instance)}` to the entry, with the id of the one to be replaced"
    return _blocked(entry, "rotation-ambiguous", text, way_out)


def being_created(entry: Entry, begun: UnfinishedCreate, at: datetime | None) -> Blocked:
    """Another run, perhaps on another machine, has begun to create a client of this name.

    Without the instance's time `at`, its client is never taken over.
    """
    text = f"run {begun.run} has begun to create it as client {begun.id}, and may still be running"
    free = begun.taken_over_at if at is not None else None
    if free is None:
        way_out = f"if it is not, remove client {begun.id} on the Auth Clients page, and plan again"
    else:
        way_out = f"plan again; if that run has ended, its client is taken over from {moment(free)} on"
    return _blocked(entry, "unfinished-create", text, way_out)


def mark_copied(entry: Entry, ids: Sequence[int]) -> Blocked:
    """Two clients have one mark, which no run of this program makes: somebody has copied it."""
    found = enumeration(map(str, ids))
    text = f"clients {found} look like one unfinished create of it, and only one of them can be that"
    way_out = "find out who made the others, and remove all of them on the Auth Clients page"
    return _blocked(entry, "unfinished-create", text, way_out)


def moment(at: datetime) -> str:
    """A time for people: `2026-05-01 09:00 UTC`, with seconds unless they are 0."""
    return f"{at.astimezone(UTC):{'%Y-%m-%d %H:%M:%S' if at.second else '%Y-%m-%d %H:%M'}} UTC"


def created_at(live: AnyLive) -> str:
    """The exact time at which a client was created, for people."""
    return f"created {moment(live.created_at)}" if live.created_at else created(None)


def _dated(clients: Iterable[AnyLive]) -> str:
    """Clients with their exact creation times, for people."""
    ordered = sorted(clients, key=lambda live: live.id)
    shown = [
        f"{live.id} ({created_at(live)}{', unsupported' if isinstance(live, UnsupportedClient) else ''})"
        for live in ordered[:MOST_LISTED]
    ]
    hidden = len(ordered) - len(shown)
    return ", ".join(shown) + (f" and {hidden} more" if hidden else "")


def clients_text(clients: Iterable[AnyLive], *, with_names: bool = False, with_forms: bool = False) -> str:
    """Clients for people, in ascending id: `7 (created 2026-03-01), 9 (created 2026-04-17)`."""
    ordered = sorted(clients, key=lambda live: live.id)
    shown = [_listed(live, with_names, with_forms) for live in ordered[:MOST_LISTED]]
    hidden = len(ordered) - len(shown)
    return ", ".join(shown) + (f" and {hidden} more" if hidden else "")


def _listed(live: AnyLive, with_name: bool, with_form: bool) -> str:
    known = [quoted(live.name)] if with_name else []
    known += [_form(live)] if with_form else []
    return f"{live.id} ({', '.join([*known, created(live.created_at)])})"


def _blocked(entry: Entry, code: str, text: str, way_out: str) -> Blocked:
    return Blocked(entry.name, Note(code, text), entry.source, way_out)


def _form(live: AnyLive) -> str:
    """What distinguishes clients with the same name."""
    if isinstance(live, UnsupportedClient):
        return "unsupported"
    stored = join_urls(live.spec.redirect_urls)
    redirect = f" to {quoted_url(stored)}" if stored else ""
    return grants_text(live.spec.grants) + redirect


def created(at: datetime | None) -> str:
    """When a client was created, for people: `created 2026-03-01`."""
    return f"created {at.date().isoformat()}" if at else "creation date unknown"


def how_to_rename(live: AnyLive, instance: str) -> str:
    """What to add to an entry to rename a live client: its id if its name cannot be expressed in YAML."""
    if can_be_declared(live.name):
        return f"previous_names: [{quoted_scalar(live.name)}]"
    return f"ids: {{{instance}: {live.id}}}"


def _pin(found: Sequence[AnyLive], instance: str) -> str:
    """What to add to the entry to pin the first client that it may mean."""
    first = min(found, key=lambda live: (isinstance(live, UnsupportedClient), live.id))
    return f"ids: {{{instance}: {first.id}}}"


def _remove_others(found: Sequence[AnyLive]) -> str:
    return f"remove the other{'s' if len(found) > 2 else ''} on the Auth Clients page"


def _places(entries: Iterable[Entry]) -> str:
    return ", ".join(str(place) for place in sorted(entry.source for entry in entries))
