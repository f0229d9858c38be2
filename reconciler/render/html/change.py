"""A change as a card: the client before and after, the reason, and the risks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import assert_never

from reconciler.applying.report import Applied, Failed, Outcome, Skipped
from reconciler.model.clients import ClientSpec, Field, Location
from reconciler.model.errors import NotVerified
from reconciler.model.fields import FIELDS, FieldRow
from reconciler.planning.drift.origins import has_drift, kept_text, origin_text
from reconciler.planning.plan.plan import Blocked, Change, Create, Delete, Kept, Replaced, Update
from reconciler.render.html.components import fix_line, text_line
from reconciler.render.html.difference import in_columns
from reconciler.render.html.elements import (
    Child,
    Html,
    Template,
    client_name,
    code,
    join,
    name_text,
    sentence,
    tag,
    template,
    with_marks,
    words,
)
from reconciler.render.view.counts import action
from reconciler.render.view.highlight import marked
from reconciler.render.view.rotation import old_secret_text
from reconciler.support.frozen import frozen

SIGNS = {"create": "+", "replace": "±", "update": "~", "rename": "~", "delete": "−"}
"""Signs that tell the actions apart without colours."""

_BELOW_THE_NAME = tuple(row for row in FIELDS if row.field is not Field.NAME)

_NAME_AND_ID = template('<bdi>%s</bdi><span class="id"> id %s</span>')
_RISK = template('<p class="risk"><bdi dir="ltr">! %s</bdi></p>')
_WHY = template('<p class="why"><bdi dir="ltr">%s</bdi>%s%s</p>')
_PLACE = template(' · <code dir="ltr">%s</code>')
_OWNER = template(" · owner <bdi>%s</bdi>")

NOTHING = tag("span", "none", class_="faint")
_PAST = {"create": "created", "replace": "replaced", "update": "updated", "rename": "renamed", "delete": "deleted"}


@frozen
class Card:
    """A change, its anchor on the page, what it is in a word, and its outcome."""

    change: Change
    anchor: str
    word: str
    drift: bool
    """Whether it undoes a manual change on the instance."""
    outcome: Outcome | None = None
    done: bool = False
    """Whether it was live before anything was written."""


def card_of(change: Change, anchor: str, outcome: Outcome | None = None, *, done: bool = False) -> Card:
    """Return the card of a change, which is looked at once for the whole page."""
    return Card(change, anchor, action(change), has_drift(change), outcome, done)


def change_card(card: Card) -> Html:
    """Render one change."""
    change = card.change
    lines = [
        _outcome(card.outcome) if card.outcome else None,
        text_line("was done before this run", "good") if card.done else None,
        *[_RISK(words(risk.text)) for risk in change.risks],
        _old_secret(change),
        _origin(card),
    ]
    why = _WHY(words(change.reason.text), *_where(change.source, change.owner))
    return _card(card.word, card.drift)(card.anchor, _title(change), join(lines), _table(change), why)


@cache
def _card(word: str, drift: bool) -> Template:
    kind = f'class="card {word}" id="%s" data-action="{word}"{" data-drift" if drift else ""}'
    return template(f"<article {kind}><h4>{_badge(SIGNS[word], word).markup} %s</h4>%s%s%s</article>")


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
        _grid("Field", "Live", "Declared")(join(rows)) if kept.fields else None,
        tag("p", "left as it is live", *_where(kept.source, None), class_="why"),
        class_="card kept",
        data_action="keep",
        data_drift=True,
    )


def _title(change: Change) -> Html:
    match change:
        case Update(id=client_id) if change.is_rename:
            return join([client_name(change.before.name), " → ", client_name(change.name), _id(client_id)])
        case Update(id=client_id) | Delete(id=client_id):
            return _NAME_AND_ID(name_text(change.name), str(client_id))
        case Create(replaces=Replaced(id=old)):
            return join([client_name(change.name), _id(f"{old} → a new one")])
        case Create():
            return client_name(change.name)
        case _:
            assert_never(change)


@cache
def _badge(sign: str, word: str) -> Html:
    return tag("span", tag("span", sign, aria_hidden="true"), f" {word}", class_=f"badge {word}")


def _id(client_id: int | str | None) -> Html | None:
    return None if client_id is None else tag("span", f" id {client_id}", class_="id")


def _origin(card: Card) -> Html | None:
    text = origin_text(card.change)
    return text_line(text, "drift" if card.drift else "faint") if text else None


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
        case Update(before=before, after=after):
            return _grid("Field", "Before", "After")(join(_rows(before, after)))
        case Create(after=after, replaces=Replaced(before=before)) if before != after:
            return _grid("Field", "Before", "After")(join(_rows(before, after)))
        case Create(after=after):
            return _grid("Field", "After")(_single(after))
        case Delete(before=before):
            return _grid("Field", "Before")(_single(before))
        case _:
            assert_never(change)


@cache
def _grid(*heads: str) -> Template:
    head = tag("thead", tag("tr", *(tag("th", each, scope="col") for each in heads)))
    return template(f'<table class="fields of-{len(heads)}">{head.markup}<tbody>%s</tbody></table>')


def _single(spec: ClientSpec) -> Html:
    return join(_row(row.field, 1)(_values(row, texts)) for row in _BELOW_THE_NAME if (texts := row.texts(spec)))


def _rows(before: ClientSpec, after: ClientSpec) -> Iterator[Html]:
    if before.name != after.name:
        old, new = marked(before.name, after.name)
        yield _row(Field.NAME, 2)(tag("bdi", with_marks(old, "del")), tag("bdi", with_marks(new, "ins")))
    for row in _BELOW_THE_NAME:
        was, will = row.texts(before), row.texts(after)
        if was != will:
            yield _long_values_row(row, was, will) if row.one_per_line else _short_values_row(row, was, will)
        elif will:
            yield _unchanged(row.field)(_values(row, will))


def _short_values_row(row: FieldRow, was: Sequence[str], will: Sequence[str]) -> Html:
    """Render a field of few, short values: added and removed ones are marked as a whole."""
    old = [tag("del", each) if each not in will else each for each in was]
    new = [tag("ins", each) if each not in was else each for each in will]
    return _row(row.field, 2)(_list(old), _list(new))


def _long_values_row(row: FieldRow, was: Sequence[str], will: Sequence[str]) -> Html:
    """Render a field of long values, each marked where it differs from the one that it replaces."""
    old, new = in_columns(was, will)
    same = set(was) == set(will)
    note = tag("p", "the same URLs, in another order or number", class_="faint") if same else None
    return _row(row.field, 2)(_list(old), join((_list(new), note)) if note else _list(new))


def _values(row: FieldRow, texts: Sequence[str]) -> Child:
    return _list([code(text) for text in texts] if row.one_per_line else texts)


def _value(text: str | None) -> Html:
    return code(text) if text else NOTHING


def _list(values: Sequence[Child]) -> Child:
    if len(values) < 2:
        return values[0] if values else NOTHING
    return tag("ul", *(tag("li", value) for value in values))


@cache
def _row(field: Field, cells: int) -> Template:
    return template(f'<tr><th scope="row">{field}</th>{"<td>%s</td>" * cells}</tr>')


@cache
def _unchanged(field: Field) -> Template:
    value = '<td colspan="2">%s<span class="faint"> unchanged</span></td>'
    return template(f'<tr class="same"><th scope="row">{field}</th>{value}</tr>')
