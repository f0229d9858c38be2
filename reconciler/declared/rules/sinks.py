"""The rules on what `sinks:` need of the clients that they are for: one function a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from reconciler.declared.clients.entries import Entry
from reconciler.declared.clients.resolve import View
from reconciler.declared.rules.finding import Finding
from reconciler.model.settings import AgeFiles, DotenvFile, SinkSetting
from reconciler.support.text import did_you_mean, printable, quoted

if TYPE_CHECKING:
    from reconciler.secrets.values import Client


def owner_without_recipients(view: View) -> Iterator[Finding]:
    """Nobody could open what an age sink delivers."""
    sinks = [sink for sink in view.instance.sinks if isinstance(sink, AgeFiles)]
    owners = view.settings.owners
    for entry in view.entries if sinks else ():
        if not entry.present or entry.owner in owners:
            continue
        if any(sink.scope.covers(entry.name, entry.owner) for sink in sinks):
            if entry.owner is None:
                message = f"{quoted(entry.name)} has no owner, so nobody could open its secret"
                limit = "limit the sink to some owners: `owners: [team-portal]`"
                way_out = f"add `owner:`, a name that stands under `owners:`, or {limit}"
                yield Finding(message, entry.source, way_out, entry)
            else:
                message = f"the owner {quoted(entry.owner)} has no age recipients, so nobody could open the secret"
                near = did_you_mean(entry.owner, owners)
                guess = f"{near} if not, " if near else ""
                add = (
                    f"{guess}add to {view.settings.path.name}: `owners: {{{printable(entry.owner)}: {{age: [age1…]}}}}`"
                )
                yield Finding(message, entry.place("owner"), add, entry)


def delivery_collision(view: View) -> Iterator[Finding]:
    """The secret of one client would replace that of another."""
    for sink in view.instance.sinks:
        place = _place(sink)
        if place is not None:
            yield from _collisions(view, sink, place)


def _collisions(view: View, sink: SinkSetting, place: Callable[[Client], str]) -> Iterator[Finding]:
    from reconciler.secrets.collisions import collisions
    from reconciler.secrets.values import Client

    entries = {e.name: e for e in view.entries if e.present and _has_place(e, sink)}
    clients = [Client(view.instance.name, view.instance.identity, each.name, each.owner) for each in entries.values()]
    for taken, (first, *others) in collisions(clients, place):
        for name in others:
            message = f"{quoted(name)} and {quoted(first)} would both be delivered to {quoted(taken)}"
            hint = "rename one of them, or part them with `only:` of two sinks"
            yield Finding(message, entries[name].source, hint, entries[name])


def _has_place(entry: Entry, sink: SinkSetting) -> bool:
    """Without an owner an age sink refuses the client: that is another rule's finding."""
    ownerless = isinstance(sink, AgeFiles) and entry.owner is None
    return not ownerless and sink.scope.covers(entry.name, entry.owner)


def _place(sink: SinkSetting) -> Callable[[Client], str] | None:
    """What a sink calls its place for a client; None where every name has its own."""
    match sink:
        case AgeFiles(path=path):
            from reconciler.secrets.paths import file_of

            return lambda client: file_of(path, client)
        case DotenvFile():
            from reconciler.secrets.sinks.dotenv_names import variable_stem

            return lambda client: f"{variable_stem(client.name)}_CLIENT_SECRET"
        case _:
            return None
