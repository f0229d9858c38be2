"""The origins of changes since the base, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from reconciler.planning.plan import plan
from reconciler.planning.plan.plan import (
    Change,
    Create,
    Delete,
    FieldOrigin,
    Kept,
    Note,
    Origin,
    Replaced,
    Update,
    is_drift,
)
from reconciler.support.text import enumeration

_UPDATED = {
    Origin.GIT: "changed in git",
    Origin.INSTANCE: "drift: changed on the instance, not in git",
    Origin.BOTH: "conflict: changed in git and on the instance",
}
_CREATED = {
    Origin.GIT: "new in git",
    Origin.INSTANCE: "drift: deleted on the instance, still in git",
    Origin.BOTH: "conflict: changed in git, and deleted on the instance",
}
_DELETED = {
    Origin.GIT: "deleted in git",
    Origin.INSTANCE: "drift: created on the instance, never in git",
    Origin.BOTH: "conflict: deleted in git, and changed on the instance",
}
_ROTATED = {
    Origin.GIT: "rotated in git",
    Origin.INSTANCE: "drift: changed on the instance, different in git",
    Origin.BOTH: "conflict: rotated in git, and changed on the instance",
}


def origins_of(change: Change) -> tuple[Origin, ...]:
    """The origins of a change: one, or one for each field; none if there is no base."""
    match change:
        case Update(origins=origins):
            return tuple([each.origin for each in origins])
        case Create(origin=origin) | Delete(origin=origin):
            return () if origin is None else (origin,)
        case _:
            assert_never(change)


def has_drift(change: Change) -> bool:
    """Whether the change would undo a manual change on the instance."""
    origins = origins_of(change)
    return bool(origins) and any(map(is_drift, origins))


def origin_text(change: Change) -> str | None:
    """The origin of a change, in one line; None if there is no base."""
    match change:
        case Update(origins=origins):
            return _fields_text(origins)
        case Create(origin=origin, replaces=Replaced()):
            return origin and _ROTATED[origin]
        case Delete(origin=origin, is_rotation=True):
            return origin and _ROTATED[origin]
        case Create(origin=Origin.GIT, reason=Note(code=plan.NOT_APPLIED)):
            return "declared in git before, and not applied yet"
        case Create(origin=origin):
            return origin and _CREATED[origin]
        case Delete(origin=origin):
            return origin and _DELETED[origin]
        case _:
            assert_never(change)


def kept_text(kept: Kept) -> str:
    """The manual change that is kept, in one line."""
    if kept.fields:
        return _fields_text([FieldOrigin(each.field, each.origin) for each in kept.fields]) or ""
    return (_CREATED if kept.id is None else _DELETED)[kept.origin]


def _fields_text(origins: Sequence[FieldOrigin]) -> str | None:
    if not origins:
        return None
    fields: dict[Origin, list[str]] = {}
    for each in origins:
        fields.setdefault(each.origin, []).append(each.field)
    if len(fields) == 1:
        return _UPDATED[next(iter(fields))]
    return "; ".join(f"{enumeration(names)}: {_UPDATED[origin]}" for origin, names in fields.items())
