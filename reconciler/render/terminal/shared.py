"""What the plans of several instances have in common, for a terminal: each change once, with all their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.planning.plan.plan import Create, Note, Plan
from reconciler.render.terminal.color import Paint, Style
from reconciler.render.terminal.deliveries import shared_recipients
from reconciler.render.terminal.fields import INDENT
from reconciler.render.terminal.plan import base_lines, change_lines, note_lines
from reconciler.render.view.change_groups import (
    PLACEHOLDER,
    ChangeGroup,
    SharedDelivery,
    change_groups,
    shared_deliveries,
)
from reconciler.render.view.where import Fleet
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, printable


@frozen
class SharedPlans:
    """The text of what is shared, and the plans with only what is their own left to show."""

    text: str
    own: tuple[Plan, ...]


def shared_plans(plans: Sequence[Plan], fleet: Fleet, paint: Paint) -> SharedPlans:
    """Take what several instances have in common out of their plans."""
    groups = [group for group in change_groups(plans) if len(group.instances) > 1]
    deliveries = [shared for shared in shared_deliveries(plans) if len(shared.instances) > 1]
    notes = _shared_notes(plans)
    if not (groups or deliveries or notes):
        return SharedPlans("", tuple(plans))
    blocks = [
        *("\n".join(_change(group, fleet, paint)) for group in groups),
        *("\n".join(_delivery(shared, fleet, paint)) for shared in deliveries),
        *("\n".join([*note_lines([note]), INDENT + _where(names, fleet, paint)]) for note, names in notes.items()),
    ]
    taken = {(name, id(change)) for group in groups for name, change in group.members}
    given = {(name, id(each)) for shared in deliveries for name, group in shared.members for each in group.deliveries}
    own = (
        replace(
            plan,
            changes=tuple(each for each in plan.changes if (plan.instance, id(each)) not in taken),
            deliveries=tuple(each for each in plan.deliveries if (plan.instance, id(each)) not in given),
            notes=tuple(note for note in plan.notes if note not in notes),
        )
        for plan in plans
    )
    bases = {tuple(base_lines(plan)) for plan in plans}
    heading = "\n".join([paint("on several instances", Style.STRONG), *(bases.pop() if len(bases) == 1 else ())])
    return SharedPlans("\n\n".join([heading, *blocks]) + "\n", tuple(own))


def _shared_notes(plans: Sequence[Plan]) -> Mapping[Note, Sequence[str]]:
    """Return the notes that several plans have, each with their instances."""
    found: dict[Note, list[str]] = {}
    for plan in plans:
        for note in dict.fromkeys(plan.notes):
            found.setdefault(note, []).append(plan.instance)
    return {note: names for note, names in found.items() if len(names) > 1}


def _change(group: ChangeGroup, fleet: Fleet, paint: Paint) -> Iterator[str]:
    change = group.change
    if not isinstance(change, Create) and len(set(group.ids)) > 1:
        change = replace(change, id=0)
    head, *rest = change_lines(change, paint, shared=True)
    yield head
    yield INDENT + _where(group.instances, fleet, paint)
    yield from rest
    if group.patterned:
        yield INDENT + paint(_STANDS_FOR, Style.FAINT)


def _delivery(shared: SharedDelivery, fleet: Fleet, paint: Paint) -> Iterator[str]:
    head, *rest = shared_recipients(shared.group, paint)
    yield head
    yield INDENT + _where(shared.instances, fleet, paint)
    yield from rest
    if shared.patterned:
        yield INDENT + paint(_STANDS_FOR, Style.FAINT)


_STANDS_FOR = f"{PLACEHOLDER} stands for the name of the instance"


def _where(names: Sequence[str], fleet: Fleet, paint: Paint) -> str:
    found = fleet.where(names)
    if found is None:
        return ""
    listed = enumeration(map(printable, found.names)) if found.names else ""
    return paint(f"on {' '.join(filter(None, [found.words, listed]))}", Style.STRONG)
