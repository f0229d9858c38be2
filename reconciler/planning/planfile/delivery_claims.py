"""Check who gets secrets by a saved plan against who gets them today: `owner` and recipients in the file are claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.recipients import Recipient
from reconciler.planning.guard import Refusal, delivery_not_declared
from reconciler.planning.plan.plan import Change, Create, Delete, Deliver, Plan, needs_delivery
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, quoted


@frozen
class DeclaredToday:
    """Who gets the secret of a declared client by today's files."""

    owner: str | None
    recipients: tuple[Recipient, ...]


def delivers(plan: Plan) -> bool:
    """Whether an apply of the plan hands any secret to a sink, if there are sinks."""
    return bool(plan.deliveries or plan.again) or any(map(hands_over, plan.changes))


def hands_over(change: Change) -> bool:
    """Whether a change comes with a delivery of its secret, or of its successor's."""
    return needs_delivery(change) or (isinstance(change, Delete) and change.successor is not None)


def check_deliveries(
    plan: Plan, today: Mapping[str, DeclaredToday], managed: Mapping[int, str], *, rotates: bool = True
) -> tuple[Refusal, ...]:
    """A refusal for each delivery of a saved plan that today's files do not ask for.

    `today` has every declared client by its name, `managed` the names of declared clients by the ids of their live
    ones, without any that the platform needs. Without `rotates`, the plan's rotations are refused already, with all
    that they deliver.
    """
    changes = [change for change in plan.changes if rotates or not _is_rotation(change)]
    return (*_of_changes(changes, plan.instance, today), *_of_deliveries(plan, today, managed))


def _of_changes(changes: Iterable[Change], instance: str, today: Mapping[str, DeclaredToday]) -> Iterator[Refusal]:
    for change in changes:
        whose = f"the secret of {quoted(change.name)}"
        if hands_over(change):
            for why in _against(change, today.get(change.name)):
                yield delivery_not_declared(change, f"{whose} {why}", instance)
        elif change.recipients:
            text = f"{whose} is not delivered by such a change, and the plan says who gets it"
            yield delivery_not_declared(change, text, instance)


def _of_deliveries(plan: Plan, today: Mapping[str, DeclaredToday], managed: Mapping[int, str]) -> Iterator[Refusal]:
    for deliver in (*plan.deliveries, *plan.again):
        for why in _against_delivery(deliver, today.get(deliver.name), managed):
            who = f"the secret of client {deliver.id}, {quoted(deliver.name)},"
            yield delivery_not_declared(deliver, f"{who} {why}", plan.instance)


def _against(change: Change, now: DeclaredToday | None) -> Iterator[str]:
    if now is None:
        yield "would be delivered, and today's files do not declare it"
    elif now.owner != change.owner:
        yield f"would be delivered to {_owner(change.owner)}, and its owner is {_owner(now.owner)} today"
    elif set(now.recipients) != set(change.recipients):
        yield _other_recipients(change.recipients, now)


def _is_rotation(change: Change) -> bool:
    return isinstance(change, Delete) or (isinstance(change, Create) and change.replaces is not None)


def _against_delivery(deliver: Deliver, now: DeclaredToday | None, managed: Mapping[int, str]) -> Iterator[str]:
    if now is None or managed.get(deliver.id) != deliver.name:
        yield "would be delivered, and today no entry means this client"
    elif now.owner != deliver.owner:
        yield f"would be delivered to {_owner(deliver.owner)}, and its owner is {_owner(now.owner)} today"
    elif not set(deliver.recipients) <= set(now.recipients):
        yield _other_recipients(deliver.recipients, now)


def _other_recipients(claimed: tuple[Recipient, ...], now: DeclaredToday) -> str:
    return f"would be delivered to {_listed(claimed)} by the plan, and goes to {_listed(now.recipients)} today"


def _listed(recipients: tuple[Recipient, ...]) -> str:
    return enumeration(map(_in_words, recipients)) if recipients else "nobody"


def _in_words(recipient: Recipient) -> str:
    details = (*recipient.keys, *recipient.programs)
    known = f" ({', '.join(details)})" if details else ""
    return f"{_owner(recipient.owner)} by {recipient.kind} {quoted(recipient.place)}{known}"


def _owner(owner: str | None) -> str:
    return "no owner" if owner is None else quoted(owner)
