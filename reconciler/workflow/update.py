"""Bring what is live into the files that are there: what nothing declares, and what a person changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.declared.add import add_entries
from reconciler.declared.amend import Amended, Wanted, amend_entries
from reconciler.declared.document import Document
from reconciler.declared.edit import Addition
from reconciler.declared.entries import Entry, read_entries
from reconciler.declared.load import load_directory
from reconciler.declared.page import Unwritable
from reconciler.declared.taken_over import taken_over
from reconciler.declared.writing import Value
from reconciler.errors import ReconcilerError, Refused
from reconciler.model import Field, Grant, Listing, Location
from reconciler.names import matches
from reconciler.planning.export import Exported, Seen, Withheld, export_clients
from reconciler.planning.plan import Create, Plan, Update, field_changes
from reconciler.planning.redirects import redirect_urls
from reconciler.render.declarations import comment
from reconciler.settings import Instance
from reconciler.text import listed, printable, quoted
from reconciler.workflow.choices import Files
from reconciler.workflow.export import judge, refuse_unlikely
from reconciler.workflow.plan import Order, plan_listing


@dataclass(frozen=True, slots=True)
class Place:
    """Where new entries go."""

    files: Files
    into: Path | None
    """The file that somebody named."""
    empty: bytes
    """What a new file holds."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """An entry that says what is live now."""

    name: str
    source: Location
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """An entry that does not say what is live, and why it was not changed."""

    name: str
    source: Location
    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class Updated:
    """What the files will hold, and how that came about. Nothing is written yet."""

    files: Mapping[Path, bytes]
    """The new content of each file that changes."""
    added: Mapping[Path, Sequence[Exported]] = field(default_factory=dict)
    withheld: tuple[Withheld, ...] = ()
    taken: tuple[TakenOver, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    gone: tuple[Create, ...] = ()
    """Of what was to be taken over: declared, and not live."""
    renames: tuple[Update, ...] = ()
    """Taken over but for the new name, which git gives."""


@dataclass(frozen=True, slots=True)
class _Drift:
    """What an instance has instead of what an entry says."""

    instance: Instance
    update: Update
    entry: Entry

    @property
    def renames(self) -> bool:
        """Whether git gives the client a new name: nobody on the instance took it away."""
        return self.update.is_rename and self.update.reason.code != "pinned-by-id"

    def wanted(self) -> Wanted:
        """What the entry must say."""
        live, entry = self.update.before, self.entry
        redirects = entry.redirects
        if Grant.AUTHORIZATION_CODE not in live.grants:
            redirects = ()
        elif self.update.after.redirect_url != live.redirect_url:
            redirects = taken_over(redirects, redirect_urls(live), self.instance.variables)
        return Wanted(entry.name if self.renames else live.name, live.grants, redirects)

    def fields(self) -> tuple[Field, ...]:
        """What changes in the entry."""
        changed = (change.field for change in field_changes(self.update.before, self.update.after))
        return tuple(each for each in changed if each is not Field.NAME or not self.renames)


def update(order: Order, seen: Sequence[Seen], place: Place, accept: str | None) -> Updated:
    """Work out what the files must say. `accept` is a glob of the drifted clients to take over; None for none of them.

    Raises `Refused` where a file cannot be changed, or the declarations changed meanwhile.
    """
    for look in seen:
        refuse_unlikely(look, [each.name for each in order.settings.instances])
    directory = place.files.clients_directory
    documents = load_directory(directory, str(directory)).documents
    plans = [plan_listing(order, look.instance, look.listing).plan for look in seen]
    drifts = list(_drifts(order.instances, plans, documents, accept)) if accept is not None else []
    data, found = _take_over(order, drifts)
    items = judge(_undeclared(order, seen, plans), order.settings, [look.instance for look in seen], documents)
    entries = [item for item in items if isinstance(item, Exported)]
    added = _by_file(entries, place, documents)
    data |= {file: _with_entries(file, data.get(file), new, place) for file, new in added.items()}
    return replace(
        found,
        files=data,
        added=added,
        withheld=tuple(item for item in items if isinstance(item, Withheld)),
        gone=tuple(_gone(plans, accept)),
    )


def _undeclared(order: Order, seen: Sequence[Seen], plans: Sequence[Plan]) -> Sequence[Exported | Withheld]:
    """What no entry declares, as entries."""
    rest = []
    for look, plan in zip(seen, plans, strict=True):
        ids = {each.id for each in plan.unmanaged if not each.system}
        clients = tuple(client for client in look.listing.clients if client.id in ids)
        rest.append(Seen(look.instance, Listing(clients)))
    return export_clients(rest, order.settings.ignore).items


def _drifts(
    instances: Sequence[Instance], plans: Sequence[Plan], documents: Sequence[Document], accept: str
) -> Iterable[_Drift]:
    entries = [entry for document in documents for entry in read_entries(document) if entry.present]
    for instance, plan in zip(instances, plans, strict=True):
        # Not by their places: what aliases share stands where the anchor is. A name is declared once for an instance.
        by_name = {entry.name: entry for entry in entries if entry.covers(instance.name)}
        for change in plan.changes:
            if isinstance(change, Update) and _is_meant(accept, change):
                if change.name not in by_name:
                    raise Refused("the declarations changed meanwhile", "run it again")
                yield _Drift(instance, change, by_name[change.name])


def _is_meant(accept: str, change: Update | Create) -> bool:
    names = (change.name, change.before.name) if isinstance(change, Update) else (change.name,)
    return any(matches(accept, name) for name in names)


def _gone(plans: Iterable[Plan], accept: str | None) -> Iterable[Create]:
    for plan in plans if accept is not None else ():
        for change in plan.changes:
            if isinstance(change, Create) and _is_meant(accept or "*", change):
                yield change


def _take_over(order: Order, drifts: Sequence[_Drift]) -> tuple[dict[Path, bytes], Updated]:
    """The files with what is live in the entries that drifted."""
    refused: list[LeftAlone] = []
    wanted: dict[Path, dict[int, _Drift]] = {}
    for same_entry in _by_entry(drifts):
        drift = same_entry[0]
        if (why := _not_alone(order, same_entry)) is not None:
            refused.append(_shared(drift, why))
        else:
            wanted.setdefault(Path(drift.entry.document.path), {})[drift.entry.index] = drift
    data: dict[Path, bytes] = {}
    taken: list[_Drift] = []
    for file, by_index in wanted.items():
        before = read_bytes(file)
        amended = _amended(file, before, {index: drift.wanted() for index, drift in by_index.items()})
        if amended.data != before:
            data[file] = amended.data
        refused += [_unwritable(by_index[index], why) for index, why in amended.refused.items()]
        taken += [drift for index, drift in by_index.items() if index not in amended.refused]
    return data, Updated(
        {},
        taken=tuple(TakenOver(each.entry.name, each.entry.source, each.fields()) for each in taken if each.fields()),
        left_alone=tuple(refused),
        renames=tuple(each.update for each in taken if each.renames),
    )


def _by_entry(drifts: Iterable[_Drift]) -> Iterable[Sequence[_Drift]]:
    """The drifts of each entry: several instances may differ from it."""
    found: dict[tuple[str, int], list[_Drift]] = {}
    for drift in drifts:
        found.setdefault((drift.entry.document.path, drift.entry.index), []).append(drift)
    return found.values()


def _not_alone(order: Order, drifts: Sequence[_Drift]) -> str | None:
    """Why the entry of these drifts cannot say what is live: not all the instances that it is for have that.

    An embedded instance is nobody's, and follows.
    """
    names = [drift.instance.name for drift in drifts]
    if any(drift.wanted() != drifts[0].wanted() for drift in drifts):
        return f"{listed(map(printable, names))} differ from it, and from each other"
    instances = (each for each in order.settings.instances if each.url is not None and each.name not in names)
    others = [printable(each.name) for each in instances if drifts[0].entry.covers(each.name)]
    return f"the entry is also for {listed(others)}, which would change with it" if others else None


def _shared(drift: _Drift, why: str) -> LeftAlone:
    name = printable(drift.instance.name)
    hint = f"give {name} an entry of its own with `instances: [{name}]`, or bring it back: reconciler apply -i {name}"
    return LeftAlone(drift.entry.name, drift.entry.source, why, hint)


def _unwritable(drift: _Drift, why: str) -> LeftAlone:
    shared = "alias" in why
    hint = "write the entry out without alias and anchor, and run it again" if shared else "change it by hand"
    return LeftAlone(drift.entry.name, drift.entry.source, why, hint)


def _amended(file: Path, before: bytes, wanted: Mapping[int, Wanted]) -> Amended:
    try:
        return amend_entries(before, wanted)
    except Unwritable as problem:
        raise Refused(f"{file} stays as it is: {problem.message}", "change it by hand") from problem


def _by_file(entries: Sequence[Exported], place: Place, documents: Sequence[Document]) -> dict[Path, list[Exported]]:
    found: dict[Path, list[Exported]] = {}
    for entry in entries:
        file = _named_file(place.into, documents) if place.into else _default_file(entry, place, documents)
        found.setdefault(file, []).append(entry)
    return found


def _named_file(into: Path, documents: Sequence[Document]) -> Path:
    """The file that somebody named, as the loader calls it if it is there: one file must not go by two names."""
    real = os.path.realpath(into)
    return next((Path(each.path) for each in documents if os.path.realpath(each.path) == real), into)


def _default_file(entry: Exported, place: Place, documents: Sequence[Document]) -> Path:
    """The only file there is, else one that is named after the instance."""
    if len(documents) == 1:
        return Path(documents[0].path)
    return place.files.clients_directory / f"{entry.instances[0]}.yaml"


def _with_entries(file: Path, changed: bytes | None, entries: Sequence[Exported], place: Place) -> bytes:
    before = changed if changed is not None else read_bytes(file) if file.exists() else place.empty
    try:
        return add_entries(before, [_addition(entry) for entry in entries])
    except Unwritable as problem:
        hint = "let the entries go into another file: --into FILE"
        raise Refused(f"{quoted(str(file))} stays as it is: {problem.message}", hint) from problem


def _addition(entry: Exported) -> Addition:
    fields: dict[str, Value] = {"name": entry.name, "instances": list(entry.instances)}
    if entry.ids:
        fields["ids"] = dict(entry.ids)
    if entry.allow:
        fields["allow"] = list(entry.allow)
    fields["grants"] = {grant.value: _grant(grant, entry) for grant in Grant if grant in entry.grants}
    return Addition(fields, tuple(map(comment, entry.notes)))


def _grant(grant: Grant, entry: Exported) -> Value:
    if grant is not Grant.AUTHORIZATION_CODE:
        return True
    urls = entry.redirect_urls
    return {"redirect_url": urls[0] if len(urls) == 1 else list(urls)}


def read_bytes(file: Path) -> bytes:
    """What a file of declarations holds. Raises `ReconcilerError`."""
    try:
        return file.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or "it failed").lower()
        raise ReconcilerError(f"cannot read {quoted(str(file))}: {reason}", "run it again") from None
