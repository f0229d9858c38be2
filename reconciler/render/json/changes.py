"""Changes of plans as JSON: each as plain values, and updates in the few forms that thousands of them have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC
from operator import attrgetter
from typing import Any, assert_never

from reconciler.model.clients import ClientSpec, Field
from reconciler.model.fields import FIELDS, changed_fields, join_urls, spec_values
from reconciler.planning.plan.plan import Change, Create, Delete, Replaced, Update
from reconciler.render.json.parts import location_entry, note_entry, recipient_entry, resume_entry
from reconciler.render.view.counts import action
from reconciler.support.json_writer import PLACE, Filled, Form

_Forms = dict[tuple[object, ...], Form]

_SHARED = attrgetter(*(row.attribute for row in FIELDS if row.field not in (Field.NAME, Field.REDIRECT_URL)))
"""The attributes of a client that all updates of one form have in common."""


def change_entries(changes: Iterable[Change]) -> Iterator[dict[str, Any] | Filled]:
    """Return the entry of each change, one after the other: of an update the form that it shares, and what is its own.

    With ten thousand updates, that saves three quarters of the work on their entries.
    """
    forms: _Forms = {}
    for change in changes:
        if isinstance(change, Update) and not change.recipients:
            yield _filled(change, forms)
        else:
            yield change_entry(change)


def _filled(change: Update, forms: _Forms) -> Filled:
    """Return an update in the form of those whose entries differ in nothing but the values that `_form` leaves out."""
    before, after, source = change.before, change.after, change.source
    notes = (change.reason, *change.risks)
    same = before.name == after.name, before.redirect_urls == after.redirect_urls
    alike = (*same, _SHARED(before), _SHARED(after), change.origins, *[note.code for note in notes])
    form = forms.get(alike) or forms.setdefault(alike, _form(change))
    sides = before.name, join_urls(before.redirect_urls), after.name, join_urls(after.redirect_urls)
    texts = [note.text for note in notes]
    place = source.path, source.line, source.column
    return Filled(form, (change.name, change.id, *sides, *texts, change.owner, *place))


def _form(change: Update) -> Form:
    """Return the entry of an update, with a place for each value that is not the same for all those of its form."""
    entry = change_entry(change)
    side = {"name": PLACE, "redirect_url": PLACE}
    own = {
        "name": PLACE,
        "id": PLACE,
        "before": {**entry["before"], **side},
        "after": {**entry["after"], **side},
        "reason": {**entry["reason"], "message": PLACE},
        "risks": [{**risk, "message": PLACE} for risk in entry["risks"]],
        "owner": PLACE,
        "location": dict.fromkeys(entry["location"], PLACE),
    }
    return Form({**entry, **own})


def change_entry(change: Change) -> dict[str, Any]:
    """Return a change as plain values."""
    client_id, before, after = _sides(change)
    return {
        "action": action(change),
        "name": change.name,
        "id": client_id,
        "before": _spec(before),
        "after": _spec(after),
        "origin": None if isinstance(change, Update) else change.origin,
        "origins": list(map(asdict, change.origins)) if isinstance(change, Update) else [],
        "replaces": _replaced(change.replaces) if isinstance(change, Create) and change.replaces else None,
        "successor": change.successor if isinstance(change, Delete) else None,
        "resume": resume_entry(change.resume) if isinstance(change, Create) and change.resume else None,
        "changed_fields": [row.field for row in changed_fields(before, after)] if before and after else [],
        "reason": note_entry(change.reason),
        "risks": [note_entry(risk) for risk in change.risks],
        "owner": change.owner,
        "recipients": [recipient_entry(each) for each in change.recipients],
        "recipients_before": [],
        "location": location_entry(change.source),
        "outcome": None,
    }


def _sides(change: Change) -> tuple[int | None, ClientSpec | None, ClientSpec | None]:
    """Return the client's id, and its spec before and after the change."""
    match change:
        case Create(replaces=Replaced(before=before)):
            return None, before, change.after
        case Create():
            return None, None, change.after
        case Update():
            return change.id, change.before, change.after
        case Delete():
            return change.id, change.before, None
        case _:
            assert_never(change)


def _replaced(replaced: Replaced) -> dict[str, Any]:
    return {
        "id": replaced.id,
        "keep_old_seconds": int(replaced.keep_old.total_seconds()),
        "stops_at": replaced.stops_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _spec(spec: ClientSpec | None) -> dict[str, Any] | None:
    return None if spec is None else spec_values(spec)
