"""What the plans of several instances have in common, for a terminal: each change once, with all their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import REMOVED, Create, Note, Plan, Unmanaged
from reconciler.render.terminal.color import Paint, Style
from reconciler.render.terminal.deliveries import shared_recipients
from reconciler.render.terminal.fields import INDENT
from reconciler.render.terminal.plan import base_lines, change_lines, configuration_line, note_lines, refusal_lines
from reconciler.render.view.any_instance import for_any, for_these, naming, of_any
from reconciler.render.view.change_groups import (
    PLACEHOLDER,
    ChangeGroup,
    SharedDelivery,
    change_groups,
    shared_deliveries,
)
from reconciler.render.view.where import Fleet
from reconciler.results import Planned
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, printable

Shareable = TypeVar("Shareable", Note, Refusal, Unmanaged)


@frozen
class SharedPlans:
    """The text of what is shared, and the plans with only what is their own left to show."""

    text: str
    own: tuple[Plan, ...]
    refusals: tuple[tuple[Refusal, ...], ...]
    """Of each plan, the reasons not to apply it that no other has."""


def shared_plans(planned: Sequence[Planned], fleet: Fleet, paint: Paint) -> SharedPlans:
    """Take what several instances have in common out of their plans and refusals."""
    plans = [each.plan for each in planned]
    groups = [group for group in change_groups(plans) if len(group.instances) > 1]
    deliveries = [shared for shared in shared_deliveries(plans) if len(shared.instances) > 1]
    notes = _shared((plan.instance, plan.notes) for plan in plans)
    configuration = _shared((plan.instance, _of_any(plan)) for plan in plans)
    refusals = _shared((each.plan.instance, _general(each.plan.instance, each.refusals)) for each in planned)
    removed = _shared(
        (plan.instance, [_anywhere(each) for each in plan.unmanaged if _is_removed(each)]) for plan in plans
    )
    if not (groups or deliveries or notes or configuration or removed or refusals):
        return SharedPlans("", tuple(plans), tuple(each.refusals for each in planned))
    blocks = [
        *(
            "\n".join([configuration_line(note, paint), INDENT + _where(names, fleet, paint)])
            for note, names in configuration.items()
        ),
        *("\n".join(_change(group, fleet, paint)) for group in groups),
        *("\n".join(_delivery(shared, fleet, paint)) for shared in deliveries),
        *("\n".join([*note_lines([note]), INDENT + _where(names, fleet, paint)]) for note, names in notes.items()),
        *("\n".join(_removed(client, names, fleet, paint)) for client, names in removed.items()),
        *("\n".join(_refused(refusal, names, fleet, paint)) for refusal, names in refusals.items()),
    ]
    taken = {(name, id(change)) for group in groups for name, change in group.members}
    given = {(name, id(each)) for shared in deliveries for name, group in shared.members for each in group.deliveries}
    bases = {tuple(base_lines(plan)) for plan in plans}
    own = (
        replace(
            plan,
            base=plan.base if len(bases) > 1 else None,
            changes=tuple(each for each in plan.changes if (plan.instance, id(each)) not in taken),
            deliveries=tuple(each for each in plan.deliveries if (plan.instance, id(each)) not in given),
            notes=tuple(note for note in plan.notes if note not in notes),
            unmanaged=tuple(each for each in plan.unmanaged if _anywhere(each) not in removed),
            configuration=tuple(
                note
                for note, general in zip(plan.configuration, _of_any(plan), strict=True)
                if general not in configuration
            ),
        )
        for plan in plans
    )
    heading = "\n".join([paint("on several instances", Style.STRONG), *(bases.pop() if len(bases) == 1 else ())])
    left = (
        tuple(
            refusal
            for refusal, general in zip(each.refusals, _general(each.plan.instance, each.refusals), strict=True)
            if general not in refusals
        )
        for each in planned
    )
    return SharedPlans("\n\n".join([heading, *blocks]) + "\n", tuple(own), tuple(left))


def _shared(items: Iterable[tuple[str, Sequence[Shareable]]]) -> Mapping[Shareable, Sequence[str]]:
    """Return what several instances have, each with their names."""
    found: dict[Shareable, list[str]] = {}
    for instance, those in items:
        for each in dict.fromkeys(those):
            found.setdefault(each, []).append(instance)
    return {each: names for each, names in found.items() if len(names) > 1}


def _is_removed(client: Unmanaged) -> bool:
    """Whether a client was taken out of git and stays live: on all instances for the same reason."""
    return client.note is not None and client.note.code == REMOVED


def _anywhere(client: Unmanaged) -> Unmanaged:
    return replace(client, id=0)


def _removed(client: Unmanaged, names: Sequence[str], fleet: Fleet, paint: Paint) -> Iterator[str]:
    yield f"  {paint('* unmanaged', Style.WARNED)}  {paint(printable(client.name), Style.STRONG)}"
    yield INDENT + _where(names, fleet, paint)
    yield INDENT + printable(client.note.text if client.note is not None else "")


def _of_any(plan: Plan) -> list[Note]:
    """Return how the configuration differs, in general words: `defaults:` change each instance in its own way."""
    return [replace(note, text=of_any(note.text, plan.instance)) for note in plan.configuration]


def _general(instance: str, refusals: Sequence[Refusal]) -> list[Refusal]:
    """Return the refusals with placeholders for the name of the instance."""
    return [
        replace(each, text=of_any(each.text, instance), way_out=of_any(for_any(each.way_out, instance), instance))
        for each in refusals
    ]


def _refused(refusal: Refusal, names: Sequence[str], fleet: Fleet, paint: Paint) -> Iterator[str]:
    head, *rest = refusal_lines(replace(refusal, way_out=for_these(refusal.way_out, naming(names))), paint)
    yield head
    yield INDENT + _where(names, fleet, paint)
    yield from rest
    if PLACEHOLDER in head or any(PLACEHOLDER in line for line in rest):
        yield INDENT + paint(_STANDS_FOR, Style.FAINT)


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
