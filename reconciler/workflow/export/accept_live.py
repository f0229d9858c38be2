"""Copy manual changes on an instance into the entries that declare its clients, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from reconciler.declared.clients.entries import Entry, read_entries
from reconciler.declared.edit.change_entries import ChangedFile, change_entries
from reconciler.declared.edit.text_edits import CannotEdit
from reconciler.declared.edit.with_variables import urls_with_variables
from reconciler.declared.yaml.document import Document
from reconciler.model.clients import ClientSpec, Field, Grant, Location
from reconciler.model.errors import ReconcilerError, Refused
from reconciler.model.fields import field_changes
from reconciler.model.names import matches
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import Blocked, Change, Create, Plan, Update
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, printable, quoted
from reconciler.workflow.plan import PlanRequest


@frozen
class AcceptedEntry:
    """An entry that was changed to what is live."""

    name: str
    source: Location
    fields: tuple[Field, ...]


@frozen
class NotAccepted:
    """An entry that differs from what is live, and why it was not changed."""

    name: str
    source: Location
    why: str
    hint: str


@frozen
class Accepted:
    """The result: the files that change, and what to report about the matching clients."""

    files: Mapping[Path, bytes] = field(default_factory=dict)
    """The new content of each."""
    entries: tuple[AcceptedEntry, ...] = ()
    left_alone: tuple[NotAccepted, ...] = ()
    gone: tuple[tuple[str, Create], ...] = ()
    """Declared for an instance, and not live there."""
    blocked: tuple[tuple[str, Blocked], ...] = ()
    """Ambiguous: it is not certain which live client of an instance they mean."""
    renames: tuple[Update, ...] = ()
    """Accepted except for the name: git renames these clients."""


@frozen
class _Drift:
    """A client on an instance that differs from its entry."""

    instance: Instance
    update: Update
    entry: Entry

    @property
    def renames(self) -> bool:
        """Whether git renames the client; otherwise a person on the instance did."""
        return self.update.is_rename and self.update.reason.code != "pinned-by-id"

    def wanted(self) -> ClientSpec:
        """What the entry has to declare."""
        live, entry = self.update.before, self.entry
        redirects = entry.redirects
        if Grant.AUTHORIZATION_CODE not in live.grants:
            redirects = ()
        elif self.update.after.redirect_urls != live.redirect_urls:
            redirects = urls_with_variables(redirects, live.redirect_urls, self.instance.variables)
        return replace(live, name=entry.name if self.renames else live.name, redirect_urls=redirects)

    def fields(self) -> tuple[Field, ...]:
        """The fields that change in the entry."""
        changed = (change.field for change in field_changes(self.update.before, self.update.after))
        return tuple(each for each in changed if each is not Field.NAME or not self.renames)


def accept_live(request: PlanRequest, plans: Sequence[Plan], documents: Sequence[Document], accept: str) -> Accepted:
    """Change the entries of the clients that match a glob to what is live. `plans` are those of `order.instances`.

    Raises `Refused` if a file cannot be changed, or changed after the plans were made.
    """
    taken = _take_over(request, list(_drifts(request.instances, plans, documents, accept)))
    return replace(taken, gone=tuple(_gone(plans, accept)), blocked=tuple(_blocked(plans, accept)))


def _drifts(
    instances: Sequence[Instance], plans: Sequence[Plan], documents: Sequence[Document], accept: str
) -> Iterable[_Drift]:
    entries = [entry for document in documents for entry in read_entries(document) if entry.present]
    for instance, plan in zip(instances, plans, strict=True):
        # Not by location: an alias has the location of its anchor. A name is declared once for an instance.
        by_name = {entry.name: entry for entry in entries if entry.covers(instance)}
        for change in map(_as_update, plan.changes):
            if isinstance(change, Update) and _is_meant(accept, change):
                if change.name not in by_name:
                    raise Refused("the declarations changed meanwhile", "run it again")
                yield _Drift(instance, change, by_name[change.name])


def _as_update(change: Change) -> Change:
    """Convert a rotation that changes more than the secret to an update with only those other changes."""
    if not isinstance(change, Create) or change.replaces is None or change.replaces.before == change.after:
        return change
    return Update(change.replaces.id, change.replaces.before, change.after, change.reason, change.source, change.owner)


def _is_meant(accept: str, change: Update | Create) -> bool:
    names = (change.name, change.before.name) if isinstance(change, Update) else (change.name,)
    return any(matches(accept, name) for name in names)


def _gone(plans: Iterable[Plan], accept: str) -> Iterable[tuple[str, Create]]:
    for plan in plans:
        for change in plan.changes:
            if isinstance(change, Create) and change.replaces is None and _is_meant(accept, change):
                yield plan.instance, change


def _blocked(plans: Iterable[Plan], accept: str) -> Iterable[tuple[str, Blocked]]:
    return ((plan.instance, each) for plan in plans for each in plan.blocked if matches(accept, each.name))


def _take_over(request: PlanRequest, drifts: Sequence[_Drift]) -> Accepted:
    """Write what is live into the entries that drifted."""
    refused: list[NotAccepted] = []
    wanted: dict[Path, dict[int, _Drift]] = {}
    for same_entry in _by_entry(drifts):
        drift = same_entry[0]
        if (why := _not_alone(request, same_entry)) is not None:
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
    return Accepted(
        data,
        tuple(AcceptedEntry(each.entry.name, each.entry.source, each.fields()) for each in taken if each.fields()),
        left_alone=tuple(refused),
        renames=tuple(each.update for each in taken if each.renames),
    )


def _by_entry(drifts: Iterable[_Drift]) -> Iterable[Sequence[_Drift]]:
    """Group the drifts by entry: several instances may differ from it."""
    found: dict[tuple[str, int], list[_Drift]] = {}
    for drift in drifts:
        found.setdefault((drift.entry.document.path, drift.entry.index), []).append(drift)
    return found.values()


def _not_alone(request: PlanRequest, drifts: Sequence[_Drift]) -> str | None:
    """Why the entry of these drifts cannot declare what is live: it is also for instances that do not have that.

    Embedded instances do not count: they follow the entry.
    """
    names = [drift.instance.name for drift in drifts]
    if any(drift.wanted() != drifts[0].wanted() for drift in drifts):
        return f"{enumeration(map(printable, names))} differ from it, and from each other"
    instances = (each for each in request.settings.instances if each.url is not None and each.name not in names)
    others = [printable(each.name) for each in instances if drifts[0].entry.covers(each)]
    return f"the entry is also for {enumeration(others)}, which would change with it" if others else None


def _shared(drift: _Drift, why: str) -> NotAccepted:
    name = printable(drift.instance.name)
    hint = f"give {name} an entry of its own with `instances: [{name}]`, or bring it back: reconciler apply -i {name}"
    return NotAccepted(drift.entry.name, drift.entry.source, why, hint)


def _unwritable(drift: _Drift, why: str) -> NotAccepted:
    shared = "alias" in why
    hint = "write the entry out without alias and anchor, and run it again" if shared else "change it by hand"
    return NotAccepted(drift.entry.name, drift.entry.source, why, hint)


def _amended(file: Path, before: bytes, wanted: Mapping[int, ClientSpec]) -> ChangedFile:
    try:
        return change_entries(before, wanted)
    except CannotEdit as problem:
        raise Refused(f"{file} was not changed: {problem.message}", "change it by hand") from problem


def read_bytes(file: Path) -> bytes:
    """Read a file of declarations. Raises `ReconcilerError`."""
    try:
        return file.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or "it failed").lower()
        raise ReconcilerError(f"cannot read {quoted(str(file))}: {reason}", "run it again") from None
