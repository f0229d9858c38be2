"""What changes about a client, in one sentence and in two columns, with the differing parts of its values marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from reconciler.model.clients import ClientSpec
from reconciler.model.fields import grants_text, in_order
from reconciler.planning.plan.plan import Change, Create, Delete, Replaced, Update
from reconciler.render.html.elements import Child, Html, client_name, code, join, sentence, tag, with_marks
from reconciler.render.view.highlight import marked, pairs

_PLAIN = ("declared-not-live", "rollback")
"""Codes of reasons for a create that say no more than that it is one."""


def change_in_words(change: Change) -> Html:
    """Render what a change does: the whole URLs of a new client, and what differs in those of another one."""
    match change:
        case Create(after=after, replaces=Replaced(before=before)):
            return join(_differences(before, after), "; ")
        case Create(after=after, reason=reason):
            return _whole(after) if reason.code in _PLAIN else join([_whole(after), sentence(reason.text)], "; ")
        case Update(before=before, after=after):
            return join(_differences(before, after), "; ")
        case Delete(before=before, reason=reason):
            return join([sentence(reason.text), "; it has ", _whole(before)])
        case _:
            assert_never(change)


def _whole(spec: ClientSpec) -> Html:
    urls: list[Child] = [" to ", join(map(code, spec.redirect_urls), ", ")] if spec.redirect_urls else []
    return join([grants_text(spec.grants), *urls])


def _differences(before: ClientSpec, after: ClientSpec) -> list[Html]:
    found = []
    if before.name != after.name:
        old, new = marked(before.name, after.name)
        found.append(join([tag("bdi", with_marks(old, "del")), " → ", tag("bdi", with_marks(new, "ins"))]))
    if before.grants != after.grants:
        old_grants = [tag("del", each) if each not in after.grants else each for each in in_order(before.grants)]
        new_grants = [tag("ins", each) if each not in before.grants else each for each in in_order(after.grants)]
        found.append(join([join(old_grants, ", "), " → ", join(new_grants, ", ")]))
    if before.redirect_urls != after.redirect_urls:
        found += _urls(before.redirect_urls, after.redirect_urls)
    return found or [client_name("as it is")]


def _urls(before: Sequence[str], after: Sequence[str]) -> Iterator[Html]:
    gone, fresh = [url for url in before if url not in after], [url for url in after if url not in before]
    if not gone and not fresh:
        yield join(["the same URLs, in another order or number: ", join(map(code, after), ", ")])
    for old, new in pairs(gone, fresh):
        left, right = marked(old or "", new or "")
        begin: Child = code(with_marks(left, "del")) if old is not None else "added"
        end: Child = code(with_marks(right, "ins")) if new is not None else "removed"
        yield join([begin, end], " → " if old is not None and new is not None else " ")


def in_columns(was: Sequence[str], will: Sequence[str]) -> tuple[list[Html], list[Html]]:
    """Render old and new values, each of them marked where it differs from the one that it replaces."""
    gone, fresh = [url for url in was if url not in will], [url for url in will if url not in was]
    before: dict[str, Html] = {}
    after: dict[str, Html] = {}
    for old, new in pairs(gone, fresh):
        left, right = marked(old or "", new or "")
        if old is not None:
            before[old] = code(with_marks(left, "del"))
        if new is not None:
            after[new] = code(with_marks(right, "ins"))
    return [before.get(url) or code(url) for url in was], [after.get(url) or code(url) for url in will]
