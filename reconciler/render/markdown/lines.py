"""What decides, a line for each change: grants, URLs with what differs in them, recipients, risks. Nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import assert_never

from reconciler.model.clients import ClientSpec, Grant, Location
from reconciler.model.fields import grants_text, in_order
from reconciler.model.recipients import Recipient
from reconciler.planning.drift.origins import has_drift, origin_text
from reconciler.planning.notes.risks import REDIRECT_HOST
from reconciler.planning.plan.plan import Change, Create, Delete, Replaced, Update
from reconciler.render.markdown.context import CommentContext
from reconciler.render.markdown.escape import code, html, prose
from reconciler.render.view.change_groups import PLACEHOLDER, ChangeGroup, SharedDelivery, recipient_anywhere
from reconciler.render.view.counts import action, plural
from reconciler.render.view.deliveries import recipient_text
from reconciler.render.view.highlight import Pieces, marked, pairs
from reconciler.render.view.rotation import old_secret_text
from reconciler.support.frozen import frozen

_PLAIN = ("declared-not-live", "rollback")
"""Codes of reasons for a create that say no more than that it is one."""


def change_line(group: ChangeGroup, context: CommentContext) -> str:
    """Return the line of a change, without its bullet and line feed."""
    change = group.change
    parts = [f"{action(change)} {_title(change)}{_id(group)}{context.where(group.instances)}: {_what(change, context)}"]
    parts += _drift(change, context)
    parts += [f"secret to {code(recipient_text(each))}" for each in _new_holders(change)]
    parts += [f"**risk:** {context.message(risk)}" for risk in _risks(change)]
    parts += _behind(change.source, change.owner, group.patterned, context)
    return " · ".join(parts)


@frozen
class LinePart:
    """A piece of a line that stands among others about the same client."""

    text: str
    """What it says for all of them, if it is the same in all."""
    brief: str = field(compare=False)
    """What it says on its own line."""


def change_parts(group: ChangeGroup, context: CommentContext) -> list[LinePart]:
    """Return the pieces of the line of a create or an update, without its client and its instances."""
    change, [name, *_] = group.change, group.instances
    texts = [*_what_alike(change, context), *_drift(change, context)]
    parts = [LinePart(text, text) for text in texts]
    for each in _new_holders(change):
        general = each if len(group.instances) > 1 else recipient_anywhere(each, name)
        parts.append(LinePart(f"secret to {code(recipient_text(general))}", f"secret to {code(recipient_text(each))}"))
    for risk in change.risks:  # the hosts are those of the URLs beside it
        text = f"**risk:** {'the redirect host changes' if risk.code == REDIRECT_HOST else context.message(risk.text)}"
        parts.append(LinePart(text, text))
    parts += [LinePart(context.place(change.source), context.short_place(change.source))] if change.source else []
    return parts + ([LinePart(owner := f"owner {code(change.owner)}", owner)] if change.owner is not None else [])


def _what_alike(change: Change, context: CommentContext) -> Iterator[str]:
    if isinstance(change, Create) and change.replaces is None:
        yield prose(grants_text(change.after.grants))
        yield from (code(url) for url in change.after.redirect_urls)
        yield from [] if change.reason.code in _PLAIN else [context.message(change.reason.text)]
    elif isinstance(change, Update):
        yield from _differences(change.before, change.after)


def _drift(change: Change, context: CommentContext) -> list[str]:
    return [context.message(origin_text(change) or "")] if has_drift(change) else []


def delivery_line(shared: SharedDelivery, context: CommentContext) -> str:
    """Return the line of new recipients: all clients by name, who gets their secrets, who had them."""
    group = shared.group
    names = ", ".join(code(each.name) for each in group.deliveries)
    who = names if group.is_single else f"{plural(len(group.deliveries), 'client')} ({names})"
    to, before = ("; ".join(map(code, texts)) for texts in (group.recipients, group.before))
    parts = [
        f"{who}{context.where(shared.instances)}: to {to}",
        f"before: {before or 'nobody, as far as is known'}",
        context.message(group.reason.text),
    ]
    parts += [f"**risk:** {context.message(risk.text)}" for risk in group.risks]
    parts += _behind(group.source, group.first.owner, shared.patterned, context)
    return " · ".join(parts)


def _behind(source: Location | None, owner: str | None, patterned: bool, context: CommentContext) -> list[str]:
    """Return the end of a line: the entry, its owner, and what stands for names of instances."""
    parts = [f"{code(PLACEHOLDER)} stands for the name of the instance"] if patterned else []
    parts += [context.place(source)] if source is not None else []
    return parts + ([f"owner {code(owner)}"] if owner is not None else [])


def _title(change: Change) -> str:
    if isinstance(change, Update) and change.is_rename:
        old, new = marked(change.before.name, change.name)
        return f"{marked_code(old, 'del')} → {marked_code(new, 'ins')}"
    return code(change.name)


def _id(group: ChangeGroup) -> str:
    if isinstance(group.change, Create):
        return f" (id {group.change.replaces.id})" if group.change.replaces is not None else ""
    ids = set(group.ids)
    return f" (id {group.change.id})" if len(ids) == 1 else ""


def _what(change: Change, context: CommentContext) -> str:
    match change:
        case Create(after=after, replaces=Replaced(before=before)):
            return "; ".join(_differences(before, after)) or "as it is, with a new id and secret"
        case Create(after=after):
            pending = [context.message(change.reason.text)] if change.reason.code not in _PLAIN else []
            return "; ".join([*_whole(after), *pending])
        case Update(before=before, after=after):
            return "; ".join(_differences(before, after)) or "the name alone"
        case Delete(before=before, reason=reason):
            return f"{context.message(reason.text)}; it has {'; '.join(_whole(before))}"
        case _:
            assert_never(change)


def _whole(spec: ClientSpec) -> Iterator[str]:
    yield (
        prose(grants_text(spec.grants))
        + (" to " if spec.redirect_urls else "")
        + ", ".join(map(code, spec.redirect_urls))
    )


def _differences(before: ClientSpec, after: ClientSpec) -> Iterator[str]:
    if before.grants != after.grants:
        yield f"{_grants(before.grants, after.grants, 'removed')} → {_grants(after.grants, before.grants, 'added')}"
    if before.redirect_urls != after.redirect_urls:
        yield from _urls(before.redirect_urls, after.redirect_urls)


def _grants(grants: frozenset[Grant], others: frozenset[Grant], word: str) -> str:
    return ", ".join(prose(grant) if grant in others else f"**{prose(grant)}** ({word})" for grant in in_order(grants))


def _urls(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    gone = [url for url in before if url not in after]
    fresh = [url for url in after if url not in before]
    if not gone and not fresh:
        yield f"the same URLs in another order or number: {', '.join(map(code, after))}"
    for old, new in pairs(gone, fresh):
        if old is None:
            yield f"**added** {code(new or '')}"
        elif new is None:
            yield f"**removed** {code(old)}"
        else:
            left, right = marked(old, new)
            yield f"{marked_code(left, 'del')} → {marked_code(right, 'ins')}"


def marked_code(pieces: Pieces, mark: str) -> str:
    """Format a text as code, the pieces in which it differs marked as deleted (`del`) or inserted (`ins`)."""
    shown = "".join(f"<{mark}>{html(text)}</{mark}>" if differs else html(text) for text, differs in pieces)
    return f"<code>{shown}</code>"


def _new_holders(change: Change) -> tuple[Recipient, ...]:
    return change.recipients if isinstance(change, Create) else ()


def _risks(change: Change) -> Iterator[str]:
    if isinstance(change, Create) and change.replaces is not None:
        yield old_secret_text(change.replaces)
    yield from (note.text for note in change.risks)
