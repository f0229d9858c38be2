"""Render clients as YAML that `validate` accepts, to put into clients/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from reconciler.declared.clients.entry_values import as_written, plain_values
from reconciler.model.clients import ClientSpec, Grant
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Update
from reconciler.planning.plan.redirect_urls import escape_variables
from reconciler.support.text import printable, quoted_scalar

# Printable, but not allowed in a YAML file, not even in a comment (YAML 1.1 section 5.1, c-printable).
_NOT_YAML = re.compile("[\ufffe\uffff]")


def render_changes(changes: Sequence[Change], losses: Sequence[Note], instance: str) -> str:
    """The entries that declare, for one instance, the state after the changes; losses are comments above.

    Ends in a line feed.
    """
    return render_changes_of_several([(changes, losses, instance)])


def render_changes_of_several(parts: Sequence[tuple[Sequence[Change], Sequence[Note], str]]) -> str:
    """The entries of several instances as one file, as `render_changes` has those of one."""
    lines = [comment(loss.text) for _, losses, _ in parts for loss in losses]
    lines += ["clients:"] if any(changes for changes, _, _ in parts) else ["clients: []"]
    lines += [line for changes, _, instance in parts for change in changes for line in _entry(change, instance)]
    return "\n".join(lines) + "\n"


def comment(text: str) -> str:
    """A YAML comment line, valid whatever the text contains."""
    return f"# {_NOT_YAML.sub(_code_point, printable(text))}"


def _code_point(found: re.Match[str]) -> str:
    return f"\\u{{{ord(found[0]):x}}}"


def spec_lines(spec: ClientSpec, indent: int) -> list[str]:
    """What an entry declares of a client besides its name. The redirect URLs are as written in a file."""
    return [f"{' ' * indent}{line}" for line in (*_grants(spec), *_plain(spec))]


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
            yield from spec_lines(escape_variables(after), indent=4)
        case Create(after=after):
            yield from spec_lines(escape_variables(after), indent=4)
        case _:
            assert_never(change)


def _name(change: Change) -> str:
    return change.before.name if isinstance(change, Delete) else change.after.name


def _grants(spec: ClientSpec) -> Iterator[str]:
    yield "grants:"
    for grant in as_written(spec.grants):
        if grant is Grant.AUTHORIZATION_CODE:
            yield "  authorization_code:"
            yield f"    redirect_url: {_redirect(spec.redirect_urls)}"
        else:
            yield f"  {grant}: true"


def _plain(spec: ClientSpec) -> Iterator[str]:
    return (f"{key}: {json.dumps(value)}" for key, value in plain_values(spec).items())  # JSON is YAML, too


def _redirect(urls: Sequence[str]) -> str:
    scalars = [quoted_scalar(url) for url in urls]
    return scalars[0] if len(scalars) == 1 else f"[{', '.join(scalars)}]"
