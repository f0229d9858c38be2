"""Find creates that are probably renames: one undeclared live client has the same redirect URLs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reconciler.model.clients import LiveClient
from reconciler.planning.match.blocked import created, how_to_rename
from reconciler.planning.match.match import LiveIndex
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Unmanaged
from reconciler.support.text import quoted


def notes_on_renames(changes: Sequence[Change], unmanaged: Sequence[Unmanaged], index: LiveIndex) -> Iterator[Note]:
    """A note for each client to create whose redirect URLs exactly one undeclared client has.

    A client that is created again has another id and secret, so that the application behind it stops working.
    """
    new = [change for change in changes if isinstance(change, Create) and change.replaces is None]
    if not new:
        return
    by_redirect: defaultdict[tuple[str, ...], list[LiveClient]] = defaultdict(list)
    for client_id in _unmatched(changes, unmanaged):
        live = index.by_id.get(client_id)
        if isinstance(live, LiveClient):
            by_redirect[live.spec.redirect_urls].append(live)
    for create in new:
        twins = by_redirect.get(create.after.redirect_urls, ()) if create.after.redirect_urls else ()
        if len(twins) == 1:
            yield Note("perhaps-renamed", _text(create, twins[0], index.instance))


def _unmatched(changes: Sequence[Change], unmanaged: Sequence[Unmanaged]) -> Iterator[int]:
    """The ids of live clients that no entry of any instance declares, pruned or not."""
    for client in unmanaged:
        if not client.system and not (client.note and client.note.code == "declared-elsewhere"):
            yield client.id
    yield from (change.id for change in changes if isinstance(change, Delete) and change.source is None)


def _text(create: Create, twin: LiveClient, instance: str) -> str:
    known = f"client {twin.id} ({quoted(twin.name)}, {created(twin.created_at)})"
    add = f"add `{how_to_rename(twin, instance)}` at {create.source.path}:{create.source.line}"
    return (
        f"{quoted(create.name)} will be created, though {known}, which is not declared, has the "
        f"same redirect_url; if it is the same client, {add}, and it keeps its id and secret"
    )
