"""Separate changes from drift: compare base, declared and live clients field by field.

| base | declared | live | label |
|---|---|---|---|
| A | B | A | git: the declarations have changed |
| A | A | B | instance: changed manually there |
| A | B | C | both: a conflict |

For a client that the base does not know, `base` is "absent". So a new entry in git for a client that is already live
with other values is a conflict: neither side comes from the base.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from reconciler.model.clients import AbsentClient, ClientSpec, Declarations, DesiredClient, Field, Grant, LiveClient
from reconciler.model.fields import FIELDS, field_changes, value_of, with_fields_from
from reconciler.planning.match.blocked import Entry
from reconciler.planning.plan.plan import FieldDrift, FieldOrigin, Kept, Note, Origin, Update, is_drift
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted

_LONGEST = 2_000
"""Maximum number of characters of a value in a note: redirect URLs have no more in all."""


@frozen(slots=False)
class Base:
    """What was declared for an instance at an earlier revision."""

    commit: str
    declarations: Declarations
    applied: Base | None = None
    """The last complete apply, if it was of another commit: only what this one declares was ever on the instance."""
    is_applied: bool = True
    """Whether an apply is recorded: of this commit, or the one in `applied`."""
    missing: str | None = None
    """The file or folder that the commit lacks: what it declared, if anything, stood elsewhere. None if it has both."""

    def was_applied(self, entry: DesiredClient) -> bool:
        """Whether the last complete apply made the client of an entry. If it is gone, somebody has deleted it."""
        known = self.applied or self
        return self.is_applied and isinstance(known.entry_for(entry), DesiredClient)

    def entry_for(self, entry: Entry) -> Entry | None:
        """The base's entry for the client that an entry is about: by id, name, then previous names."""
        earlier = entry.previous_names if isinstance(entry, DesiredClient) else ()
        if entry.id is not None and (pinned := self._by_id.get(entry.id)):
            return pinned
        return next((self._by_name[name] for name in (entry.name, *earlier) if name in self._by_name), None)

    def declared(self, live: LiveClient) -> DesiredClient | None:
        """The entry that declared a live client at the base: by its id, or by its name if no id was pinned."""
        entry = self._by_id.get(live.id) or self._by_name.get(live.name)
        return entry if isinstance(entry, DesiredClient) and entry.id in (None, live.id) else None

    def declares(self, update: Update) -> bool:
        """Whether an entry was for the client of an update, by its id, its name, or the name that it gets."""
        names = (update.before.name, update.after.name)
        found = (self._by_id.get(update.id), *(self._by_name.get(name) for name in names))
        return any(isinstance(entry, DesiredClient) for entry in found)

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        return (*self.declarations.absent, *self.declarations.present)

    @cached_property
    def _by_name(self) -> Mapping[str, Entry]:
        return {entry.name: entry for entry in self._entries}

    @cached_property
    def _by_id(self) -> Mapping[int, Entry]:
        return {entry.id: entry for entry in self._entries if entry.id is not None}


def origin_of(base: object, declared: object, live: object) -> Origin:
    """The origin of a difference between declared and live."""
    if base == live:
        return Origin.GIT
    return Origin.INSTANCE if base == declared else Origin.BOTH


def origin_of_create(entry: DesiredClient, base: Base) -> Origin:
    """The origin for a client that is declared and not live. What was never applied waits to be created."""
    before = base.entry_for(entry) if base.was_applied(entry) else None
    return origin_of(before.spec if isinstance(before, DesiredClient) else None, entry.spec, None)


def origin_of_delete(entry: AbsentClient, live: LiveClient, base: Base) -> Origin:
    """The origin for a client that is declared absent, and live.

    If the base does not know it, the deletion comes from git.
    """
    before = base.entry_for(entry)
    if before is None:
        return Origin.GIT
    return origin_of(expected_spec(before, live.spec) if isinstance(before, DesiredClient) else None, None, live.spec)


def origin_of_prune(live: LiveClient, base: Base) -> Origin:
    """The origin for a live client that no entry matches."""
    before = base.declared(live)
    return origin_of(expected_spec(before, live.spec) if before else None, None, live.spec)


def field_origins(entry: DesiredClient, live: ClientSpec, base: Base) -> tuple[FieldOrigin, ...]:
    """The origin of each field in which a live client differs from its entry."""
    now, before = expected_spec(entry, live), base.entry_for(entry)
    then = expected_spec(before, live) if isinstance(before, DesiredClient) else None
    return tuple(
        FieldOrigin(each.field, origin_of(_value(then, each.field), _value(now, each.field), _value(live, each.field)))
        for each in field_changes(live, now)
    )


def conflict_notes(entry: Entry, live: ClientSpec | None, base: Base | None) -> Iterator[Note]:
    """A note with all three sides of each field that git and a person have changed, each in its own way."""
    before = base.entry_for(entry) if base else None
    sides = (
        _side(before, live),
        _side(entry, live),
        live,
    )
    for row in FIELDS if base else ():
        then, now, here = ((row.value(side) if side else None) for side in sides)
        if now != here and origin_of(then, now, here) is Origin.BOTH:
            words = [quoted(row.text(side) or "none", _LONGEST) if side else "no client" for side in sides]
            yield Note("conflict", f"{row.field}: the base has {words[0]}, git {words[1]}, the instance {words[2]}")


def _side(entry: Entry | None, live: ClientSpec | None) -> ClientSpec | None:
    """What an entry declares; None if that is no client."""
    if not isinstance(entry, DesiredClient):
        return None
    return expected_spec(entry, live) if live else entry.spec


def expected_spec(entry: DesiredClient, live: ClientSpec) -> ClientSpec:
    """The declared client, with the live redirect URLs if those are ignored and both have some."""
    declared = entry.spec
    if not entry.ignore_changes:  # as nearly every entry: a member of an enumeration takes as long as a call
        return declared
    keeps = Field.REDIRECT_URL in entry.ignore_changes
    if keeps and Grant.AUTHORIZATION_CODE in declared.grants and Grant.AUTHORIZATION_CODE in live.grants:
        return replace(declared, redirect_urls=live.redirect_urls)
    return declared


def without_drift(live: ClientSpec, declared: ClientSpec, origins: Iterable[FieldOrigin]) -> ClientSpec:
    """The declared client, with the live values of manually changed fields.

    The platform derives the authorization code grant from the redirect URLs, so these two are kept together.
    """
    kept = {each.field for each in origins if is_drift(each.origin)}
    merged = with_fields_from(declared, live, kept)
    if (Grant.AUTHORIZATION_CODE in merged.grants) == bool(merged.redirect_urls):
        return merged
    return with_fields_from(declared, live, kept | {Field.GRANTS, Field.REDIRECT_URL})


def kept_fields(
    entry: DesiredClient, live: LiveClient, taken: ClientSpec, origins: Iterable[FieldOrigin]
) -> Kept | None:
    """The fields of an entry that stay as they are live when the client becomes `taken`; None if none do."""
    label = {each.field: each.origin for each in origins}
    fields = tuple(
        FieldDrift(each.field, label[each.field], declared=each.after, live=each.before)
        for each in field_changes(taken, expected_spec(entry, live.spec))
    )
    if not fields:
        return None
    return Kept(entry.name, live.id, _together(field.origin for field in fields), entry.source, fields)


def _together(origins: Iterable[Origin]) -> Origin:
    first, *others = set(origins)
    return first if not others else Origin.BOTH


def _value(spec: ClientSpec | None, field: Field) -> object:
    return value_of(spec, field) if spec is not None else None
