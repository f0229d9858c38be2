"""Clients that a sink would store in the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from reconciler.model.errors import SinkError
from reconciler.secrets.values import SinkClient
from reconciler.support.text import enumeration, quoted


def collisions(clients: Iterable[SinkClient], place: Callable[[SinkClient], str]) -> Iterator[tuple[str, list[str]]]:
    """Each place shared by clients with different names, with these names. Case is ignored."""
    placed = sorted((place(client).casefold(), place(client), client.name) for client in clients)
    for _, group in groupby(placed, key=lambda each: each[0]):
        members = list(group)
        names = sorted({name for _, _, name in members})
        if len(names) > 1:
            yield members[0][1], names


def refuse_collisions(clients: Iterable[SinkClient], place: Callable[[SinkClient], str], what: str) -> None:
    """Raise SinkError if two clients share a place; `what` says what a place is."""
    for taken, names in collisions(clients, place):
        raise SinkError(
            f"{enumeration(map(quoted, names))} would have one {what}, {quoted(taken)}",
            "rename one of them, or separate them with `only:` in two sinks",
        )
