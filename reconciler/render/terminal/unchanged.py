"""The clients that a plan does not change, for a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from reconciler.planning.plan.plan import REMOVED, Plan, Unmanaged
from reconciler.render.terminal.fields import BULLET
from reconciler.render.view.counts import plural
from reconciler.support.text import printable, quoted

MOST_LISTED = 10
"""Maximum number of unchanged clients listed per kind; JSON has all of them."""


def unchanged_clients(plan: Plan, *, says_how_to_delete: bool = True) -> Iterator[str]:
    """Yield the clients that the plan does not change, under a heading."""
    # Surprising clients come first, so that a long list never hides them.
    unmatched = sorted((c for c in plan.unmanaged if c.note or not c.system), key=_least_expected)
    needed = sum(client.system and client.note is None for client in plan.unmanaged)
    columns = {
        "unmanaged": list(dict.fromkeys(map(_unmanaged, unmatched))),  # one line for clients that share a name
        "ignored": [_named(client.id, client.name) for client in plan.ignored],
        "unsupported": [f"{_named(c.id, c.name)}: {printable(c.why)}" for c in plan.unsupported],
        "system": [f"{plural(needed, 'client')} of the platform's own"] if needed else [],
    }
    if any(columns.values()):
        yield "  not managed by this plan"
    footers = _what_to_do(plan, says_how_to_delete)
    for name, values in columns.items():
        shown = [*first_of(values), *footers.get(name, ())] if values else []
        for number, value in enumerate(shown):
            yield f"    {'' if number else name:<13}{value}"


def _least_expected(client: Unmanaged) -> int:
    """The order of unmanaged clients: first those that were taken out of git, last those without a note."""
    return 2 if client.note is None else 0 if client.note.code == REMOVED else 1


def _what_to_do(plan: Plan, says_how_to_delete: bool) -> dict[str, Sequence[str]]:
    """Return, by column, what the unchanged clients are and how to change that."""
    codes = [client.note.code if client.note else None for client in plan.unmanaged if not client.system]
    here = [code for code in codes if code not in ("declared-elsewhere", "ambiguous", "not-declarable")]
    export = printable(shlex.join(["reconciler", "export", "--instance", plan.instance, "--update"]))
    declare = f"{len(here)} live, and not declared; to declare {'it' if len(here) == 1 else 'them'}: {export}"
    return {
        "unmanaged": [
            *([_SHARE_A_NAME] if "ambiguous" in codes else []),  # an export cannot declare those as they are
            *([declare] if here else []),
            *([_TO_DELETE] if says_how_to_delete and None in here else []),  # the notes of the others say more
        ],
        "ignored": ["ignored by `ignore:` in reconciler.yaml"],
        "unsupported": ["never changed or pruned; to declare one, set its grants on the Auth Clients page first"],
    }


_TO_DELETE = "to delete one: declare it with `state: absent`"
_SHARE_A_NAME = "of clients that share a name, pin one with `ids:`, or remove the others on the Auth Clients page"


def _unmanaged(client: Unmanaged) -> str:
    if client.note and client.note.code == "ambiguous":  # the note has the ids of all clients with the name
        return f"{BULLET}{quoted(client.name, len(client.name))}: {printable(client.note.text)}"
    shown = _named(client.id, client.name)
    return f"{shown}: {printable(client.note.text)}" if client.note else shown


def _named(client_id: int, name: str) -> str:
    # A blank at the start or end would be invisible, and is why no entry has this name.
    shown = printable(name)
    return f"{BULLET}{shown if shown == shown.strip() else quoted(name, len(name))} (id {client_id})"


def first_of(texts: Sequence[str]) -> Iterable[str]:
    """Return the first few lines, and one that counts the others."""
    if len(texts) <= MOST_LISTED:
        return texts
    return (*texts[:MOST_LISTED], f"and {len(texts) - MOST_LISTED} more: --format json has all of them")
