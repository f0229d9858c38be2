"""Clients as YAML that `validate` accepts: what to put into clients/ so that it says what a client is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import assert_never

from reconciler.model.clients import ClientSpec, Grant
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Update
from reconciler.planning.plan.redirect_urls import written_urls
from reconciler.support.text import printable, quoted_scalar

# Safe to print, and yet not allowed in a YAML file, not even in a comment (YAML 1.1 section 5.1, c-printable).
_NOT_YAML = re.compile("[\ufffe\uffff]")


def render_changes(changes: Sequence[Change], losses: Sequence[Note], instance: str) -> str:
    """The entries that declare, for one instance, the state after the changes; losses stand above as comments.

    Ends in a line feed.
    """
    lines = [comment(loss.text) for loss in losses]
    lines += ["clients:"] if changes else ["clients: []"]
    lines += [line for change in changes for line in _entry(change, instance)]
    return "\n".join(lines) + "\n"


def comment(text: str) -> str:
    """A line that every YAML reader skips, whatever the text holds."""
    return f"# {_NOT_YAML.sub(_code_point, printable(text))}"


def _code_point(found: re.Match[str]) -> str:
    return f"\\u{{{ord(found[0]):x}}}"


def grant_lines(grants: Collection[Grant], redirect_urls: Sequence[str], indent: int) -> list[str]:
    """`grants:` and what belongs to it. The URLs are as a file writes them: one, or several for a list."""
    return [f"{' ' * indent}{line}" for line in _grants(grants, redirect_urls)]


def _entry(change: Change, instance: str) -> Iterator[str]:
    yield f"  - name: {quoted_scalar(_name(change))}"
    if change.owner is not None:
        yield f"    owner: {quoted_scalar(change.owner)}"
    if isinstance(change, Update) and change.is_rename:
        yield f"    previous_names: [{quoted_scalar(change.before.name)}]"
    yield f"    instances: [{quoted_scalar(instance)}]"
    match change:
        case Delete():
            yield "    state: absent"
        case Update(after=after):
            yield from _spec_lines(after)
        case Create(after=after):
            yield from _spec_lines(after)
        case _:
            assert_never(change)


def _spec_lines(spec: ClientSpec) -> list[str]:
    return grant_lines(spec.grants, written_urls(spec), indent=4)


def _name(change: Change) -> str:
    return change.before.name if isinstance(change, Delete) else change.after.name


def _grants(grants: Collection[Grant], redirect_urls: Sequence[str]) -> Iterator[str]:
    yield "grants:"
    for grant in (each for each in Grant if each in grants):
        if grant is Grant.AUTHORIZATION_CODE:
            yield "  authorization_code:"
            yield f"    redirect_url: {_redirect(redirect_urls)}"
        else:
            yield f"  {grant}: true"


def _redirect(urls: Sequence[str]) -> str:
    scalars = [quoted_scalar(url) for url in urls]
    return scalars[0] if len(scalars) == 1 else f"[{', '.join(scalars)}]"
