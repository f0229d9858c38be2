"""The changes of several instances: one that is the same on some of them is shown once, with their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar, assert_never

from reconciler.model.clients import ClientSpec
from reconciler.model.recipients import Recipient
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Plan, Update
from reconciler.render.view.deliveries import DeliveryGroup, delivery_groups
from reconciler.support.frozen import frozen

PLACEHOLDER = "{instance}"
"""Stands in texts of a group for the name of each of its instances."""

Item = TypeVar("Item", Change, DeliveryGroup)


@frozen
class ChangeGroup:
    """A change of one instance, or of several on which it does the same."""

    change: Change
    """Of the first instance; with `patterned`, of all of them, with PLACEHOLDER for their names."""
    instances: tuple[str, ...]
    ids: tuple[int | None, ...] = ()
    """The id of the client on each of them; None for a create."""
    patterned: bool = False
    """Whether its texts differ by the name of the instance alone."""
    members: tuple[tuple[str, Change], ...] = ()
    """The changes themselves, each with its instance."""


@frozen
class SharedDelivery:
    """New recipients of secrets of one instance, or of several that hand over the same secrets to the same people."""

    group: DeliveryGroup
    instances: tuple[str, ...]
    patterned: bool = False
    members: tuple[tuple[str, DeliveryGroup], ...] = ()


def change_groups(plans: Sequence[Plan]) -> list[ChangeGroup]:
    """Return the changes of all plans, in the order of the plans, each with every instance on which it is the same.

    Ids and the wording of the reason of an update do not count: they differ from instance to instance.
    """
    pairs = [(plan.instance, change) for plan in plans for change in plan.changes]
    if len(plans) < 2:
        return [ChangeGroup(change, (name,), (_id(change),), members=((name, change),)) for name, change in pairs]
    found = _grouped(pairs, _essence, lambda change, name: _patterned(change, _replacing(name)))
    return [
        ChangeGroup(change, _names(members), tuple(_id(each) for _, each in members), patterned, tuple(members))
        for change, members, patterned in found
    ]


def shared_deliveries(plans: Sequence[Plan]) -> list[SharedDelivery]:
    """Return the new recipients of all plans in the same way."""
    pairs = [(plan.instance, group) for plan in plans for group in delivery_groups(plan)]
    found = _grouped(pairs, _delivery_essence, lambda group, name: _patterned_delivery(group, _replacing(name)))
    return [SharedDelivery(group, _names(members), patterned, tuple(members)) for group, members, patterned in found]


def _names(members: Sequence[tuple[str, object]]) -> tuple[str, ...]:
    return tuple(name for name, _ in members)


def _grouped(
    pairs: Iterable[tuple[str, Item]], essence: Callable[[Item], object], patterned: Callable[[Item, str], Item]
) -> list[tuple[Item, list[tuple[str, Item]], bool]]:
    """Group what is equal; then, of what is left alone, what differs by the name of the instance alone."""
    equal: dict[object, list[tuple[str, Item]]] = {}
    times: Counter[object] = Counter()
    for name, item in pairs:
        key = essence(item)
        times[name, key] += 1  # an instance that does the same to two clients is in two groups
        equal.setdefault((key, times[name, key]), []).append((name, item))
    alike: dict[object, list[tuple[str, Item]]] = {}
    shown: dict[object, Item] = {}
    for key, members in equal.items():
        [(name, item), *more] = members
        general = item if more or _has_placeholder(item) else patterned(item, name)
        group = key if general is item else ("pattern", essence(general))
        alike.setdefault(group, []).extend(members)
        shown.setdefault(group, general)
    return [
        (shown[group] if len(members) > 1 else members[0][1], members, len(members) > 1 and group not in equal)
        for group, members in alike.items()
    ]


def _has_placeholder(item: Change | DeliveryGroup) -> bool:
    """Whether a text has the placeholder already, and means it literally. In the label of a sink it never does."""
    text = repr(item)
    for label in {each.sink for each in _sinks(item)}:
        text = text.replace(repr(label)[1:-1], "")
    return PLACEHOLDER in text


def _sinks(item: Change | DeliveryGroup) -> Iterable[Recipient]:
    if isinstance(item, DeliveryGroup):
        return [each for one in item.deliveries for each in (*one.recipients, *one.before)]
    return item.recipients


def _id(change: Change) -> int | None:
    return None if isinstance(change, Create) else change.id


def _replacing(name: str) -> Callable[[str], str]:
    """Put PLACEHOLDER for the name of an instance where it stands as a word of its own."""
    pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    return lambda text: pattern.sub(PLACEHOLDER, text) if name in text else text


def _essence(change: Change) -> Change:
    match change:
        case Create():
            return change
        case Update():
            return replace(change, id=0, reason=Note(change.reason.code, ""))
        case Delete():
            return replace(change, id=0)
        case _:
            assert_never(change)


def _patterned(change: Change, put: Callable[[str], str]) -> Change:
    risks, recipients = _notes(change.risks, put), _recipients(change.recipients, put)
    if change.source is not None:  # a file for each instance, or its journal
        change = replace(change, source=replace(change.source, path=put(change.source.path)))
    match change:
        case Create(after=after):
            return replace(change, after=_spec(after, put), risks=risks, recipients=recipients)
        case Update(before=before, after=after):
            then, now = _spec(before, put), _spec(after, put)
            return replace(change, before=then, after=now, risks=risks, recipients=recipients)
        case Delete(before=before):
            reason = _notes((change.reason,), put)[0]
            return replace(change, before=_spec(before, put), reason=reason, risks=risks, recipients=recipients)
        case _:
            assert_never(change)


def _spec(spec: ClientSpec, put: Callable[[str], str]) -> ClientSpec:
    return replace(spec, name=put(spec.name), redirect_urls=tuple(map(put, spec.redirect_urls)))


def _notes(notes: Iterable[Note], put: Callable[[str], str]) -> tuple[Note, ...]:
    return tuple(Note(note.code, put(note.text)) for note in notes)


def recipient_anywhere(recipient: Recipient, instance: str) -> Recipient:
    """Return a recipient with PLACEHOLDER for the name of its instance."""
    return _recipients((recipient,), _replacing(instance))[0]


def _recipients(recipients: Iterable[Recipient], put: Callable[[str], str]) -> tuple[Recipient, ...]:
    return tuple(replace(each, sink=put(each.sink), place=put(each.place)) for each in recipients)


def _delivery_essence(group: DeliveryGroup) -> object:
    return tuple(replace(each, id=0) for each in group.deliveries)


def _patterned_delivery(group: DeliveryGroup, put: Callable[[str], str]) -> DeliveryGroup:
    found = (
        replace(
            each,
            name=put(each.name),
            recipients=_recipients(each.recipients, put),
            before=_recipients(each.before, put),
            reason=_notes((each.reason,), put)[0],
            risks=_notes(each.risks, put),
        )
        for each in group.deliveries
    )
    return DeliveryGroup(tuple(found))
