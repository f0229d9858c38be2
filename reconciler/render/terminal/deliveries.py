"""Deliveries of secrets, planned and done, for a terminal: names of clients and sinks, never a secret."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.applying.report import DeliveryResult, DeliveryStatus
from reconciler.model.placeholders import placed
from reconciler.model.recipients import Recipient
from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.fields import BULLET, INDENT
from reconciler.render.view.counts import plural
from reconciler.render.view.deliveries import DeliveryGroup, delivery_groups, recipient_text
from reconciler.secrets.delivery import MissingSecret
from reconciler.secrets.values import DeliveryEvent
from reconciler.support.text import printable

_MOST_NAMED = 3
_MOST_TYPED = 5
"""Maximum number of names in a suggested command."""
_MOST_FAILURES = 8
_INDENT = " " * 15
_WORDS = {
    DeliveryStatus.DELIVERED: ("> delivered  ", Style.ADDED),
    DeliveryStatus.REMOVED: ("> removed    ", Style.ADDED),
    DeliveryStatus.NO_SECRET: (". no secret  ", Style.WARNED),
    DeliveryStatus.FAILED: ("x undelivered", Style.REMOVED),
}


def new_recipient_blocks(plan: Plan, paint: Paint = plain) -> Iterator[list[str]]:
    """Yield the lines of each group of new recipients: its clients, who gets the secrets, who had them, the risks."""
    for group in delivery_groups(plan):
        yield list(_new_recipients(group, paint, f" (id {group.first.id})" if group.is_single else ""))


def shared_recipients(group: DeliveryGroup, paint: Paint = plain) -> Iterator[str]:
    """Yield the lines of new recipients that several instances have in common, without the id on one of them."""
    return _new_recipients(group, paint)


def _new_recipients(group: DeliveryGroup, paint: Paint, client_id: str = "") -> Iterator[str]:
    yield f"  {paint('> deliver', Style.CHANGED)} {paint(printable(group.title), Style.STRONG)}{client_id}"
    yield from (f"{INDENT}{BULLET}{printable(name)}" for name in group.names)
    if group.unnamed:
        yield f"{INDENT}and {group.unnamed} more: --format json has all of them"
    yield from _column("to", group.recipients, Style.ADDED, paint)
    yield from _column("before", group.before or ("nobody, as far as is known",), Style.REMOVED, paint)
    source, owner = group.source, group.first.owner
    where = f"{printable(source.path)}:{source.line}" + (f", owner {printable(owner)}" if owner else "")
    yield INDENT + paint(f"{printable(group.reason.text)} ({where})", Style.FAINT)
    yield from (f"{INDENT}{paint(f'! {printable(risk.text)}', Style.WARNED)}" for risk in group.risks)


def recipient_lines(name: str, recipients: Sequence[Recipient], paint: Paint = plain) -> Iterator[str]:
    """Yield who gets a secret, one below the other, in a column of this name."""
    return _column(name, [recipient_text(each) for each in recipients], Style.ADDED, paint)


def _column(name: str, texts: Sequence[str], style: Style, paint: Paint) -> Iterator[str]:
    for number, text in enumerate(texts):
        yield f"{INDENT}{'' if number else name:<14}{paint(printable(text), style)}"


def missing_lines(missing_secrets: Sequence[MissingSecret], paint: Paint = plain) -> Iterator[str]:
    """Yield what an apply would deliver again to those who had it: one line per sink."""
    for label, found in groupby(missing_secrets, lambda each: placed(each.sink, each.client.instance)):
        names = [each.client.name for each in found]
        what = f"{plural(len(names), 'client')} to {printable(label)}: {_named(names)}"
        yield f"  {paint('> deliver again', Style.CHANGED)} {what}"


def delivery_lines(deliveries: Sequence[DeliveryResult], instance: str, paint: Paint = plain) -> Iterator[str]:
    """Yield the results of deliveries: one line for all that a sink took, and each failure with its fix."""
    for (label, status), found in _by_sink(deliveries):
        if status is DeliveryStatus.FAILED:
            yield from _failures(found, instance, paint)
            continue
        word, style = _WORDS[status]
        names = _named([each.name for each in found])
        yield f"  {paint(word, style)} {_done(status, len(found), printable(placed(label, instance)))}: {names}"


def render_delivery(delivery: DeliveryResult, instance: str) -> str:
    """Render the result of one delivery as one line for a log."""
    name, label = printable(delivery.name), printable(placed(delivery.sink, instance))
    match delivery.status:
        case DeliveryStatus.DELIVERED:
            return f"delivered {name} (id {delivery.id}) to {label}"
        case DeliveryStatus.REMOVED:
            return f"removed {name} (id {delivery.id}) from {label}"
        case DeliveryStatus.NO_SECRET:
            return f"nothing to deliver of {name} (id {delivery.id}): the instance shows no secret"
        case DeliveryStatus.FAILED:
            why = printable(delivery.error.message) if delivery.error is not None else "it failed"
            return f"not delivered: {name} (id {delivery.id}) to {label}: {why}"


def names_to_deliver(failed: Sequence[DeliveryResult]) -> list[str]:
    """Return the names to pass to `secrets deliver` after failures; empty, which means all, if too many to type."""
    names = sorted({each.name for each in failed if each.event is not DeliveryEvent.DELETED})
    return names if len(names) <= _MOST_TYPED else []


def delivery_command(instance: str, names: Sequence[str] = ()) -> str:
    """Return the command that delivers secrets of an instance."""
    return printable(shlex.join(["reconciler", "secrets", "deliver", "--instance", instance, *operands(names)]))


def operands(names: Sequence[str]) -> list[str]:
    """Return names as the last arguments of a command, so that none of them is taken for an option."""
    return ["--", *names] if any(name.startswith("-") for name in names) else [*names]


def _by_sink(deliveries: Sequence[DeliveryResult]) -> Iterator[tuple[tuple[str, DeliveryStatus], list[DeliveryResult]]]:
    keys = dict.fromkeys((each.sink, each.status, each.event is DeliveryEvent.DELETED) for each in deliveries)
    for label, status, gone in keys:
        alike = [
            each
            for each in deliveries
            if (each.sink, each.status, each.event is DeliveryEvent.DELETED) == (label, status, gone)
        ]
        yield (label, status), alike


def _done(status: DeliveryStatus, number: int, label: str) -> str:
    many = plural(number, "client")
    match status:
        case DeliveryStatus.DELIVERED:
            return f"{many} to {label}"
        case DeliveryStatus.REMOVED:
            return f"{many} from {label}"
        case _:
            return f"the instance shows none, so {label} got nothing"


def _failures(failed: Sequence[DeliveryResult], instance: str, paint: Paint) -> Iterator[str]:
    many = len(failed) > _MOST_FAILURES
    shown = failed[:_MOST_NAMED] if many else failed
    label = printable(placed(failed[0].sink, instance))
    for each in shown:
        word, style = _WORDS[DeliveryStatus.FAILED]
        yield f"  {paint(word, style)} {printable(each.name)} (id {each.id}), {label}"
        if each.error is not None:
            yield _INDENT + printable(each.error.message)
        if each.error is not None and each.error.hint:
            yield _INDENT + printable(each.error.hint)
    if many:
        yield f"{_INDENT}and {len(failed) - len(shown)} more, {label}"
    if failed[0].event is DeliveryEvent.DELETED:
        yield f"{_INDENT}fix: remove it by hand; the client is deleted, so its secret opens nothing any more"
    else:
        yield f"{_INDENT}fix: correct the sink, then: {delivery_command(instance, names_to_deliver(failed))}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(printable(name) for name in sorted(names)[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
