"""A change as a card: the client before and after, the reason, and the risks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import assert_never

from reconciler.applying.report import Applied, Failed, Outcome, Skipped
from reconciler.model.clients import ClientSpec, Field, Location
from reconciler.model.errors import NotVerified
from reconciler.model.fields import FIELDS, FieldRow, changed_fields
from reconciler.planning.drift.origins import has_drift, kept_text, origin_text
from reconciler.planning.plan.plan import Blocked, Change, Create, Delete, Kept, Replaced, Update
from reconciler.render.html.components import fix_line, text_line
from reconciler.render.html.difference import in_columns, shown
from reconciler.render.html.elements import (
    Child,
    Html,
    client_name,
    code,
    join,
    name_text,
    sentence,
    tag,
    template,
    words,
)
from reconciler.render.view.counts import action
from reconciler.render.view.highlight import marked
from reconciler.render.view.rotation import old_secret_text

SIGNS = {"create": "+", "replace": "±", "update": "~", "rename": "~", "delete": "−"}
"""Signs that tell the actions apart without colours."""

_BELOW_THE_NAME = tuple(row for row in FIELDS if row.field is not Field.NAME)

_TITLE = template('<h4>%s <bdi>%s</bdi><span class="id"> id %s</span></h4>')
_CARD = template('<article class="card %s" id="%s" data-action="%s">%s</article>')
_DRIFT_CARD = template('<article class="card %s" id="%s" data-action="%s" data-drift>%s</article>')
_WHY = template('<p class="why"><bdi dir="ltr">%s</bdi>%s%s</p>')
_PLACE = template(' · <code dir="ltr">%s</code>')
_OWNER = template(" · owner <bdi>%s</bdi>")
_GRID = template('<table class="fields of-%s">%s<tbody>%s</tbody></table>')
_ONE_CELL = template("<tr>%s<td>%s</td></tr>")
_TWO_CELLS = template("<tr>%s<td>%s</td><td>%s</td></tr>")
_UNCHANGED = template('<tr class="same">%s<td colspan="2">%s<span class="faint"> unchanged</span></td></tr>')

NOTHING = tag("span", "none", class_="faint")
_PAST = {"create": "created", "replace": "replaced", "update": "updated", "rename": "renamed", "delete": "deleted"}


def change_card(change: Change, anchor: str, outcome: Outcome | None = None, *, done: bool = False) -> Html:
    """Render one change. `outcome` is its result; `done` means that it was live before anything was written."""
    word = action(change)
    parts = [
        _title(word, change),
        _outcome(outcome) if outcome else None,
        text_line("was done before this run", "good") if done else None,
        *[text_line(f"! {risk.text}", "risk") for risk in change.risks],
        _old_secret(change),
        _origin(change),
        _table(change),
        _WHY(words(change.reason.text), *_where(change.source, change.owner)),
    ]
    return (_DRIFT_CARD if has_drift(change) else _CARD)(word, anchor, word, join(parts))


def blocked_card(blocked: Blocked) -> Html:
    """Render a client that is left unchanged because something about it is ambiguous."""
    return tag(
        "article",
        tag("h4", _badge("?", "blocked"), " ", client_name(blocked.name)),
        tag("p", sentence(blocked.reason.text), *_where(blocked.source, None)),
        fix_line(blocked.way_out),
        class_="card blocked",
        data_action="blocked",
    )


def kept_card(kept: Kept) -> Html:
    """Render a manual change on the instance that is kept."""
    rows = (
        tag("tr", tag("th", each.field, scope="row"), tag("td", _value(each.live)), tag("td", _value(each.declared)))
        for each in kept.fields
    )
    return tag(
        "article",
        tag("h4", _badge("=", "keep"), " ", client_name(kept.name), _id(kept.id)),
        text_line(kept_text(kept), "drift"),
        _grid(("Field", "Live", "Declared"), join(rows)) if kept.fields else None,
        tag("p", "left as it is live", *_where(kept.source, None), class_="why"),
        class_="card kept",
        data_action="keep",
        data_drift=True,
    )


def _title(word: str, change: Change) -> Html:
    match change:
        case Create(replaces=Replaced(id=old)):
            return tag("h4", _badge(SIGNS[word], word), " ", client_name(change.name), _id(f"{old} → a new one"))
        case Create():
            return tag("h4", _badge(SIGNS[word], word), " ", client_name(change.name))
        case Update(id=client_id) if change.is_rename:
            both = (client_name(change.before.name), " → ", client_name(change.name))
            return tag("h4", _badge(SIGNS[word], word), " ", *both, _id(client_id))
        case Update(id=client_id) | Delete(id=client_id):
            return _TITLE(_badge(SIGNS[word], word), name_text(change.name), str(client_id))
        case _:
            assert_never(change)


@cache
def _badge(sign: str, word: str) -> Html:
    return tag("span", tag("span", sign, aria_hidden="true"), f" {word}", class_=f"badge {word}")


def _id(client_id: int | str | None) -> Html | None:
    return None if client_id is None else tag("span", f" id {client_id}", class_="id")


def _origin(change: Change) -> Html | None:
    text = origin_text(change)
    return text_line(text, "drift" if has_drift(change) else "faint") if text else None


def _old_secret(change: Change) -> Html | None:
    """Render when the old secret stops working after a rotation."""
    replaced = change.replaces if isinstance(change, Create) else None
    return text_line(f"! {old_secret_text(replaced)}", "risk") if replaced else None


def _where(source: Location | None, owner: str | None) -> tuple[Child, Child]:
    place = _PLACE(f"{source.path}:{source.line}") if source is not None else None
    return place, _OWNER(name_text(owner)) if owner is not None else None


def _outcome(outcome: Outcome) -> Html:
    match outcome:
        case Applied(change=change, id=client_id, adopted=adopted):
            found = "; the answer was lost, and a later look shows it" if adopted else ""
            return text_line(f"{_PAST[action(change)]} (id {client_id}){found}", "good")
        case Failed(error=error):
            word = "uncertain" if isinstance(error, NotVerified) else "failed"
            return join([text_line(f"{word}: {error.message}", "bad"), fix_line(error.hint)])
        case Skipped(reason=reason):
            return text_line(f"not tried: {reason}", "bad")
        case _:
            assert_never(outcome)


def _table(change: Change) -> Html:
    match change:
        case Create(after=after, replaces=Replaced(before=before)) if before != after:
            return _grid(("Field", "Before", "After"), join(_rows(before, after)))
        case Create(after=after):
            return _grid(("Field", "After"), _single(after))
        case Delete(before=before):
            return _grid(("Field", "Before"), _single(before))
        case Update(before=before, after=after):
            return _grid(("Field", "Before", "After"), join(_rows(before, after)))
        case _:
            assert_never(change)


def _grid(heads: tuple[str, ...], rows: Html) -> Html:
    return _GRID(str(len(heads)), _head(heads), rows)


@cache
def _head(heads: tuple[str, ...]) -> Html:
    return tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads)))


def _single(spec: ClientSpec) -> Html:
    rows = (row for row in _BELOW_THE_NAME if row.texts(spec))
    return join(_row(row.field, _values(row, spec)) for row in rows)


def _rows(before: ClientSpec, after: ClientSpec) -> Iterator[Html]:
    if before.name != after.name:
        old, new = marked(before.name, after.name)
        yield _row(Field.NAME, tag("bdi", shown(old, "del")), tag("bdi", shown(new, "ins")))
    changed = [row.field for row in changed_fields(before, after)]
    for row in _BELOW_THE_NAME:
        if row.field in changed:
            yield _long_values_row(row, before, after) if row.one_per_line else _short_values_row(row, before, after)
        elif row.texts(after):
            yield _unchanged(row.field, _values(row, after))


def _short_values_row(row: FieldRow, before: ClientSpec, after: ClientSpec) -> Html:
    """Render a field of few, short values: added and removed ones are marked as a whole."""
    was, will = row.texts(before), row.texts(after)
    old = [tag("del", each) if each not in will else each for each in was]
    new = [tag("ins", each) if each not in was else each for each in will]
    return _row(row.field, _list(old), _list(new))


def _long_values_row(row: FieldRow, before: ClientSpec, after: ClientSpec) -> Html:
    """Render a field of long values, each marked where it differs from the one that it replaces."""
    same = set(row.texts(before)) == set(row.texts(after))
    note = tag("p", "the same URLs, in another order or number", class_="faint") if same else None
    columns = in_columns(row, before, after)
    after_and_note = join((_list(columns[1]), note)) if note else _list(columns[1])
    return _row(row.field, _list(columns[0]), after_and_note)


def _values(row: FieldRow, spec: ClientSpec) -> Child:
    return _list([code(value) if row.one_per_line else value for value in row.texts(spec)])


def _value(text: str | None) -> Html:
    return code(text) if text else NOTHING


def _list(values: Sequence[Child]) -> Child:
    if len(values) < 2:
        return values[0] if values else NOTHING
    return tag("ul", *(tag("li", value) for value in values))


def _row(field: str, *cells: Child) -> Html:
    return (_ONE_CELL if len(cells) == 1 else _TWO_CELLS)(_of_row(field), *cells)


@cache
def _of_row(field: str) -> Html:
    return tag("th", field, scope="row")


def _unchanged(field: str, value: Child) -> Html:
    return _UNCHANGED(_of_row(field), value)
