"""Clients as YAML that `validate` accepts: what to put into clients/ so that it says what a client is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from reconciler.model import ClientSpec, Grant
from reconciler.planning.plan import Change, Create, Delete, Note, Update
from reconciler.text import printable

# Text that every YAML reader takes as the same text, without quotes. Everything else is quoted.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_TYPED = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def render_changes(changes: Sequence[Change], losses: Sequence[Note], instance: str) -> str:
    """The entries that declare, for one instance, the state after the changes; losses stand above as comments.

    Ends in a line feed.
    """
    lines = [f"# {printable(loss.text)}" for loss in losses]
    lines += ["clients:"] if changes else ["clients: []"]
    lines += [line for change in changes for line in _entry(change, instance)]
    return "\n".join(lines) + "\n"


def quoted_scalar(text: str) -> str:
    """A YAML scalar that reads as exactly this text everywhere."""
    if _PLAIN.fullmatch(text) and text.lower() not in _TYPED:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _entry(change: Change, instance: str) -> Iterator[str]:
    yield f"  - name: {quoted_scalar(_name(change))}"
    if change.owner is not None:
        yield f"    owner: {quoted_scalar(change.owner)}"
    yield f"    instances: [{quoted_scalar(instance)}]"
    match change:
        case Delete():
            yield "    state: absent"
        case Update(before=before, after=after):
            if change.is_rename:
                yield f"    previous_names: [{quoted_scalar(before.name)}]"
            yield from _grants(after)
        case Create(after=after):
            yield from _grants(after)
        case _:
            assert_never(change)


def _name(change: Change) -> str:
    return change.before.name if isinstance(change, Delete) else change.after.name


def _grants(spec: ClientSpec) -> Iterator[str]:
    yield "    grants:"
    for grant in (each for each in Grant if each in spec.grants):
        if grant is Grant.AUTHORIZATION_CODE:
            yield "      authorization_code:"
            yield f"        redirect_url: {_redirect(spec.redirect_url or '')}"
        else:
            yield f"      {grant}: true"


def _redirect(stored: str) -> str:
    # What looks like a variable in a stored URL is none.
    urls = [quoted_scalar(url.replace("${", "$${")) for url in stored.split(",")]
    return urls[0] if len(urls) == 1 else f"[{', '.join(urls)}]"
