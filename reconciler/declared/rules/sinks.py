"""The rules for what `sinks:` require of their clients: one function per rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from reconciler.declared.clients.entries import Entry
from reconciler.declared.clients.resolve import RuleContext
from reconciler.declared.rules.finding import RuleFinding
from reconciler.model.settings import AgeSinkSetting, DotenvSinkSetting, SinkSetting
from reconciler.support.text import did_you_mean, printable, quoted

if TYPE_CHECKING:
    from reconciler.secrets.values import SinkClient


def owner_without_recipients(context: RuleContext) -> Iterator[RuleFinding]:
    """Nobody could decrypt what an age sink delivers."""
    sinks = [sink for sink in context.instance.sinks if isinstance(sink, AgeSinkSetting)]
    owners = context.settings.owners
    for entry in context.entries if sinks else ():
        if not entry.present or entry.owner in owners:
            continue
        if any(sink.scope.covers(entry.name, entry.owner) for sink in sinks):
            if entry.owner is None:
                message = f"{quoted(entry.name)} has no owner, so nobody could open its secret"
                limit = "limit the sink to some owners: `owners: [team-portal]`"
                way_out = f"add `owner:`, a name from `owners:`, or {limit}"
                yield RuleFinding(message, entry.source, way_out, entry)
            else:
                message = f"the owner {quoted(entry.owner)} has no age recipients, so nobody could open the secret"
                near = did_you_mean(entry.owner, owners)
                guess = f"{near} if not, " if near else ""
                added = f"`owners: {{{printable(entry.owner)}: {{age: [age1…]}}}}`"
                add = f"{guess}add to {context.settings.path.name}: {added}"
                yield RuleFinding(message, entry.place("owner"), add, entry)


def delivery_collision(context: RuleContext) -> Iterator[RuleFinding]:
    """One client's secret would overwrite another's."""
    for sink in context.instance.sinks:
        place = _place(sink)
        if place is not None:
            yield from _collisions(context, sink, place)


def _collisions(context: RuleContext, sink: SinkSetting, place: Callable[[SinkClient], str]) -> Iterator[RuleFinding]:
    from reconciler.secrets.collisions import collisions
    from reconciler.secrets.values import SinkClient

    entries = {e.name: e for e in context.entries if e.present and _has_place(e, sink)}
    clients = [
        SinkClient(context.instance.name, context.instance.identity, each.name, each.owner) for each in entries.values()
    ]
    for taken, (first, *others) in collisions(clients, place):
        for name in others:
            message = f"{quoted(name)} and {quoted(first)} would both be delivered to {quoted(taken)}"
            hint = "rename one of them, or separate them with `only:` in two sinks"
            yield RuleFinding(message, entries[name].source, hint, entries[name])


def _has_place(entry: Entry, sink: SinkSetting) -> bool:
    """Whether a sink delivers an entry. An age sink refuses a client without an owner: another rule reports that."""
    ownerless = isinstance(sink, AgeSinkSetting) and entry.owner is None
    return not ownerless and sink.scope.covers(entry.name, entry.owner)


def _place(sink: SinkSetting) -> Callable[[SinkClient], str] | None:
    """A function from a client to the sink's destination for it; None if every name has its own."""
    match sink:
        case AgeSinkSetting(path=path):
            from reconciler.secrets.paths import file_of

            return lambda client: file_of(path, client)
        case DotenvSinkSetting():
            from reconciler.secrets.sinks.dotenv_names import variable_stem

            return lambda client: f"{variable_stem(client.name)}_CLIENT_SECRET"
        case _:
            return None
