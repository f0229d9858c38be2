"""Changes that do alike to one client with other URLs on each instance: what they share stands once, above the others.

A fleet whose redirect URLs follow no pattern would fill a comment with the same names, owners and risks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.planning.plan.plan import Change, Create, Update
from reconciler.render.markdown.context import CommentContext
from reconciler.render.markdown.escape import code, prose
from reconciler.render.markdown.lines import LinePart, change_parts
from reconciler.render.view.change_groups import PLACEHOLDER, ChangeGroup
from reconciler.render.view.counts import action
from reconciler.render.view.findings import kind_of
from reconciler.support.frozen import frozen

FEWEST = 3
"""Fewer changes that are alike stay lines of their own, which say everything."""


@frozen
class Family:
    """Changes of one client, each of some instances; one alone has no heading."""

    groups: tuple[ChangeGroup, ...]
    shared: tuple[LinePart, ...] = ()
    """What is the same in all of them; empty for one alone."""

    @property
    def is_one(self) -> bool:
        """Whether it is a line of its own."""
        return len(self.groups) == 1


def families(groups: Sequence[ChangeGroup], context: CommentContext) -> Iterator[Family]:
    """Yield all changes, those of a family where its first one is."""
    if not context.is_fleet:
        yield from (Family((each,)) for each in groups)
        return
    alike: dict[object, list[ChangeGroup]] = {}
    for group in groups:
        alike.setdefault(_kin(group.change), []).append(group)
    for members in alike.values():
        if len(members) < FEWEST:
            yield from (Family((each,)) for each in members)
        else:
            members.sort(key=lambda group: context.fleet.rank(group.instances[0]))
            yield Family(tuple(members), tuple(_shared(members, context)))


def heading(family: Family, context: CommentContext) -> str:
    """Return the line above those of a family, with its bullet and line feed."""
    change = family.groups[0].change
    names = [name for group in family.groups for name in group.instances]
    shared = [part.text for part in family.shared]
    if any(PLACEHOLDER in text for text in shared):
        shared.append(f"{code(PLACEHOLDER)} stands for the name of the instance")
    where = f"{action(change)} {code(change.name)}{context.where(names)}, each in its own way"
    return f"- {' · '.join([where, *shared])}\n"


def member_line(group: ChangeGroup, family: Family, context: CommentContext) -> str:
    """Return the line of one member, without its bullet and line feed: what it does not share."""
    own = [part.brief for part in change_parts(group, context) if part not in family.shared]
    client = f" (id {group.ids[0]})" if isinstance(group.change, Update) and len(set(group.ids)) == 1 else ""
    return f"{context.where(group.instances).removeprefix(' on ')}{client}: {' · '.join(own) or prose('as above')}"


def _kin(change: Change) -> object:
    """What changes of one family have in common; deletions, renames and rotations are never shortened."""
    match change:
        case Create(after=after, replaces=None):
            return kind_of(change), after.name, after.grants, change.owner
        case Update(before=before, after=after) if not change.is_rename:
            return kind_of(change), after.name, before.grants, after.grants, change.owner
        case _:
            return change


def _shared(members: Sequence[ChangeGroup], context: CommentContext) -> Iterator[LinePart]:
    first, *others = [change_parts(each, context) for each in members]
    yield from (part for part in first if all(part in parts for parts in others))
